/** Accepting, rejecting and deleting. */

import type { Editor } from "../editor";
import { isProposal, withDecision, type AnnotationRecord, type Decision } from "../records/annotation";
import type { ClassTable } from "../records/schema";
import { isVisible } from "../view/marks";
import { selectAndShow } from "./traverse";
import { whatText } from "./wording";

const VERBS: Record<Exclude<Decision, "undecided">, string> = { accepted: "Accept", rejected: "Reject" };

/** A text says what it is by itself; anything else needs a class of the schema before it can be accepted. */
function lacksClass(record: AnnotationRecord, classes: ClassTable): boolean {
  return record.text === null && !classes.has(record.classId);
}

/**
 * Decides on the selected annotations, then goes on to the riskiest one that is still undecided. Where a class is
 * lacking the person is asked for it.
 */
export function decide(editor: Editor, decision: Exclude<Decision, "undecided">): boolean {
  if (editor.busy) return false;
  editor.settle();
  const records = editor.selected().filter((record) => record.decision !== decision);
  if (records.length === 0) return false;
  if (decision === "accepted" && records.some((record) => lacksClass(record, editor.classes))) {
    editor.askForClass();
    return false;
  }
  const wasUndecided = records.some((record) => record.decision === "undecided");
  const gesture = editor.begin(`${VERBS[decision]} ${whatText(records, editor.classes)}`);
  gesture.set(...records.map((record) => withDecision(record, decision)));
  const changed = gesture.commit();
  if (wasUndecided) advance(editor);
  keepSelectionVisible(editor);
  return changed;
}

/** The proposals that `acceptAbove` would accept. Hidden ones are left alone: nobody has seen them. */
export function acceptable(editor: Editor, threshold: number): AnnotationRecord[] {
  const { classes, marks } = editor;
  return editor
    .ordered()
    .filter(
      (record) =>
        isProposal(record) &&
        (record.confidence ?? 0) >= threshold &&
        !lacksClass(record, classes) &&
        !marks.hidden.has(record.id),
    );
}

/** Accepts every proposal at or above a confidence, as one act. Returns how many. */
export function acceptAbove(editor: Editor, threshold: number): number {
  if (editor.busy) return 0;
  editor.settle();
  const records = acceptable(editor, threshold);
  if (records.length === 0) return 0;
  const gesture = editor.begin(`Accept ${whatText(records, editor.classes)} above ${threshold.toFixed(2).slice(1)}`);
  gesture.set(...records.map((record) => withDecision(record, "accepted")));
  gesture.commit();
  advance(editor);
  return records.length;
}

/** Deletes the selected annotations. What a model made is rejected instead, so that the fact stays. */
export function remove(editor: Editor): boolean {
  if (editor.busy) return false;
  editor.settle();
  const records = editor.selected();
  if (records.length === 0) return false;
  const wasUndecided = records.some((record) => record.decision === "undecided");
  const gesture = editor.begin(`Delete ${whatText(records, editor.classes)}`);
  for (const record of records) {
    if (record.createdBy === "model") gesture.set(withDecision(record, "rejected"));
    else gesture.remove(record.id);
  }
  const changed = gesture.commit();
  if (wasUndecided) advance(editor);
  keepSelectionVisible(editor);
  return changed;
}

/** Selects the riskiest undecided annotation; keeps the selection when all are decided. */
function advance(editor: Editor): void {
  const next = editor
    .ordered()
    .find((record) => record.decision === "undecided" && isVisible(editor.marks, record));
  if (next) selectAndShow(editor, next);
}

function keepSelectionVisible(editor: Editor): void {
  const visible = editor.selected().filter((record) => isVisible(editor.marks, record));
  editor.select(visible.map((record) => record.id));
}
