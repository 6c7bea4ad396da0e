/** The order in which objects deserve a person's attention. */

import type { AnnotationRecord, Decision } from "./annotation";
import type { ClassTable } from "./schema";

const RANK: Record<Decision, number> = { undecided: 0, accepted: 2, rejected: 3 };

/**
 * Undecided first, least confident first; among them those that the project has a class for come before those
 * that it has not asked for. Then decided, then rejected, each from top left to bottom right.
 */
export function inRiskOrder(records: Iterable<AnnotationRecord>, classes: ClassTable): AnnotationRecord[] {
  const rankOf = ({ decision, classId }: AnnotationRecord): number =>
    RANK[decision] + (decision === "undecided" && !classes.has(classId) ? 1 : 0);
  return [...records].sort((a, b) => rankOf(a) - rankOf(b) || byRisk(a, b));
}

/** Within one rank. */
function byRisk(a: AnnotationRecord, b: AnnotationRecord): number {
  if (a.decision === "undecided") {
    const confidence = (a.confidence ?? 0) - (b.confidence ?? 0);
    if (confidence !== 0) return confidence;
  }
  const place = a.geometry.box.y - b.geometry.box.y || a.geometry.box.x - b.geometry.box.x;
  if (place !== 0) return place;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
