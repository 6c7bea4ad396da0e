/** The library view: query bar, facets, grid and details. */
import { ArrowDownWideNarrow, Grid2x2, PanelLeft, PanelRight, RectangleHorizontal, SearchX, Upload } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Sort } from "../../backend/backend";
import { useBackend } from "../../backend/context";
import { messageOf } from "../../backend/errors";
import { useStart } from "../../backend/queries";
import { Button, IconButton } from "../../shared/components/Button";
import { EmptyState } from "../../shared/components/small";
import { toast } from "../../shared/components/toasts";
import { KeyHint, ViewFrame } from "../../shared/components/ViewFrame";
import { formatCount, formatCounted } from "../../shared/format";
import { useLatest, useMediaQuery } from "../../shared/hooks/hooks";
import { useKeys } from "../../shared/keys/KeymapProvider";
import { DetailsPanel } from "./details/DetailsPanel";
import { FacetPanel } from "./facets/FacetPanel";
import { Grid } from "./grid/Grid";
import { useItems } from "./grid/pages";
import { LiveNotice } from "./LiveNotice";
import { QueryBar } from "./query/QueryBar";
import { SelectionBar, useScope, type CaptureScope } from "./SelectionBar";
import { askFor, DENSITY, orderBy, placeCursor, runQuery, useLibrary, type Shown } from "./store";
import "./library.css";

/** Where Annotate begins: a place in a result. */
export interface QueueStart {
  readonly searchId: number;
  readonly total: number;
  readonly index: number;
}

const SORTS: readonly { readonly value: Sort; readonly title: string }[] = [
  { value: "captured_desc", title: "Newest first" },
  { value: "captured_asc", title: "Oldest first" },
  { value: "received_desc", title: "Latest received" },
  { value: "risk", title: "Risk, highest first" },
];

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
}

function GridBar({ shown, onExport }: { readonly shown: Shown; readonly onExport: () => void }) {
  const backend = useBackend();
  const sort = useLibrary((state) => state.sort);
  const density = useLibrary((state) => state.density);
  return (
    <div className="grid-bar">
      <span className="strong nowrap">{formatCounted(shown.result.total, "capture")}</span>
      <span className="grow" />
      <label className="row grid-sort">
        <ArrowDownWideNarrow size={14} aria-hidden="true" />
        <select aria-label="Order" className="field" data-tip="Order of the captures" value={sort} onChange={(event) => orderBy(backend, event.target.value as Sort)}>
          {SORTS.map((entry) => (
            <option key={entry.value} value={entry.value}>
              {entry.title}
            </option>
          ))}
        </select>
      </label>
      <Grid2x2 size={12} aria-hidden="true" className="t3" />
      <input
        type="range"
        className="slider"
        aria-label="Size of the thumbnails"
        data-tip="Size of the thumbnails (Ctrl+wheel)"
        min={DENSITY.min}
        max={DENSITY.max}
        value={density}
        onChange={(event) => useLibrary.setState({ density: Number(event.target.value) })}
      />
      <RectangleHorizontal size={16} aria-hidden="true" className="t3" />
      <Button size="small" variant="quiet" action="library.export" tip="Export what is selected, or all that match" data-testid="export-open" onClick={onExport}>
        <Upload size={14} />
        Export
      </Button>
    </div>
  );
}

function NothingMatches({ shown }: { readonly shown: Shown }) {
  const backend = useBackend();
  return (
    <EmptyState
      title="Nothing matches"
      actions={
        <Button variant="primary" onClick={() => askFor(backend, "")}>
          <SearchX size={14} />
          Clear the query
        </Button>
      }
    >
      No capture matches <span className="mono">{shown.query}</span>. Take a term out, or begin with another one.
    </EmptyState>
  );
}

