/** Why an undecided object deserves a look, in a word or two beside its name. */
import type { Size } from "../../../editor/geometry/point";
import type { AnnotationRecord } from "../../../editor/records/annotation";
import type { ClassTable } from "../../../editor/records/schema";
import { isUnmapped } from "./convert";

/** Overlap from which two boxes may be one object. */
const SUSPICIOUS_IOU = 0.55;
/** Part of the picture below which a box is small. */
const SMALL_PART = 0.0006;
const BORDER_PX = 1.5;
/** With more objects than this the overlap of each with each is not worth its time. */
const MOST_COMPARED = 400;

export function riskReasons(records: readonly AnnotationRecord[], image: Size, classes: ClassTable): ReadonlyMap<string, string> {
  const present = records.filter(({ decision }) => decision !== "rejected");
  const reasons = new Map<string, string>();
  for (const record of present) {
    if (record.decision !== "undecided") continue;
    const reason = reasonOf(record, present.length <= MOST_COMPARED ? present : [], image, classes);
    if (reason !== null) reasons.set(record.id, reason);
  }
  return reasons;
}

function reasonOf(record: AnnotationRecord, others: readonly AnnotationRecord[], image: Size, classes: ClassTable): string | null {
  if (isUnmapped(record) && record.text === null) return "no class yet";
  const twin = others.find((other) => other !== record && overlap(record, other) >= SUSPICIOUS_IOU);
  if (twin) return `overlaps ${classes.name(twin.classId)}`;
  const { x, y, width, height } = record.geometry.box;
  const atBorder =
    x <= BORDER_PX || y <= BORDER_PX || x + width >= image.width - BORDER_PX || y + height >= image.height - BORDER_PX;
  if (atBorder) return "at the border";
  return width * height < SMALL_PART * image.width * image.height ? "small" : null;
}

/** Intersection over union. */
function overlap(a: AnnotationRecord, b: AnnotationRecord): number {
  const [p, q] = [a.geometry.box, b.geometry.box];
  const width = Math.min(p.x + p.width, q.x + q.width) - Math.max(p.x, q.x);
  const height = Math.min(p.y + p.height, q.y + q.height) - Math.max(p.y, q.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (p.width * p.height + q.width * q.height - shared);
}
