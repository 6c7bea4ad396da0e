/** Giving a class to what is selected, or to what is drawn next. */

import type { Editor } from "../editor";
import { withClass, type ClassId } from "../records/annotation";

/**
 * Sets the class of the selected annotations as one act; with nothing selected it is the class of the next box.
 * Either way the next box gets it: people tend to draw several of a kind.
 */
export function setClass(editor: Editor, classId: ClassId): boolean {
  if (editor.busy || !editor.classes.has(classId)) return false;
  editor.settle();
  const records = editor
    .selected()
    .filter((record) => record.classId !== classId || record.decision === "undecided");
  editor.nextClassId = classId;
  if (records.length === 0) return false;
  const gesture = editor.begin(labelOf(editor, records.length, classId));
  gesture.set(...records.map((record) => withClass(record, classId)));
  return gesture.commit();
}

function labelOf(editor: Editor, count: number, classId: ClassId): string {
  const name = editor.classes.name(classId);
  return count === 1 ? `Set class ${name}` : `Set class ${name} on ${count} objects`;
}
