/** An open hand. */

import type { PointerInput, ToolHost, ToolState, Transition } from "../tool";
import { Panning } from "./panning";

export class HandIdle implements ToolState {
  readonly busy = false;

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
  ) {}

  pointerMove(): void {
    this.host.setHover(null);
    this.host.setCursor("grab");
  }

  pointerDown(input: PointerInput): void {
    if (input.button === 2) return;
    this.tool.go(new Panning(this.host, this.tool, input, () => new HandIdle(this.host, this.tool)));
  }

  cancel(): boolean {
    this.host.setTool("select");
    return true;
  }
}
