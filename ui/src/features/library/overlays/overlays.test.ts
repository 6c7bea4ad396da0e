import { describe, expect, it } from "vitest";
import type { GridBox } from "../../../backend/backend";
import { ALL_OVERLAYS, drawnBoxes, hidesSome, NO_CLASS, onlyClass, toggleClass, type Overlays } from "./overlays";

const box = (classId: string | null, decision: GridBox["decision"], confidence: number | null): GridBox => ({ x: 0, y: 0, width: 1, height: 1, classId, decision, confidence });
const BOXES = [
  box("car", "undecided", 0.3), box("car", "accepted", 0.3), box("person", "undecided", 0.9), box(null, "undecided", 0.6), box("person", "rejected", 0.9), box("car", "undecided", null),
];

describe("overlays", () => {
  it.each<[string, Partial<Overlays>, number[]]>([
    ["all but rejected", {}, [0, 1, 2, 3, 5]],
    ["none", { isOn: false }, []],
    ["sure proposals, and what is decided or of unknown confidence", { leastConfidence: 0.5 }, [1, 2, 3, 5]],
    ["proposals alone", { showsDecided: false }, [0, 2, 3, 5]],
    ["decided ones alone", { showsProposals: false }, [1]],
    ["without a class", { hiddenClasses: new Set(["car", NO_CLASS]) }, [2]],
  ])("%s", (_name, change, expected) => {
    const drawn = drawnBoxes(BOXES.map((each, at) => ({ ...each, x: at })), { ...ALL_OVERLAYS, ...change }, () => "#fff");
    expect(drawn.map(({ x }) => x)).toEqual(expected);
    expect(hidesSome({ ...ALL_OVERLAYS, ...change })).toBe(Object.keys(change).length > 0);
  });

  it("hides a class and draws it again, or draws it alone", () => {
    const hidden = toggleClass(ALL_OVERLAYS, "car");
    expect([...hidden.hiddenClasses]).toEqual(["car"]);
    expect(toggleClass(hidden, "car").hiddenClasses.size).toBe(0);
    const alone = onlyClass(hidden, "car", ["car", "person", NO_CLASS]);
    expect([...alone.hiddenClasses]).toEqual(["person", NO_CLASS]);
    expect(onlyClass(alone, "car", ["car", "person", NO_CLASS]).hiddenClasses.size).toBe(0);
  });
});
