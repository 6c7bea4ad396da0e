/** Points and boxes, branded by the space they live in, so that image and view pixels cannot be mixed up. */

declare const space: unique symbol;

/** Pixels of the upright picture: origin at the outer corner of the first pixel, x right, y down. */
export interface ImagePoint {
  readonly x: number;
  readonly y: number;
  readonly [space]: "image";
}

/** CSS pixels of the canvas: origin at its upper left corner. */
export interface ViewPoint {
  readonly x: number;
  readonly y: number;
  readonly [space]: "view";
}

/** An axis-aligned box in image pixels. Width and height are never negative. */
export interface ImageBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly [space]: "image";
}

/** An axis-aligned box in view pixels. Width and height are never negative. */
export interface ViewBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly [space]: "view";
}

/** A width and a height, in the space that the name of the variable says. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export function imagePoint(x: number, y: number): ImagePoint {
  return { x, y } as ImagePoint;
}

export function viewPoint(x: number, y: number): ViewPoint {
  return { x, y } as ViewPoint;
}

export function imageBox(x: number, y: number, width: number, height: number): ImageBox {
  return { x, y, width, height } as ImageBox;
}

export function viewBox(x: number, y: number, width: number, height: number): ViewBox {
  return { x, y, width, height } as ViewBox;
}

/** Distance between two points of the same space. */
export function distance<P extends ImagePoint | ViewPoint>(a: P, b: P): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
