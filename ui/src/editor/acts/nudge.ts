/** Arrow keys: a series of nudges is one act, however long the key is held. */

import { clampShift, union } from "../geometry/box";
import type { Size } from "../geometry/point";
import { withGeometry, type AnnotationRecord } from "../records/annotation";
import type { Gesture } from "../records/gesture";
import type { ClassTable } from "../records/schema";
import { shapeOf } from "../shapes/registry";
import { isPickable, type Marks } from "../view/marks";
import { whatText } from "./wording";

interface NudgeHost {
  readonly image: Size;
  readonly classes: ClassTable;
  readonly marks: Marks;
  readonly store: { begin(label: string): Gesture };
  selected(): AnnotationRecord[];
}

interface Series {
  readonly gesture: Gesture;
  readonly records: readonly AnnotationRecord[];
  dx: number;
  dy: number;
}

export class Nudging {
  private series: Series | null = null;

  constructor(private readonly host: NudgeHost) {}

  /** Moves the selected shapes by whole image pixels, as far as the image goes. */
  by(dx: number, dy: number): void {
    const series = (this.series ??= this.start());
    if (!series) return;
    const bounds = union(series.records.map((record) => shapeOf(record.geometry).bounds(record.geometry)));
    if (!bounds) return;
    const shift = clampShift(bounds, { dx: series.dx + dx, dy: series.dy + dy }, this.host.image);
    series.dx = shift.dx;
    series.dy = shift.dy;
    const moved = shift.dx !== 0 || shift.dy !== 0;
    series.gesture.set(
      ...series.records.map((record) =>
        moved
          ? withGeometry(record, shapeOf(record.geometry).translate(record.geometry, shift.dx, shift.dy))
          : record,
      ),
    );
  }

  commit(): void {
    const series = this.series;
    this.series = null;
    series?.gesture.commit();
  }

  private start(): Series | null {
    const records = this.host.selected().filter((record) => isPickable(this.host.marks, record));
    if (records.length === 0) return null;
    const gesture = this.host.store.begin(`Nudge ${whatText(records, this.host.classes)}`);
    return { gesture, records, dx: 0, dy: 0 };
  }
}
