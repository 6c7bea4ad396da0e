import { describe, expect, it } from "vitest";
import { clear, extendTo, isSelected, moveCursor, NO_SELECTION, positions, selectAll, selectedCount, selectOnly, toggle } from "./selection";

describe("selection", () => {
  it("toggles one capture and keeps the others", () => {
    let selection = selectOnly(3);
    selection = toggle(selection, 7);
    selection = toggle(selection, 4);
    expect(positions(selection, 10)).toEqual([3, 4, 7]);
    expect(selection.ranges).toEqual([
      { first: 3, end: 5 },
      { first: 7, end: 8 },
    ]);
    expect(positions(toggle(selection, 3), 10)).toEqual([4, 7]);
  });

  it("extends from the anchor in both directions", () => {
    const start = selectOnly(10);
    expect(positions(extendTo(start, 13), 10)).toEqual([10, 11, 12, 13]);
    expect(positions(extendTo(extendTo(start, 13), 8), 10)).toEqual([8, 9, 10]);
    expect(positions(extendTo(moveCursor(NO_SELECTION, 2), 4), 10)).toEqual([2, 3, 4]);
  });

  it("selects a million at the cost of one, and takes one out", () => {
    const all = selectAll(NO_SELECTION, 1_000_000);
    expect(selectedCount(all)).toBe(1_000_000);
    const without = toggle(all, 500_000);
    expect(selectedCount(without)).toBe(999_999);
    expect(without.ranges).toHaveLength(2);
    expect(isSelected(without, 500_000)).toBe(false);
  });

  it("clears but keeps the focus", () => {
    expect(clear(selectOnly(5))).toEqual({ ranges: [], cursor: 5, anchor: undefined });
  });

  it("agrees with a plain set over random toggles", () => {
    let seed = 42;
    const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    let selection = NO_SELECTION;
    const model = new Set<number>();
    for (let step = 0; step < 500; step += 1) {
      const index = random(40);
      selection = toggle(selection, index);
      if (!model.delete(index)) model.add(index);
      expect(positions(selection, 100)).toEqual([...model].sort((a, b) => a - b));
    }
  });
});
