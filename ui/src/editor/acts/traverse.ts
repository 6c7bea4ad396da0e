/** Going from object to object by key. */

import type { Editor } from "../editor";
import type { AnnotationRecord } from "../records/annotation";
import { shapeOf } from "../shapes/registry";
import { isVisible, toggled } from "../view/marks";

/** Selects one annotation and pans just enough to show it. */
export function selectAndShow(editor: Editor, record: AnnotationRecord): void {
  editor.select([record.id]);
  editor.camera.bringIntoSight(shapeOf(record.geometry).bounds(record.geometry));
}

/** Selects the riskiest undecided annotation: a new capture opens with it. */
export function selectRiskiest(editor: Editor): void {
  const [first] = editor.ordered();
  if (first?.decision === "undecided") selectAndShow(editor, first);
}

/** Selects the next (1) or previous (-1) object in risk order, around the end. */
export function selectNeighbour(editor: Editor, step: 1 | -1): void {
  if (editor.busy) return;
  editor.settle();
  const visible = editor.ordered().filter((record) => isVisible(editor.marks, record));
  if (visible.length === 0) return;
  const at = visible.findIndex((record) => editor.selection.has(record.id));
  const from = at === -1 && step === -1 ? 0 : at;
  const next = visible[(from + step + visible.length) % visible.length];
  if (next) selectAndShow(editor, next);
}

export function selectAll(editor: Editor): void {
  if (editor.busy) return;
  editor.select(
    editor
      .visible()
      .filter((record) => !editor.marks.locked.has(record.id))
      .map((record) => record.id),
  );
}

export function toggleRejected(editor: Editor): void {
  const showRejected = !editor.marks.showRejected;
  editor.mark({ showRejected });
  editor.select(editor.selected().flatMap((record) => (isVisible(editor.marks, record) ? [record.id] : [])));
}

export function toggleHidden(editor: Editor, id: string): void {
  editor.mark({ hidden: toggled(editor.marks.hidden, id) });
  editor.select([...editor.selection].filter((selected) => !editor.marks.hidden.has(selected)));
}

export function toggleLocked(editor: Editor, id: string): void {
  editor.mark({ locked: toggled(editor.marks.locked, id) });
}
