/** How acts are called in the list of recent acts. */

import type { AnnotationRecord } from "../records/annotation";
import type { ClassTable } from "../records/schema";

/** `.61`, `.05`, `1.00`: two digits are what a model's confidence is worth. */
export function confidenceText(confidence: number): string {
  const text = confidence.toFixed(2);
  return text.startsWith("0") ? text.slice(1) : text;
}

/** `person .61` for one record, `3 objects` for several. */
export function whatText(records: readonly AnnotationRecord[], classes: ClassTable): string {
  const [first] = records;
  if (!first || records.length !== 1) return `${records.length} objects`;
  const name = classes.name(first.classId);
  const shown = first.decision === "undecided" && first.confidence !== null;
  return shown ? `${name} ${confidenceText(first.confidence)}` : name;
}
