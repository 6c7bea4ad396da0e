/** The grid: justified rows of the whole result, of which only the rows in sight are drawn. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type MouseEvent, type RefObject } from "react";
import { useClassTable } from "../../../backend/classes";
import { useBackend } from "../../../backend/context";
import { formatDay } from "../../../shared/format";
import { useElementSize } from "../../../shared/hooks/hooks";
import { extendTo, isSelected, selectOnly, toggle } from "../selection";
import { changeSelection, DENSITY, useLibrary, type Shown } from "../store";
import { DayScrubber } from "./DayScrubber";
import { GridKeys } from "./GridKeys";
import { cellsOfRow, planGrid, rowAt, rowOf, type GridMetrics, type GridPlan, type Section } from "./justified";
import { useItems } from "./pages";
import { Tile } from "./Tile";
import "./grid.css";

const SIDE_PX = 12;
const SCRUBBER_PX = 34;
const OVERSCAN_PX = 400;
/** Rows are chosen anew only after this much scrolling. */
const SCROLL_STEP_PX = 100;
/** Sizes in which thumbnails are asked for, so that a change of density seldom needs new ones. */
const THUMB_SIZES_PX = [192, 384, 640];

function thumbSize(widthPx: number, heightPx: number): number {
  const wanted = Math.max(widthPx, heightPx) * window.devicePixelRatio;
  return THUMB_SIZES_PX.find((size) => size >= wanted * 0.85) ?? THUMB_SIZES_PX.at(-1) ?? 640;
}

function scrollTo(element: HTMLElement, px: number): void {
  element.scrollTop = Math.max(0, px);
}

function isRowInSight(scrollTopPx: number, heightPx: number, plan: GridPlan, row: number): boolean {
  const top = plan.topsPx[row] ?? 0;
  return top + (plan.heightsPx[row] ?? 0) > scrollTopPx && top < scrollTopPx + heightPx;
}

function scrollIntoSight(element: HTMLElement, plan: GridPlan, index: number): void {
  const row = rowOf(plan, index);
  const top = plan.topsPx[row] ?? 0;
  const bottom = top + (plan.heightsPx[row] ?? 0);
  if (top - 8 < element.scrollTop) element.scrollTop = Math.max(0, top - ((plan.headings[row] ?? -1) >= 0 ? 36 : 8));
  else if (bottom + 8 > element.scrollTop + element.clientHeight) element.scrollTop = bottom + 8 - element.clientHeight;
}

