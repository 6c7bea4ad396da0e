/** What the editor asks of a kind of shape. A new kind is a folder beside `box/` and a line in `registry.ts`. */

import type { ImageBox, ImagePoint, Size, ViewPoint } from "../geometry/point";
import type { ViewFromImage } from "../geometry/transform";
import type { Geometry, ShapeKind } from "../records/annotation";

/** A grip of a selected shape. Its name is meaningful only to the kind that made it. */
export interface Handle {
  readonly name: string;
  readonly at: ViewPoint;
  /** CSS cursor while the pointer is on it. */
  readonly cursor: string;
}

/** Where a pointer meets a shape: on its outline (preferred) or in its interior. */
export type HitPart = "edge" | "inside";

export interface ResizeOptions {
  /** Keep the ratio of width to height. */
  readonly keepAspect: boolean;
  readonly image: Size;
}

export interface Shape<G extends Geometry = Geometry> {
  readonly kind: ShapeKind;
  bounds(geometry: G): ImageBox;
  /** The area by which overlapping hits are ranked: the smallest wins. */
  hitArea(geometry: G): number;
  hit(geometry: G, at: ViewPoint, viewFromImage: ViewFromImage): HitPart | null;
  /** Whether a marquee catches the shape. */
  caughtBy(geometry: G, marquee: ImageBox): boolean;
  handles(geometry: G, viewFromImage: ViewFromImage): readonly Handle[];
  /** The handle under a point, or null. */
  hitHandle(geometry: G, at: ViewPoint, viewFromImage: ViewFromImage): Handle | null;
  translate(geometry: G, dx: number, dy: number): G;
  /** Drags a handle of `geometry` to an image point. */
  resize(geometry: G, handle: string, to: ImagePoint, options: ResizeOptions): G;
  /** Adds the outline to a path in view pixels. */
  trace(geometry: G, viewFromImage: ViewFromImage, path: Path2D): void;
  /** Adds the mark of rejection (one stroke) to a path in view pixels. */
  traceRejected(geometry: G, viewFromImage: ViewFromImage, path: Path2D): void;
}
