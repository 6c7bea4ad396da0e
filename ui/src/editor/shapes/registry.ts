/** The kinds of shapes that the editor knows. */

import type { Geometry, ShapeKind } from "../records/annotation";
import { boxShape } from "./box/box";
import type { Shape } from "./shape";

const SHAPES: { readonly [K in ShapeKind]: Shape<Extract<Geometry, { kind: K }>> } = {
  box: boxShape,
};

/** The behaviour of a geometry's kind. */
export function shapeOf(geometry: Geometry): Shape {
  return SHAPES[geometry.kind];
}
