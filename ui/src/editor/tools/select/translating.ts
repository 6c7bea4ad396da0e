/** The selected shapes follow the pointer. Shift keeps to one axis. */

import { clampShift, union } from "../../geometry/box";
import { withGeometry, type AnnotationRecord } from "../../records/annotation";
import type { Gesture } from "../../records/gesture";
import { shapeOf } from "../../shapes/registry";
import type { PointerInput, ToolHost, ToolState, Transition } from "../tool";

export class Translating implements ToolState {
  readonly busy = true;
  private readonly gesture: Gesture;
  private readonly records: readonly AnnotationRecord[];

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
    private readonly start: PointerInput,
    private readonly idle: () => ToolState,
  ) {
    this.records = [...host.selection].flatMap((id) => host.record(id) ?? []);
    const [first] = this.records;
    const what = first && this.records.length === 1 ? host.className(first.classId) : `${this.records.length} objects`;
    this.gesture = host.begin(`Move ${what}`);
    host.setCursor("move");
  }

  pointerMove(input: PointerInput): void {
    const from = this.host.toImage(this.start.at);
    const to = this.host.toImage(input.at);
    let dx = to.x - from.x;
    let dy = to.y - from.y;
    if (input.shift) {
      if (Math.abs(dx) >= Math.abs(dy)) dy = 0;
      else dx = 0;
    }
    const bounds = union(this.records.map((record) => shapeOf(record.geometry).bounds(record.geometry)));
    if (!bounds) return;
    const shift = clampShift(bounds, { dx, dy }, this.host.image);
    if (shift.dx === 0 && shift.dy === 0) {
      this.gesture.set(...this.records);
      return;
    }
    this.gesture.set(
      ...this.records.map((record) =>
        withGeometry(record, shapeOf(record.geometry).translate(record.geometry, shift.dx, shift.dy)),
      ),
    );
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
