/** The query language as far as the fake backend understands it: `field:value` terms, `-` in front, words. */
import { BackendError } from "../errors";
import type { CaptureDetail, Completion } from "../types";

/** Fields that can be asked for, besides `signal.NAME` and `field.NAME`. */
export const FIELDS = ["class", "decision", "conf", "site", "device", "trigger", "submission", "model", "tag", "has", "pick", "note", "captured", "received", "after", "before", "width", "height", "similar", "text"] as const;
const TIMES: readonly string[] = ["captured", "received", "after", "before"];
const FREE = /^(signal|field)\./;

/** One test of a query. */
export interface Term {
  readonly field: string | undefined;
  readonly value: string;
  readonly negated: boolean;
}

type NameOf = (classId: string | null, modelClass: string | null) => string;

function isField(name: string): boolean {
  return (FIELDS as readonly string[]).includes(name) || FREE.test(name);
}

function refuse(message: string, remedy: string, start: number, end: number): BackendError {
  return new BackendError({ code: "query", message, remedy, detail: null, position: { start, end } });
}

/** Reads a query; throws a `BackendError` with the position of the fault. */
export function parseQuery(text: string): Term[] {
  const terms: Term[] = [];
  for (const match of text.matchAll(/(-?)(?:([\w.]+):)?((?:"[^"]*"?|[^\s"])+)?/g)) {
    const [whole, minus, field, value] = match;
    if (whole === "") continue;
    const start = match.index;
    const end = start + whole.length;
    if (field !== undefined && !isField(field)) {
      const near = FIELDS.find((known) => known[0] === field[0]) ?? "class";
      throw refuse(`There is no field “${field}”`, `Did you mean “${near}”? Fields: ${FIELDS.join(", ")}.`, start, start + field.length);
    }
    if (value === undefined) throw refuse(`“${whole}” has no value`, `Write a value after the colon, such as ${field ?? "class"}:person.`, start, end);
    if (value.split('"').length % 2 === 0) throw refuse("A quotation mark is not closed", "Close it with another quotation mark.", start, end);
    terms.push({ field, value: value.replaceAll('"', ""), negated: minus === "-" });
  }
  return terms;
}

/** Whether a term asks for a time. */
export function isTimeTerm(term: Term): boolean {
  return term.field !== undefined && TIMES.includes(term.field);
}

function classNamesOf(capture: CaptureDetail, nameOf: NameOf): string[] {
  return capture.annotations.filter((annotation) => !annotation.deleted).map((annotation) => nameOf(annotation.classId, annotation.modelClass));
}

/** The values that a capture has for a field. */
export function valuesOf(capture: CaptureDetail, field: string, nameOf: NameOf): string[] {
  switch (field) {
    case "class":
      return [...new Set(classNamesOf(capture, nameOf))];
    case "decision":
      return [...new Set(capture.annotations.filter((annotation) => !annotation.deleted).map((annotation) => annotation.decision))];
    case "site":
      return capture.site === null ? [] : [capture.site];
    case "device":
      return capture.device === null ? [] : [capture.device];
    case "trigger":
      return capture.trigger === null ? [] : [capture.trigger.name];
    case "submission":
      return [capture.submission?.statement ?? "none"];
    case "model":
      return capture.modelRuns.map((run) => run.model);
    case "tag":
      return capture.tags;
    case "has":
      return [...new Set(capture.assets.map((asset) => asset.mediaType.split("/")[0] ?? ""))];
    default:
      return field.startsWith("field.") ? capture.fields.filter((entry) => `field.${entry.name}` === field).map((entry) => entry.value) : [];
  }
}

/** The values of a number field. */
export function numbersOf(capture: CaptureDetail, field: string): number[] {
  if (field === "width" || field === "height") return capture.assets.slice(0, 1).map((asset) => (field === "width" ? asset.widthPx : asset.heightPx));
  if (field === "conf") return capture.annotations.flatMap(({ confidence, deleted }) => (confidence === null || deleted ? [] : [confidence]));
  if (field.startsWith("signal.")) return capture.signals.flatMap(({ name, number }) => (`signal.${name}` === field && number !== null ? [number] : []));
  return capture.fields.flatMap(({ name, value }) => (`field.${name}` === field && value.trim() !== "" && !Number.isNaN(Number(value)) ? [Number(value)] : []));
}

const DAY_MICROS = 86_400e6;

