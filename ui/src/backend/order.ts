/** The order of a result: by which field, in which direction, and gathered by what. */
import type { GroupBy, SortSpec } from "./types";

/** How a result is arranged. */
export interface ResultOrder {
  readonly sort: SortSpec;
  readonly group: GroupBy | null;
}

/** The latest captured first, not gathered. */
export const NEWEST_FIRST: ResultOrder = { sort: { by: "captured", descending: true }, group: null };

/** Whether two orders arrange a result alike. */
export function isSameOrder(a: ResultOrder, b: ResultOrder): boolean {
  return a.group === b.group && a.sort.by === b.sort.by && a.sort.descending === b.sort.descending;
}
