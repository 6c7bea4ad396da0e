/** Where a pointer meets a box. */

import type { ViewPoint } from "../../geometry/point";
import { boxToView, type ViewFromImage } from "../../geometry/transform";
import type { BoxGeometry } from "../../records/annotation";
import type { HitPart } from "../shape";

/** The outline is caught within this many view pixels on either side. */
const EDGE_REACH = 4;
/** On a small box it reaches less far, so that neighbours of few pixels stay apart. */
const MIN_EDGE_REACH = 1.5;

export function hitBox(geometry: BoxGeometry, at: ViewPoint, viewFromImage: ViewFromImage): HitPart | null {
  const view = boxToView(viewFromImage, geometry.box);
  // How far inside the point lies on each axis; negative is outside.
  const insideX = Math.min(at.x - view.x, view.x + view.width - at.x);
  const insideY = Math.min(at.y - view.y, view.y + view.height - at.y);
  const depth = Math.min(insideX, insideY);
  const reach = Math.min(EDGE_REACH, Math.max(MIN_EDGE_REACH, Math.min(view.width, view.height) / 4));
  if (depth < -reach) return null;
  return depth <= reach ? "edge" : "inside";
}
