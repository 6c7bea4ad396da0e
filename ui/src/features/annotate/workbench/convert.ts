/** Between the backend's annotations and the editor's records. */
import { ANNOTATION_COLORS } from "../../../shared/components/palette";
import type { AnnotationDto, BoxDto, ClassDto, Edit, ProjectDto } from "../../../backend/backend";
import { imageBox, type ImageBox } from "../../../editor/geometry/point";
import { sameGeometry, type AnnotationRecord } from "../../../editor/records/annotation";
import type { Diff } from "../../../editor/records/diff";
import { ClassTable, UNKNOWN_CLASS_COLOUR, type ClassEntry } from "../../../editor/records/schema";
import { boxGeometry } from "../../../editor/shapes/box/box";

/** Prefix of the class ids that stand for a model's name without a class. They never leave the window. */
const UNMAPPED = "unmapped:";

/** The annotations of one asset that the editor can show. */
export function recordsOf(annotations: Iterable<AnnotationDto>, asset: string): AnnotationRecord[] {
  return [...annotations].flatMap((dto) => (dto.asset === asset ? (recordOf(dto) ?? []) : []));
}

/** The record of an annotation; null when it is deleted or has no box. */
export function recordOf(dto: AnnotationDto): AnnotationRecord | null {
  if (dto.deleted || dto.box === null) return null;
  const { x, y, width, height } = dto.box;
  return {
    id: dto.annotationId,
    geometry: boxGeometry(imageBox(x, y, width, height)),
    classId: dto.classId ?? `${UNMAPPED}${nameWithoutClass(dto)}`,
    decision: dto.decision,
    confidence: dto.confidence,
    text: dto.text,
    createdBy: dto.origin,
    origin: { geometry: dto.origin, classId: dto.origin },
  };
}

/**
 * The edits that tell the backend of a diff. `versionOf` gives the version of each annotation that was seen last;
 * one that appears and is known already is a deleted one that comes back.
 */
export function editsOf(diff: Diff, asset: string, versionOf: (annotationId: string) => number | undefined): Edit[] {
  const baseVersionOf = (annotationId: string): number => versionOf(annotationId) ?? 0;
  return diff.map((change): Edit => {
    switch (change.kind) {
      case "put": {
        const { id, geometry, classId } = change.after;
        const known = versionOf(id);
        if (known !== undefined) return { kind: "restore", annotationId: id, baseVersion: known };
        return { kind: "create", annotationId: id, asset, box: boxOf(geometry.box), classId };
      }
      case "remove":
        return { kind: "delete", annotationId: change.before.id, baseVersion: baseVersionOf(change.before.id) };
      case "update": {
        const { before, after } = change;
        return {
          kind: "update",
          annotationId: after.id,
          baseVersion: baseVersionOf(after.id),
          box: sameGeometry(before.geometry, after.geometry) ? null : boxOf(after.geometry.box),
          classId: before.classId === after.classId || isUnmapped(after) ? null : after.classId,
          decision: before.decision === after.decision ? null : after.decision,
        };
      }
    }
  });
}

function boxOf({ x, y, width, height }: ImageBox): BoxDto {
  return { x, y, width, height };
}

/** The colour of a class. */
export function colourOf(dto: ClassDto): string {
  return ANNOTATION_COLORS[(dto.colour - 1) % ANNOTATION_COLORS.length] ?? UNKNOWN_CLASS_COLOUR;
}

/** The classes of a project, with the names that only models use. */
export function classTableOf(project: ProjectDto, annotations: Iterable<AnnotationDto>): ClassTable {
  const entryOf = (dto: ClassDto): ClassEntry => ({
    id: dto.classId,
    name: dto.name,
    colour: colourOf(dto),
    key: dto.retired ? null : dto.key,
  });
  const givable = project.classes.filter((dto) => !dto.retired).map(entryOf);
  const retired = project.classes.filter((dto) => dto.retired).map(entryOf);
  const unmapped = new Set([...annotations].flatMap((dto) => (dto.classId === null ? nameWithoutClass(dto) : [])));
  const named = [...unmapped].map((name) => ({ id: `${UNMAPPED}${name}`, name, colour: UNKNOWN_CLASS_COLOUR, key: null }));
  return new ClassTable(givable, [...retired, ...named]);
}

function nameWithoutClass(dto: AnnotationDto): string {
  return dto.modelClass ?? (dto.text === null ? "unnamed" : "text");
}

/** Whether a record's class is a model's name that the schema lacks. */
export function isUnmapped(record: AnnotationRecord): boolean {
  return record.classId.startsWith(UNMAPPED);
}
