/** Where a popover stands so that it does not cover the object that it is about. */
import type { Size, ViewBox } from "../../../editor/geometry/point";

const GAP_PX = 14;
const MARGIN_PX = 8;

/** The upper left corner of a popover beside an object; in the upper middle when there is none. */
export function placeBeside(object: ViewBox | null, popover: Size, canvas: Size): { readonly left: number; readonly top: number } {
  const clamp = (value: number, room: number): number => Math.max(MARGIN_PX, Math.min(value, room - MARGIN_PX));
  const maxLeft = canvas.width - popover.width;
  const maxTop = canvas.height - popover.height;
  if (!object) return { left: clamp(maxLeft / 2, maxLeft + MARGIN_PX), top: clamp(canvas.height * 0.12, maxTop + MARGIN_PX) };
  const right = object.x + object.width + GAP_PX;
  const leftOf = object.x - GAP_PX - popover.width;
  const below = object.y + object.height + GAP_PX;
  const above = object.y - GAP_PX - popover.height;
  const alongside = Math.max(MARGIN_PX, Math.min(object.y, maxTop - MARGIN_PX));
  const aligned = Math.max(MARGIN_PX, Math.min(object.x, maxLeft - MARGIN_PX));
  if (right <= maxLeft - MARGIN_PX) return { left: right, top: alongside };
  if (leftOf >= MARGIN_PX) return { left: leftOf, top: alongside };
  if (below <= maxTop - MARGIN_PX) return { left: aligned, top: below };
  if (above >= MARGIN_PX) return { left: aligned, top: above };
  // The object fills the view: the corner where it hides least.
  return { left: Math.max(MARGIN_PX, maxLeft - MARGIN_PX), top: MARGIN_PX };
}
