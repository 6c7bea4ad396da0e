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

/** The range that holds a position, or the first one after it: an index into `ranges`. */
function rangeAt(ranges: readonly Range[], index: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.end ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the capture at a position is selected. */
export function isSelected(selection: Selection, index: number): boolean {
  const range = selection.ranges[rangeAt(selection.ranges, index)];
  return range !== undefined && range.first <= index;
}

/** How many of the positions from `first` to `end` (exclusive) are selected. */
export function selectedWithin(selection: Selection, first: number, end: number): number {
  let count = 0;
  for (let at = rangeAt(selection.ranges, first); at < selection.ranges.length; at += 1) {
    const range = selection.ranges[at];
    if (range === undefined || range.first >= end) break;
    count += Math.min(range.end, end) - Math.max(range.first, first);
  }
  return count;
}

/** Sorts ranges and joins those that touch. */
export function normalized(ranges: readonly Range[]): Range[] {
  const joined: { first: number; end: number }[] = [];
  for (const { first, end } of [...ranges].sort((a, b) => a.first - b.first)) {
    const last = joined.at(-1);
    if (first >= end) continue;
    if (last !== undefined && first <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ first, end });
  }
  return joined;
}

/** Both, once. */
export function union(a: readonly Range[], b: readonly Range[]): Range[] {
  return normalized([...a, ...b]);
}

/** What is in one of the two but not in both; both are sorted and apart. */
export function difference(a: readonly Range[], b: readonly Range[]): Range[] {
  const borders = [...a, ...b].flatMap((range) => [range.first, range.end]).sort((x, y) => x - y);
  const found: Range[] = [];
  for (let at = 0; at + 1 < borders.length; at += 2) found.push({ first: borders[at] ?? 0, end: borders[at + 1] ?? 0 });
  return normalized(found);
}

/** `a` without `b`; both are sorted and apart. */
export function without(a: readonly Range[], b: readonly Range[]): Range[] {
  const found: Range[] = [];
  for (const range of a) {
    let { first } = range;
    for (let at = rangeAt(b, first); at < b.length; at += 1) {
      const hole = b[at];
      if (hole === undefined || hole.first >= range.end) break;
      if (hole.first > first) found.push({ first, end: hole.first });
      first = Math.max(first, hole.end);
    }
    if (first < range.end) found.push({ first, end: range.end });
  }
  return found;
}

/** A plain click: this one alone. */
export function selectOnly(index: number): Selection {
  return { ranges: [{ first: index, end: index + 1 }], cursor: index, anchor: index };
}

/** Ctrl+click, Space, X: in or out, the others stay. */
export function toggle(selection: Selection, index: number): Selection {
  return { ranges: difference(selection.ranges, [{ first: index, end: index + 1 }]), cursor: index, anchor: index };
}

/** The tick of a group: all of it, or none when all of it is selected. */
export function toggleRange(selection: Selection, first: number, end: number): Selection {
  const isWhole = selectedWithin(selection, first, end) === end - first;
  const ranges = isWhole ? without(selection.ranges, [{ first, end }]) : union(selection.ranges, [{ first, end }]);
  return { ranges, cursor: selection.cursor, anchor: first };
}

/** A rubber band or a lasso: what it holds instead of `before`, or, with Ctrl, turned over in it. */
export function selectRanges(before: Selection, held: readonly Range[], turnsOver: boolean): Selection {
  const band = normalized(held);
  const ranges = turnsOver ? difference(before.ranges, band) : band;
  const first = band[0]?.first ?? before.cursor;
  return { ranges, cursor: first, anchor: first };
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

/** The selection as the application understands it: ranges with both of their ends. */
export function describeSelection(selection: Selection, searchId: number): { searchId: number; ranges: [number, number][]; except: number[] } {
  return { searchId, ranges: selection.ranges.map(({ first, end }): [number, number] => [first, end - 1]), except: [] };
}

/** The selected positions in order, at most `limit`. */
export function positions(selection: Selection, limit: number): number[] {
  const found: number[] = [];
  for (const range of selection.ranges) {
    for (let at = range.first; at < range.end && found.length < limit; at += 1) found.push(at);
  }
  return found;
}
