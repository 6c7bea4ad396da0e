/** Algebra of axis-aligned boxes in image pixels. */

import { imageBox, type ImageBox, type ImagePoint, type Size } from "./point";

/** The box spanned by two opposite corners in any order. */
export function boxFromCorners(a: ImagePoint, b: ImagePoint): ImageBox {
  return imageBox(Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y));
}

export function area(box: ImageBox): number {
  return box.width * box.height;
}

export function containsPoint(box: ImageBox, point: ImagePoint): boolean {
  return (
    point.x >= box.x && point.x <= box.x + box.width && point.y >= box.y && point.y <= box.y + box.height
  );
}

export function intersects(a: ImageBox, b: ImageBox): boolean {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;
}

/** The smallest box around all boxes, or null when there is none. */
export function union(boxes: readonly ImageBox[]): ImageBox | null {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return boxes.length === 0 ? null : imageBox(left, top, right - left, bottom - top);
}

/** The point of the image that is nearest to `point`. */
export function clampPoint(point: ImagePoint, image: Size): ImagePoint {
  const x = Math.min(image.width, Math.max(0, point.x));
  const y = Math.min(image.height, Math.max(0, point.y));
  return { ...point, x, y };
}

/** Cuts a box to the image. A box outside becomes a box without area on the border. */
export function clampBox(box: ImageBox, image: Size): ImageBox {
  const left = Math.min(image.width, Math.max(0, box.x));
  const top = Math.min(image.height, Math.max(0, box.y));
  const right = Math.min(image.width, Math.max(0, box.x + box.width));
  const bottom = Math.min(image.height, Math.max(0, box.y + box.height));
  return imageBox(left, top, right - left, bottom - top);
}

/**
 * The part of a shift that keeps `box` inside the image. A box that already lies outside
 * (an import may bring one) may move inwards, never farther out.
 */
export function clampShift(box: ImageBox, shift: { dx: number; dy: number }, image: Size): { dx: number; dy: number } {
  const axis = (start: number, extent: number, room: number, by: number): number => {
    const least = Math.min(0, -start);
    const most = Math.max(0, room - (start + extent));
    return Math.min(most, Math.max(least, by));
  };
  return {
    dx: axis(box.x, box.width, image.width, shift.dx),
    dy: axis(box.y, box.height, image.height, shift.dy),
  };
}

/** Moves a box. Width and height stay bit for bit what they were. */
export function translate(box: ImageBox, dx: number, dy: number): ImageBox {
  return imageBox(box.x + dx, box.y + dy, box.width, box.height);
}
