/** Between the values of a histogram, the places on its axis, and the words of a query. */
import type { Histogram } from "../../../backend/backend";
import { formatDate, formatNumber, formatTime } from "../../../shared/format";

type Kind = Histogram["kind"];

/** A part of an axis, in values. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

const DAY_MICROS = 86_400e6;
const MINUTE_MICROS = 60e6;
const iso = (micros: number) => new Date(micros / 1000).toISOString();

function isInDays({ low, high }: Span): boolean {
  return high - low >= 3 * DAY_MICROS;
}

/** A number with no more digits than the axis can tell apart. */
function plainNumber(value: number, width: number): string {
  const digits = Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(Math.max(width, 1e-6)))));
  return String(Number(value.toFixed(digits)));
}

/** What stands after `field:` for a span; undefined when it is the whole axis. */
export function spanTerm(kind: Kind, span: Span, whole: Span): string | undefined {
  const isOpenBelow = span.low <= whole.low;
  const isOpenAbove = span.high >= whole.high;
  if (isOpenBelow && isOpenAbove) return undefined;
  const width = whole.high - whole.low;
  const at = (value: number) => {
    if (kind === "number") return plainNumber(value, width);
    return isInDays(span) ? iso(value).slice(0, 10) : iso(Math.round(value / MINUTE_MICROS) * MINUTE_MICROS).slice(0, 16) + "Z";
  };
  if (isOpenBelow) return `<=${at(span.high)}`;
  if (isOpenAbove) return `>=${at(span.low)}`;
  return `${at(span.low)}..${at(span.high)}`;
}

/** The end of an axis in words. */
export function axisLabel(kind: Kind, value: number, span: Span): string {
  if (kind === "number") return formatNumber(Number(plainNumber(value, span.high - span.low)));
  if (isInDays(span)) return formatDate(value).replace(/ (\d{4})$/, (_, year: string) => (span.high - span.low > 300 * DAY_MICROS ? ` ${year}` : ""));
  return `${formatDate(value).replace(/ \d{4}$/, "")} ${formatTime(value).slice(0, 5)}`;
}
