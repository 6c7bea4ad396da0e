/**
 * Makes acts durable, one after the other in the order in which they were done. "Saved" is said only when the
 * backend has answered for all of them. A failure stops the line: nothing is skipped and nothing is forgotten.
 */
import type { AnnotationDto, Backend } from "../../../backend/backend";
import { hasCode } from "../../../backend/errors";
import { changeId, type Diff } from "../../../editor/records/diff";
import { Emitter } from "../../../editor/emitter";
import { editsOf } from "./convert";

export type SaverBackend = Pick<Backend, "applyEdits" | "undo" | "redo" | "capture">;

/** An act of the open view, or its undoing or doing again, with the diff that it makes. */
export interface ViewStep {
  readonly kind: "apply" | "undo" | "redo";
  readonly captureId: string;
  readonly asset: string;
  readonly title: string;
  readonly diff: Diff;
  readonly operationId: string;
}

/** Undoes or repeats an act that is older than the history of the view: the backend alone knows what it was. */
export interface LibraryStep {
  readonly kind: "library_undo" | "library_redo";
  readonly captureId: string;
}

/** What is to be made durable. */
export type SaveStep = ViewStep | LibraryStep;

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

function sameIds(annotations: readonly AnnotationDto[], ids: readonly string[]): boolean {
  const present = new Set(annotations.map(({ annotationId }) => annotationId));
  return present.size === ids.length && ids.every((id) => present.has(id));
}

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
        !("diff" in step) ||
        step.diff.some((change) => changeId(change) === annotationId),
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
        if (hasCode(error, "conflict")) await this.lookAgain(step.captureId);
        if (this.line[0] === step) this.set({ kind: "failed", waiting: this.line.length, captureId: step.captureId, error });
        return;
      }
    }
    this.set(SAVED);
  }

  /** Learns the versions that the library has, so that trying again is based on them. */
  private async lookAgain(captureId: string): Promise<void> {
    try {
      const { annotations } = await this.backend.capture(captureId);
      this.know(annotations);
    } catch {
      // The conflict is what the person is told; trying again meets it again and looks once more.
    }
  }

  private async send(step: SaveStep): Promise<Saved> {
    switch (step.kind) {
      case "apply":
        return this.apply(step, step.title);
      case "undo":
      case "redo": {
        const ids = step.diff.map(changeId);
        const answer = await this.turn(step.kind, step, (title, annotations) => title === step.title && sameIds(annotations, ids));
        // The latest act of the library is another one: this one is taken back by an operation of its own.
        return answer ?? this.apply(step, `${step.kind === "undo" ? "Undo" : "Redo"}: ${step.title}`);
      }
      case "library_undo":
      case "library_redo": {
        const kind = step.kind === "library_undo" ? "undo" : "redo";
        return (await this.turn(kind, step, () => true)) ?? { step, annotations: [], title: null };
      }
    }
  }

  private async apply(step: ViewStep, title: string): Promise<Saved> {
    const { operationId, captureId, diff, asset } = step;
    const edits = editsOf(diff, asset, (id) => this.versions.get(id));
    const { annotations } = await this.backend.applyEdits({ operationId, captureId, title, edits });
    return { step, annotations, title };
  }

  /**
   * Asks the library to take back or repeat its latest act on the capture. When that is not the act that is meant
   * (the person did something elsewhere in between), it is put back at once and the answer is null.
   */
  private async turn(kind: "undo" | "redo", step: SaveStep, isMeant: (title: string, annotations: readonly AnnotationDto[]) => boolean): Promise<Saved | null> {
    const { title, captureIds, annotations } = await this.backend[kind](step.captureId);
    if (title === null) return null;
    if (captureIds.includes(step.captureId) && isMeant(title, annotations)) return { step, annotations, title };
    const back = await this.backend[kind === "undo" ? "redo" : "undo"](step.captureId);
    this.know(back.annotations);
    return null;
  }

  private set(state: SaveState): void {
    this.stateNow = state;
    this.changed.emit();
  }
}
