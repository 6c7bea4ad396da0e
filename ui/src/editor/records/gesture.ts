/**
 * One gesture: it marks the records at its entry, previews without committing, and ends with exactly one diff
 * or with everything as it was.
 */

import type { AnnotationId, AnnotationRecord } from "./annotation";
import { changeBetween, type Change, type Diff, type Records } from "./diff";

/** Records that differ from the committed ones while a gesture runs; null hides one. */
export type Preview = ReadonlyMap<AnnotationId, AnnotationRecord | null>;

export interface GestureEnd {
  preview(preview: Preview): void;
  finish(label: string, diff: Diff): void;
}

export class Gesture {
  private readonly after = new Map<AnnotationId, AnnotationRecord | null>();
  private open = true;

  /** `mark` is the state of the records at the gesture's entry. */
  constructor(
    readonly label: string,
    private readonly mark: Records,
    private readonly end: GestureEnd,
  ) {}

  /** A record as it was when the gesture began. */
  before(id: AnnotationId): AnnotationRecord | undefined {
    return this.mark.get(id);
  }

  set(...records: readonly AnnotationRecord[]): void {
    if (!this.open) return;
    for (const record of records) this.after.set(record.id, record);
    this.end.preview(this.after);
  }

  remove(id: AnnotationId): void {
    if (!this.open) return;
    this.after.set(id, null);
    this.end.preview(this.after);
  }

  /** Ends the gesture with one diff. Returns whether anything changed. */
  commit(): boolean {
    if (!this.open) return false;
    this.open = false;
    const diff = this.diff();
    this.end.finish(this.label, diff);
    return diff.length > 0;
  }

  /** Ends the gesture and leaves everything as it was. */
  cancel(): void {
    if (!this.open) return;
    this.open = false;
    this.end.finish(this.label, []);
  }

  private diff(): Diff {
    const changes: Change[] = [];
    for (const [id, after] of this.after) {
      const change = changeBetween(this.mark.get(id) ?? null, after);
      if (change) changes.push(change);
    }
    return changes;
  }
}
