/** The picture follows the hand. */

import type { ViewPoint } from "../../geometry/point";
import type { PointerInput, ToolHost, ToolState, Transition } from "../tool";

export class Panning implements ToolState {
  readonly busy = true;
  private last: ViewPoint;

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
    private readonly start: PointerInput,
    private readonly idle: () => ToolState,
  ) {
    this.last = start.at;
    host.setCursor("grabbing");
  }

  pointerMove(input: PointerInput): void {
    this.host.pan(input.at.x - this.last.x, input.at.y - this.last.y);
    this.last = input.at;
  }

  pointerUp(input: PointerInput): void {
    this.pointerMove(input);
    this.host.setCursor("grab");
    this.tool.go(this.idle());
  }

  /** Escape takes the picture back to where it was. */
  cancel(): boolean {
    this.host.pan(this.start.at.x - this.last.x, this.start.at.y - this.last.y);
    this.tool.go(this.idle());
    return true;
  }
}
