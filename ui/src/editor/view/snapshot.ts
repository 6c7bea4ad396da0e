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

export function snapshotOf(editor: Editor): EditorSnapshot {
  const { history } = editor.store;
  return {
    records: editor.ordered(),
    marks: editor.marks,
    tool: editor.toolName,
    busy: editor.busy,
    classes: editor.classes,
    nextClassId: editor.nextClassId,
    undoCount: history.undoCount,
    redoCount: history.redoCount,
    recentActs: history.recent(RECENT_ACTS),
  };
}
