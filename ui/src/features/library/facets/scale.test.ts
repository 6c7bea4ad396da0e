import { describe, expect, it } from "vitest";
import { axisLabel, spanTerm } from "./scale";

const day = (text: string) => Date.parse(text) * 1000;

describe("spanTerm", () => {
  it.each([
    ["number", { low: 0.2, high: 0.86 }, { low: 0, high: 1 }, "0.2..0.86"],
    ["number", { low: 0, high: 1 }, { low: 0, high: 1 }, undefined],
    ["number", { low: 640, high: 1920 }, { low: 640, high: 1920 }, undefined],
    ["number", { low: 640, high: 1279.6 }, { low: 640, high: 1920 }, "<=1280"],
    ["number", { low: 0.02001, high: 0.12 }, { low: 0.001, high: 0.12 }, ">=0.02"],
    ["number", { low: -12.34, high: 8 }, { low: -20, high: 20 }, "-12.3..8"],
  ] as const)("%s %j of %j gives %s", (kind, span, whole, expected) => {
    expect(spanTerm(kind, span, whole)).toBe(expected);
  });

  it("asks for whole days over a long time, and for minutes within a short one", () => {
    const whole = { low: day("2026-11-01T00:00Z"), high: day("2026-11-20T12:00Z") };
    expect(spanTerm("time", { low: day("2026-11-03T08:00Z"), high: day("2026-11-09T22:00Z") }, whole)).toBe("2026-11-03..2026-11-09");
    expect(spanTerm("time", { low: day("2026-11-03T08:00:20Z"), high: day("2026-11-03T09:30:40Z") }, whole)).toBe("2026-11-03T08:00Z..2026-11-03T09:31Z");
    expect(spanTerm("time", { ...whole, low: day("2026-11-13T00:00Z") }, whole)).toBe(">=2026-11-13");
  });
});

describe("axisLabel", () => {
  it("names no more than the axis tells apart", () => {
    expect(axisLabel("number", 0.123456, { low: 0, high: 1 })).toBe("0.120");
    expect(axisLabel("number", 1280.4, { low: 640, high: 1920 })).toBe("1,280");
    expect(axisLabel("time", day("2026-11-03T08:00Z"), { low: day("2026-11-01"), high: day("2026-11-20") })).toBe("3 Nov");
    expect(axisLabel("time", day("2026-11-03T08:00Z"), { low: day("2026-11-03"), high: day("2026-11-04") })).toBe("3 Nov 08:00");
  });
});
