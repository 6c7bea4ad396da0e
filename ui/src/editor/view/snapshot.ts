/** An immutable picture of the editor for a user interface. */

import type { Editor } from "../editor";
import type { AnnotationRecord, ClassId } from "../records/annotation";
import type { HistoryEntry } from "../records/history";
import type { ClassTable } from "../records/schema";
import type { ToolName } from "../tools/tool";
import type { Marks } from "./marks";

export interface EditorSnapshot {
  /** In the order in which they deserve attention, rejected ones included. */
  readonly records: readonly AnnotationRecord[];
  readonly marks: Marks;
  readonly tool: ToolName;
  readonly busy: boolean;
  readonly classes: ClassTable;
  readonly nextClassId: ClassId | null;
  readonly undoCount: number;
  readonly redoCount: number;
  /** Newest first. */
  readonly recentActs: readonly HistoryEntry[];
}

const RECENT_ACTS = 20;

/** The same object as `last` when nothing that it holds has changed: a user interface then has nothing to do. */
export function snapshotOf(editor: Editor, last: EditorSnapshot | null): EditorSnapshot {
  const { history } = editor.store;
  const recent = history.recent(RECENT_ACTS);
  const next: EditorSnapshot = {
    records: editor.ordered(),
    marks: editor.marks,
    tool: editor.toolName,
    busy: editor.busy,
    classes: editor.classes,
    nextClassId: editor.nextClassId,
    undoCount: history.undoCount,
    redoCount: history.redoCount,
    recentActs: last && sameItems(last.recentActs, recent) ? last.recentActs : recent,
  };
  return last && sameFields(last, next) ? last : next;
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

function sameFields(a: EditorSnapshot, b: EditorSnapshot): boolean {
  return (Object.keys(a) as (keyof EditorSnapshot)[]).every((field) => a[field] === b[field]);
}
