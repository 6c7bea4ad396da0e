/** The captures that an act is about. */
import type { Selection as SelectionDto } from "../../../backend/backend";
import { useBackend } from "../../../backend/context";
import { describeSelection, positions, selectAll, selectedCount, NO_SELECTION } from "../../../shared/selection";
import { useLibrary, type Shown } from "../store";

/** Captures that an act is about: chosen ones, or all that match a query. */
export interface CaptureScope {
  readonly query: string;
  /** Undefined: everything that matches the query. */
  readonly captureIds: readonly string[] | undefined;
  readonly count: number;
}

/** So many ids are asked for in one call. */
const CHUNK = 50_000;

/** The captures of the selection; everything that matches when all or none are selected. */
export function useScope(shown: Shown | undefined): () => Promise<CaptureScope> {
  const backend = useBackend();
  return async () => {
    const { selection } = useLibrary.getState();
    const count = selectedCount(selection);
    if (shown === undefined) return { query: "", captureIds: undefined, count: 0 };
    if (count === 0 || count === shown.result.total) return { query: shown.query, captureIds: undefined, count: shown.result.total };
    const places = positions(selection, shown.result.total);
    const captureIds: string[] = [];
    for (let at = 0; at < places.length; at += CHUNK) {
      captureIds.push(...(await backend.resolveSelection(shown.result.searchId, places.slice(at, at + CHUNK))));
    }
    return { query: shown.query, captureIds, count: captureIds.length };
  };
}

/** What is selected now, as the application understands it; all of the result when nothing is. */
export function selectionOf(shown: Shown): SelectionDto {
  const { selection } = useLibrary.getState();
  const chosen = selectedCount(selection) === 0 ? selectAll(NO_SELECTION, shown.result.total) : selection;
  return describeSelection(chosen, shown.result.searchId);
}
