/** The eight handles of a box, and what dragging one does. */

import { imageBox, viewPoint, type ImageBox, type ImagePoint, type ViewPoint } from "../../geometry/point";
import { boxToView, type ViewFromImage } from "../../geometry/transform";
import type { BoxGeometry } from "../../records/annotation";
import type { Handle, ResizeOptions } from "../shape";

export type BoxHandle = "nw" | "n" | "ne" | "e" | "se" | "s" | "sw" | "w";

/** Clockwise from the upper left corner. */
export const BOX_HANDLES: readonly BoxHandle[] = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

/** A handle is drawn 7 view pixels wide and caught within 12. */
export const HANDLE_HIT = 12;
/** A side shorter than this in view pixels has no handle at its middle: the corners need the room. */
const MIN_SIDE_FOR_MIDDLE = 26;
/** A resized box keeps at least one image pixel, or what it had if it was smaller. */
const MIN_EXTENT = 1;

/** -1 = the left or upper edge follows, 1 = the right or lower, 0 = the axis stays. */
const AXES: Record<BoxHandle, { readonly x: -1 | 0 | 1; readonly y: -1 | 0 | 1 }> = {
  nw: { x: -1, y: -1 },
  n: { x: 0, y: -1 },
  ne: { x: 1, y: -1 },
  e: { x: 1, y: 0 },
  se: { x: 1, y: 1 },
  s: { x: 0, y: 1 },
  sw: { x: -1, y: 1 },
  w: { x: -1, y: 0 },
};

const CURSORS: Record<BoxHandle, string> = {
  nw: "nwse-resize",
  n: "ns-resize",
  ne: "nesw-resize",
  e: "ew-resize",
  se: "nwse-resize",
  s: "ns-resize",
  sw: "nesw-resize",
  w: "ew-resize",
};

function isBoxHandle(name: string): name is BoxHandle {
  return name in AXES;
}

export function boxHandles(geometry: BoxGeometry, viewFromImage: ViewFromImage): readonly Handle[] {
  const view = boxToView(viewFromImage, geometry.box);
  return BOX_HANDLES.filter((name) => {
    const { x, y } = AXES[name];
    if (x === 0) return view.width >= MIN_SIDE_FOR_MIDDLE;
    if (y === 0) return view.height >= MIN_SIDE_FOR_MIDDLE;
    return true;
  }).map((name) => {
    const { x, y } = AXES[name];
    return {
      name,
      at: viewPoint(view.x + (view.width * (x + 1)) / 2, view.y + (view.height * (y + 1)) / 2),
      cursor: CURSORS[name],
    };
  });
}

/**
 * The handle under a point: the nearest of those within reach. The inner half of a small box belongs to
 * moving, not to its handles, so that a box of few pixels can still be dragged.
 */
export function hitBoxHandle(geometry: BoxGeometry, at: ViewPoint, viewFromImage: ViewFromImage): Handle | null {
  const view = boxToView(viewFromImage, geometry.box);
  const insetX = Math.min(HANDLE_HIT / 2, view.width / 4);
  const insetY = Math.min(HANDLE_HIT / 2, view.height / 4);
  const inCore =
    at.x > view.x + insetX &&
    at.x < view.x + view.width - insetX &&
    at.y > view.y + insetY &&
    at.y < view.y + view.height - insetY;
  if (inCore) return null;

  let best: Handle | null = null;
  let bestDistance = Infinity;
  for (const handle of boxHandles(geometry, viewFromImage)) {
    const reach = Math.max(Math.abs(handle.at.x - at.x), Math.abs(handle.at.y - at.y));
    if (reach <= HANDLE_HIT / 2 && reach < bestDistance) {
      best = handle;
      bestDistance = reach;
    }
  }
  return best;
}

/** Drags one handle to a point. Edges that the handle does not hold stay bit for bit where they are. */
export function resizeBox(geometry: BoxGeometry, name: string, to: ImagePoint, options: ResizeOptions): BoxGeometry {
  if (!isBoxHandle(name)) return geometry;
  const axes = AXES[name];
  const { box } = geometry;
  const target =
    options.keepAspect && axes.x !== 0 && axes.y !== 0 ? onDiagonal(box, axes.x, axes.y, to, options) : to;
  const horizontal = dragEdge(box.x, box.width, axes.x, target.x, options.image.width);
  const vertical = dragEdge(box.y, box.height, axes.y, target.y, options.image.height);
  return {
    ...geometry,
    box: imageBox(horizontal.start, vertical.start, horizontal.extent, vertical.extent),
  };
}

/** Moves one end of an interval, with the other end fixed; the ends may cross. */
function dragEdge(
  start: number,
  extent: number,
  axis: -1 | 0 | 1,
  to: number,
  room: number,
): { start: number; extent: number } {
  if (axis === 0) return { start, extent };
  const fixed = axis === 1 ? start : start + extent;
  const moved = Math.min(room, Math.max(0, to));
  const least = Math.min(MIN_EXTENT, extent);
  if (Math.abs(moved - fixed) >= least) {
    return moved >= fixed ? { start: fixed, extent: moved - fixed } : { start: moved, extent: fixed - moved };
  }
  // Too narrow: stay on the side where the edge came from, at the least extent.
  return axis === 1 ? { start, extent: least } : { start: fixed - least, extent: least };
}

/** The point on the diagonal of the box through the fixed corner that is nearest to what the pointer asks for. */
function onDiagonal(
  box: ImageBox,
  x: -1 | 0 | 1,
  y: -1 | 0 | 1,
  to: ImagePoint,
  options: ResizeOptions,
): { x: number; y: number } {
  const fixedX = x === 1 ? box.x : box.x + box.width;
  const fixedY = y === 1 ? box.y : box.y + box.height;
  const wanted = Math.max((Math.abs(to.x - fixedX) || 0) / (box.width || 1), Math.abs(to.y - fixedY) / (box.height || 1));
  const signX = to.x >= fixedX ? 1 : -1;
  const signY = to.y >= fixedY ? 1 : -1;
  const roomX = signX === 1 ? options.image.width - fixedX : fixedX;
  const roomY = signY === 1 ? options.image.height - fixedY : fixedY;
  const factor = Math.max(0, Math.min(wanted, roomX / (box.width || 1), roomY / (box.height || 1)));
  return { x: fixedX + signX * box.width * factor, y: fixedY + signY * box.height * factor };
}
