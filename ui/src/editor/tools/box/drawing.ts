/** A box grows from the corner where the button went down. Shift makes it a square. */

import { boxFromCorners, clampPoint } from "../../geometry/box";
import { imagePoint, type ImagePoint } from "../../geometry/point";
import { boxToView } from "../../geometry/transform";
import type { AnnotationId, AnnotationRecord, ClassId } from "../../records/annotation";
import type { Gesture } from "../../records/gesture";
import { boxGeometry } from "../../shapes/box/box";
import { DRAG_THRESHOLD, type PointerInput, type ToolHost, type ToolState, type Transition } from "../tool";

/** A box smaller than this in image pixels is a slip of the hand, not a box. */
const MIN_IMAGE_EXTENT = 1;

export class Drawing implements ToolState {
  readonly busy = true;
  private readonly gesture: Gesture;
  private readonly id: AnnotationId;
  private readonly selectedBefore: ReadonlySet<AnnotationId>;

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
    private readonly classId: ClassId,
    private readonly start: PointerInput,
    private readonly idle: () => ToolState,
  ) {
    this.id = host.newId();
    this.selectedBefore = new Set(host.selection);
    this.gesture = host.begin(`Draw ${host.className(classId)}`);
    host.setCursor("crosshair");
  }

  pointerMove(input: PointerInput): void {
    this.gesture.set(this.draft(input));
    this.host.select([this.id]);
  }

  pointerUp(input: PointerInput): void {
    const draft = this.draft(input);
    const { box } = draft.geometry;
    const view = boxToView(this.host.viewFromImage, box);
    const tiny =
      Math.min(view.width, view.height) <= DRAG_THRESHOLD ||
      Math.min(box.width, box.height) < MIN_IMAGE_EXTENT;
    if (tiny) {
      this.restore();
    } else {
      this.gesture.set(draft);
      this.gesture.commit();
      this.host.select([this.id]);
    }
    this.tool.go(this.idle());
  }

  cancel(): boolean {
    this.restore();
    this.tool.go(this.idle());
    return true;
  }

  private restore(): void {
    this.gesture.cancel();
    this.host.select(this.selectedBefore);
  }

  private draft(input: PointerInput): AnnotationRecord {
    const from = clampPoint(this.host.toImage(this.start.at), this.host.image);
    const to = this.host.toImage(input.at);
    const corner = input.shift ? this.square(from, to) : clampPoint(to, this.host.image);
    return {
      id: this.id,
      geometry: boxGeometry(boxFromCorners(from, corner)),
      classId: this.classId,
      decision: "accepted",
      confidence: null,
      text: null,
      createdBy: "person",
      origin: { geometry: "person", classId: "person" },
    };
  }

  /** The corner of the largest square towards the pointer that fits into the image. */
  private square(from: ImagePoint, to: ImagePoint): ImagePoint {
    const { image } = this.host;
    const signX = to.x >= from.x ? 1 : -1;
    const signY = to.y >= from.y ? 1 : -1;
    const room = Math.min(signX === 1 ? image.width - from.x : from.x, signY === 1 ? image.height - from.y : from.y);
    const side = Math.min(room, Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)));
    return imagePoint(from.x + signX * side, from.y + signY * side);
  }
}
