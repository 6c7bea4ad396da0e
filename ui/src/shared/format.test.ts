import { expect, it } from "vitest";
import { formatBytes, formatClock, formatConfidence, formatCount, formatCounted, formatDay, formatInstant, formatNumber, formatSeconds, shortenId } from "./format";

it("writes numbers, sizes and times for people", () => {
  const micros = Date.UTC(2026, 10, 20, 14, 6, 31, 204) * 1000;
  expect([
    formatCount(1048113),
    formatCounted(1, "capture"),
    formatCounted(4182, "capture"),
    formatCounted(2, "class", "classes"),
    formatBytes(999),
    formatBytes(4_100_000),
    formatBytes(999_950),
    formatBytes(61e9),
    formatSeconds(43),
    formatSeconds(150),
    formatSeconds(3900 + 3600),
    formatClock(12),
    formatClock(3729),
    formatInstant(micros),
    formatDay(micros),
    formatNumber(0.061),
    formatNumber(340),
    formatNumber(1234.56),
    formatConfidence(0.84),
    formatConfidence(1),
    shortenId("01936b2e-aaaa-7000-8000-00000000c47a"),
  ]).toEqual([
    "1,048,113", "1 capture", "4,182 captures", "2 classes", "999 B", "4.1 MB", "1.0 MB", "61 GB", "43 s", "3 min", "2 h 5 min", "0:12", "1:02:09",
    "20 Nov 2026 14:06:31.204 UTC", "Fri 20 Nov", "0.0610", "340", "1234.6", ".84", "1.00", "01936b2e…c47a",
  ]);
});
