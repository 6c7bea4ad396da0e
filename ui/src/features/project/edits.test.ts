import { describe, expect, it } from "vitest";
import type { ClassEdit } from "../../backend/backend";
import { addClass, changeClass, freeKey, moveClass, nameFault, retireClass } from "./edits";

const entry = (name: string, key: number | null, colour = 1): ClassEdit => ({ classId: name, name, aliases: [], colour, key, retired: false });

describe("class edits", () => {
  it("adds with the next colour and key", () => {
    const classes = addClass(addClass([], "person"), " car ");
    expect(classes.map(({ name, colour, key }) => [name, colour, key])).toEqual([
      ["person", 1, 1],
      ["car", 2, 2],
    ]);
    expect(addClass([entry("a", 2, 2)], "b")[1]).toMatchObject({ key: 1, colour: 1 });
  });

  it("takes a key from the class that had it", () => {
    expect(changeClass([entry("a", 1), entry("b", 2)], 1, { key: 1 }).map((each) => each.key)).toEqual([null, 1]);
  });

  it("moves and keeps every class", () => {
    const classes = ["a", "b", "c"].map((name) => entry(name, null));
    const names = (moved: readonly ClassEdit[]) => moved.map((each) => each.name).join("");
    expect([names(moveClass(classes, 0, 2)), names(moveClass(classes, 2, 0)), names(moveClass(classes, 1, 9))]).toEqual(["bca", "cab", "acb"]);
  });

  it("gives the key of a retired class up and finds a free one when it comes back", () => {
    const retired = retireClass([entry("a", 1), entry("b", 2)], 0, true);
    expect(retired[0]).toMatchObject({ retired: true, key: null });
    expect(freeKey(retired)).toBe(1);
    expect(retireClass(retired, 0, false)[0]).toMatchObject({ retired: false, key: 1 });
  });

  it("says why a name cannot be used", () => {
    const classes = [{ ...entry("person", 1), aliases: ["pedestrian"] }, entry("car", 2)];
    expect(nameFault(classes, undefined, " ")).toBe("Type a name");
    expect(nameFault(classes, undefined, "PERSON")).toContain("already");
    expect(nameFault(classes, 1, "pedestrian")).toContain("answers to this name");
    expect(nameFault(classes, 0, "Person")).toBeUndefined();
  });
});
