import { describe, expect, it } from "vitest";
import { chosenValues, plainValue, quoteValue, rangeOf, setField, splitValues, termsOf, toggleExcluded, toggleValue } from "./terms";

describe("termsOf", () => {
  it.each([
    ["", []],
    ["site:depot-1 class:person", ["site:depot-1", "class:person"]],
    ['a "b c" -tag:"very dark"', ["a", '"b c"', '-tag:"very dark"']],
    ["(class:person conf:>0.5) OR site:x", ["class:person", "conf:>0.5", "OR", "site:x"]],
    ["site:(a, b) x", ["site:(a, b)", "x"]],
    ["-(class:car) x", ["-", "class:car", "x"]],
    ['tag:"unclosed and more', ['tag:"unclosed and more']],
  ])("%s", (text, expected) => {
    expect(termsOf(text).map((term) => text.slice(term.start, term.end))).toEqual(expected);
  });

  it("knows fields, depth and exclusion", () => {
    expect(termsOf("-Site:x (class:y) z").map(({ field, depth, excluded }) => [field, depth, excluded])).toEqual([
      ["site", 0, true],
      ["class", 1, false],
      [undefined, 0, false],
    ]);
  });
});

describe("facets refine the query", () => {
  it.each([
    ["", "site", "depot-1", "site:depot-1"],
    ["night", "site", "depot-1", "night site:depot-1"],
    ["site:a", "site", "b", "site:a,b"],
    ["site:a,b class:car", "site", "a", "site:b class:car"],
    ["x site:a y", "site", "a", "x y"],
    ["", "tag", "very dark", 'tag:"very dark"'],
    ['tag:"very dark",x', "tag", "very dark", "tag:x"],
    ["-site:a", "site", "a", "-site:a site:a"],
    ["(site:a)", "site", "b", "(site:a) site:b"],
    ["site:!a", "site", "b", "site:!a site:b"],
  ])("%s with %s %s gives %s", (text, field, value, expected) => {
    expect(toggleValue(text, field, value)).toBe(expected);
  });

  it("is its own inverse", () => {
    for (const value of ["a", "b c", 'quo"te', "co,mma", "back\\slash", ">5"]) {
      const once = toggleValue("class:car", "tag", value);
      expect(chosenValues(once, "tag")).toEqual(new Set([value]));
      expect(toggleValue(once, "tag", value)).toBe("class:car");
    }
  });

  it("excludes and includes again", () => {
    const once = toggleExcluded("class:car", "site", "depot east");
    expect(once).toBe('class:car -site:"depot east"');
    expect(toggleExcluded(once, "site", "depot east")).toBe("class:car");
  });

  it("sets, changes and removes a range", () => {
    expect(setField("class:car", "conf", "0.2..0.8")).toBe("class:car conf:0.2..0.8");
    expect(setField("conf:>0.5 class:car conf:<0.9", "conf", "0.2..0.8")).toBe("conf:0.2..0.8 class:car");
    expect(setField("conf:>0.5 class:car", "conf", undefined)).toBe("class:car");
    expect(rangeOf("conf:0.2..0.8", "conf")).toEqual({ low: 0.2, high: 0.8 });
    expect(rangeOf("conf:<0.86", "conf")).toEqual({ low: 0, high: 0.86 });
    expect(rangeOf("conf:>=0.3", "conf")).toEqual({ low: 0.3, high: 1 });
    expect(rangeOf("class:car", "conf")).toBeUndefined();
  });
});

describe("values", () => {
  it("splits and quotes", () => {
    expect(splitValues('a,"b, c",d')).toEqual(["a", "b, c", "d"]);
    expect([quoteValue("a-b.c"), quoteValue("a b"), quoteValue('"')]).toEqual(["a-b.c", '"a b"', '"\\""']);
    expect([plainValue('"a b"'), plainValue("a")]).toEqual(["a b", "a"]);
  });
});