/** The view. */
export function LibraryView(props: LibraryViewProps) {
  const { panels, onPanels, onOpen, onExport, onPrelabel, empty, banner, restoreCaptureId, onCapture } = props;
  const backend = useBackend();
  const { data: start } = useStart();
  const shown = useLibrary((state) => state.shown);
  const cursor = useLibrary((state) => state.selection.cursor);
  const scroller = useRef<HTMLDivElement>(null);
  const isSmall = useMediaQuery("(max-width: 1180px)");
  const [drawer, setDrawer] = useState<"facets" | "details" | undefined>(undefined);
  const scopeOf = useScope(shown);

  const captures = start?.library?.captures ?? 0;
  const total = shown?.result.total ?? 0;
  const hasNothing = captures === 0 && total === 0;

  useEffect(() => {
    // The first result, and again when the first captures arrive in an empty library.
    const { shown: last, isRunning } = useLibrary.getState();
    const isFilling = last !== undefined && last.result.total === 0 && last.query.trim() === "" && captures > 0;
    if ((last === undefined || isFilling) && !isRunning) void runQuery(backend);
  }, [backend, captures]);

  const at = cursor ?? (total > 0 ? 0 : undefined);
  const itemAt = useItems(shown?.result.searchId, at ?? 0, at === undefined ? 0 : at + 1);
  const captureId = at === undefined ? undefined : itemAt(at)?.captureId;

  const told = useLatest(onCapture);
  useEffect(() => {
    if (cursor !== undefined && captureId !== undefined) told.current(captureId);
  }, [cursor, captureId, told]);
  const wanted = useLatest(restoreCaptureId);
  const firstSearchId = useRef<number | undefined>(undefined);
  useEffect(() => {
    // Only the first result of this view: a new query begins at its top.
    if (shown === undefined || firstSearchId.current !== undefined) return;
    firstSearchId.current = shown.result.searchId;
    if (wanted.current === null || useLibrary.getState().selection.cursor !== undefined) return;
    backend.indexOf(shown.result.searchId, wanted.current).then(
      (index) => index !== null && useLibrary.getState().selection.cursor === undefined && placeCursor(index),
      (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
    );
  }, [backend, shown, wanted]);

  const open = (index: number) => {
    if (shown !== undefined) onOpen({ searchId: shown.result.searchId, total, index });
  };
  const withScope = (act: (scope: CaptureScope) => void) => () => {
    scopeOf().then(act, (reason: unknown) => toast(messageOf(reason), { kind: "bad" }));
  };
  const toggleDrawer = (which: "facets" | "details") => setDrawer((last) => (last === which ? undefined : which));
  const fold = (which: "facets" | "details") => (isSmall ? toggleDrawer(which) : onPanels({ ...panels, [which]: !panels[which] }));
  const step = (direction: 1 | -1) => useLibrary.setState((state) => ({ density: Math.max(DENSITY.min, Math.min(DENSITY.max, state.density + direction * DENSITY.step)) }));
  const turn = async (which: "undo" | "redo") => {
    try {
      const { title } = await backend[which](null);
      toast(title === null ? `Nothing to ${which}` : `${which === "undo" ? "Undone" : "Redone"}: ${title}`);
    } catch (reason) {
      toast(messageOf(reason), { kind: "bad" });
    }
  };
  useKeys("library", {
    "library.facets": () => fold("facets"),
    "library.details": () => fold("details"),
    "library.larger": () => step(1),
    "library.smaller": () => step(-1),
    "library.undo": () => void turn("undo"),
    "library.redo": () => void turn("redo"),
    "library.clear": () => {
      if (drawer === undefined) return false;
      setDrawer(undefined);
      return true;
    },
  });

  const facetsAreOpen = isSmall ? drawer === "facets" : panels.facets;
  const detailsAreOpen = isSmall ? drawer === "details" : panels.details;
  const layout = ["library", isSmall ? "small" : "", panels.facets || isSmall ? "" : "no-facets", panels.details || isSmall ? "" : "no-details"].filter(Boolean).join(" ");
  return (
    <ViewFrame
      testId="library-view"
      top={
        <>
          <QueryBar onLeave={() => scroller.current?.focus()} />
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
          <aside className={facetsAreOpen ? "panel facets open" : "panel facets"} aria-label="Facets">
            {facetsAreOpen ? (
              <>
                <div className="panel-head">
                  <span>Facets</span>
                  <IconButton label="Fold the facets" small action="library.facets" onClick={() => fold("facets")}>
                    <PanelLeft size={14} />
                  </IconButton>
                </div>
                {shown === undefined ? null : <FacetPanel shown={shown} />}
              </>
            ) : (
              <button type="button" className="panel-strip" data-tip="Open the facets" data-tip-key="[" onClick={() => fold("facets")}>
                <PanelLeft size={14} />
                <span>Facets</span>
              </button>
            )}
          </aside>
          <section className="library-main" aria-label="Result">
            {shown === undefined ? null : (
              <>
                <GridBar shown={shown} onExport={withScope(onExport)} />
                {banner}
                <div className="library-grid">
                  {total === 0 ? <NothingMatches shown={shown} /> : <Grid shown={shown} scroller={scroller} onOpen={open} />}
                  <LiveNotice shown={shown} />
                  <SelectionBar shown={shown} onExport={withScope(onExport)} onPrelabel={withScope(onPrelabel)} />
                </div>
              </>
            )}
          </section>
          <aside className={detailsAreOpen ? "panel details open" : "panel details"} aria-label="Details">
            {detailsAreOpen ? (
              <>
                <div className="panel-head">
                  <span>Details</span>
                  <IconButton label="Fold the details" small action="library.details" onClick={() => fold("details")}>
                    <PanelRight size={14} />
                  </IconButton>
                </div>
                <DetailsPanel captureId={captureId} onOpen={() => at !== undefined && open(at)} />
              </>
            ) : (
              <button type="button" className="panel-strip" data-tip="Open the details" data-tip-key="]" onClick={() => fold("details")}>
                <PanelRight size={14} />
                <span>Details</span>
              </button>
            )}
          </aside>
          <span className="visually-hidden" role="status">
            {`${formatCount(total)} captures match`}
          </span>
        </div>
      )}
    </ViewFrame>
  );
}
