/** What part of the plane the map shows, and where a point of it is on the screen. */
import type { MapBounds } from "../../backend/types";

/** A place on the plane at the middle of the canvas, and how many pixels one unit of the plane takes. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly pxPerUnit: number;
}

/** A place on the canvas or on the plane. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The size of the canvas, px. */
export interface CanvasSize {
  readonly width: number;
  readonly height: number;
}

const MARGIN = 0.94;
/** One pixel is never less of the plane than a 40,000th of the whole map. */
const ZOOM_MAX = 40_000;

/** The viewport that shows everything. */
export function fit(bounds: MapBounds, size: CanvasSize): Viewport {
  const width = Math.max(bounds.right - bounds.left, 1e-6);
  const height = Math.max(bounds.bottom - bounds.top, 1e-6);
  const pxPerUnit = Math.max(1e-9, Math.min(size.width / width, size.height / height) * MARGIN);
  return { x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2, pxPerUnit };
}

/** Where a point of the plane is on the canvas. */
export function toCanvas(viewport: Viewport, size: CanvasSize, point: Place): Place {
  return { x: (point.x - viewport.x) * viewport.pxPerUnit + size.width / 2, y: (point.y - viewport.y) * viewport.pxPerUnit + size.height / 2 };
}

/** Which point of the plane is at a place of the canvas. */
export function toPlane(viewport: Viewport, size: CanvasSize, place: Place): Place {
  return { x: (place.x - size.width / 2) / viewport.pxPerUnit + viewport.x, y: (place.y - size.height / 2) / viewport.pxPerUnit + viewport.y };
}

/** Nearer or farther by `factor`, with the point under `at` staying where it is. */
export function zoomAt(viewport: Viewport, size: CanvasSize, at: Place, factor: number, whole: Viewport): Viewport {
  const pxPerUnit = Math.max(whole.pxPerUnit / 2, Math.min(whole.pxPerUnit * ZOOM_MAX, viewport.pxPerUnit * factor));
  const held = toPlane(viewport, size, at);
  return { pxPerUnit, x: held.x - (at.x - size.width / 2) / pxPerUnit, y: held.y - (at.y - size.height / 2) / pxPerUnit };
}

/** Moved by so many pixels of the canvas. */
export function pan(viewport: Viewport, dx: number, dy: number): Viewport {
  return { ...viewport, x: viewport.x - dx / viewport.pxPerUnit, y: viewport.y - dy / viewport.pxPerUnit };
}

/** The rectangle of the plane that the canvas shows. */
export function visible(viewport: Viewport, size: CanvasSize): MapBounds {
  const first = toPlane(viewport, size, { x: 0, y: 0 });
  const last = toPlane(viewport, size, { x: size.width, y: size.height });
  return { left: first.x, top: first.y, right: last.x, bottom: last.y };
}

/** Leaves out points of a drawn line that are nearer than `leastPx` to the one before. */
export function thinned(line: readonly Place[], leastPx: number): Place[] {
  const kept: Place[] = [];
  for (const place of line) {
    const last = kept.at(-1);
    if (last === undefined || Math.hypot(place.x - last.x, place.y - last.y) >= leastPx) kept.push(place);
  }
  return kept;
}
