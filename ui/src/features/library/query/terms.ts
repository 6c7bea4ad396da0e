/**
 * The terms of a query as far as the bar and the facets need them: where each stands, its field and its values.
 * What a query means is decided by the application alone; text that is not understood here is left as it is.
 */

/** A part of the query between spaces, at any depth of parentheses. */
export interface Term {
  readonly start: number;
  readonly end: number;
  /** Parentheses around it; only terms at depth 0 are refined by facets. */
  readonly depth: number;
  readonly excluded: boolean;
  /** Undefined for words. */
  readonly field: string | undefined;
  /** Where the value begins: after the colon. */
  readonly valueStart: number;
}

const FIELD = /^(-?)([\p{L}\p{N}_.-]+):/u;

/** Splits a query into terms. */
export function termsOf(text: string): Term[] {
  const terms: Term[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? "";
    if (/\s/.test(character)) {
      at += 1;
    } else if (character === "(" || character === ")") {
      depth += character === "(" ? 1 : -1;
      at += 1;
    } else {
      const end = endOfTerm(text, at);
      const [, minus = "", field] = FIELD.exec(text.slice(at, end)) ?? [];
      const valueStart = field === undefined ? at : at + minus.length + field.length + 1;
      terms.push({ start: at, end, depth, excluded: text.startsWith("-", at) && end > at + 1, field: field?.toLowerCase(), valueStart });
      at = end;
    }
  }
  return terms;
}

/** A term ends at a space or parenthesis that is neither quoted nor part of a list such as `site:(a, b)`. */
function endOfTerm(text: string, start: number): number {
  let quoted = false;
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "(" && at > start && text[at - 1] !== "-") depth += 1;
    else if (character === "(") return Math.max(at, start + 1);
    else if (character === ")" && depth > 0) depth -= 1;
    else if (character === ")" || (/\s/.test(character) && depth === 0)) return at;
  }
  return text.length;
}

/** The values of a list, unquoted: `a,"b c"` gives `a` and `b c`. */
export function splitValues(list: string): string[] {
  const values: string[] = [];
  let value = "";
  let quoted = false;
  for (let at = 0; at < list.length; at += 1) {
    const character = list[at] ?? "";
    if (quoted && character === "\\") {
      at += 1;
      value += list[at] ?? "";
    } else if (character === '"') quoted = !quoted;
    else if (character === "," && !quoted) {
      values.push(value);
      value = "";
    } else value += character;
  }
  return [...values, value].filter((part) => part !== "");
}

/** A value as it is typed after a colon. */
export function quoteValue(value: string): string {
  const isPlain = value !== "" && !/^[!<>=]|\.\.|[\s,()"*:\\]/.test(value);
  return isPlain ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** A facet's value without the quotes that typing it needs. */
export function plainValue(value: string): string {
  return value.startsWith('"') ? (splitValues(value)[0] ?? "") : value;
}

function plainList(text: string, term: Term): string[] | undefined {
  const list = text.slice(term.valueStart, term.end);
  const isList = !/^[!(<>=]/.test(list) && !list.includes("..");
  return isList ? splitValues(list) : undefined;
}

/** The values that the query asks for in a field. */
export function chosenValues(text: string, field: string): ReadonlySet<string> {
  const chosen = termsOf(text).filter((term) => term.field === field && !term.excluded && term.depth === 0);
  return new Set(chosen.flatMap((term) => plainList(text, term) ?? []));
}

/** The values that the query excludes in a field, each with a minus of its own. */
export function excludedValues(text: string, field: string): ReadonlySet<string> {
  const excluded = termsOf(text).filter((term) => term.field === field && term.excluded && term.depth === 0);
  return new Set(excluded.flatMap((term) => plainList(text, term) ?? []));
}

function replaceTerm(text: string, term: Term, replacement: string): string {
  return tidy(text.slice(0, term.start) + replacement + text.slice(term.end));
}

function tidy(text: string): string {
  return text.replace(/ {2,}/g, " ").trim();
}

function append(text: string, term: string): string {
  return tidy(`${text} ${term}`);
}

/** Adds a value to the field's alternatives, or takes it out. */
export function toggleValue(text: string, field: string, value: string): string {
  const term = termsOf(text).find((candidate) => candidate.field === field && !candidate.excluded && candidate.depth === 0 && plainList(text, candidate) !== undefined);
  if (term === undefined) return append(text, `${field}:${quoteValue(value)}`);
  const values = plainList(text, term) ?? [];
  const next = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  return replaceTerm(text, term, next.length === 0 ? "" : `${field}:${next.map(quoteValue).join(",")}`);
}

/** Asks for captures without the value, or no longer. */
export function toggleExcluded(text: string, field: string, value: string): string {
  const wanted = `-${field}:${quoteValue(value)}`;
  const term = termsOf(text).find((candidate) => candidate.depth === 0 && text.slice(candidate.start, candidate.end) === wanted);
  return term === undefined ? append(text, wanted) : replaceTerm(text, term, "");
}

/** Sets the one term of a field, such as `conf:0.20..0.86`; `undefined` removes it. */
export function setField(text: string, field: string, value: string | undefined): string {
  const [term, ...more] = termsOf(text).filter((candidate) => candidate.field === field && !candidate.excluded && candidate.depth === 0);
  if (term === undefined) return value === undefined ? text : append(text, `${field}:${value}`);
  const cleaned = more.reduceRight((rest, other) => rest.slice(0, other.start) + rest.slice(other.end), text);
  return replaceTerm(cleaned, term, value === undefined ? "" : `${field}:${value}`);
}

/** Whether the query has a term of a field that `setField` would change. */
export function hasTerm(text: string, field: string): boolean {
  return termsOf(text).some((candidate) => candidate.field === field && !candidate.excluded && candidate.depth === 0);
}

/** The range that a number field asks for, from `low` to `high`; undefined without such a term. */
export function rangeOf(text: string, field: string): { readonly low: number; readonly high: number } | undefined {
  const term = termsOf(text).find((candidate) => candidate.field === field && !candidate.excluded && candidate.depth === 0);
  if (term === undefined) return undefined;
  const value = text.slice(term.valueStart, term.end);
  const between = /^([\d.]*)\.\.([\d.]*)$/.exec(value);
  if (between !== null) return { low: Number(between[1] || 0), high: Number(between[2] || 1) };
  const bound = /^([<>])=?([\d.]+)$/.exec(value);
  if (bound === null) return undefined;
  return bound[1] === "<" ? { low: 0, high: Number(bound[2]) } : { low: Number(bound[2]), high: 1 };
}
