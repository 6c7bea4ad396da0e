/** Nothing is under way: the pointer hovers. */

import type { PointerInput, ToolHost, ToolState, Transition } from "../tool";
import { Brushing } from "./brushing";
import { Pointing } from "./pointing";
import { Resizing } from "./resizing";

export class SelectIdle implements ToolState {
  readonly busy = false;

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
  ) {}

  pointerMove(input: PointerInput): void {
    const hit = this.host.hit(input.at);
    this.host.setHover(hit?.id ?? null);
    this.host.setCursor(hit?.kind === "handle" ? hit.handle.cursor : hit ? "move" : "default");
  }

  pointerDown(input: PointerInput): void {
    if (input.button !== 0) return;
    const again = (): ToolState => new SelectIdle(this.host, this.tool);
    const hit = this.host.hit(input.at);
    if (hit?.kind === "handle") {
      this.tool.go(new Resizing(this.host, this.tool, hit.id, hit.handle, input, again));
    } else if (hit) {
      this.tool.go(new Pointing(this.host, this.tool, hit, input, again));
    } else {
      this.tool.go(new Brushing(this.host, this.tool, input, again));
    }
  }

  cancel(): boolean {
    if (this.host.selection.size === 0) return false;
    this.host.select([]);
    return true;
  }
}
