/** Paints a scene on a 2D context whose units are view pixels. */

import type { Editor } from "../editor";
import { boxToView } from "../geometry/transform";
import { shapeOf } from "../shapes/registry";
import { isPickable } from "../view/marks";
import { paintLabels } from "./labels";
import { sceneOf, type Batch, type Drawn } from "./scene";
import {
  CASING,
  HALO,
  HANDLE_FILL,
  HANDLE_SIZE,
  hovered as hoveredStroke,
  INK,
  MARQUEE_FILL,
  selected as selectedStroke,
  STROKES,
  type Stroke,
} from "./style";

/** `fontFamily` is that of the page. */
export function paint(context: CanvasRenderingContext2D, editor: Editor, fontFamily: string): void {
  const { viewport } = editor.camera;
  context.clearRect(0, 0, viewport.width, viewport.height);
  const scene = sceneOf(editor);
  for (const batch of scene.batches) paintBatch(context, editor, batch, STROKES[batch.look]);
  if (scene.hovered) {
    paintBatch(context, editor, asBatch(scene.hovered), hoveredStroke(STROKES[scene.hovered.look]));
  }
  for (const drawn of scene.selected) {
    paintBatch(context, editor, asBatch(drawn), selectedStroke(STROKES[drawn.look]));
  }
  paintLabels(context, editor, scene, fontFamily);
  paintHandles(context, editor, scene.selected);
  paintMarquee(context, editor);
}

function asBatch(drawn: Drawn): Batch {
  return { look: drawn.look, colour: drawn.colour, items: [drawn] };
}

/** One path for all shapes of a batch: four calls to the context, however many shapes there are. */
function paintBatch(context: CanvasRenderingContext2D, editor: Editor, batch: Batch, stroke: Stroke): void {
  const outline = new Path2D();
  for (const { record } of batch.items) {
    const shape = shapeOf(record.geometry);
    shape.trace(record.geometry, editor.viewFromImage, outline);
    if (record.decision === "rejected") shape.traceRejected(record.geometry, editor.viewFromImage, outline);
  }
  context.save();
  context.lineJoin = "miter";
  context.globalAlpha = stroke.alpha;
  if (stroke.haloWidth > 0) line(context, outline, HALO, stroke.haloWidth);
  line(context, outline, CASING, stroke.casingWidth);
  if (stroke.fillAlpha > 0) {
    context.globalAlpha = stroke.alpha * stroke.fillAlpha;
    context.fillStyle = batch.colour;
    context.fill(outline);
    context.globalAlpha = stroke.alpha;
  }
  context.setLineDash([...stroke.dash]);
  line(context, outline, batch.colour, stroke.lineWidth);
  context.restore();
}

function line(context: CanvasRenderingContext2D, path: Path2D, colour: string, width: number): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(path);
}

function paintHandles(context: CanvasRenderingContext2D, editor: Editor, selected: readonly Drawn[]): void {
  const [only] = selected;
  if (!only || editor.selection.size !== 1 || !isPickable(editor.marks, only.record)) return;
  const { geometry } = only.record;
  context.save();
  context.fillStyle = HANDLE_FILL;
  context.strokeStyle = INK;
  context.lineWidth = 1;
  for (const { at } of shapeOf(geometry).handles(geometry, editor.viewFromImage)) {
    // Half a pixel aligns the one-pixel line to the grid of the screen.
    const x = Math.round(at.x - HANDLE_SIZE / 2) + 0.5;
    const y = Math.round(at.y - HANDLE_SIZE / 2) + 0.5;
    context.fillRect(x, y, HANDLE_SIZE - 1, HANDLE_SIZE - 1);
    context.strokeRect(x, y, HANDLE_SIZE - 1, HANDLE_SIZE - 1);
  }
  context.restore();
}

function paintMarquee(context: CanvasRenderingContext2D, editor: Editor): void {
  const { marquee } = editor.marks;
  if (!marquee) return;
  const view = boxToView(editor.viewFromImage, marquee);
  const outline = new Path2D();
  outline.rect(view.x, view.y, view.width, view.height);
  context.save();
  context.fillStyle = MARQUEE_FILL;
  context.fill(outline);
  line(context, outline, CASING, 3);
  line(context, outline, HALO, 1);
  context.restore();
}
