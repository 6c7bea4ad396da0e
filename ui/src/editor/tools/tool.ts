/** What a tool is, and what it sees of the editor. Each state of a tool is a class in a file of its own. */

import type { ImageBox, ImagePoint, Size, ViewPoint } from "../geometry/point";
import type { ViewFromImage } from "../geometry/transform";
import type { AnnotationId, AnnotationRecord, ClassId } from "../records/annotation";
import type { Gesture } from "../records/gesture";
import type { Hit } from "../view/hit";

export type ToolName = "select" | "box" | "hand";

/** One pointer event, already in view pixels. */
export interface PointerInput {
  readonly at: ViewPoint;
  /** 0 = left, 1 = middle, 2 = right. */
  readonly button: number;
  readonly shift: boolean;
  readonly ctrl: boolean;
}

/** The pointer moved farther than this in view pixels: it is a drag, not a click. */
export const DRAG_THRESHOLD = 3;

/** The part of the editor that tools work with. */
export interface ToolHost {
  readonly viewFromImage: ViewFromImage;
  readonly image: Size;
  readonly selection: ReadonlySet<AnnotationId>;
  /** The class that the next drawn shape gets; null while the schema has none. */
  readonly nextClassId: ClassId | null;
  toImage(at: ViewPoint): ImagePoint;
  record(id: AnnotationId): AnnotationRecord | undefined;
  className(id: ClassId): string;
  hit(at: ViewPoint): Hit | null;
  caughtBy(marquee: ImageBox): readonly AnnotationId[];
  select(ids: Iterable<AnnotationId>): void;
  setHover(id: AnnotationId | null): void;
  setCursor(cursor: string): void;
  setMarquee(marquee: ImageBox | null): void;
  setTool(tool: ToolName): void;
  pan(dx: number, dy: number): void;
  begin(label: string): Gesture;
  newId(): AnnotationId;
  /** A person tried to draw, but there is no class to give to the shape. */
  askForClass(): void;
}

/** One state of a tool. What a state does not name, it ignores. */
export interface ToolState {
  /** Whether a gesture is under way: labels of other objects fade, keys that would disturb it wait. */
  readonly busy: boolean;
  pointerDown?(input: PointerInput): void;
  pointerMove?(input: PointerInput): void;
  pointerUp?(input: PointerInput): void;
  /** Escape. Returns whether there was something to cancel. */
  cancel?(): boolean;
}

/** The one thing that a state may do to its tool. */
export interface Transition {
  go(state: ToolState): void;
}

/** A tool: a state machine that starts idle. */
export class Tool implements Transition {
  private state: ToolState;

  constructor(
    readonly name: ToolName,
    private readonly idle: (tool: Transition) => ToolState,
  ) {
    this.state = idle(this);
  }

  get busy(): boolean {
    return this.state.busy;
  }

  go(state: ToolState): void {
    this.state = state;
  }

  pointerDown(input: PointerInput): void {
    this.state.pointerDown?.(input);
  }

  pointerMove(input: PointerInput): void {
    this.state.pointerMove?.(input);
  }

  pointerUp(input: PointerInput): void {
    this.state.pointerUp?.(input);
  }

  cancel(): boolean {
    return this.state.cancel?.() ?? false;
  }

  /** Another tool takes over: whatever runs is cancelled. */
  leave(): void {
    if (this.state.busy) this.state.cancel?.();
    this.state = this.idle(this);
  }
}
