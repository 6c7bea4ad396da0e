/** Searches of the fake backend: sessions with order and groups, facets and histograms over any number of captures. */
import { BackendError } from "../errors";
import type { CaptureDetail, Facet, GridGroup, GroupBy, Histogram, HistogramField, Selection, SortSpec } from "../types";
import type { FakeCaptures } from "./captures";
import { isTimeTerm, matches, numbersOf, parseQuery, timesOf, valuesOf, type Term } from "./query";

interface Session {
  readonly query: string;
  readonly keys: Uint32Array;
  readonly groups: GridGroup[];
}

/** The application keeps the results of the last few searches, and so does this one. */
const SEARCHES_KEPT = 8;
const DAY_MICROS = 86_400e6;

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}

export class FakeSearch {
  private readonly sessions = new Map<number, Session>();
  private nextId = 1;

  constructor(
    private readonly all: FakeCaptures,
    private readonly nameOf: (classId: string | null, modelClass: string | null) => string,
    private readonly picked: (name: string) => ReadonlySet<number>,
  ) {}

  open(query: string, sort: SortSpec, group: GroupBy | null): { searchId: number; total: number } {
    const sorted = this.sorted(this.matching(query), sort);
    const { keys, groups } = group === null ? { keys: sorted, groups: sort.by === "captured" ? this.daysOf(sorted) : [] } : this.grouped(sorted, group);
    const searchId = this.nextId++;
    this.sessions.set(searchId, { query, keys, groups });
    for (const oldest of this.sessions.keys()) {
      if (this.sessions.size <= SEARCHES_KEPT) break;
      this.sessions.delete(oldest);
    }
    return { searchId, total: keys.length };
  }

  session(searchId: number): Session {
    const found = this.sessions.get(searchId);
    if (found === undefined) throw new BackendError({ code: "not_found", message: "The search is no longer kept", remedy: "Search again.", detail: null, position: null });
    return found;
  }

  keysOf(selection: Selection): number[] {
    if ("annotationIds" in selection) return [];
    if ("captureIds" in selection) return selection.captureIds.flatMap((captureId) => this.all.keyOf(captureId) ?? []);
    const { keys } = this.session(selection.searchId);
    const except = new Set(selection.except);
    const found: number[] = [];
    for (const [first, last] of selection.ranges) {
      for (let at = first; at <= last; at += 1) if (!except.has(at)) found.push(keys[at] ?? 0);
    }
    return found;
  }

  aspects(searchId: number): Uint16Array {
    const aspect = ({ assets: [asset] }: CaptureDetail) => (asset === undefined || asset.heightPx === 0 ? 0 : Math.round((asset.widthPx / asset.heightPx) * 100));
    const ofMade = this.all.made.map(({ detail }) => aspect(detail));
    return Uint16Array.from(this.session(searchId).keys, (key) => ofMade[this.madeOf(key)] ?? 0);
  }

  newMatches(searchId: number): number {
    const { query, keys } = this.session(searchId);
    const last = keys.reduce((most, key) => Math.max(most, key), -1);
    return this.matching(query).filter((key) => key > last && key >= this.all.repeated).length;
  }

  matching(query: string): Uint32Array {
    const terms = parseQuery(query);
    const { repeated, made, patterns } = this.all;
    const picks = terms.filter((term) => term.field === "pick");
    const isPicked = (key: number) => picks.every((term) => this.picked(term.value).has(key) !== term.negated);
    const times = terms.filter(isTimeTerm);
    const marked = terms.filter((term) => term.field === "tag" && term.value.split(",").some((tag) => this.all.marksOf(tag) !== undefined));
    const rest = terms.filter((term) => !times.includes(term) && !marked.includes(term));
    const mask = patterns.map(({ detail }) => matches(detail, rest, this.nameOf));
    const found = new Uint32Array(this.all.total);
    let count = 0;
    for (let key = 0; key < repeated; key += 1) {
      const isHit = this.all.isKept(key)
        ? matches(this.all.at(key).detail, terms, this.nameOf)
        : mask[this.all.patternOf(key)] === true && this.isInTime(key, times) && this.isTagged(key, marked);
      if (isHit && isPicked(key)) found[count++] = key;
    }
    made.forEach(({ detail }, at) => {
      if (matches(detail, terms, this.nameOf) && isPicked(repeated + at)) found[count++] = repeated + at;
    });
    return found.slice(0, count);
  }

