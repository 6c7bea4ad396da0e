/** The button went down on a shape: a click so far, perhaps the start of a move. */

import { distance } from "../../geometry/point";
import type { Hit } from "../../view/hit";
import { DRAG_THRESHOLD, type PointerInput, type ToolHost, type ToolState, type Transition } from "../tool";
import { toggled } from "../../view/marks";
import { Translating } from "./translating";

export class Pointing implements ToolState {
  readonly busy = false;
  private readonly wasSelected: boolean;

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
    private readonly hit: Extract<Hit, { kind: "shape" }>,
    private readonly start: PointerInput,
    private readonly idle: () => ToolState,
  ) {
    this.wasSelected = host.selection.has(hit.id);
    if (start.shift) host.select(toggled(host.selection, hit.click));
    else if (!this.wasSelected) host.select([hit.id]);
  }

  pointerMove(input: PointerInput): void {
    if (distance(input.at, this.start.at) <= DRAG_THRESHOLD || !this.host.selection.has(this.hit.id)) return;
    const next = new Translating(this.host, this.tool, this.start, this.idle);
    this.tool.go(next);
    next.pointerMove(input);
  }

  pointerUp(): void {
    // A plain click means the one shape under the pointer, whatever was selected before.
    if (this.wasSelected && !this.start.shift) this.host.select([this.hit.click]);
    this.tool.go(this.idle());
  }

  cancel(): boolean {
    this.tool.go(this.idle());
    return true;
  }
}
