/** View state of an open capture: it is never saved, and never in a record. */

import type { ImageBox } from "../geometry/point";
import type { AnnotationId, AnnotationRecord } from "../records/annotation";

export interface Marks {
  readonly selection: ReadonlySet<AnnotationId>;
  readonly hover: AnnotationId | null;
  readonly marquee: ImageBox | null;
  /** Hidden shapes are neither drawn nor hit. */
  readonly hidden: ReadonlySet<AnnotationId>;
  /** Locked shapes are drawn but not hit. */
  readonly locked: ReadonlySet<AnnotationId>;
  readonly showRejected: boolean;
}

export const NO_MARKS: Marks = {
  selection: new Set(),
  hover: null,
  marquee: null,
  hidden: new Set(),
  locked: new Set(),
  showRejected: false,
};

export function isVisible(marks: Marks, record: AnnotationRecord): boolean {
  return !marks.hidden.has(record.id) && (marks.showRejected || record.decision !== "rejected");
}

export function isPickable(marks: Marks, record: AnnotationRecord): boolean {
  return isVisible(marks, record) && !marks.locked.has(record.id);
}

/** A copy of the set with the id put in or taken out. */
export function toggled<T>(set: ReadonlySet<T>, id: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

export function sameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a.size === b.size && [...a].every((value) => b.has(value));
}
