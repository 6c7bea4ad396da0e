/** What the library view shows: the query, its result, and what is chosen in it. Kept while other views are open. */
import { create } from "zustand";
import type { Backend, GridLayout, SearchResult, Sort } from "../../backend/backend";
import { BackendError, hasCode, noticeOf } from "../../backend/errors";
import { moveCursor, NO_SELECTION, type Selection } from "./selection";

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
  readonly layout: GridLayout;
  readonly query: string;
}

interface LibraryState {
  /** What is in the bar. */
  readonly text: string;
  readonly sort: Sort;
  readonly shown: Shown | undefined;
  readonly fault: QueryFault | undefined;
  readonly isRunning: boolean;
  readonly selection: Selection;
  readonly scrollTopPx: number;
  /** Height of a row before it is justified, px. */
  readonly density: number;
  readonly foldedFacets: ReadonlySet<string>;
}

/** Smallest and largest rows. */
export const DENSITY = { min: 64, max: 260, step: 24 } as const;

const INITIAL: LibraryState = {
  text: "",
  sort: "captured_desc",
  shown: undefined,
  fault: undefined,
  isRunning: false,
  selection: NO_SELECTION,
  scrollTopPx: 0,
  density: 128,
  foldedFacets: new Set(["device", "origin", "model", "stream", "kind", "layer", "run", "has"]),
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
  const { text, sort } = useLibrary.getState();
  useLibrary.setState({ isRunning: true });
  try {
    const result = await backend.search(text, sort);
    if (run !== latestRun) return;
    if (options.quietly === true && result.total === 0) {
      // Half a word seldom matches; the grid empties only when the person asks.
      useLibrary.setState({ isRunning: false });
      return;
    }
    const layout = await backend.gridLayout(result.searchId);
    if (run !== latestRun) return;
    useLibrary.setState({ shown: { result, layout, query: text }, fault: undefined, isRunning: false, selection: NO_SELECTION, scrollTopPx: 0 });
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
export function orderBy(backend: Backend, sort: Sort): void {
  useLibrary.setState({ sort });
  void runQuery(backend);
}
