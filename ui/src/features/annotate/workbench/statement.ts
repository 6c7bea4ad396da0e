/** What a person states by submitting a capture as it is. */
import type { AnnotationDto, Statement } from "../../../backend/backend";
import type { AnnotationRecord } from "../../../editor/records/annotation";

export interface Verdict {
  readonly statement: Extract<Statement, "submitted" | "verified_empty">;
  readonly accepted: number;
  readonly undecided: number;
  /** Nothing is accepted although proposals wait: stating "empty" would be rash. */
  readonly doubtful: boolean;
}

/** Counts the open asset by the editor's records, other assets and kinds by what the library knows. */
export function verdictOf(
  records: readonly AnnotationRecord[],
  annotations: ReadonlyMap<string, AnnotationDto>,
  asset: string | undefined,
): Verdict {
  const elsewhere = [...annotations.values()].filter((dto) => !dto.deleted && (dto.asset !== asset || dto.box === null));
  const all = [...records, ...elsewhere];
  const accepted = all.filter(({ decision }) => decision === "accepted").length;
  const undecided = all.filter(({ decision }) => decision === "undecided").length;
  return {
    statement: accepted > 0 ? "submitted" : "verified_empty",
    accepted,
    undecided,
    doubtful: accepted === 0 && undecided > 0,
  };
}
