/** The grid: justified rows of the whole result, of which only the rows in sight are drawn. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, type MouseEvent, type RefObject } from "react";
import { useClassTable } from "../../../backend/classes";
import { useBackend } from "../../../backend/context";
import { useElementSize } from "../../../shared/hooks/hooks";
import { extendTo, isSelected, selectOnly, toggle } from "../../../shared/selection";
import { changeSelection, DENSITY, useLibrary, type Shown } from "../store";
import { DayScrubber } from "./DayScrubber";
import { GridKeys } from "./GridKeys";
import { GroupHeading } from "./GroupHeading";
import { dayOf, spansMonths } from "./groups";
import { cellsOfRow, planGrid, rowAt, rowOf, type GridMetrics, type GridPlan } from "./justified";
import { useItems } from "./pages";
import { Tile } from "./Tile";
import { useRubberBand } from "./useRubberBand";
import { useVirtualScroll, type VirtualScroll } from "../../../shared/scroll/useVirtualScroll";
import "./grid.css";

const SIDE_PX = 12;
/** Beside the rows: days, or days with their months. */
const SCRUBBER_PX = { short: 34, long: 54 } as const;
const HEADING_PX = 28;
const OVERSCAN_PX = 400;
/** Room for the bar of the selection below the last row. */
const FOOT_PX = 72;
/** Sizes in which thumbnails are asked for, so that a change of density seldom needs new ones. */
const THUMB_SIZES_PX = [192, 384, 640];

function thumbSize(widthPx: number, heightPx: number): number {
  const wanted = Math.max(widthPx, heightPx) * window.devicePixelRatio;
  return THUMB_SIZES_PX.find((size) => size >= wanted * 0.85) ?? THUMB_SIZES_PX.at(-1) ?? 640;
}

function isRowInSight(scrollTopPx: number, heightPx: number, plan: GridPlan, row: number): boolean {
  const top = plan.topsPx[row] ?? 0;
  return top + (plan.heightsPx[row] ?? 0) > scrollTopPx && top < scrollTopPx + heightPx;
}

function scrollIntoSight(scroll: VirtualScroll, viewHeightPx: number, plan: GridPlan, index: number): void {
  const row = rowOf(plan, index);
  const top = plan.topsPx[row] ?? 0;
  const bottom = top + (plan.heightsPx[row] ?? 0);
  if (top - 8 - HEADING_PX < scroll.top()) scroll.scrollTo(top - 8 - HEADING_PX);
  else if (bottom + 8 > scroll.top() + viewHeightPx) scroll.scrollTo(bottom + 8 - viewHeightPx);
}

/** Coming back from another view begins where the grid was left. */
const rememberTop = (scrollTopPx: number) => useLibrary.setState({ scrollTopPx });

/** Puts the grid where it belongs when a result, a layout or the focus is new. */
function usePlacing(scroll: VirtualScroll, plan: GridPlan, searchId: number, viewHeightPx: number): void {
  const { scrollTo } = scroll;
  const latest = useRef(scroll);
  useLayoutEffect(() => {
    latest.current = scroll;
  }, [scroll]);
  // A new result begins at its top; coming back from another view begins where it was left.
  const resultOnScreen = useRef<number | undefined>(undefined);
  const lastPlan = useRef<GridPlan | undefined>(undefined);
  useLayoutEffect(() => {
    if (viewHeightPx === 0 || resultOnScreen.current === searchId) return;
    resultOnScreen.current = searchId;
    lastPlan.current = plan;
    const { scrollTopPx, selection } = useLibrary.getState();
    scrollTo(scrollTopPx);
    if (selection.cursor !== undefined) scrollIntoSight(latest.current, viewHeightPx, plan, selection.cursor);
  }, [scrollTo, searchId, viewHeightPx, plan]);

  // Photos stay in sight when the rows change their height.
  useLayoutEffect(() => {
    const before = lastPlan.current;
    lastPlan.current = viewHeightPx === 0 ? undefined : plan;
    if (before === undefined || before === plan || before.starts.at(-1) !== plan.starts.at(-1) || before.rowCount === 0) return;
    // The element itself may have been clamped to its new height already.
    const { scrollTopPx: lastTopPx, selection: chosen } = useLibrary.getState();
    const isCursorInSight = chosen.cursor !== undefined && isRowInSight(lastTopPx, viewHeightPx, before, rowOf(before, chosen.cursor));
    const index = isCursorInSight && chosen.cursor !== undefined ? chosen.cursor : (before.starts[rowAt(before, lastTopPx)] ?? 0);
    const offset = lastTopPx - (before.topsPx[rowOf(before, index)] ?? 0);
    if (lastTopPx > 0) scrollTo((plan.topsPx[rowOf(plan, index)] ?? 0) + offset);
  }, [plan, scrollTo, viewHeightPx]);

  const cursor = useLibrary((state) => state.selection.cursor);
  useEffect(() => {
    if (cursor !== undefined && lastPlan.current !== undefined) scrollIntoSight(latest.current, viewHeightPx, lastPlan.current, cursor);
  }, [cursor, viewHeightPx]);
}

