/** Ready to draw. */

import { Resizing } from "../select/resizing";
import type { PointerInput, ToolHost, ToolState, Transition } from "../tool";
import { Drawing } from "./drawing";

export class BoxIdle implements ToolState {
  readonly busy = false;

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
  ) {}

  pointerMove(input: PointerInput): void {
    const hit = this.host.hit(input.at);
    this.host.setHover(null);
    this.host.setCursor(hit?.kind === "handle" ? hit.handle.cursor : "crosshair");
  }

  pointerDown(input: PointerInput): void {
    if (input.button !== 0) return;
    const again = (): ToolState => new BoxIdle(this.host, this.tool);
    const hit = this.host.hit(input.at);
    if (hit?.kind === "handle") {
      this.tool.go(new Resizing(this.host, this.tool, hit.id, hit.handle, input, again));
      return;
    }
    if (this.host.nextClassId === null) {
      this.host.askForClass();
      return;
    }
    this.tool.go(new Drawing(this.host, this.tool, this.host.nextClassId, input, again));
  }

  /** Escape first lets go of the selection, then returns to the select tool. */
  cancel(): boolean {
    if (this.host.selection.size > 0) this.host.select([]);
    else this.host.setTool("select");
    return true;
  }
}
