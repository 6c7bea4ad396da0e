/** The rubber band: which captures a rectangle over the rows holds. It may reach over the whole result. */
import type { Range } from "../../../shared/selection";
import { cellsOfRow, rowAt, type GridPlan } from "./justified";

/** A point in the rows, px from their upper left corner. */
export interface GridPoint {
  readonly x: number;
  readonly y: number;
}

/** The captures between two corners, as ranges in order. */
export function bandRanges(plan: GridPlan, aspects: ArrayLike<number>, a: GridPoint, b: GridPoint, gapPx: number): Range[] {
  if (plan.rowCount === 0) return [];
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  const found: { first: number; end: number }[] = [];
  for (let row = rowAt(plan, top); row < plan.rowCount && (plan.topsPx[row] ?? 0) <= bottom; row += 1) {
    if ((plan.topsPx[row] ?? 0) + (plan.heightsPx[row] ?? 0) < top) continue;
    const cells = cellsOfRow(plan, aspects, row, gapPx).filter((cell) => cell.leftPx <= right && cell.leftPx + cell.widthPx >= left);
    const [first, last] = [cells[0], cells.at(-1)];
    if (first === undefined || last === undefined) continue;
    const before = found.at(-1);
    if (before !== undefined && before.end === first.index) before.end = last.index + 1;
    else found.push({ first: first.index, end: last.index + 1 });
  }
  return found;
}
