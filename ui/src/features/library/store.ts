/** What the library view shows: the query, its result, and what is chosen in it. Kept while other views are open. */
import { create } from "zustand";
import type { Backend, GridGroup, SearchResult } from "../../backend/backend";
import { BackendError, hasCode, noticeOf } from "../../backend/errors";
import { NEWEST_FIRST, type ResultOrder } from "../../backend/order";
import { ALL_OVERLAYS, type Overlays } from "./overlays/overlays";
import { moveCursor, NO_SELECTION, type Selection } from "../../shared/selection";

/** A query that could not be run. */
export interface QueryFault {
  readonly fact: string;
  readonly remedy: string | undefined;
  readonly technical: string | undefined;
  readonly position: { readonly start: number; readonly end: number } | undefined;
  readonly isQuery: boolean;
}

/** The result on screen. */
export interface Shown {
  readonly result: SearchResult;
  /** Width / height × 100 of each hit. */
  readonly aspects: Uint16Array;
  readonly groups: readonly GridGroup[];
  readonly query: string;
  readonly order: ResultOrder;
}

interface LibraryState {
  /** What is in the bar. */
  readonly text: string;
  readonly order: ResultOrder;
  readonly shown: Shown | undefined;
  readonly fault: QueryFault | undefined;
  readonly isRunning: boolean;
  readonly selection: Selection;
  /** Which part of the content is at the top of the grid. */
  readonly scrollTopPx: number;
  /** Height of a row before it is justified, px. */
  readonly density: number;
  readonly overlays: Overlays;
  /** Sections of the panels that are not as they begin: open or folded. */
  readonly turnedSections: ReadonlySet<string>;
  /** Which way of looking at the result is open: the grid, or another tab by its id. */
  readonly tab: string;
}

/** The tab of the grid. */
export const GRID_TAB = "grid";

/** Smallest and largest rows. */
export const DENSITY = { min: 64, max: 260, step: 24 } as const;

const INITIAL: LibraryState = {
  text: "",
  order: NEWEST_FIRST,
  shown: undefined,
  fault: undefined,
  isRunning: false,
  selection: NO_SELECTION,
  scrollTopPx: 0,
  density: 128,
  overlays: ALL_OVERLAYS,
  turnedSections: new Set(),
  tab: GRID_TAB,
};

/** The view's state. */
export const useLibrary = create<LibraryState>()(() => INITIAL);

/** Back to the beginning: another library was opened. */
export function resetLibrary(text = "", density = INITIAL.density): void {
  useLibrary.setState({ ...INITIAL, text, density: Math.max(DENSITY.min, Math.min(DENSITY.max, density)) });
}

/** Changes the selection. */
export function changeSelection(change: (selection: Selection) => Selection): void {
  useLibrary.setState((state) => ({ selection: change(state.selection) }));
}

/** Puts the focus on one capture of the result. */
export function placeCursor(index: number): void {
  changeSelection((last) => moveCursor(last, index));
}

let latestRun = 0;

/**
 * Runs the query in the bar. `quietly` keeps the old result without a word when the query is not finished yet, as
 * it is while a person types.
 */
export async function runQuery(backend: Backend, options: { readonly quietly?: boolean } = {}): Promise<void> {
  const run = ++latestRun;
  const { text, order } = useLibrary.getState();
  useLibrary.setState({ isRunning: true });
  try {
    const result = await backend.search(text, order.sort, order.group);
    if (run !== latestRun) return;
    if (options.quietly === true && result.total === 0) {
      // Half a word seldom matches; the grid empties only when the person asks.
      useLibrary.setState({ isRunning: false });
      return;
    }
    const [aspects, groups] = await Promise.all([backend.gridLayout(result.searchId), backend.gridGroups(result.searchId)]);
    if (run !== latestRun) return;
    useLibrary.setState({ shown: { result, aspects, groups, query: text, order }, fault: undefined, isRunning: false, selection: NO_SELECTION, scrollTopPx: 0 });
  } catch (reason) {
    if (run !== latestRun) return;
    const isQuery = hasCode(reason, "query");
    if (options.quietly === true && isQuery) {
      useLibrary.setState({ isRunning: false });
      return;
    }
    const position = reason instanceof BackendError ? (reason.position ?? undefined) : undefined;
    useLibrary.setState({ fault: { ...noticeOf(reason), position, isQuery }, isRunning: false });
  }
}

/** Puts a query into the bar and runs it. */
export function askFor(backend: Backend, text: string): void {
  useLibrary.setState({ text });
  void runQuery(backend);
}

/** Puts an order and runs the query again. */
export function orderBy(backend: Backend, change: Partial<ResultOrder>): void {
  useLibrary.setState((state) => ({ order: { ...state.order, ...change } }));
  void runQuery(backend);
}

/** Changes what is drawn on the thumbnails. */
export function changeOverlays(change: (overlays: Overlays) => Overlays): void {
  useLibrary.setState((state) => ({ overlays: change(state.overlays) }));
}

/** Opens or folds a section of a panel. */
export function turnSection(name: string): void {
  useLibrary.setState((state) => {
    const next = new Set(state.turnedSections);
    if (!next.delete(name)) next.add(name);
    return { turnedSections: next };
  });
}
