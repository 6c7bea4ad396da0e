/** The committed records, their history, and the preview of the gesture that runs. */

import { Emitter } from "../emitter";
import type { AnnotationId, AnnotationRecord } from "./annotation";
import { applyDiff, type Diff, type Records } from "./diff";
import { Gesture, type Preview } from "./gesture";
import { History, type HistoryEntry } from "./history";

/** Something that must be made durable: an act, its undoing, or its doing again. */
export interface Commit {
  readonly cause: "act" | "undo" | "redo";
  readonly entry: HistoryEntry;
  /** What changed just now; for an undo that is the inverse of the entry's diff. */
  readonly diff: Diff;
}

export class RecordStore {
  readonly history = new History();
  /** Fires after each act, undo and redo. The saver listens here. */
  readonly commits = new Emitter<Commit>();
  private committed: Records = new Map();
  private preview: Preview | null = null;
  private merged: Records | null = null;

  constructor(private readonly changed: () => void) {}

  /** The records without what a running gesture previews. */
  get saved(): Records {
    return this.committed;
  }

  /** The records as they look now. */
  get current(): Records {
    if (!this.preview) return this.committed;
    this.merged ??= merge(this.committed, this.preview);
    return this.merged;
  }

  /** Whether a running gesture shows something that is not committed. */
  get isPreviewing(): boolean {
    return this.preview !== null;
  }

  /** Another capture: its records, and no history. */
  load(records: Iterable<AnnotationRecord>): void {
    this.committed = new Map([...records].map((record) => [record.id, record]));
    this.history.clear();
    this.show(null);
  }

  /** Takes over what someone else changed (a model run, an undo in the library). It is no act of this history. */
  merge(diff: Diff): void {
    this.committed = applyDiff(this.committed, diff);
    this.show(this.preview);
  }

  begin(label: string): Gesture {
    return new Gesture(label, this.committed, {
      preview: (preview) => this.show(preview),
      finish: (end, diff) => {
        this.preview = null;
        this.merged = null;
        if (diff.length > 0) this.commit(end, diff);
        else this.changed();
      },
    });
  }

  undo(): Commit | null {
    const step = this.history.undo();
    return step && this.replay("undo", step.entry, step.diff);
  }

  redo(): Commit | null {
    const step = this.history.redo();
    return step && this.replay("redo", step.entry, step.diff);
  }

  private commit(label: string, diff: Diff): void {
    this.committed = applyDiff(this.committed, diff);
    const entry = this.history.push(label, diff);
    this.changed();
    this.commits.emit({ cause: "act", entry, diff });
  }

  private replay(cause: "undo" | "redo", entry: HistoryEntry, diff: Diff): Commit {
    this.committed = applyDiff(this.committed, diff);
    const commit: Commit = { cause, entry, diff };
    this.show(null);
    this.commits.emit(commit);
    return commit;
  }

  private show(preview: Preview | null): void {
    this.preview = preview;
    this.merged = null;
    this.changed();
  }
}

function merge(records: Records, preview: Preview): Map<AnnotationId, AnnotationRecord> {
  const merged = new Map(records);
  for (const [id, record] of preview) {
    if (record) merged.set(id, record);
    else merged.delete(id);
  }
  return merged;
}