/** The grid of a result. */
export function Grid(props: { readonly shown: Shown; readonly scroller: RefObject<HTMLDivElement | null>; readonly onOpen: (index: number) => void }) {
  const { shown, scroller, onOpen } = props;
  const { aspects, groups, result } = shown;
  const by = shown.order.group;
  const backend = useBackend();
  const classes = useClassTable();
  const density = useLibrary((state) => state.density);
  const selection = useLibrary((state) => state.selection);
  const overlays = useLibrary((state) => state.overlays);
  const size = useElementSize(scroller);
  const hasDays = groups[0] !== undefined && dayOf(groups[0]) !== undefined;
  const scrubberPx = SCRUBBER_PX[spansMonths(groups) ? "long" : "short"];

  const metrics = useMemo<GridMetrics>(() => {
    const sidesPx = SIDE_PX + (hasDays ? scrubberPx : SIDE_PX);
    return { widthPx: Math.max(200, size.width - sidesPx), rowHeightPx: density, gapPx: 4, headingPx: HEADING_PX };
  }, [size.width, density, hasDays, scrubberPx]);
  const plan = useMemo(() => planGrid(aspects, metrics, groups), [aspects, metrics, groups]);
  const scroll = useVirtualScroll(scroller, plan.heightPx + FOOT_PX, size.height, rememberTop);
  usePlacing(scroll, plan, result.searchId, size.height);
  const { band, onPointerDown } = useRubberBand(scroller, scroll, plan, aspects, metrics.gapPx, SIDE_PX);

  // The keys of the grid work at once, unless a person is typing.
  useEffect(() => {
    if (!(document.activeElement instanceof HTMLInputElement)) scroller.current?.focus({ preventScroll: true });
  }, [scroller]);

  const firstRow = plan.rowCount === 0 ? 0 : rowAt(plan, Math.max(0, scroll.contentPx - OVERSCAN_PX));
  const endRow = plan.rowCount === 0 ? 0 : Math.min(plan.rowCount, rowAt(plan, scroll.contentPx + Math.max(size.height, 600) + OVERSCAN_PX) + 1);
  const itemAt = useItems(result.searchId, plan.starts[firstRow] ?? 0, plan.starts[endRow] ?? 0, !scroll.isFlying);

  const onPress = useCallback(
    (index: number, event: MouseEvent) => {
      changeSelection((last) => (event.shiftKey ? extendTo(last, index) : event.ctrlKey || event.metaKey ? toggle(last, index) : selectOnly(index)));
      scroller.current?.focus({ preventScroll: true });
    },
    [scroller],
  );
  const onTick = useCallback((index: number) => changeSelection((last) => toggle(last, index)), []);

  // Rows are placed from the first one drawn: positions stay small, and exact on any screen.
  const slabPx = Math.floor((plan.topsPx[firstRow] ?? 0) - HEADING_PX);
  const rows = [];
  for (let row = firstRow; row < endRow; row += 1) {
    const topPx = (plan.topsPx[row] ?? 0) - slabPx;
    const heightPx = plan.heightsPx[row] ?? 0;
    const group = groups[plan.headings[row] ?? -1];
    if (group !== undefined) rows.push(<GroupHeading key={`h${group.first}`} group={group} by={by} topPx={topPx - HEADING_PX} />);
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
          overlays={overlays}
          onPress={onPress}
          onTick={onTick}
          onOpen={onOpen}
        />,
      );
    }
  }
  const firstInSight = plan.starts[rowAt(plan, scroll.contentPx)] ?? 0;
  const current = groups.findLast((group) => group.first <= firstInSight);
  const isPastHeading = current !== undefined && scroll.contentPx > (plan.topsPx[rowOf(plan, current.first)] ?? 0);

  return (
    <div className="grid-place">
      <div
        ref={scroller}
        className="grid-scroll"
        data-testid="grid"
        role="listbox"
        aria-label="Captures"
        aria-multiselectable="true"
        aria-activedescendant={selection.cursor === undefined ? undefined : `tile-${selection.cursor}`}
        tabIndex={0}
        onScroll={scroll.onScroll}
        onPointerDown={onPointerDown}
        onWheel={(event) => {
          if (!event.ctrlKey) return;
          const step = event.deltaY > 0 ? -DENSITY.step / 2 : DENSITY.step / 2;
          useLibrary.setState({ density: Math.max(DENSITY.min, Math.min(DENSITY.max, density + step)) });
        }}
      >
        <div className="grid-rows" role="presentation" style={{ height: scroll.elementHeightPx, marginLeft: SIDE_PX, width: metrics.widthPx }}>
          <div className="grid-slab" role="presentation" style={{ top: slabPx - scroll.basePx }}>
            {rows}
            {band === undefined ? null : (
              <div
                className="grid-band"
                style={{
                  left: Math.min(band.from.x, band.to.x), top: Math.min(band.from.y, band.to.y) - slabPx, width: Math.abs(band.to.x - band.from.x), height: Math.abs(band.to.y - band.from.y),
                }}
              />
            )}
          </div>
        </div>
      </div>
      {isPastHeading ? <GroupHeading group={current} by={by} topPx={undefined} /> : null}
      {hasDays ? <DayScrubber groups={groups} plan={plan} scrollTopPx={scroll.contentPx} heightPx={size.height} onJump={scroll.scrollTo} /> : null}
      <GridKeys plan={plan} aspects={aspects} groups={groups} gapPx={metrics.gapPx} viewHeightPx={size.height} top={scroll.top} onOpen={onOpen} />
    </div>
  );
}
