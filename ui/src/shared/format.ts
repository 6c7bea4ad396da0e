/** How numbers, sizes and times are written: units named, thousands separated, the zone said. */

const wholeNumber = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 4182 becomes "4,182". */
export function formatCount(count: number): string {
  return wholeNumber.format(count);
}

/** "1 capture", "4,182 captures". */
export function formatCounted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Bytes with a decimal unit: "4.1 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${wholeNumber.format(bytes)} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = "B";
  for (const next of units) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : wholeNumber.format(value)} ${unit}`;
}

/** A length of time for people: "43 s", "2 min", "1 h 5 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A video length: "0:12", "1:02:09". */
export function formatClock(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  const tail = parts.map((part, index) => (index === 0 && hours === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
  return hours === 0 ? tail : `${hours}:${tail}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const pad = (value: number, width = 2) => String(value).padStart(width, "0");

/** "20 Nov 2026 14:06:31.204 UTC". */
export function formatInstant(micros: number): string {
  const date = new Date(micros / 1000);
  return `${formatDate(micros)} ${formatTime(micros)}.${pad(date.getUTCMilliseconds(), 3)} UTC`;
}

/** "20 Nov 2026". */
export function formatDate(micros: number): string {
  const date = new Date(micros / 1000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""} ${date.getUTCFullYear()}`;
}

/** "Fri 20 Nov", the heading of a day. */
export function formatDay(micros: number): string {
  const date = new Date(micros / 1000);
  return `${WEEKDAYS[date.getUTCDay()] ?? ""} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`;
}

/** "14:06:31", in UTC. */
export function formatTime(micros: number): string {
  const date = new Date(micros / 1000);
  return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
}

/** A number of unknown size, short: "0.061", "1.92", "340". */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return wholeNumber.format(value);
  return Math.abs(value) >= 100 ? value.toFixed(1) : value.toPrecision(3);
}

/** A confidence without its leading zero: ".84"; 1 stays "1.00". */
export function formatConfidence(confidence: number): string {
  const text = confidence.toFixed(2);
  return text.startsWith("0") ? text.slice(1) : text;
}

/** An id shortened in the middle: "01936b2e…c47a". */
export function shortenId(id: string): string {
  return id.length <= 14 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}
