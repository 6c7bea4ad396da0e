/** Scrolls a content of any height in an element: see virtualScroll.ts. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from "react";
import { useLatest } from "../hooks/hooks";
import { follow, isJump, placeOf, scaleOf, settled, type ScrollPlace } from "./virtualScroll";

/** Rows are chosen anew only after this much scrolling. */
const STEP_PX = 100;
const IDLE_MS = 150;
/** Two jumps within this time are a flight: a person drags the scroll bar. */
const FLIGHT_MS = 90;

/** What the rows need to know. */
export interface VirtualScroll {
  /** The content at the top, in steps. */
  readonly contentPx: number;
  /** Content px minus this are px of the element. */
  readonly basePx: number;
  readonly elementHeightPx: number;
  /** The scroll bar is being dragged: what is in sight now will not stay. */
  readonly isFlying: boolean;
  readonly scrollTo: (contentPx: number) => void;
  /** The content at the top, exactly. */
  readonly top: () => number;
  readonly onScroll: () => void;
}

/** Puts an element to a place; says where it then is, since browsers round. */
function setTop(element: HTMLElement, px: number): number {
  element.scrollTop = px;
  return element.scrollTop;
}

function timing() {
  return { idle: undefined as ReturnType<typeof setTimeout> | undefined, landing: undefined as ReturnType<typeof setTimeout> | undefined, jumpedAt: 0 };
}

/** `heightPx` is that of the whole content; `onTop` hears which part of it is at the top. */
export function useVirtualScroll(scrollerRef: RefObject<HTMLElement | null>, heightPx: number, viewHeightPx: number, onTop: (contentPx: number) => void): VirtualScroll {
  const told = useLatest(onTop);
  const scale = useMemo(() => scaleOf(heightPx, Math.max(1, viewHeightPx)), [heightPx, viewHeightPx]);
  const place = useRef<ScrollPlace>({ elementPx: 0, contentPx: 0 });
  const timers = useRef(timing());
  const [state, setState] = useState({ contentPx: 0, basePx: 0 });
  const [isFlying, setIsFlying] = useState(false);

  const show = useCallback((next: ScrollPlace) => {
    place.current = next;
    told.current(next.contentPx);
    const shown = { contentPx: Math.floor(next.contentPx / STEP_PX) * STEP_PX, basePx: next.contentPx - next.elementPx };
    setState((last) => (last.contentPx === shown.contentPx && last.basePx === shown.basePx ? last : shown));
  }, [told]);

  /** Puts the element where the place says; the browser rounds, and the content must not move by that. */
  const put = useCallback(
    (next: ScrollPlace) => {
      const element = scrollerRef.current;
      if (element === null) return;
      const elementPx = setTop(element, next.elementPx);
      const isWhole = scale.elementHeightPx === scale.contentHeightPx;
      show({ elementPx, contentPx: isWhole ? elementPx : next.contentPx });
    },
    [scrollerRef, scale, show],
  );

  const settle = useLatest((isIdle: boolean) => {
    const rest = settled(scale, place.current, isIdle);
    if (rest !== undefined) put(rest);
  });

  const onScroll = useCallback(() => {
    const element = scrollerRef.current;
    if (element === null) return;
    const before = place.current;
    const now = performance.now();
    const { current: timer } = timers;
    if (isJump(scale, before.elementPx, element.scrollTop)) {
      if (now - timer.jumpedAt < FLIGHT_MS) setIsFlying(true);
      timer.jumpedAt = now;
      clearTimeout(timer.landing);
      timer.landing = setTimeout(() => setIsFlying(false), FLIGHT_MS);
    }
    show(follow(scale, before, element.scrollTop));
    settle.current(false);
    clearTimeout(timer.idle);
    timer.idle = setTimeout(() => settle.current(true), IDLE_MS);
  }, [scrollerRef, scale, show, settle]);

  // Another layout or another window: the same content stays at the top.
  const lastScale = useRef(scale);
  useLayoutEffect(() => {
    if (lastScale.current === scale) return;
    lastScale.current = scale;
    put(placeOf(scale, place.current.contentPx));
  }, [scale, put]);

  useEffect(() => {
    const { current: timer } = timers;
    return () => {
      clearTimeout(timer.idle);
      clearTimeout(timer.landing);
    };
  }, []);

  const scrollTo = useCallback((contentPx: number) => put(placeOf(scale, contentPx)), [scale, put]);
  const top = useCallback(() => place.current.contentPx, []);
  return { ...state, elementHeightPx: scale.elementHeightPx, isFlying, scrollTo, top, onScroll };
}
