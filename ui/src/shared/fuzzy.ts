/** Finds names by some of their letters, in order. */

export interface FuzzyMatch<T> {
  readonly item: T;
  /** Places of the letters that match, for showing them. */
  readonly at: readonly number[];
}

/** The items whose name holds the typed letters, best first; all of them, in their order, when nothing is typed. */
export function fuzzy<T>(items: readonly T[], typed: string, nameOf: (item: T) => string): FuzzyMatch<T>[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return items.map((item) => ({ item, at: [] }));
  return items
    .flatMap((item, order) => {
      const found = score(nameOf(item).toLowerCase(), wanted);
      return found ? [{ item, at: found.at, rank: found.rank, order }] : [];
    })
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .map(({ item, at }) => ({ item, at }));
}

/** A small rank is a good match: the start of the name, the start of a word, any part, letters apart. */
function score(name: string, wanted: string): { rank: number; at: readonly number[] } | null {
  const run = (from: number): number[] => Array.from(wanted, (_, step) => from + step);
  if (name.startsWith(wanted)) return { rank: name.length === wanted.length ? 0 : 1, at: run(0) };
  const word = [...name.matchAll(/[\s_\-/,]+/g)].map((gap) => gap.index + gap[0].length).find((at) => name.startsWith(wanted, at));
  if (word !== undefined) return { rank: 2, at: run(word) };
  const part = name.indexOf(wanted);
  if (part >= 0) return { rank: 3, at: run(part) };
  const at: number[] = [];
  for (const letter of wanted) {
    const next = name.indexOf(letter, (at.at(-1) ?? -1) + 1);
    if (next < 0) return null;
    at.push(next);
  }
  return { rank: 4 + (at.at(-1) ?? 0) - (at[0] ?? 0), at };
}
