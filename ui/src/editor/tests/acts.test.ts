/** What a person does by key or button. */

import { describe, expect, it } from "vitest";
import { setClass } from "../acts/classify";
import { acceptable, acceptAbove, decide, remove } from "../acts/decide";
import { selectAll, selectNeighbour, selectRiskiest, toggleRejected } from "../acts/traverse";
import { imageBox } from "../geometry/point";
import { Driver, drawn, proposal } from "./driver";

const FOUR = [
  proposal("sure", [10, 10, 20, 20], 0.9),
  proposal("doubt", [50, 10, 20, 20], 0.3),
  proposal("maybe", [90, 10, 20, 20], 0.6),
  drawn("mine", [130, 10, 20, 20]),
];

describe("the risk order", () => {
  it("puts the least confident undecided one first, decided ones after", () => {
    const driver = new Driver(FOUR);
    expect(driver.editor.ordered().map((record) => record.id)).toEqual(["doubt", "maybe", "sure", "mine"]);
    selectRiskiest(driver.editor);
    expect([...driver.editor.selection]).toEqual(["doubt"]);
  });

  it("puts what the project has no class for after what it has", () => {
    const driver = new Driver([...FOUR, proposal("sofa", [170, 10, 20, 20], 0.1, "model:sofa")]);
    expect(driver.editor.ordered().map((record) => record.id)).toEqual(["doubt", "maybe", "sure", "sofa", "mine"]);
  });

  it("is walked by Tab in both directions, around the end", () => {
    const driver = new Driver(FOUR);
    const walk = (steps: readonly (1 | -1)[]) =>
      steps.map((step) => {
        selectNeighbour(driver.editor, step);
        return [...driver.editor.selection][0];
      });
    expect(walk([1, 1, 1, 1, 1])).toEqual(["doubt", "maybe", "sure", "mine", "doubt"]);
    expect(walk([-1, -1])).toEqual(["mine", "sure"]);
  });
});

describe("deciding", () => {
  it("accepts the selected proposal and goes on to the next", () => {
    const driver = new Driver(FOUR);
    selectRiskiest(driver.editor);
    expect(decide(driver.editor, "accepted")).toBe(true);
    expect(driver.editor.record("doubt")).toMatchObject({ decision: "accepted", origin: { geometry: "model" } });
    expect(driver.commits[0]?.entry.label).toBe("Accept person .30");
    expect([...driver.editor.selection]).toEqual(["maybe"]);
  });

  it("rejects, hides the rejected one, and shows it on demand", () => {
    const driver = new Driver([proposal("a", [10, 10, 20, 20])]);
    driver.editor.select(["a"]);
    decide(driver.editor, "rejected");
    expect(driver.editor.visible()).toHaveLength(0);
    expect(driver.editor.selection.size).toBe(0);
    toggleRejected(driver.editor);
    expect(driver.editor.visible()).toHaveLength(1);
  });

  it("accepts all above a threshold as one act that says how many", () => {
    const driver = new Driver(FOUR);
    expect(acceptable(driver.editor, 0.6).map((record) => record.id)).toEqual(["maybe", "sure"]);
    expect(acceptAbove(driver.editor, 0.6)).toBe(2);
    expect(driver.commits).toHaveLength(1);
    expect(driver.commits[0]?.entry.label).toBe("Accept 2 objects above .60");
    expect(acceptAbove(driver.editor, 0.6)).toBe(0);
    expect(driver.commits).toHaveLength(1);
  });

  it("deletes what a person drew and rejects what a model proposed", () => {
    const driver = new Driver(FOUR);
    driver.editor.select(["mine", "sure"]);
    remove(driver.editor);
    expect(driver.editor.record("mine")).toBeUndefined();
    expect(driver.editor.record("sure")?.decision).toBe("rejected");
    expect(driver.commits[0]?.diff.map((change) => change.kind).sort()).toEqual(["remove", "update"]);
    driver.editor.undo();
    expect(driver.editor.record("mine")).toEqual(FOUR[3]);
    expect(driver.editor.record("sure")).toEqual(FOUR[0]);
  });

  it("asks for a class before it accepts what has none of the schema", () => {
    const driver = new Driver([proposal("a", [10, 10, 20, 20], 0.9, "model:sofa")]);
    let asked = 0;
    driver.editor.classNeeded.subscribe(() => asked++);
    driver.editor.select(["a"]);
    expect(decide(driver.editor, "accepted")).toBe(false);
    expect(asked).toBe(1);
    expect(acceptAbove(driver.editor, 0.5)).toBe(0);
    setClass(driver.editor, "car");
    expect(driver.editor.record("a")).toMatchObject({ classId: "car", decision: "accepted" });
  });

  it("needs no class for a text", () => {
    const driver = new Driver([{ ...proposal("a", [10, 10, 20, 20], 0.9, "model:text"), text: "EXIT" }]);
    driver.editor.select(["a"]);
    expect(decide(driver.editor, "accepted")).toBe(true);
  });

  it("waits while a gesture runs", () => {
    const driver = new Driver(FOUR);
    driver.editor.select(["mine"]);
    driver.down(140, 20).move(180, 60);
    expect(remove(driver.editor)).toBe(false);
    expect(driver.editor.undo()).toBe(false);
    driver.up(180, 60);
    expect(driver.commits).toHaveLength(1);
  });
});

describe("classes", () => {
  it("are set on all selected ones as one act, which is also accepting", () => {
    const driver = new Driver(FOUR);
    driver.editor.select(["doubt", "mine"]);
    setClass(driver.editor, "car");
    expect(driver.commits).toHaveLength(1);
    expect(driver.editor.record("doubt")).toMatchObject({
      classId: "car",
      decision: "accepted",
      origin: { geometry: "model", classId: "person" },
    });
    expect(driver.editor.record("mine")?.classId).toBe("car");
  });

  it("are for the next box when nothing is selected", () => {
    const driver = new Driver();
    setClass(driver.editor, "car");
    expect(driver.commits).toHaveLength(0);
    driver.editor.setTool("box");
    driver.drag([10, 10], [60, 60]);
    expect(driver.editor.record("new-1")?.classId).toBe("car");
  });

  it("of an accepted object that is given again change nothing", () => {
    const driver = new Driver(FOUR);
    driver.editor.select(["mine"]);
    expect(setClass(driver.editor, "person")).toBe(false);
    expect(setClass(driver.editor, "no such class")).toBe(false);
    expect(driver.commits).toHaveLength(0);
  });
});

describe("nudging", () => {
  it("is one act however often the key repeats", () => {
    const driver = new Driver(FOUR);
    driver.editor.select(["mine"]);
    driver.editor.nudge(1, 0);
    driver.editor.nudge(1, 0);
    driver.editor.nudge(0, 10);
    expect(driver.commits).toHaveLength(0);
    driver.editor.settle();
    expect(driver.commits).toHaveLength(1);
    expect(driver.box("mine")).toEqual(imageBox(132, 20, 20, 20));
  });

  it("ends when something else happens, and stops at the border", () => {
    const driver = new Driver(FOUR);
    driver.editor.select(["mine"]);
    driver.editor.nudge(0, -50);
    decide(driver.editor, "rejected");
    expect(driver.commits.map((commit) => commit.entry.label)).toEqual(["Nudge person", "Reject person"]);
    expect(driver.box("mine").y).toBe(0);
  });
});

it("selects all that can be picked", () => {
  const driver = new Driver(FOUR);
  driver.editor.mark({ locked: new Set(["mine"]) });
  selectAll(driver.editor);
  expect(driver.editor.selection.size).toBe(3);
});