  /** Counts of the values of a field, most frequent first. */
  count(keys: ArrayLike<number>, field: string): { value: string; count: number }[] {
    const counts = new Map<string, number>();
    this.tally(keys).forEach((weight, made) => {
      if (weight === 0) return;
      for (const value of valuesOf(this.all.made[made]?.detail as CaptureDetail, field, this.nameOf)) counts.set(value, (counts.get(value) ?? 0) + weight);
    });
    if (field === "tag") this.addMarks(keys, counts);
    return [...counts].sort((a, b) => b[1] - a[1]).map(([value, count]) => ({ value, count }));
  }

  facet(searchId: number, field: string, title: string): Omit<Facet, "values"> & { values: { value: string; count: number }[] } {
    return { field, title, values: this.count(this.session(searchId).keys, field) };
  }

  histogramFields(): HistogramField[] {
    const signals = new Set(this.all.made.slice(0, 200).flatMap(({ detail }) => detail.signals.flatMap(({ name, number }) => (number === null ? [] : [name]))));
    const fields = new Set(this.all.made.flatMap(({ detail }) => detail.fields.map((entry) => entry.name)));
    return [
      { name: "captured", title: "Captured", kind: "time" },
      { name: "received", title: "Received", kind: "time" },
      { name: "conf", title: "Confidence", kind: "number" },
      { name: "width", title: "Width, px", kind: "number" },
      { name: "height", title: "Height, px", kind: "number" },
      ...[...signals].map((name): HistogramField => ({ name: `signal.${name}`, title: name, kind: "number" })),
      ...[...fields].map((name): HistogramField => ({ name: `field.${name}`, title: name, kind: "number" })),
    ];
  }

