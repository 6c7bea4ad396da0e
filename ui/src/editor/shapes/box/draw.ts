/** The outline of a box as paths in view pixels. */

import { boxToView, type ViewFromImage } from "../../geometry/transform";
import type { BoxGeometry } from "../../records/annotation";

export function traceBox(geometry: BoxGeometry, viewFromImage: ViewFromImage, path: Path2D): void {
  const view = boxToView(viewFromImage, geometry.box);
  path.rect(view.x, view.y, view.width, view.height);
}

export function traceBoxRejected(geometry: BoxGeometry, viewFromImage: ViewFromImage, path: Path2D): void {
  const view = boxToView(viewFromImage, geometry.box);
  path.moveTo(view.x, view.y + view.height);
  path.lineTo(view.x + view.width, view.y);
}
