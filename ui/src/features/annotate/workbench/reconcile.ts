/** Takes over what the library says about the open capture, without disturbing what the person does. */
import type { AnnotationDto } from "../../../backend/backend";
import { sameFacts, type AnnotationRecord } from "../../../editor/records/annotation";
import type { Change, Diff, Records } from "../../../editor/records/diff";
import { recordOf } from "./convert";

/** What must change in the editor so that it shows these annotations. Others are left alone. */
export function differenceOf(records: Records, annotations: Iterable<AnnotationDto>, asset: string): Diff {
  const changes: Change[] = [];
  for (const dto of annotations) {
    if (dto.asset !== asset) continue;
    const before = records.get(dto.annotationId);
    const after = recordOf(dto);
    if (before && after) {
      if (!sameFacts(before, after)) changes.push({ kind: "update", before, after });
    } else if (after) {
      changes.push({ kind: "put", after });
    } else if (before) {
      changes.push({ kind: "remove", before });
    }
  }
  return changes;
}

/** The same for a complete list: a record that it lacks is removed. */
export function differenceOfAll(records: Records, annotations: readonly AnnotationDto[], asset: string): Diff {
  const listed = new Set(annotations.map((dto) => dto.annotationId));
  const gone = [...records.values()].filter((record: AnnotationRecord) => !listed.has(record.id));
  return [...differenceOf(records, annotations, asset), ...gone.map((before): Change => ({ kind: "remove", before }))];
}
