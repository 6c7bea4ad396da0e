/** The library feature: what app/ may use of it. */
export { libraryKeys } from "./keys";
export { LibraryView, type LibraryPanels, type QueueStart } from "./LibraryView";
export type { CaptureScope } from "./SelectionBar";
export { placeCursor, resetLibrary, runQuery, useLibrary } from "./store";
