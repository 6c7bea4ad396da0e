/**
 * Justified rows: photos side by side at one height per row, never cropped.
 *
 * The layout covers the whole result, so that the scroll bar is exact and a jump is exact; it is kept in typed
 * arrays, since a result may have a million captures. Photos are taken in order until a row is full; a row then
 * gets the height that makes it fill the width. Only the last row of a day may stay short.
 */

/** Measures of the grid, px. */
export interface GridMetrics {
  readonly widthPx: number;
  readonly rowHeightPx: number;
  readonly gapPx: number;
  readonly headingPx: number;
}

/** Where a group of captures under one heading begins. */
export interface Section {
  readonly first: number;
}

/** The whole grid. Row `r` shows the captures `starts[r]` to `starts[r + 1]`, exclusive. */
export interface GridPlan {
  readonly rowCount: number;
  readonly starts: Uint32Array;
  readonly topsPx: Float64Array;
  readonly heightsPx: Float32Array;
  /** The section whose heading stands above row `r`, or -1. */
  readonly headings: Int32Array;
  readonly heightPx: number;
}

/** One photo in a row. */
export interface Cell {
  readonly index: number;
  readonly leftPx: number;
  readonly widthPx: number;
}

/** Narrowest and widest shape with its true aspect; beyond, a photo is drawn with bars. */
const ASPECT_MIN = 0.3;
const ASPECT_MAX = 4;
/** A short last row may grow by this before it stops filling the width. */
const GROWTH_MAX = 1.15;

/** An aspect that the grid can draw, from hundredths; 0 stands for unknown. */
export function drawableAspect(hundredths: number): number {
  if (!(hundredths > 0)) return 4 / 3;
  return Math.max(ASPECT_MIN, Math.min(ASPECT_MAX, hundredths / 100));
}

/** Rows while they are planned; grown by doubling, since nobody knows how many there will be. */
class Rows {
  count = 0;
  private starts = new Uint32Array(256);
  private topsPx = new Float64Array(256);
  private heightsPx = new Float32Array(256);
  private headings = new Int32Array(256);

  add(start: number, topPx: number, heightPx: number, heading: number): void {
    if (this.count === this.starts.length) this.grow();
    this.starts[this.count] = start;
    this.topsPx[this.count] = topPx;
    this.heightsPx[this.count] = heightPx;
    this.headings[this.count] = heading;
    this.count += 1;
  }

  plan(total: number, heightPx: number): GridPlan {
    const { count } = this;
    const starts = new Uint32Array(count + 1);
    starts.set(this.starts.subarray(0, count));
    starts[count] = total;
    return { rowCount: count, starts, topsPx: this.topsPx.slice(0, count), heightsPx: this.heightsPx.slice(0, count), headings: this.headings.slice(0, count), heightPx };
  }

  private grow(): void {
    const { starts, topsPx, heightsPx, headings } = this;
    this.starts = new Uint32Array(this.count * 2);
    this.topsPx = new Float64Array(this.count * 2);
    this.heightsPx = new Float32Array(this.count * 2);
    this.headings = new Int32Array(this.count * 2);
    this.starts.set(starts);
    this.topsPx.set(topsPx);
    this.heightsPx.set(heightsPx);
    this.headings.set(headings);
  }
}

/** Lays out a result. `aspects` are hundredths; `sections` begin at 0 and ascend, or are empty. */
export function planGrid(aspects: ArrayLike<number>, metrics: GridMetrics, sections: readonly Section[] = []): GridPlan {
  const { widthPx, rowHeightPx, gapPx, headingPx } = metrics;
  const total = aspects.length;
  const rows = new Rows();
  let topPx = 0;
  let section = 0;
  let at = 0;
  while (at < total) {
    const isSectionStart = sections[section]?.first === at;
    if (isSectionStart) topPx += headingPx;
    const heading = isSectionStart ? section : -1;
    if (isSectionStart) section += 1;
    const limit = Math.min(total, sections[section]?.first ?? total);
    let sum = 0;
    let end = at;
    while (end < limit) {
      const aspect = drawableAspect(aspects[end] ?? 0);
      const roomPx = widthPx - gapPx * (end - at);
      if (end > at && (sum + aspect) * rowHeightPx > roomPx) {
        // Take the photo that crosses the edge only if the row then misses its height by less.
        const without = (roomPx + gapPx) / sum;
        const including = roomPx / (sum + aspect);
        if (rowHeightPx / including <= without / rowHeightPx) {
          sum += aspect;
          end += 1;
        }
        break;
      }
      sum += aspect;
      end += 1;
    }
    const filling = (widthPx - gapPx * (end - at - 1)) / sum;
    const heightPx = end === limit ? Math.min(filling, rowHeightPx * GROWTH_MAX) : filling;
    rows.add(at, topPx, heightPx, heading);
    topPx += heightPx + gapPx;
    at = end;
  }
  return rows.plan(total, topPx);
}

/** The photos of a row. */
export function cellsOfRow(plan: GridPlan, aspects: ArrayLike<number>, row: number, gapPx: number): Cell[] {
  const cells: Cell[] = [];
  const heightPx = plan.heightsPx[row] ?? 0;
  let leftPx = 0;
  for (let index = plan.starts[row] ?? 0; index < (plan.starts[row + 1] ?? 0); index += 1) {
    const widthPx = drawableAspect(aspects[index] ?? 0) * heightPx;
    cells.push({ index, leftPx, widthPx });
    leftPx += widthPx + gapPx;
  }
  return cells;
}

function lastNotAbove(sorted: ArrayLike<number>, count: number, value: number): number {
  let low = 0;
  let high = Math.max(0, count - 1);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The row at a height. */
export function rowAt(plan: GridPlan, px: number): number {
  return lastNotAbove(plan.topsPx, plan.rowCount, px);
}

/** The row that shows a capture. */
export function rowOf(plan: GridPlan, index: number): number {
  return lastNotAbove(plan.starts, plan.rowCount, index);
}

/** The capture one row up or down whose middle is nearest to the middle of `index`. */
export function neighbourInRow(plan: GridPlan, aspects: ArrayLike<number>, index: number, step: 1 | -1, gapPx: number): number {
  const row = rowOf(plan, index);
  const target = row + step;
  if (target < 0 || target >= plan.rowCount) return index;
  const here = cellsOfRow(plan, aspects, row, gapPx).find((cell) => cell.index === index);
  const middle = (here?.leftPx ?? 0) + (here?.widthPx ?? 0) / 2;
  let best = plan.starts[target] ?? index;
  let bestDistance = Infinity;
  for (const cell of cellsOfRow(plan, aspects, target, gapPx)) {
    const distance = Math.abs(cell.leftPx + cell.widthPx / 2 - middle);
    if (distance < bestDistance) {
      best = cell.index;
      bestDistance = distance;
    }
  }
  return best;
}
