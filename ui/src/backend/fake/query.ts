/** The query language as far as the fake backend understands it: `field:value` terms, `-` in front, words. */
import { BackendError } from "../errors";
import type { CaptureDetail, Completion } from "../types";

/** Fields that can be asked for. */
export const FIELDS = ["class", "decision", "conf", "site", "device", "trigger", "submission", "model", "tag", "after", "before"] as const;
type Field = (typeof FIELDS)[number];

interface Term {
  readonly field: Field | undefined;
  readonly value: string;
  readonly negated: boolean;
}

function isField(name: string): name is Field {
  return (FIELDS as readonly string[]).includes(name);
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

function classNamesOf(capture: CaptureDetail, nameOf: (classId: string | null, modelClass: string | null) => string): string[] {
  return capture.annotations.filter((annotation) => !annotation.deleted).map((annotation) => nameOf(annotation.classId, annotation.modelClass));
}

/** The values that a capture has for a field. */
export function valuesOf(capture: CaptureDetail, field: string, nameOf: (classId: string | null, modelClass: string | null) => string): string[] {
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
    default:
      return [];
  }
}

function matchesTerm(capture: CaptureDetail, term: Term, nameOf: (classId: string | null, modelClass: string | null) => string): boolean {
  const { field, value } = term;
  if (field === undefined) {
    const text = [capture.site, capture.device, capture.trigger?.name, ...capture.tags, ...classNamesOf(capture, nameOf)].join(" ").toLowerCase();
    return text.includes(value.toLowerCase());
  }
  if (field === "conf") {
    const [, from, to] = /^([\d.]*)\.\.([\d.]*)$/.exec(value) ?? [];
    if (from !== undefined || to !== undefined) {
      return capture.annotations.some((annotation) => (annotation.confidence ?? 1) >= Number(from || 0) && (annotation.confidence ?? 1) <= Number(to || 1));
    }
    const [, operator, number] = /^([<>]=?)?(.*)$/.exec(value) ?? [];
    const limit = Number(number);
    return capture.annotations.some((annotation) => {
      const confidence = annotation.confidence ?? 1;
      return operator?.startsWith("<") ? confidence < limit : confidence > limit;
    });
  }
  if (field === "after") return capture.capturedAtMicros >= Date.parse(value) * 1000;
  if (field === "before") return capture.capturedAtMicros < Date.parse(value) * 1000;
  const wanted = value.split(",");
  return valuesOf(capture, field, nameOf).some((found) => wanted.includes(found));
}

/** Whether a capture matches every term; terms of one field are alternatives. */
export function matches(capture: CaptureDetail, terms: readonly Term[], nameOf: (classId: string | null, modelClass: string | null) => string): boolean {
  const wanted = terms.filter((term) => !term.negated);
  const groups = new Map<Term | Field, Term[]>();
  for (const term of wanted) {
    const key = term.field === undefined || term.field === "conf" ? term : term.field;
    groups.set(key, [...(groups.get(key) ?? []), term]);
  }
  if (terms.some((term) => term.negated && matchesTerm(capture, term, nameOf))) return false;
  return [...groups.values()].every((group) => group.some((term) => matchesTerm(capture, term, nameOf)));
}

const HINTS: Readonly<Record<Field, string>> = {
  class: "name of a class",
  decision: "undecided, accepted or rejected",
  conf: "confidence of a model: >0.5, <0.9",
  site: "where it was captured",
  device: "which machine captured it",
  trigger: "the rule that fired",
  submission: "what a person said about it",
  model: "a model that ran on it",
  tag: "a mark on a capture",
  after: "captured at or after a date",
  before: "captured before a date",
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
