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
  readonly heading: string;
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

/** The end of the row that begins at `first`, and the sum of its aspects. */
function takeRow(aspects: ArrayLike<number>, first: number, limit: number, metrics: GridMetrics): { end: number; sum: number } {
  let sum = 0;
  let end = first;
  while (end < limit) {
    const aspect = drawableAspect(aspects[end] ?? 0);
    const roomPx = metrics.widthPx - metrics.gapPx * (end - first);
    const withPx = (sum + aspect) * metrics.rowHeightPx;
    if (end > first && withPx > roomPx) {
      // Take the photo that crosses the edge only if the row then misses its height by less.
      const heightWithout = (roomPx + metrics.gapPx) / sum;
      const heightWith = roomPx / (sum + aspect);
      if (metrics.rowHeightPx / heightWith <= heightWithout / metrics.rowHeightPx) {
        sum += aspect;
        end += 1;
      }
      return { end, sum };
    }
    sum += aspect;
    end += 1;
  }
  return { end, sum };
}

/** Lays out a result. `aspects` are hundredths; `sections` begin at 0 and ascend, or are empty. */
export function planGrid(aspects: ArrayLike<number>, metrics: GridMetrics, sections: readonly Section[] = []): GridPlan {
  const starts: number[] = [];
  const tops: number[] = [];
  const heights: number[] = [];
  const headings: number[] = [];
  let topPx = 0;
  let section = 0;
  let at = 0;
  while (at < aspects.length) {
    const isSectionStart = sections[section]?.first === at;
    if (isSectionStart) topPx += metrics.headingPx;
    const nextSection = isSectionStart ? section + 1 : section;
    const limit = Math.min(aspects.length, sections[nextSection]?.first ?? aspects.length);
    const { end, sum } = takeRow(aspects, at, limit, metrics);
    const filling = (metrics.widthPx - metrics.gapPx * (end - at - 1)) / sum;
    const height = end === limit ? Math.min(filling, metrics.rowHeightPx * GROWTH_MAX) : filling;
    starts.push(at);
    tops.push(topPx);
    heights.push(height);
    headings.push(isSectionStart ? section : -1);
    topPx += height + metrics.gapPx;
    section = nextSection;
    at = end;
  }
  starts.push(aspects.length);
  return {
    rowCount: tops.length,
    starts: Uint32Array.from(starts),
    topsPx: Float64Array.from(tops),
    heightsPx: Float32Array.from(heights),
    headings: Int32Array.from(headings),
    heightPx: topPx,
  };
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