  histogram(searchId: number, field: string, bins: number): Histogram {
    const { keys } = this.session(searchId);
    const kind = field === "captured" || field === "received" ? "time" : "number";
    const ofMade = kind === "time" ? [] : this.all.made.map(({ detail }) => median(numbersOf(detail, field)));
    const values = Float64Array.from(keys, (key) => (kind === "time" ? this.all.timeOf(key) : (ofMade[this.madeOf(key)] ?? NaN)));
    const present = values.filter((value) => !Number.isNaN(value));
    const least = present.reduce((low, value) => Math.min(low, value), Infinity);
    const greatest = present.reduce((high, value) => Math.max(high, value), -Infinity);
    const counts = Array.from({ length: bins }, () => 0);
    for (const value of present) {
      const bin = Math.min(bins - 1, Math.floor(((value - least) / Math.max(1e-9, greatest - least)) * bins));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return { field, kind, least: present.length === 0 ? 0 : least, greatest: present.length === 0 ? 0 : greatest, bins: counts, missing: keys.length - present.length };
  }

  /** Captures by the lowest confidence of an undecided proposal. */
  leastSure(searchId: number): number[] {
    const bins = Array.from({ length: 20 }, () => 0);
    this.tally(this.session(searchId).keys).forEach((weight, made) => {
      const undecided = (this.all.made[made]?.detail.annotations ?? []).filter((annotation) => annotation.decision === "undecided" && !annotation.deleted);
      if (undecided.length === 0) return;
      const bin = Math.min(19, Math.floor(Math.min(...undecided.map((annotation) => annotation.confidence ?? 1)) * 20));
      bins[bin] = (bins[bin] ?? 0) + weight;
    });
    return bins;
  }

  /** The place among the made ones of a capture or of its pattern. */
  private madeOf(key: number): number {
    return key >= this.all.repeated ? key - this.all.repeated : this.all.patternOf(key);
  }

  private tally(keys: ArrayLike<number>): Float64Array {
    const weights = new Float64Array(this.all.made.length);
    for (let at = 0; at < keys.length; at += 1) {
      const made = this.madeOf(keys[at] ?? 0);
      weights[made] = (weights[made] ?? 0) + 1;
    }
    return weights;
  }

  private addMarks(keys: ArrayLike<number>, counts: Map<string, number>): void {
    for (const tag of this.all.markedTags()) {
      const marks = this.all.marksOf(tag);
      let sum = 0;
      for (let at = 0; at < keys.length; at += 1) sum += marks?.[keys[at] ?? 0] ?? 0;
      if (sum !== 0) counts.set(tag, (counts.get(tag) ?? 0) + sum);
    }
  }

  private isInTime(key: number, times: readonly Term[]): boolean {
    const at = this.all.timeOf(key);
    return times.every((term) => {
      const [from, end] = timesOf(term);
      return (at >= from && at < end) !== term.negated;
    });
  }

  private isTagged(key: number, marked: readonly Term[]): boolean {
    return marked.every((term) => {
      const has = term.value.split(",").some((tag) => {
        const mark = this.all.marksOf(tag)?.[key] ?? 0;
        return mark === 0 ? (this.all.patterns[this.all.patternOf(key)]?.detail.tags.includes(tag) ?? false) : mark > 0;
      });
      return has !== term.negated;
    });
  }

  /** Repeated captures come in order of time already, and a made one is newer than all of them. */
  private newestFirst(keys: Uint32Array): Uint32Array {
    const border = keys.findIndex((key) => key >= this.all.repeated);
    if (border < 0) return keys;
    const made = keys.slice(border).sort((a, b) => this.all.timeOf(b) - this.all.timeOf(a));
    const found = new Uint32Array(keys.length);
    found.set(made);
    found.set(keys.subarray(0, border), made.length);
    return found;
  }

  private sorted(keys: Uint32Array, { by, descending }: SortSpec): Uint32Array {
    const newest = this.newestFirst(keys);
    if (["captured", "received", "relevance", "distance"].includes(by)) return by === "captured" && !descending ? newest.reverse() : newest;
    const lists = new Map<number, number[]>();
    for (const key of newest) {
      const list = lists.get(this.madeOf(key));
      if (list === undefined) lists.set(this.madeOf(key), [key]);
      else list.push(key);
    }
    const ranks = this.all.made.map(({ detail }) => this.rankOf(detail, by));
    const rank = (made: number) => ranks[made] ?? NaN;
    // Captures without a value come last in either direction; the newest first among equals.
    const order = [...lists.keys()].sort((a, b) => {
      if (Number.isNaN(rank(a)) || Number.isNaN(rank(b))) return Number(Number.isNaN(rank(a))) - Number(Number.isNaN(rank(b)));
      return descending ? rank(b) - rank(a) : rank(a) - rank(b);
    });
    return Uint32Array.from(order.flatMap((made) => lists.get(made) ?? []));
  }

  private rankOf(detail: CaptureDetail, by: string): number {
    if (by === "risk") {
      const undecided = detail.annotations.filter((annotation) => annotation.decision === "undecided" && !annotation.deleted);
      return undecided.length === 0 ? NaN : Math.min(...undecided.map((annotation) => annotation.confidence ?? 1));
    }
    if (by === "id") return Number.parseInt(detail.captureId.slice(0, 8), 16);
    const numbers = numbersOf(detail, by);
    if (numbers.length > 0) return Math.min(...numbers);
    const [word] = valuesOf(detail, by, this.nameOf);
    return word === undefined ? NaN : [...word.slice(0, 6).padEnd(6, "\0")].reduce((sum, character) => sum * 128 + Math.min(127, character.charCodeAt(0)), 0);
  }

  private daysOf(keys: Uint32Array): GridGroup[] {
    const groups: GridGroup[] = [];
    let day = NaN;
    keys.forEach((key, first) => {
      const next = Math.floor(this.all.timeOf(key) / DAY_MICROS);
      const last = groups.at(-1);
      if (next === day && last !== undefined) last.count += 1;
      else {
        const value = new Date((next * DAY_MICROS) / 1000).toISOString().slice(0, 10);
        groups.push({ first, count: 1, label: value, value, clause: `captured:${value}` });
        day = next;
      }
    });
    return groups;
  }

  private valueIn(key: number, group: GroupBy): string {
    const { detail } = this.all.made[this.madeOf(key)] ?? {};
    if (detail === undefined) return "";
    if (group === "duplicate") return this.madeOf(key) % 4 === 0 ? `cluster ${this.madeOf(key) % 97}` : "";
    if (group === "day") return new Date(this.all.timeOf(key) / 1000).toISOString().slice(0, 10);
    return valuesOf(detail, group, this.nameOf)[0] ?? "";
  }

  private grouped(keys: Uint32Array, group: GroupBy): { keys: Uint32Array; groups: GridGroup[] } {
    const byValue = new Map<string, number[]>();
    for (const key of keys) {
      const value = this.valueIn(key, group);
      const list = byValue.get(value);
      if (list === undefined) byValue.set(value, [key]);
      else list.push(key);
    }
    const ordered = [...byValue].sort((a, b) => Number(a[0] === "") - Number(b[0] === "") || (group === "day" ? (a[0] < b[0] ? 1 : -1) : b[1].length - a[1].length));
    const found = new Uint32Array(keys.length);
    let first = 0;
    const groups = ordered.map(([value, list]) => {
      found.set(list, first);
      const described = { first, count: list.length, label: value, value, clause: value === "" || group === "duplicate" ? "" : `${group === "day" ? "captured" : group}:${value}` };
      first += list.length;
      return described;
    });
    return { keys: found, groups };
  }
}