function spanOf(text: string): readonly [number, number] {
  const start = Date.parse(text.length <= 10 ? text : /Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`) * 1000;
  return [start, start + (text.length <= 10 ? DAY_MICROS : 1e6)];
}

/** The first and the end of the times that a time term asks for. */
export function timesOf({ field, value }: Term): readonly [number, number] {
  if (field === "after") return [spanOf(value)[0], Infinity];
  if (field === "before") return [-Infinity, spanOf(value)[0]];
  const [, operator = "", one] = /^([<>]=?)?(.*)$/.exec(value) ?? [];
  const [from, to] = (one ?? "").split("..");
  if (to !== undefined) return [from === "" ? -Infinity : spanOf(from ?? "")[0], to === "" ? Infinity : spanOf(to)[1]];
  const [start, end] = spanOf(from ?? "");
  if (operator === "") return [start, end];
  if (operator.startsWith("<")) return [-Infinity, operator === "<" ? start : end];
  return [operator === ">" ? end : start, Infinity];
}

function isNumber(value: string): boolean {
  return /^([<>]=?)?-?[\d.]+$|^-?[\d.]*\.\.-?[\d.]*$/.test(value) && /\d/.test(value);
}

function holds(number: number, value: string): boolean {
  const [, from, to] = /^(.*?)\.\.(.*)$/.exec(value) ?? [];
  if (from !== undefined || to !== undefined) return number >= (from ? Number(from) : -Infinity) && number <= (to ? Number(to) : Infinity);
  const [, operator, limit] = /^([<>]=?)?(.*)$/.exec(value) ?? [];
  if (operator === undefined) return number === Number(limit);
  if (operator.startsWith("<")) return operator === "<" ? number < Number(limit) : number <= Number(limit);
  return operator === ">" ? number > Number(limit) : number >= Number(limit);
}

function matchesTerm(capture: CaptureDetail, term: Term, nameOf: NameOf): boolean {
  const { field, value } = term;
  if (field === undefined || field === "note") {
    const words = field === "note" ? [capture.note ?? ""] : [capture.site, capture.device, capture.trigger?.name, capture.note, ...capture.tags, ...classNamesOf(capture, nameOf)];
    return words.join(" ").toLowerCase().includes(value.toLowerCase());
  }
  if (field === "pick" || field === "similar" || field === "text") return true;
  if (isTimeTerm(term)) {
    const [from, end] = timesOf(term);
    const at = field === "received" ? capture.receivedAtMicros : capture.capturedAtMicros;
    return at >= from && at < end;
  }
  if (isNumber(value) && (["conf", "width", "height"].includes(field) || FREE.test(field))) return numbersOf(capture, field).some((number) => holds(number, value));
  const wanted = value.split(",");
  return valuesOf(capture, field, nameOf).some((found) => wanted.includes(found));
}

/** Whether a capture matches every term; terms of one field are alternatives, but not those of numbers and times. */
export function matches(capture: CaptureDetail, terms: readonly Term[], nameOf: NameOf): boolean {
  const wanted = terms.filter((term) => !term.negated);
  const groups = new Map<Term | string, Term[]>();
  for (const term of wanted) {
    const key = term.field === undefined || isTimeTerm(term) || isNumber(term.value) ? term : term.field;
    groups.set(key, [...(groups.get(key) ?? []), term]);
  }
  if (terms.some((term) => term.negated && matchesTerm(capture, term, nameOf))) return false;
  return [...groups.values()].every((group) => group.some((term) => matchesTerm(capture, term, nameOf)));
}

const HINTS: Readonly<Record<(typeof FIELDS)[number], string>> = {
  class: "name of a class",
  decision: "undecided, accepted or rejected",
  conf: "confidence of a model: >0.5, <0.9",
  site: "where it was captured",
  device: "which machine captured it",
  trigger: "the rule that fired",
  submission: "what a person said about it",
  model: "a model that ran on it",
  tag: "a mark on a capture",
  has: "what the capture has: video",
  pick: "a frozen list of captures",
  note: "words in notes",
  captured: "time of capture",
  received: "time of arrival",
  after: "captured at or after a date",
  before: "captured before a date",
  width: "width of the picture, px",
  height: "height of the picture, px",
  similar: "looks like this capture",
  text: "looks like these words",
};

/** What could stand at the cursor. */
export function complete(text: string, cursor: number, counts: (field: string) => readonly { readonly value: string; readonly count: number }[]): Completion[] {
  const before = /(-?)([\w.]*)(?::("?[^\s"]*))?$/.exec(text.slice(0, cursor));
  const [, minus = "", name = "", typed] = before ?? [];
  if (typed === undefined) {
    const start = cursor - name.length;
    const fields: Completion[] = FIELDS.filter((field) => field.startsWith(name.toLowerCase())).map((field) => ({
      kind: "field", label: field, insert: `${field}:`, start, end: cursor, count: null, hint: HINTS[field],
    }));
    const words: Completion[] = name === "" ? [] : [{ kind: "text", label: `text “${name}”`, insert: `"${name}" `, start: start - minus.length, end: cursor, count: null, hint: "in names, tags and captions" }];
    return [...fields, ...words];
  }
  const part = typed.replace('"', "").toLowerCase();
  return counts(name)
    .filter((entry) => entry.value.toLowerCase().includes(part))
    .slice(0, 12)
    .map((entry) => ({
      kind: "value", label: entry.value, insert: /[\s,]/.test(entry.value) ? `"${entry.value}"` : entry.value, start: cursor - typed.length, end: cursor, count: entry.count, hint: null,
    }));
}
