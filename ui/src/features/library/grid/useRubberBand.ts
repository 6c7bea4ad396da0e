/** Selects by dragging over the grid. Near an edge the grid scrolls on, so a band may hold any number of captures. */
import { useCallback, useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";
import { useLatest } from "../../../shared/hooks/hooks";
import { clear, selectRanges, type Selection } from "../../../shared/selection";
import { changeSelection, useLibrary } from "../store";
import { bandRanges, type GridPoint } from "./band";
import type { GridPlan } from "./justified";
import type { VirtualScroll } from "../../../shared/scroll/useVirtualScroll";

const START_PX = 6;
const EDGE_PX = 28;
const MOST_STEP_PX = 60;

/** The band while it is drawn, px of the content. */
export interface Band {
  readonly from: GridPoint;
  readonly to: GridPoint;
}

interface Press {
  readonly from: GridPoint;
  readonly before: Selection;
  readonly turnsOver: boolean;
  readonly isOnTile: boolean;
  clientX: number;
  clientY: number;
  isBand: boolean;
  /** The capture at the end that moves. */
  reached: number | undefined;
}

/** `sidePx` is the room left of the rows. */
export function useRubberBand(scroller: RefObject<HTMLElement | null>, scroll: VirtualScroll, plan: GridPlan, aspects: Uint16Array, gapPx: number, sidePx: number) {
  const [band, setBand] = useState<Band | undefined>(undefined);
  const press = useRef<Press | undefined>(undefined);
  const frame = useRef(0);

  const pointAt = (clientX: number, clientY: number): GridPoint => {
    const bounds = scroller.current?.getBoundingClientRect();
    return { x: clientX - (bounds?.left ?? 0) - sidePx, y: clientY - (bounds?.top ?? 0) + scroll.top() };
  };

  const pointAtRef = useLatest(pointAt);

  const draw = useLatest(() => {
    const { current } = press;
    if (current === undefined || !current.isBand) return;
    const to = pointAt(current.clientX, current.clientY);
    setBand({ from: current.from, to });
    const held = bandRanges(plan, aspects, current.from, to, gapPx);
    // The focus stays while the band is drawn, so that the grid does not go where it moves.
    changeSelection(() => ({ ...selectRanges(current.before, held, current.turnsOver), cursor: current.before.cursor }));
    current.reached = to.y < current.from.y ? held[0]?.first : (held.at(-1)?.end ?? 0) - 1;
  });

  const scrollOn = useLatest(() => {
    const bounds = scroller.current?.getBoundingClientRect();
    const { current } = press;
    if (bounds === undefined || current === undefined) return;
    const [above, below] = [bounds.top + EDGE_PX - current.clientY, current.clientY - bounds.bottom + EDGE_PX];
    const step = above > 0 ? -Math.min(MOST_STEP_PX, above) : below > 0 ? Math.min(MOST_STEP_PX, below) : 0;
    if (step !== 0) {
      scroll.scrollTo(scroll.top() + step);
      draw.current();
    }
  });

  const end = useCallback(() => {
    cancelAnimationFrame(frame.current);
    press.current = undefined;
    setBand(undefined);
  }, []);

  useEffect(() => {
    const tick = () => {
      scrollOn.current();
      frame.current = requestAnimationFrame(tick);
    };
    const onMove = (event: globalThis.PointerEvent) => {
      const { current } = press;
      if (current === undefined) return;
      if (event.buttons === 0) return end();
      const to = pointAtRef.current(event.clientX, event.clientY);
      current.clientX = event.clientX;
      current.clientY = event.clientY;
      if (!current.isBand) {
        if (Math.hypot(to.x - current.from.x, to.y - current.from.y) < START_PX) return;
        current.isBand = true;
        frame.current = requestAnimationFrame(tick);
      }
      draw.current();
    };
    const onUp = () => {
      const { current } = press;
      if (current === undefined) return;
      const { reached } = current;
      if (current.isBand && reached !== undefined && reached >= 0) changeSelection((last) => ({ ...last, cursor: reached, anchor: reached }));
      else if (!current.isOnTile && !current.turnsOver) changeSelection(clear);
      end();
    };
    const onKey = (event: KeyboardEvent) => {
      const { current } = press;
      if (event.key !== "Escape" || current === undefined || !current.isBand) return;
      event.stopPropagation();
      event.preventDefault();
      changeSelection(() => current.before);
      end();
    };
    window.addEventListener("pointermove", onMove);
    window.addEventListener("pointerup", onUp);
    window.addEventListener("keydown", onKey, true);
    return () => {
      end();
      window.removeEventListener("pointermove", onMove);
      window.removeEventListener("pointerup", onUp);
      window.removeEventListener("keydown", onKey, true);
    };
  }, [draw, scrollOn, pointAtRef, end]);

  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    const bounds = event.currentTarget.getBoundingClientRect();
    const isOnBar = event.clientX - bounds.left >= event.currentTarget.clientWidth;
    if (event.button !== 0 || isOnBar || event.shiftKey || event.pointerType === "touch") return;
    const target = event.target instanceof Element ? event.target : undefined;
    if (target === undefined || target.closest("button, .tile-tick, .group-tick") !== null) return;
    press.current = {
      from: pointAt(event.clientX, event.clientY), before: useLibrary.getState().selection, turnsOver: event.ctrlKey || event.metaKey, isOnTile: target.closest(".tile") !== null,
      clientX: event.clientX, clientY: event.clientY, isBand: false, reached: undefined,
    };
  };
  return { band, onPointerDown };
}
