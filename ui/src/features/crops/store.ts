/** What the crops show and what is chosen among them. Kept while other views are open. */
import { create } from "zustand";
import type { SortSpec } from "../../backend/backend";
import { NO_SELECTION, type Selection } from "../../shared/selection";

/** Orders that make sense for annotations. */
export const CROP_ORDERS: readonly { readonly name: string; readonly title: string; readonly sort: SortSpec }[] = [
  { name: "unsure", title: "Least confident first", sort: { by: "conf", descending: false } },
  { name: "sure", title: "Most confident first", sort: { by: "conf", descending: true } },
  { name: "newest", title: "Newest first", sort: { by: "captured", descending: true } },
  { name: "smallest", title: "Smallest first", sort: { by: "box_height", descending: false } },
  { name: "largest", title: "Largest first", sort: { by: "box_height", descending: true } },
];

/** Smallest and largest cells, px. */
export const CELL = { min: 64, max: 240, step: 24 } as const;

interface CropState {
  readonly order: string;
  readonly cellPx: number;
  readonly selection: Selection;
  /** The result that the selection is about. */
  readonly searchId: number | undefined;
  readonly topPx: number;
  /** Something was decided since the search ran: it may no longer match. */
  readonly isOld: boolean;
}

/** The state. */
export const useCrops = create<CropState>()(() => ({ order: "unsure", cellPx: 120, selection: NO_SELECTION, searchId: undefined, topPx: 0, isOld: false }));

/** Changes the selection. */
export function changeCrops(change: (selection: Selection) => Selection): void {
  useCrops.setState((state) => ({ selection: change(state.selection) }));
}

/** A new result starts at its top with nothing selected. */
export function beginCrops(searchId: number): void {
  if (useCrops.getState().searchId !== searchId) useCrops.setState({ searchId, selection: NO_SELECTION, topPx: 0, isOld: false });
}

/** Larger or smaller cells. */
export function resizeCells(stepPx: number): void {
  useCrops.setState((state) => ({ cellPx: Math.max(CELL.min, Math.min(CELL.max, state.cellPx + stepPx)) }));
}
