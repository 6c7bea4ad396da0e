/** The library view: query bar, facets, the result as a grid or in another tab, and details. */
import { SearchX } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { useBackend } from "../../backend/context";
import { useStart } from "../../backend/queries";
import { Button } from "../../shared/components/Button";
import { EmptyState } from "../../shared/components/small";
import { toast } from "../../shared/components/toasts";
import { KeyHint, ViewFrame } from "../../shared/components/ViewFrame";
import { formatCount, formatCounted } from "../../shared/format";
import { useMediaQuery } from "../../shared/hooks/hooks";
import { useKeys } from "../../shared/keys/KeymapProvider";
import { GridBar } from "./bar/GridBar";
import { DetailsPanel } from "./details/DetailsPanel";
import { FacetPanel } from "./facets/FacetPanel";
import { Grid } from "./grid/Grid";
import { LiveNotice } from "./LiveNotice";
import { QueryBar } from "./query/QueryBar";
import { SaveSlice } from "./query/SaveSlice";
import { useScope, type CaptureScope } from "./selected/scope";
import { SelectionBar } from "./selected/SelectionBar";
import { complain } from "./selected/useBulk";
import { SidePanel, type Side } from "./SidePanel";
import { askFor, DENSITY, useLibrary, type Shown } from "./store";
import type { LibraryTab, TabPlace } from "./tabs";
import { useFirstResult, useFocusedCapture } from "./useResult";
import "./library.css";

/** Where Annotate begins: a place in a result. */
export interface QueueStart {
  readonly searchId: number;
  readonly total: number;
  readonly index: number;
}

/** Panels that are open beside the grid. */
export interface LibraryPanels {
  readonly facets: boolean;
  readonly details: boolean;
}

/** What the application gives to the view. */
export interface LibraryViewProps {
  readonly panels: LibraryPanels;
  readonly onPanels: (panels: LibraryPanels) => void;
  readonly onOpen: (queue: QueueStart) => void;
  readonly onExport: (scope: CaptureScope) => void;
  readonly onPrelabel: (scope: CaptureScope) => void;
  /** What to show while the library has no captures. */
  readonly empty: ReactNode;
  /** The capture in focus before the last restart. */
  readonly restoreCaptureId: string | null;
  /** Another capture is in focus. */
  readonly onCapture: (captureId: string) => void;
  /** Something to do first, above the grid. */
  readonly banner: ReactNode;
  /** Other ways of looking at the result. */
  readonly tabs?: readonly LibraryTab[];
}

const NO_TABS: readonly LibraryTab[] = [];

function NothingMatches({ shown }: { readonly shown: Shown }) {
  const backend = useBackend();
  const { emptyReason } = shown.result;
  const actions = (
    <Button variant="primary" onClick={() => askFor(backend, "")}>
      <SearchX size={14} />
      Clear the query
    </Button>
  );
  return (
    <div className="library-none">
      <EmptyState title="Nothing matches" actions={actions}>
        No capture matches <span className="mono empty-query">{shown.query.trim()}</span>. {emptyReason ?? "Take a term out, or begin with another one."}
      </EmptyState>
    </div>
  );
}

/** Undo and redo of the last act, whatever it was about. */
function useTurns(): void {
  const backend = useBackend();
  const turn = (which: "undo" | "redo") => () =>
    void backend[which](null).then(({ title }) => toast(title === null ? `Nothing to ${which}` : `${which === "undo" ? "Undone" : "Redone"}: ${title}`), complain);
  useKeys("library", { "library.undo": turn("undo"), "library.redo": turn("redo") });
}

function useDensityKeys(): void {
  const step = (direction: 1 | -1) => () =>
    useLibrary.setState((state) => ({ density: Math.max(DENSITY.min, Math.min(DENSITY.max, state.density + direction * DENSITY.step)) }));
  useKeys("library", { "library.larger": step(1), "library.smaller": step(-1) });
}

