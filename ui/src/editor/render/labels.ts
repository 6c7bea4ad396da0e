/** The chips above the shapes: class, and for a proposal the confidence. */

import { confidenceText } from "../acts/wording";
import type { Editor } from "../editor";
import type { Drawn, Scene } from "./scene";
import { CHIP, CHIP_REJECTED, CHIP_REJECTED_TEXT, INK, LABEL } from "./style";

/** With more shapes than this in sight only the larger ones carry a label. */
const CROWD = 150;
const MIN_WIDTH_IN_CROWD = 48;
/** Labels of tiny shapes would cover more than they tell. */
const MIN_WIDTH = 9;
/** A text that was read is its own label, up to this length. */
const MOST_LETTERS = 24;

const widths = new Map<string, number>();
const WIDTHS_KEPT = 4096;

export function paintLabels(
  context: CanvasRenderingContext2D,
  editor: Editor,
  scene: Scene,
  fontFamily: string,
): void {
  const others = scene.batches.flatMap((batch) => batch.items);
  const least = others.length > CROWD ? MIN_WIDTH_IN_CROWD : MIN_WIDTH;
  context.save();
  context.font = `${LABEL.font} ${fontFamily}`;
  context.textBaseline = "middle";
  context.globalAlpha = editor.store.isPreviewing ? LABEL.fadedAlpha : 1;
  for (const drawn of others) {
    if (Math.max(drawn.view.width, drawn.view.height) >= least) paintLabel(context, editor, drawn);
  }
  context.globalAlpha = 1;
  if (scene.hovered) paintLabel(context, editor, scene.hovered);
  for (const drawn of scene.selected) paintLabel(context, editor, drawn);
  context.restore();
}

function textOf(drawn: Drawn, editor: Editor): string {
  const { record } = drawn;
  const name = record.text === null ? editor.classes.name(record.classId) : quoted(record.text);
  const shown = record.decision !== "accepted" && record.confidence !== null;
  return shown ? `${name} ${confidenceText(record.confidence)}` : name;
}

function quoted(text: string): string {
  return text.length <= MOST_LETTERS ? `“${text}”` : `“${text.slice(0, MOST_LETTERS - 1)}…”`;
}

function paintLabel(context: CanvasRenderingContext2D, editor: Editor, drawn: Drawn): void {
  const text = textOf(drawn, editor);
  const locked = editor.marks.locked.has(drawn.record.id);
  const width = measure(context, text) + 2 * LABEL.padding + (locked ? 11 : 0);
  const x = Math.round(drawn.view.x - 1);
  // Above the shape; inside when it touches the upper edge of the view.
  const above = Math.round(drawn.view.y - LABEL.gap - 1 - LABEL.height);
  const y = above >= 0 ? above : Math.round(drawn.view.y + LABEL.gap + 1);
  const chip = new Path2D();
  chip.roundRect(x, y, width, LABEL.height, LABEL.radius);
  const rejected = drawn.look === "rejected";
  const proposal = drawn.look === "proposal";
  context.fillStyle = rejected ? CHIP_REJECTED : proposal ? CHIP : drawn.colour;
  context.fill(chip);
  context.fillStyle = rejected ? CHIP_REJECTED_TEXT : proposal ? drawn.colour : INK;
  const middle = y + LABEL.height / 2;
  const textX = x + LABEL.padding + (locked ? 11 : 0);
  context.fillText(text, textX, middle + 0.5);
  if (locked) paintLock(context, x + LABEL.padding, middle);
  if (rejected) context.fillRect(textX, Math.round(middle), width - 2 * LABEL.padding, 1);
}

function paintLock(context: CanvasRenderingContext2D, x: number, middle: number): void {
  context.save();
  context.fillRect(x, middle - 1, 7, 5);
  context.strokeStyle = context.fillStyle;
  context.lineWidth = 1.2;
  context.beginPath();
  context.arc(x + 3.5, middle - 1.5, 2.2, Math.PI, 0);
  context.stroke();
  context.restore();
}

function measure(context: CanvasRenderingContext2D, text: string): number {
  const known = widths.get(text);
  if (known !== undefined) return known;
  if (widths.size >= WIDTHS_KEPT) widths.clear();
  const width = Math.ceil(context.measureText(text).width);
  widths.set(text, width);
  return width;
}
