/** The annotation record: what the editor edits. It knows neither the backend's rows nor the screen. */

import type { ImageBox } from "../geometry/point";

export type AnnotationId = string;
export type ClassId = string;

export type Decision = "undecided" | "accepted" | "rejected";

/** Who made or changed a field. */
export type OriginKind = "person" | "model" | "import" | "rule";

/** An axis-aligned box in image pixels. */
export interface BoxGeometry {
  readonly kind: "box";
  readonly box: ImageBox;
}

/** One member for each kind of shape; a new kind adds a member here and a folder under `shapes/`. */
export type Geometry = BoxGeometry;
export type ShapeKind = Geometry["kind"];

export interface AnnotationRecord {
  readonly id: AnnotationId;
  readonly geometry: Geometry;
  readonly classId: ClassId;
  readonly decision: Decision;
  /** Confidence of the model that proposed it, 0 to 1; null where no model did. */
  readonly confidence: number | null;
  /** What is written there, where a model read it or a person typed it. */
  readonly text: string | null;
  /** Who made the annotation. It never changes: deleting a model's annotation is rejecting it. */
  readonly createdBy: OriginKind;
  /** Who set each field last. */
  readonly origin: { readonly geometry: OriginKind; readonly classId: OriginKind };
}

/** A proposal is an annotation that a model made and no person has decided on yet. */
export function isProposal(record: AnnotationRecord): boolean {
  return record.createdBy === "model" && record.decision === "undecided";
}

/** A person set the geometry: that is also accepting it. */
export function withGeometry(record: AnnotationRecord, geometry: Geometry): AnnotationRecord {
  return {
    ...record,
    geometry,
    decision: "accepted",
    origin: { ...record.origin, geometry: "person" },
  };
}

/** A person set the class: that is also accepting it. */
export function withClass(record: AnnotationRecord, classId: ClassId): AnnotationRecord {
  return { ...record, classId, decision: "accepted", origin: { ...record.origin, classId: "person" } };
}

export function withDecision(record: AnnotationRecord, decision: Decision): AnnotationRecord {
  return record.decision === decision ? record : { ...record, decision };
}

export function sameGeometry(a: Geometry, b: Geometry): boolean {
  return (
    a.box.x === b.box.x &&
    a.box.y === b.box.y &&
    a.box.width === b.box.width &&
    a.box.height === b.box.height
  );
}

/** Whether two records state the same; who stated it may differ. */
export function sameFacts(a: AnnotationRecord, b: AnnotationRecord): boolean {
  return (
    a.id === b.id &&
    a.classId === b.classId &&
    a.decision === b.decision &&
    a.confidence === b.confidence &&
    a.text === b.text &&
    sameGeometry(a.geometry, b.geometry)
  );
}

/** Field by field equality; the history records no change between equal records. */
export function sameRecord(a: AnnotationRecord, b: AnnotationRecord): boolean {
  return (
    a === b ||
    (sameFacts(a, b) &&
      a.createdBy === b.createdBy &&
      a.origin.geometry === b.origin.geometry &&
      a.origin.classId === b.origin.classId)
  );
}
