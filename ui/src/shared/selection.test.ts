import { describe, expect, it } from "vitest";
import {
  clear, describeSelection, difference, extendTo, isSelected, moveCursor, NO_SELECTION, normalized, positions, selectAll, selectedCount, selectedWithin, selectOnly, selectRanges, toggle, toggleRange,
  union, without, type Range,
} from "./selection";

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

  it("turns a group over as a whole", () => {
    const some = toggle(selectOnly(3), 5);
    const whole = toggleRange(some, 2, 6);
    expect(positions(whole, 10)).toEqual([2, 3, 4, 5]);
    expect(positions(toggleRange(whole, 2, 6), 10)).toEqual([]);
  });

  it("takes what a band holds, or turns it over with Ctrl", () => {
    const before = selectRanges(NO_SELECTION, [{ first: 4, end: 6 }, { first: 0, end: 2 }, { first: 2, end: 3 }], false);
    expect(positions(before, 10)).toEqual([0, 1, 2, 4, 5]);
    expect(positions(selectRanges(before, [{ first: 5, end: 8 }], true), 10)).toEqual([0, 1, 2, 4, 6, 7]);
    expect(positions(selectRanges(before, [{ first: 5, end: 8 }], false), 10)).toEqual([5, 6, 7]);
  });

  it("is told to the application with both ends of each range", () => {
    expect(describeSelection(toggle(selectOnly(3), 5), 7)).toEqual({ searchId: 7, ranges: [[3, 3], [5, 5]], except: [] });
  });
});

describe("ranges", () => {
  it("agree with plain sets over random ones", () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    const some = (): Range[] => normalized(Array.from({ length: random(6) }, () => ({ first: random(40), end: random(44) })));
    const listed = (ranges: readonly Range[]) => positions({ ...NO_SELECTION, ranges }, 100);
    for (let step = 0; step < 500; step += 1) {
      const a = some();
      const b = some();
      const [inA, inB] = [new Set(listed(a)), new Set(listed(b))];
      const all = Array.from({ length: 50 }, (_, index) => index);
      expect(listed(union(a, b))).toEqual(all.filter((index) => inA.has(index) || inB.has(index)));
      expect(listed(difference(a, b))).toEqual(all.filter((index) => inA.has(index) !== inB.has(index)));
      expect(listed(without(a, b))).toEqual(all.filter((index) => inA.has(index) && !inB.has(index)));
      const [from, end] = [random(20), 20 + random(20)];
      expect(selectedWithin({ ...NO_SELECTION, ranges: a }, from, end)).toBe(listed(a).filter((index) => index >= from && index < end).length);
      expect(all.every((index) => isSelected({ ...NO_SELECTION, ranges: a }, index) === inA.has(index))).toBe(true);
    }
  });
});
