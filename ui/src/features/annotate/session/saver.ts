/**
 * Makes acts durable, one after the other in the order in which they were done. "Saved" is said only when the
 * backend has answered for all of them. A failure stops the line: nothing is skipped and nothing is forgotten.
 */
import type { AnnotationDto, Backend } from "../../../backend/backend";
import type { Diff } from "../../../editor/records/diff";
import { Emitter } from "../../../editor/emitter";
import { editsOf } from "./convert";

export type SaverBackend = Pick<Backend, "applyEdits" | "undo" | "redo">;

/** What is to be made durable. */
export type SaveStep =
  | { readonly kind: "apply"; readonly captureId: string; readonly asset: string; readonly title: string; readonly diff: Diff; readonly operationId: string }
  /** `ofLibrary`: the act is older than the history of the open view; the backend alone knows what it was. */
  | { readonly kind: "undo" | "redo"; readonly captureId: string; readonly ofLibrary: boolean };

/** What the backend answered. */
export interface Saved {
  readonly step: SaveStep;
  readonly annotations: readonly AnnotationDto[];
  /** The act that an undo or redo was about; null when there was none. */
  readonly title: string | null;
}

export type SaveState =
  | { readonly kind: "saved" }
  | { readonly kind: "saving"; readonly waiting: number }
  | { readonly kind: "failed"; readonly waiting: number; readonly captureId: string; readonly error: unknown };

const SAVED: SaveState = { kind: "saved" };

export class Saver {
  readonly changed = new Emitter<void>();
  readonly saved = new Emitter<Saved>();
  private readonly line: SaveStep[] = [];
  private readonly versions = new Map<string, number>();
  private running: Promise<void> | null = null;
  private stateNow: SaveState = SAVED;

  constructor(private readonly backend: SaverBackend) {}

  get state(): SaveState {
    return this.stateNow;
  }

  /** Remembers the versions that the person sees, as the base of the next change. */
  know(annotations: readonly AnnotationDto[]): void {
    for (const { annotationId, version } of annotations) this.versions.set(annotationId, version);
  }

  /** Whether an act that may touch this annotation still waits. */
  touches(annotationId: string): boolean {
    return this.line.some(
      (step) =>
        step.kind !== "apply" ||
        step.diff.some((change) => (change.kind === "remove" ? change.before.id : change.after.id) === annotationId),
    );
  }

  enqueue(step: SaveStep): void {
    this.line.push(step);
    if (this.stateNow.kind === "saved") this.run();
    else this.set({ ...this.stateNow, waiting: this.line.length });
  }

  /** Tries again what failed. */
  retry(): void {
    if (this.stateNow.kind === "failed") this.run();
  }

  /** Waits until everything is durable; rejects with the reason when it cannot be. */
  async flush(): Promise<void> {
    if (this.stateNow.kind === "failed") this.run();
    while (this.running) await this.running;
    // The state may have changed while waiting.
    const state = this.state;
    if (state.kind === "failed") throw state.error;
  }

  /** Forgets what could not be saved. Only a person may ask for it. */
  discard(): void {
    this.line.length = 0;
    this.set(SAVED);
  }

  private run(): void {
    if (this.running || this.line.length === 0) return;
    this.set({ kind: "saving", waiting: this.line.length });
    this.running = this.drain().finally(() => {
      this.running = null;
      // A step may have come in between the last look at the line and now.
      if (this.stateNow.kind === "saving") this.run();
    });
  }

  private async drain(): Promise<void> {
    for (let step = this.line[0]; step !== undefined; step = this.line[0]) {
      this.set({ kind: "saving", waiting: this.line.length });
      try {
        const answer = await this.send(step);
        this.know(answer.annotations);
        if (this.line[0] === step) this.line.shift();
        this.saved.emit(answer);
      } catch (error) {
        if (this.line[0] === step) this.set({ kind: "failed", waiting: this.line.length, captureId: step.captureId, error });
        return;
      }
    }
    this.set(SAVED);
  }

  private async send(step: SaveStep): Promise<Saved> {
    if (step.kind !== "apply") {
      const { annotations, title } = await this.backend[step.kind](step.captureId);
      return { step, annotations, title };
    }
    const { operationId, captureId, title, diff, asset } = step;
    const edits = editsOf(diff, asset, (id) => this.versions.get(id) ?? 0);
    const { annotations } = await this.backend.applyEdits({ operationId, captureId, title, edits });
    return { step, annotations, title };
  }

  private set(state: SaveState): void {
    this.stateNow = state;
    this.changed.emit();
  }
}