/** Which panels are open: beside the result, or, in a small window, one at a time over it. */
function usePanels(panels: LibraryPanels, onPanels: (panels: LibraryPanels) => void) {
  const isSmall = useMediaQuery("(max-width: 1180px)");
  const [drawer, setDrawer] = useState<Side | undefined>(undefined);
  const fold = (side: Side) => (isSmall ? setDrawer((last) => (last === side ? undefined : side)) : onPanels({ ...panels, [side]: !panels[side] }));
  useKeys("library", {
    "library.facets": () => fold("facets"),
    "library.details": () => fold("details"),
    "library.clear": () => {
      if (drawer === undefined) return false;
      setDrawer(undefined);
      return true;
    },
  });
  const isOpen = (side: Side) => (isSmall ? drawer === side : panels[side]);
  const layout = ["library", isSmall ? "small" : "", panels.facets || isSmall ? "" : "no-facets", panels.details || isSmall ? "" : "no-details"].filter(Boolean).join(" ");
  return { layout, isOpen, fold };
}

/** The view. */
export function LibraryView(props: LibraryViewProps) {
  const { panels, onPanels, onOpen, onExport, onPrelabel, empty, banner, restoreCaptureId, onCapture, tabs = NO_TABS } = props;
  const { data: start } = useStart();
  const shown = useLibrary((state) => state.shown);
  const tab = useLibrary((state) => state.tab);
  const scroller = useRef<HTMLDivElement>(null);
  const scopeOf = useScope(shown);
  const captures = start?.library?.captures ?? 0;
  const total = shown?.result.total ?? 0;
  const hasNothing = captures === 0 && total === 0;
  useFirstResult(captures);
  useTurns();
  useDensityKeys();
  const { at, captureId } = useFocusedCapture(shown, restoreCaptureId, onCapture);
  const { layout, isOpen, fold } = usePanels(panels, onPanels);

  const open = (index: number) => {
    if (shown !== undefined) onOpen({ searchId: shown.result.searchId, total, index });
  };
  const withScope = (act: (scope: CaptureScope) => void) => () => void scopeOf().then(act, complain);
  const openTab = tabs.find((entry) => entry.id === tab);
  const place: TabPlace | undefined = shown === undefined ? undefined : { shown, onOpen: open };
  return (
    <ViewFrame
      testId="library-view"
      top={
        <>
          <h1 className="visually-hidden">Library</h1>
          <QueryBar onLeave={() => scroller.current?.focus()} />
          {shown === undefined ? null : <SaveSlice shown={shown} />}
          <span className="grow" />
        </>
      }
      status={start?.library === null || start === undefined ? null : <span className="status-item only-wide">{formatCounted(start.library.undecided, "proposal")} to decide</span>}
      hints={
        hasNothing ? null : (
          <>
            <KeyHint action="library.open" text="open" />
            <KeyHint action="library.toggle" text="select" />
            <KeyHint action="library.query" text="query" wide />
          </>
        )
      }
    >
      {hasNothing ? (
        <div className="library-empty">{empty}</div>
      ) : (
        <div className={layout}>
          <SidePanel side="facets" isOpen={isOpen("facets")} onFold={() => fold("facets")}>
            {shown === undefined ? null : <FacetPanel shown={shown} />}
          </SidePanel>
          <section className="library-main" aria-label="Result">
            {shown === undefined || place === undefined ? null : (
              <>
                <GridBar place={place} tabs={tabs} onExport={withScope(onExport)} />
                {banner}
                <div className="library-grid">
                  {openTab === undefined ? total === 0 ? <NothingMatches shown={shown} /> : <Grid shown={shown} scroller={scroller} onOpen={open} /> : openTab.body(place)}
                  <LiveNotice shown={shown} />
                  {openTab === undefined || openTab.showsSelection === true ? <SelectionBar shown={shown} onExport={withScope(onExport)} onPrelabel={withScope(onPrelabel)} /> : null}
                </div>
              </>
            )}
          </section>
          <SidePanel side="details" isOpen={isOpen("details")} onFold={() => fold("details")}>
            <DetailsPanel captureId={captureId} onOpen={() => at !== undefined && open(at)} />
          </SidePanel>
          <span className="visually-hidden" role="status">
            {`${formatCount(total)} captures match`}
          </span>
        </div>
      )}
    </ViewFrame>
  );
}
