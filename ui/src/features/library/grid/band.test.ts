import { describe, expect, it } from "vitest";
import { bandRanges } from "./band";
import { cellsOfRow, planGrid } from "./justified";

const METRICS = { widthPx: 404, rowHeightPx: 100, gapPx: 4, headingPx: 28 };
/** Squares: four a row. */
const ASPECTS = Uint16Array.from({ length: 40 }, () => 100);
const PLAN = planGrid(ASPECTS, METRICS);

describe("bandRanges", () => {
  it.each([
    ["one tile", { x: 10, y: 10 }, { x: 20, y: 20 }, [[0, 1]]],
    ["drawn upwards", { x: 150, y: 150 }, { x: 10, y: 10 }, [[0, 2], [4, 6]]],
    ["whole rows are one range", { x: -50, y: 10 }, { x: 500, y: 250 }, [[0, 12]]],
    ["below the last row", { x: 0, y: 5000 }, { x: 10, y: 6000 }, []],
    ["above the first row", { x: 0, y: -50 }, { x: 90, y: -10 }, []],
  ] as const)("%s", (_name, a, b, expected) => {
    expect(bandRanges(PLAN, ASPECTS, a, b, 4).map(({ first, end }) => [first, end])).toEqual(expected);
  });

  it("holds exactly the tiles that it touches, over uneven rows and headings", () => {
    const aspects = Uint16Array.from({ length: 300 }, (_, at) => [56, 133, 178, 100, 400][(at * 7) % 5] ?? 100);
    const plan = planGrid(aspects, METRICS, [{ first: 0 }, { first: 91 }, { first: 92 }]);
    for (let step = 0; step < 60; step += 1) {
      const [a, b] = [{ x: (step * 37) % 400, y: (step * 211) % 5000 }, { x: (step * 91) % 400, y: (step * 397) % 5000 }];
      const held: number[] = [];
      for (let row = 0; row < plan.rowCount; row += 1) {
        const [top, bottom] = [plan.topsPx[row] ?? 0, (plan.topsPx[row] ?? 0) + (plan.heightsPx[row] ?? 0)];
        if (bottom < Math.min(a.y, b.y) || top > Math.max(a.y, b.y)) continue;
        for (const cell of cellsOfRow(plan, aspects, row, 4)) {
          if (cell.leftPx <= Math.max(a.x, b.x) && cell.leftPx + cell.widthPx >= Math.min(a.x, b.x)) held.push(cell.index);
        }
      }
      const found = bandRanges(plan, aspects, a, b, 4).flatMap(({ first, end }) => Array.from({ length: end - first }, (_, at) => first + at));
      expect(found).toEqual(held);
    }
  });
});
