/** The library feature: what app/ may use of it. */
export { libraryKeys } from "./keys";
export { LibraryView, type LibraryPanels, type QueueStart } from "./LibraryView";
export type { CaptureScope } from "./selected/scope";
export { askFor, changeSelection, placeCursor, resetLibrary, runQuery, useLibrary, type Shown } from "./store";
export type { LibraryTab, TabPlace } from "./tabs";
