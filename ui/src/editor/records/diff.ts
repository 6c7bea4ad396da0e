/** The typed difference between two states of the records: the unit of undo, of saving and of audit. */

import { sameRecord, type AnnotationId, type AnnotationRecord } from "./annotation";

export type Change =
  | { readonly kind: "put"; readonly after: AnnotationRecord }
  | { readonly kind: "update"; readonly before: AnnotationRecord; readonly after: AnnotationRecord }
  | { readonly kind: "remove"; readonly before: AnnotationRecord };

export type Diff = readonly Change[];

export type Records = ReadonlyMap<AnnotationId, AnnotationRecord>;

export function changeId(change: Change): AnnotationId {
  return change.kind === "remove" ? change.before.id : change.after.id;
}

/** The change from one state of a record to another (null = not there), or null when nothing changed. */
export function changeBetween(before: AnnotationRecord | null, after: AnnotationRecord | null): Change | null {
  if (before === null) return after === null ? null : { kind: "put", after };
  if (after === null) return { kind: "remove", before };
  return sameRecord(before, after) ? null : { kind: "update", before, after };
}

/** The diff that takes the records back. */
export function invert(diff: Diff): Diff {
  return diff.map(invertChange).reverse();
}

function invertChange(change: Change): Change {
  switch (change.kind) {
    case "put":
      return { kind: "remove", before: change.after };
    case "remove":
      return { kind: "put", after: change.before };
    case "update":
      return { kind: "update", before: change.after, after: change.before };
  }
}

/** A new map with the diff applied. */
export function applyDiff(records: Records, diff: Diff): Map<AnnotationId, AnnotationRecord> {
  const next = new Map(records);
  for (const change of diff) {
    if (change.kind === "remove") next.delete(change.before.id);
    else next.set(change.after.id, change.after);
  }
  return next;
}
