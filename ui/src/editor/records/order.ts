/** The order in which objects deserve a person's attention. */

import type { AnnotationRecord, Decision } from "./annotation";

const RANK: Record<Decision, number> = { undecided: 0, accepted: 1, rejected: 2 };

/** Undecided first, least confident first; then decided, then rejected, each from top left to bottom right. */
export function byRisk(a: AnnotationRecord, b: AnnotationRecord): number {
  const rank = RANK[a.decision] - RANK[b.decision];
  if (rank !== 0) return rank;
  if (a.decision === "undecided") {
    const confidence = (a.confidence ?? 0) - (b.confidence ?? 0);
    if (confidence !== 0) return confidence;
  }
  const place = a.geometry.box.y - b.geometry.box.y || a.geometry.box.x - b.geometry.box.x;
  if (place !== 0) return place;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

export function inRiskOrder(records: Iterable<AnnotationRecord>): AnnotationRecord[] {
  return [...records].sort(byRisk);
}
