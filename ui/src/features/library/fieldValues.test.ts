import { describe, expect, it } from "vitest";
import type { UserFieldType } from "../../backend/backend";
import { parseFieldValue } from "./fieldValues";

describe("parseFieldValue", () => {
  it.each<[UserFieldType, string, unknown]>([
    ["number", " 12.5 ", 12.5],
    ["number", "-3e2", -300],
    ["number", "twelve", undefined],
    ["number", "", undefined],
    ["boolean", "Yes", true],
    ["boolean", "0", false],
    ["boolean", "perhaps", undefined],
    ["date", "2026-11-20", "2026-11-20"],
    ["date", "2026-11-20T14:06Z", undefined],
    ["date", "2026-13-40", undefined],
    ["date", "yesterday", undefined],
    ["text", " rain ", "rain"],
    ["text", "  ", undefined],
  ])("%s %j is %j", (type, text, expected) => {
    expect(parseFieldValue(type, text)).toEqual(expected);
  });
});