/** The grid of a result. */
export function Grid(props: { readonly shown: Shown; readonly scroller: RefObject<HTMLDivElement | null>; readonly onOpen: (index: number) => void }) {
  const { shown, scroller, onOpen } = props;
  const backend = useBackend();
  const classes = useClassTable();
  const density = useLibrary((state) => state.density);
  const selection = useLibrary((state) => state.selection);
  const size = useElementSize(scroller);
  const { aspects, days } = shown.layout;
  const hasDays = days.length > 0;

  const sections = useMemo<Section[]>(() => days.map((day) => ({ first: day.first, heading: formatDay(day.capturedAtMicros) })), [days]);
  const metrics = useMemo<GridMetrics>(() => {
    const sidesPx = SIDE_PX + (hasDays ? SCRUBBER_PX : SIDE_PX);
    return { widthPx: Math.max(200, size.width - sidesPx), rowHeightPx: density, gapPx: 4, headingPx: 28 };
  }, [size.width, density, hasDays]);
  const plan = useMemo(() => planGrid(aspects, metrics, sections), [aspects, metrics, sections]);

  const [scrollTopPx, setScrollTopPx] = useState(() => useLibrary.getState().scrollTopPx);
  // A new result begins at its top; coming back from another view begins where it was left.
  const resultOnScreen = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || size.height === 0 || resultOnScreen.current === shown.result.searchId) return;
    resultOnScreen.current = shown.result.searchId;
    scrollTo(element, useLibrary.getState().scrollTopPx);
    const { cursor: focused } = useLibrary.getState().selection;
    if (focused !== undefined) scrollIntoSight(element, plan, focused);
  }, [scroller, shown, size.height, plan]);

  // Photos stay in sight when the rows change their height.
  const lastPlan = useRef<GridPlan | undefined>(undefined);
  useLayoutEffect(() => {
    const element = scroller.current;
    const before = lastPlan.current;
    lastPlan.current = size.height === 0 ? undefined : plan;
    if (element === null || before === undefined || before === plan || before.starts.at(-1) !== plan.starts.at(-1) || before.rowCount === 0) return;
    // The element itself may have been clamped to its new height already.
    const { scrollTopPx: lastTopPx, selection: chosen } = useLibrary.getState();
    const isCursorInSight = chosen.cursor !== undefined && isRowInSight(lastTopPx, size.height, before, rowOf(before, chosen.cursor));
    const index = isCursorInSight && chosen.cursor !== undefined ? chosen.cursor : (before.starts[rowAt(before, lastTopPx)] ?? 0);
    const offset = lastTopPx - (before.topsPx[rowOf(before, index)] ?? 0);
    if (lastTopPx > 0) scrollTo(element, (plan.topsPx[rowOf(plan, index)] ?? 0) + offset);
  }, [plan, scroller, size.height]);

  // The keys of the grid work at once, unless a person is typing.
  useEffect(() => {
    if (!(document.activeElement instanceof HTMLInputElement)) scroller.current?.focus({ preventScroll: true });
  }, [scroller]);

  const { cursor } = selection;
  useEffect(() => {
    const element = scroller.current;
    if (element !== null && cursor !== undefined && lastPlan.current !== undefined) scrollIntoSight(element, lastPlan.current, cursor);
  }, [cursor, scroller]);

  const firstRow = plan.rowCount === 0 ? 0 : rowAt(plan, Math.max(0, scrollTopPx - OVERSCAN_PX));
  const endRow = plan.rowCount === 0 ? 0 : Math.min(plan.rowCount, rowAt(plan, scrollTopPx + Math.max(size.height, 600) + OVERSCAN_PX) + 1);
  const itemAt = useItems(shown.result.searchId, plan.starts[firstRow] ?? 0, plan.starts[endRow] ?? 0);

  const onPress = useCallback(
    (index: number, event: MouseEvent) => {
      changeSelection((last) => (event.shiftKey ? extendTo(last, index) : event.ctrlKey || event.metaKey ? toggle(last, index) : selectOnly(index)));
      scroller.current?.focus({ preventScroll: true });
    },
    [scroller],
  );
  const onTick = useCallback((index: number) => changeSelection((last) => toggle(last, index)), []);

  const rows = [];
  for (let row = firstRow; row < endRow; row += 1) {
    const topPx = plan.topsPx[row] ?? 0;
    const heightPx = plan.heightsPx[row] ?? 0;
    const section = sections[plan.headings[row] ?? -1];
    if (section !== undefined) {
      const next = sections[(plan.headings[row] ?? 0) + 1]?.first ?? shown.result.total;
      rows.push(
        <div key={`h${section.first}`} className="day-heading" style={{ transform: `translateY(${topPx - metrics.headingPx}px)` }}>
          <b>{section.heading}</b>
          <span>{next - section.first === 1 ? "1 capture" : `${next - section.first} captures`}</span>
        </div>,
      );
    }
    for (const cell of cellsOfRow(plan, aspects, row, metrics.gapPx)) {
      const item = itemAt(cell.index);
      rows.push(
        <Tile
          key={cell.index}
          index={cell.index}
          item={item}
          leftPx={cell.leftPx}
          topPx={topPx}
          widthPx={cell.widthPx}
          heightPx={heightPx}
          isSelected={isSelected(selection, cell.index)}
          isCursor={selection.cursor === cell.index}
          thumbUrl={item === undefined ? undefined : backend.thumbUrl(item.captureId, thumbSize(cell.widthPx, heightPx))}
          classes={classes}
          onPress={onPress}
          onTick={onTick}
          onOpen={onOpen}
        />,
      );
    }
  }

  return (
    <div className="grid-place">
      <div
        ref={scroller}
        className="grid-scroll"
        data-testid="grid"
        role="listbox"
        aria-label="Captures"
        aria-multiselectable="true"
        aria-activedescendant={cursor === undefined ? undefined : `tile-${cursor}`}
        tabIndex={0}
        onScroll={(event) => {
          const { scrollTop } = event.currentTarget;
          setScrollTopPx(Math.floor(scrollTop / SCROLL_STEP_PX) * SCROLL_STEP_PX);
          useLibrary.setState({ scrollTopPx: scrollTop });
        }}
        onWheel={(event) => {
          if (!event.ctrlKey) return;
          const step = event.deltaY > 0 ? -DENSITY.step / 2 : DENSITY.step / 2;
          useLibrary.setState({ density: Math.max(DENSITY.min, Math.min(DENSITY.max, density + step)) });
        }}
      >
        <div className="grid-rows" role="presentation" style={{ height: plan.heightPx + 72, marginLeft: SIDE_PX, width: metrics.widthPx }}>
          {rows}
        </div>
      </div>
      {hasDays ? <DayScrubber days={days} plan={plan} scrollTopPx={scrollTopPx} heightPx={size.height} onJump={(px) => scroller.current !== null && scrollTo(scroller.current, px)} /> : null}
      <GridKeys plan={plan} aspects={aspects} gapPx={metrics.gapPx} scroller={scroller} onOpen={onOpen} />
    </div>
  );
}
