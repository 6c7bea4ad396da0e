/** A marquee from an empty spot: what it catches is selected; with Shift it is added. */

import { boxFromCorners } from "../../geometry/box";
import { distance } from "../../geometry/point";
import type { AnnotationId } from "../../records/annotation";
import { DRAG_THRESHOLD, type PointerInput, type ToolHost, type ToolState, type Transition } from "../tool";

export class Brushing implements ToolState {
  readonly busy = false;
  private readonly before: ReadonlySet<AnnotationId>;
  private dragged = false;

  constructor(
    private readonly host: ToolHost,
    private readonly tool: Transition,
    private readonly start: PointerInput,
    private readonly idle: () => ToolState,
  ) {
    this.before = new Set(host.selection);
  }

  pointerMove(input: PointerInput): void {
    if (!this.dragged && distance(input.at, this.start.at) <= DRAG_THRESHOLD) return;
    this.dragged = true;
    const marquee = boxFromCorners(this.host.toImage(this.start.at), this.host.toImage(input.at));
    const caught = this.host.caughtBy(marquee);
    this.host.setMarquee(marquee);
    this.host.select(this.start.shift ? [...this.before, ...caught] : caught);
  }

  pointerUp(): void {
    // A click on an empty spot lets go of the selection.
    if (!this.dragged && !this.start.shift) this.host.select([]);
    this.end();
  }

  cancel(): boolean {
    this.host.select(this.before);
    this.end();
    return true;
  }

  private end(): void {
    this.host.setMarquee(null);
    this.tool.go(this.idle());
  }
}
