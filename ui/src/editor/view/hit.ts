/** What lies under the pointer. */

import { intersects } from "../geometry/box";
import type { ImageBox, ViewPoint } from "../geometry/point";
import type { ViewFromImage } from "../geometry/transform";
import type { AnnotationId, AnnotationRecord } from "../records/annotation";
import { shapeOf } from "../shapes/registry";
import type { Handle } from "../shapes/shape";

export type Hit =
  | { readonly kind: "handle"; readonly id: AnnotationId; readonly handle: Handle }
  /** A drag moves `id`; a click selects `click`. */
  | { readonly kind: "shape"; readonly id: AnnotationId; readonly click: AnnotationId };

/**
 * Handles of the one selected shape come first, then outlines, then interiors; among equals the smallest
 * shape wins, so that a shape inside another can always be reached by a click. A drag that begins inside a
 * selected shape moves that one, whatever lies in it: the person has chosen it.
 */
export function hitTest(
  records: Iterable<AnnotationRecord>,
  selection: ReadonlySet<AnnotationId>,
  at: ViewPoint,
  viewFromImage: ViewFromImage,
): Hit | null {
  let best: { id: AnnotationId; onEdge: boolean; area: number } | null = null;
  let chosen: AnnotationId | null = null;
  for (const record of records) {
    const shape = shapeOf(record.geometry);
    const isSelected = selection.has(record.id);
    const handle = isSelected && selection.size === 1 && shape.hitHandle(record.geometry, at, viewFromImage);
    if (handle) return { kind: "handle", id: record.id, handle };
    const part = shape.hit(record.geometry, at, viewFromImage);
    if (!part) continue;
    if (isSelected) chosen = record.id;
    const onEdge = part === "edge";
    const area = shape.hitArea(record.geometry);
    const wins = !best || (onEdge === best.onEdge ? area < best.area : onEdge);
    if (wins) best = { id: record.id, onEdge, area };
  }
  if (!best) return null;
  return { kind: "shape", id: best.onEdge ? best.id : (chosen ?? best.id), click: best.id };
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
