import { describe, expect, it } from "vitest";
import { cellsOfRow, drawableAspect, neighbourInRow, planGrid, rowAt, rowOf, type GridMetrics } from "./justified";

const metrics: GridMetrics = { widthPx: 800, rowHeightPx: 100, gapPx: 4, headingPx: 28 };

function aspectsOf(count: number, aspectOf: (index: number) => number): number[] {
  return Array.from({ length: count }, (_, index) => aspectOf(index));
}

describe("planGrid", () => {
  it.each([
    ["equal photos", 60, () => 133],
    ["mixed photos", 77, (index: number) => [66, 133, 178, 320][index % 4] ?? 100],
    ["panoramas", 9, () => 400],
    ["portraits", 200, () => 56],
  ])("shows every photo once, in order, uncropped, and fills the width: %s", (_name, count, aspectOf) => {
    const aspects = aspectsOf(count, aspectOf);
    const plan = planGrid(aspects, metrics);
    const seen: number[] = [];
    for (let row = 0; row < plan.rowCount; row += 1) {
      const cells = cellsOfRow(plan, aspects, row, metrics.gapPx);
      const last = cells.at(-1);
      const rightPx = (last?.leftPx ?? 0) + (last?.widthPx ?? 0);
      if (row < plan.rowCount - 1) expect(rightPx).toBeCloseTo(800, 2);
      else expect(rightPx).toBeLessThanOrEqual(800.01);
      expect(plan.heightsPx[row]).toBeGreaterThan(45);
      expect(plan.heightsPx[row]).toBeLessThan(201);
      for (const cell of cells) {
        seen.push(cell.index);
        expect(cell.widthPx / (plan.heightsPx[row] ?? 1)).toBeCloseTo(aspectOf(cell.index) / 100, 4);
      }
    }
    expect(seen).toEqual(aspects.map((_aspect, index) => index));
  });

  it("begins each section on a new row below its heading", () => {
    const plan = planGrid(aspectsOf(30, () => 150), metrics, [
      { first: 0 },
      { first: 10 },
    ]);
    const withHeading = [...plan.headings].flatMap((heading, row) => (heading < 0 ? [] : [[heading, plan.starts[row]]]));
    expect(withHeading).toEqual([
      [0, 0],
      [1, 10],
    ]);
    expect(plan.topsPx[0]).toBe(28);
    let bottom = 0;
    for (let row = 0; row < plan.rowCount; row += 1) {
      expect(plan.topsPx[row]).toBeGreaterThanOrEqual(bottom);
      bottom = (plan.topsPx[row] ?? 0) + (plan.heightsPx[row] ?? 0);
    }
    expect(plan.heightPx).toBeGreaterThanOrEqual(bottom);
  });

  it("leaves a lonely photo small", () => {
    expect(planGrid([100], metrics).heightsPx[0]).toBeCloseTo(115);
  });

  it("has no rows without captures", () => {
    const plan = planGrid([], metrics);
    expect([plan.rowCount, plan.heightPx]).toEqual([0, 0]);
  });

  it("finds rows by height and by capture in a large result", () => {
    const aspects = aspectsOf(100_000, (index) => 60 + ((index * 37) % 200));
    const plan = planGrid(aspects, metrics);
    for (const index of [0, 1, 999, 54_321, 99_999]) {
      const row = rowOf(plan, index);
      expect(plan.starts[row]).toBeLessThanOrEqual(index);
      expect(plan.starts[row + 1]).toBeGreaterThan(index);
      expect(rowAt(plan, (plan.topsPx[row] ?? 0) + 1)).toBe(row);
    }
  });

  it("moves up and down to the nearest photo and stays at the edges", () => {
    const aspects = aspectsOf(40, () => 100);
    const plan = planGrid(aspects, metrics);
    const perRow = plan.starts[1] ?? 0;
    expect(neighbourInRow(plan, aspects, 3, 1, 4)).toBe(3 + perRow);
    expect(neighbourInRow(plan, aspects, 3 + perRow, -1, 4)).toBe(3);
    expect(neighbourInRow(plan, aspects, 3, -1, 4)).toBe(3);
    expect(neighbourInRow(plan, aspects, 39, 1, 4)).toBe(39);
  });

  it("draws unknown and extreme sizes", () => {
    expect([0, 10_000, 5, 150].map(drawableAspect)).toEqual([4 / 3, 4, 0.3, 1.5]);
  });
});
