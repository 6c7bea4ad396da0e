/** One handle of one shape follows the pointer. Shift keeps the aspect. */

import { imagePoint } from "../../geometry/point";
import { sameGeometry, withGeometry, type AnnotationId, type AnnotationRecord } from "../../records/annotation";
import type { Gesture } from "../../records/gesture";
import { shapeOf } from "../../shapes/registry";
import type { Handle } from "../../shapes/shape";
import type { PointerInput, ToolHost, ToolState, Transition } from "../tool";

export class Resizing implements ToolState {
  readonly busy = true;
  private readonly gesture: Gesture;
  private readonly record: AnnotationRecord | undefined;

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
    id: AnnotationId,
    private readonly handle: Handle,
    private readonly start: PointerInput,
    private readonly idle: () => ToolState,
  ) {
    this.record = host.record(id);
    this.gesture = host.begin(`Resize ${this.record ? host.className(this.record.classId) : "shape"}`);
    host.setCursor(handle.cursor);
  }

  pointerMove(input: PointerInput): void {
    if (!this.record) return;
    const { geometry } = this.record;
    // The handle moves as far as the pointer did, so that catching it beside its middle does not make it jump.
    const grip = this.host.toImage(this.handle.at);
    const from = this.host.toImage(this.start.at);
    const to = this.host.toImage(input.at);
    if (to.x === from.x && to.y === from.y) {
      this.gesture.set(this.record);
      return;
    }
    const target = imagePoint(grip.x + to.x - from.x, grip.y + to.y - from.y);
    const resized = shapeOf(geometry).resize(geometry, this.handle.name, target, {
      keepAspect: input.shift,
      image: this.host.image,
    });
    this.gesture.set(sameGeometry(resized, geometry) ? this.record : withGeometry(this.record, resized));
  }

  pointerUp(input: PointerInput): void {
    this.pointerMove(input);
    this.gesture.commit();
    this.tool.go(this.idle());
  }

  cancel(): boolean {
    this.gesture.cancel();
    this.tool.go(this.idle());
    return true;
  }
}
