/** Which view is open and how the window is arranged. Comes back after a restart. */
import { create } from "zustand";
import type { UiState } from "../backend/backend";
import { NEWEST_FIRST, type ResultOrder } from "../backend/order";
import { useLibrary, type CaptureScope, type LibraryPanels } from "../features/library";
import { dropOffers } from "../shared/components/toasts";

/** A place of the window. */
export type View = "library" | "annotate" | "project" | "settings";

/** A dialog over the view. */
export type OpenDialog =
  | { readonly kind: "import"; readonly path: string }
  | { readonly kind: "export"; readonly scope: CaptureScope }
  | { readonly kind: "prelabel"; readonly scope: CaptureScope }
  | { readonly kind: "connect" }
  | { readonly kind: "palette" }
  | { readonly kind: "keys" };

/** What Annotate works through. */
export interface Queue {
  readonly query: string;
  readonly order: ResultOrder;
  readonly captureId: string | null;
}

interface WindowState {
  readonly view: View;
  readonly panels: LibraryPanels;
  readonly queue: Queue;
  /** The capture that is open in Annotate, or was. */
  readonly lastCaptureId: string | null;
  readonly dialog: OpenDialog | undefined;
  readonly showsJobs: boolean;
}

const INITIAL: WindowState = {
  view: "library",
  panels: { facets: true, details: true },
  queue: { query: "", order: NEWEST_FIRST, captureId: null },
  lastCaptureId: null,
  dialog: undefined,
  showsJobs: false,
};

/** The state of the window. */
export const useWindow = create<WindowState>()(() => INITIAL);

/** Opens a view. From the library, Annotate works through the query on screen and begins at the capture in focus. */
export function goTo(view: View): void {
  const { view: last, queue, lastCaptureId } = useWindow.getState();
  const { shown } = useLibrary.getState();
  const isFromLibrary = view === "annotate" && last === "library" && shown !== undefined;
  const next = isFromLibrary ? { query: shown.query, order: shown.order, captureId: lastCaptureId } : queue;
  dropOffers();
  useWindow.setState({ view, queue: next, dialog: undefined, showsJobs: false });
}

/** Opens a dialog, or closes the one that is open. */
export function openDialog(dialog: OpenDialog | undefined): void {
  useWindow.setState({ dialog });
}

function isView(name: string | null): name is View {
  return name === "library" || name === "annotate" || name === "project" || name === "settings";
}

/** Arranges the window as the person left it. */
export function arrange(restore: UiState): void {
  const { lastView, lastQuery, lastCaptureId, panels } = restore;
  const view = isView(lastView) ? lastView : "library";
  useWindow.setState({
    ...INITIAL,
    view: view === "annotate" && lastCaptureId === null ? "library" : view,
    panels: { facets: panels["facets"] ?? true, details: panels["details"] ?? true },
    queue: { query: lastQuery, order: NEWEST_FIRST, captureId: lastCaptureId },
    lastCaptureId,
  });
}
