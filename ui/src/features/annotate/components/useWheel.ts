/** The wheel zooms at the pointer. */
import { useEffect, type RefObject } from "react";
import type { Editor } from "../../../editor/editor";
import { viewPoint } from "../../../editor/geometry/point";

/** Pixels in a line and in a page, where a mouse counts in those. */
const LINE_PX = 16;
const PAGE_PX = 400;
/** One turn never zooms farther than this many pixels of wheel. */
const MOST_PX = 240;

export function useWheel(canvas: RefObject<HTMLElement | null>, editor: Editor): void {
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const onWheel = (event: WheelEvent): void => {
      if (event.target instanceof Element && event.target.closest(".an-float")) return;
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? PAGE_PX : 1;
      const delta = Math.max(-MOST_PX, Math.min(MOST_PX, event.deltaY * unit));
      const { left, top } = element.getBoundingClientRect();
      editor.wheel(viewPoint(event.clientX - left, event.clientY - top), delta);
    };
    // React listens passively; zooming must keep the page from scrolling.
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [canvas, editor]);
}
