/** Unlimited undo and redo over diffs. Each entry is one act of the person: a gesture, a decision, a bulk edit. */

import type { Diff } from "./diff";
import { invert } from "./diff";

export interface HistoryEntry {
  /** What the person did, in words for the list of recent acts. */
  readonly label: string;
  readonly diff: Diff;
  /** Grows by one with each act of this history, and never comes twice: the saver links entries to operations by it. */
  readonly seq: number;
}

export class History {
  private done: HistoryEntry[] = [];
  private undone: HistoryEntry[] = [];
  private nextSeq = 1;

  /** Records an act that was just applied. What had been undone before it can no longer be redone. */
  push(label: string, diff: Diff): HistoryEntry {
    const entry: HistoryEntry = { label, diff, seq: this.nextSeq++ };
    this.done.push(entry);
    this.undone = [];
    return entry;
  }

  /** Takes the latest act off and returns it with the diff that reverses it. */
  undo(): { entry: HistoryEntry; diff: Diff } | null {
    const entry = this.done.pop();
    if (!entry) return null;
    this.undone.push(entry);
    return { entry, diff: invert(entry.diff) };
  }

  /** Returns the act that was undone last, with the diff that does it again. */
  redo(): { entry: HistoryEntry; diff: Diff } | null {
    const entry = this.undone.pop();
    if (!entry) return null;
    this.done.push(entry);
    return { entry, diff: entry.diff };
  }

  get undoCount(): number {
    return this.done.length;
  }

  get redoCount(): number {
    return this.undone.length;
  }

  /** The latest acts, newest first. */
  recent(count: number): readonly HistoryEntry[] {
    return this.done.slice(-count).reverse();
  }

  clear(): void {
    this.done = [];
    this.undone = [];
  }
}
