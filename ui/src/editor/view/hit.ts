/** What lies under the pointer. */

import { intersects } from "../geometry/box";
import type { ImageBox, ViewPoint } from "../geometry/point";
import type { ViewFromImage } from "../geometry/transform";
import type { AnnotationId, AnnotationRecord } from "../records/annotation";
import { shapeOf } from "../shapes/registry";
import type { Handle } from "../shapes/shape";

export type Hit =
  | { readonly kind: "handle"; readonly id: AnnotationId; readonly handle: Handle }
  | { readonly kind: "shape"; readonly id: AnnotationId };

/**
 * Handles of the one selected shape come first, then outlines, then interiors; among equals the smallest
 * shape wins, so that a shape inside another can always be reached.
 */
export function hitTest(
  records: Iterable<AnnotationRecord>,
  selected: AnnotationRecord | null,
  at: ViewPoint,
  viewFromImage: ViewFromImage,
): Hit | null {
  if (selected) {
    const handle = shapeOf(selected.geometry).hitHandle(selected.geometry, at, viewFromImage);
    if (handle) return { kind: "handle", id: selected.id, handle };
  }
  let best: { id: AnnotationId; onEdge: boolean; area: number } | null = null;
  for (const record of records) {
    const shape = shapeOf(record.geometry);
    const part = shape.hit(record.geometry, at, viewFromImage);
    if (!part) continue;
    const onEdge = part === "edge";
    const area = shape.hitArea(record.geometry);
    const wins = !best || (onEdge === best.onEdge ? area < best.area : onEdge);
    if (wins) best = { id: record.id, onEdge, area };
  }
  return best ? { kind: "shape", id: best.id } : null;
}

/** The shapes that a marquee catches. */
export function caughtBy(records: Iterable<AnnotationRecord>, marquee: ImageBox): AnnotationId[] {
  const caught: AnnotationId[] = [];
  for (const record of records) {
    const shape = shapeOf(record.geometry);
    if (intersects(shape.bounds(record.geometry), marquee) && shape.caughtBy(record.geometry, marquee)) {
      caught.push(record.id);
    }
  }
  return caught;
}
