/** The button went down on a shape: a click so far, perhaps the start of a move. */

import { distance } from "../../geometry/point";
import type { AnnotationId } from "../../records/annotation";
import { DRAG_THRESHOLD, type PointerInput, type ToolHost, type ToolState, type Transition } from "../tool";
import { Translating } from "./translating";

export class Pointing implements ToolState {
  readonly busy = false;
  private readonly wasSelected: boolean;

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
    private readonly id: AnnotationId,
    private readonly start: PointerInput,
    private readonly idle: () => ToolState,
  ) {
    this.wasSelected = host.selection.has(id);
    if (start.shift) {
      const toggled = new Set(host.selection);
      if (this.wasSelected) toggled.delete(id);
      else toggled.add(id);
      host.select(toggled);
    } else if (!this.wasSelected) {
      host.select([id]);
    }
  }

  pointerMove(input: PointerInput): void {
    if (distance(input.at, this.start.at) <= DRAG_THRESHOLD || !this.host.selection.has(this.id)) return;
    const next = new Translating(this.host, this.tool, this.start, this.idle);
    this.tool.go(next);
    next.pointerMove(input);
  }

  pointerUp(): void {
    // A plain click on one of several selected shapes means that one.
    if (this.wasSelected && !this.start.shift && this.host.selection.size > 1) this.host.select([this.id]);
    this.tool.go(this.idle());
  }

  cancel(): boolean {
    this.tool.go(this.idle());
    return true;
  }
}
