/** What is to be drawn: visible records, culled to the viewport and sorted into batches of one look and colour. */

import type { Editor } from "../editor";
import type { ViewBox } from "../geometry/point";
import { boxToView } from "../geometry/transform";
import { isProposal, type AnnotationRecord } from "../records/annotation";
import { shapeOf } from "../shapes/registry";
import type { Look } from "./style";

export interface Drawn {
  readonly record: AnnotationRecord;
  readonly look: Look;
  readonly colour: string;
  /** Bounds in view pixels. */
  readonly view: ViewBox;
}

export interface Batch {
  readonly look: Look;
  readonly colour: string;
  readonly items: readonly Drawn[];
}

export interface Scene {
  readonly batches: readonly Batch[];
  /** Drawn one by one, above the batches. */
  readonly hovered: Drawn | null;
  readonly selected: readonly Drawn[];
}

/** Halo and label reach beyond the bounds. */
const CULL_MARGIN = 24;

export function sceneOf(editor: Editor): Scene {
  const { marks } = editor;
  const batches = new Map<string, { look: Look; colour: string; items: Drawn[] }>();
  const selected: Drawn[] = [];
  let hovered: Drawn | null = null;
  for (const record of editor.visible()) {
    const view = boxToView(editor.viewFromImage, shapeOf(record.geometry).bounds(record.geometry));
    if (isOutside(view, editor.camera.viewport)) continue;
    const look = lookOf(record, marks.locked.has(record.id));
    const drawn: Drawn = { record, look, colour: editor.classes.colour(record.classId), view };
    if (marks.selection.has(record.id)) {
      selected.push(drawn);
    } else if (marks.hover === record.id) {
      hovered = drawn;
    } else {
      const key = `${look} ${drawn.colour}`;
      const batch = batches.get(key);
      if (batch) batch.items.push(drawn);
      else batches.set(key, { look, colour: drawn.colour, items: [drawn] });
    }
  }
  return { batches: [...batches.values()], hovered, selected };
}

function isOutside(view: ViewBox, viewport: { width: number; height: number }): boolean {
  return (
    view.x > viewport.width + CULL_MARGIN ||
    view.y > viewport.height + CULL_MARGIN ||
    view.x + view.width < -CULL_MARGIN ||
    view.y + view.height < -CULL_MARGIN
  );
}

function lookOf(record: AnnotationRecord, locked: boolean): Look {
  if (record.decision === "rejected") return "rejected";
  if (locked) return "locked";
  return isProposal(record) || record.decision === "undecided" ? "proposal" : "decided";
}
