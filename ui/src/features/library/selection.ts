/**
 * Which captures of a result are selected. Positions in the result are kept as ranges, so that selecting a million
 * costs as little as selecting one. A new result starts with nothing selected.
 */

/** Positions `first` to `end` (exclusive). */
export interface Range {
  readonly first: number;
  readonly end: number;
}

/** The selection, the capture in focus, and where a range began. */
export interface Selection {
  /** Sorted, apart from each other, never empty. */
  readonly ranges: readonly Range[];
  readonly cursor: number | undefined;
  readonly anchor: number | undefined;
}

/** Nothing selected, nothing in focus. */
export const NO_SELECTION: Selection = { ranges: [], cursor: undefined, anchor: undefined };

/** How many captures are selected. */
export function selectedCount(selection: Selection): number {
  return selection.ranges.reduce((sum, range) => sum + range.end - range.first, 0);
}

/** Whether the capture at a position is selected. */
export function isSelected(selection: Selection, index: number): boolean {
  return selection.ranges.some((range) => range.first <= index && index < range.end);
}

function union(ranges: readonly Range[], added: Range): Range[] {
  const apart = ranges.filter((range) => range.end < added.first || added.end < range.first);
  const touching = ranges.filter((range) => !(range.end < added.first || added.end < range.first));
  const merged = {
    first: Math.min(added.first, ...touching.map((range) => range.first)),
    end: Math.max(added.end, ...touching.map((range) => range.end)),
  };
  return [...apart, merged].sort((a, b) => a.first - b.first);
}

function without(ranges: readonly Range[], index: number): Range[] {
  return ranges.flatMap((range) => {
    if (index < range.first || index >= range.end) return [range];
    return [
      { first: range.first, end: index },
      { first: index + 1, end: range.end },
    ].filter((part) => part.first < part.end);
  });
}

/** A plain click: this one alone. */
export function selectOnly(index: number): Selection {
  return { ranges: [{ first: index, end: index + 1 }], cursor: index, anchor: index };
}

/** Ctrl+click, Space, X: in or out, the others stay. */
export function toggle(selection: Selection, index: number): Selection {
  const ranges = isSelected(selection, index) ? without(selection.ranges, index) : union(selection.ranges, { first: index, end: index + 1 });
  return { ranges, cursor: index, anchor: index };
}

/** Shift+click, Shift+arrow: from the anchor to here. */
export function extendTo(selection: Selection, index: number): Selection {
  const anchor = selection.anchor ?? selection.cursor ?? index;
  return { ranges: [{ first: Math.min(anchor, index), end: Math.max(anchor, index) + 1 }], cursor: index, anchor };
}

/** Everything in the result. */
export function selectAll(selection: Selection, total: number): Selection {
  return total === 0 ? NO_SELECTION : { ...selection, ranges: [{ first: 0, end: total }], anchor: selection.cursor ?? 0 };
}

/** Moves the focus without selecting. */
export function moveCursor(selection: Selection, index: number): Selection {
  return { ...selection, cursor: index, anchor: index };
}

/** Nothing selected; the focus stays. */
export function clear(selection: Selection): Selection {
  return { ...selection, ranges: [], anchor: undefined };
}

/** The selected positions in order, at most `limit`. */
export function positions(selection: Selection, limit: number): number[] {
  const found: number[] = [];
  for (const range of selection.ranges) {
    for (let at = range.first; at < range.end && found.length < limit; at += 1) found.push(at);
  }
  return found;
}
