/**
 * Scrolling over more height than an element may have.
 *
 * A browser limits the height of an element (WebKit to 33,554,431 px), and a million captures can need more. Content
 * that fits is scrolled as it is. Taller content is scrolled by an element of `MOST_ELEMENT_PX`: the thumb of the
 * scroll bar stands for a part of the content, but each small step moves the content by exactly its own length. The
 * two drift apart while a person scrolls on and on; `settled` says where the element belongs, without moving the
 * content. At both ends there is a stretch without scale, so that an end is reached exactly when the element ends.
 */

/** Well below the limit, so that positions stay exact. */
export const MOST_ELEMENT_PX = 12_000_000;
/** Without scale at either end, px. */
const END_PX = 50_000;

/** How far the element is scrolled, and which part of the content is then at its top, px. */
export interface ScrollPlace {
  readonly elementPx: number;
  readonly contentPx: number;
}

/** The heights of one layout in one window. */
export interface ScrollScale {
  readonly contentHeightPx: number;
  readonly elementHeightPx: number;
  readonly viewHeightPx: number;
}

/** The scale of a content in a view. */
export function scaleOf(contentHeightPx: number, viewHeightPx: number, mostPx: number = MOST_ELEMENT_PX): ScrollScale {
  return { contentHeightPx, elementHeightPx: Math.min(contentHeightPx, mostPx), viewHeightPx };
}

function endPx(scale: ScrollScale): number {
  return Math.min(END_PX, scale.elementHeightPx / 4);
}

function furthest(heightPx: number, scale: ScrollScale): number {
  return Math.max(0, heightPx - scale.viewHeightPx);
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}

/** Maps `at` of a track of length `from` to one of length `to`: as it is at both ends, stretched between. */
function stretch(at: number, from: number, to: number, end: number): number {
  if (from === to || at <= end) return Math.min(at, to);
  if (at >= from - end) return to - (from - at);
  return end + ((at - end) * (to - 2 * end)) / (from - 2 * end);
}

/** The content at the top when the scroll bar is put to a place. */
export function contentAt(scale: ScrollScale, elementPx: number): number {
  const [element, content] = [furthest(scale.elementHeightPx, scale), furthest(scale.contentHeightPx, scale)];
  return stretch(clamp(elementPx, element), element, content, endPx(scale));
}

/** Where the scroll bar belongs for a part of the content. */
export function placeOf(scale: ScrollScale, contentPx: number): ScrollPlace {
  const [element, content] = [furthest(scale.elementHeightPx, scale), furthest(scale.contentHeightPx, scale)];
  const to = clamp(contentPx, content);
  return { contentPx: to, elementPx: stretch(to, content, element, endPx(scale)) };
}

/** Whether a step of the element is a jump of the scroll bar, rather than a turn of the wheel or a key. */
export function isJump(scale: ScrollScale, fromPx: number, toPx: number): boolean {
  return Math.abs(toPx - fromPx) > 2.5 * scale.viewHeightPx;
}

/** The place after the element has scrolled to `elementPx`. */
export function follow(scale: ScrollScale, last: ScrollPlace, elementPx: number): ScrollPlace {
  if (scale.elementHeightPx === scale.contentHeightPx) return { elementPx, contentPx: elementPx };
  if (isJump(scale, last.elementPx, elementPx)) return { elementPx, contentPx: contentAt(scale, elementPx) };
  const contentPx = clamp(last.contentPx + elementPx - last.elementPx, furthest(scale.contentHeightPx, scale));
  return { elementPx, contentPx };
}

/** The place with the element where it belongs, or undefined while it is near enough. `isIdle`: nobody scrolls. */
export function settled(scale: ScrollScale, place: ScrollPlace, isIdle: boolean): ScrollPlace | undefined {
  const wanted = placeOf(scale, place.contentPx);
  const drift = Math.abs(wanted.elementPx - place.elementPx);
  const roomPx = Math.min(place.elementPx, furthest(scale.elementHeightPx, scale) - place.elementPx);
  const isShort = roomPx < 2 * scale.viewHeightPx || drift > endPx(scale) / 2;
  return drift >= 1 && (isIdle || isShort) ? wanted : undefined;
}
