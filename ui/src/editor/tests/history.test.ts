/** Undo and redo without end: undo(do(x)) = x for any sequence of acts. */

import { describe, expect, it } from "vitest";
import { setClass } from "../acts/classify";
import { acceptAbove, decide, remove } from "../acts/decide";
import { selectNeighbour } from "../acts/traverse";
import type { AnnotationRecord } from "../records/annotation";
import { applyDiff, invert, type Records } from "../records/diff";
import { Driver, drawn, IMAGE, proposal, randomNumbers } from "./driver";

function state(driver: Driver): Map<string, AnnotationRecord> {
  return new Map(driver.editor.store.saved);
}

/** One random act: a gesture by pointer, at times cancelled, or a key. */
function act(driver: Driver, random: () => number): void {
  const { editor } = driver;
  const point = (): [number, number] => [random() * IMAGE.width * 1.2 - 40, random() * IMAGE.height * 1.2 - 30];
  const pick = Math.floor(random() * 10);
  switch (pick) {
    case 0:
    case 1:
      editor.setTool("box");
      driver.drag(point(), point(), { shift: random() < 0.2 });
      break;
    case 2:
    case 3:
    case 4: {
      editor.setTool("select");
      const [from, to] = [point(), point()];
      driver.down(...from).move(...to);
      if (random() < 0.2) editor.cancel();
      driver.up(...to);
      break;
    }
    case 5:
      selectNeighbour(editor, random() < 0.5 ? 1 : -1);
      decide(editor, random() < 0.5 ? "accepted" : "rejected");
      break;
    case 6:
      selectNeighbour(editor, 1);
      setClass(editor, random() < 0.5 ? "car" : "person");
      break;
    case 7:
      selectNeighbour(editor, 1);
      remove(editor);
      break;
    case 8:
      selectNeighbour(editor, 1);
      editor.nudge(Math.round(random() * 20) - 10, 1);
      editor.settle();
      break;
    default:
      acceptAbove(editor, random());
  }
}

function start(random: () => number): Driver {
  const records = Array.from({ length: 6 }, (_, at) => {
    const bounds = [random() * 300, random() * 200, 10 + random() * 80, 10 + random() * 80] as const;
    return at % 2 === 0 ? proposal(`r${at}`, bounds, random()) : drawn(`r${at}`, bounds);
  });
  return new Driver(records);
}

describe("history", () => {
  it("undoes and redoes any sequence of acts, step by step", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomNumbers(seed);
      const driver = start(random);
      const states = [state(driver)];
      driver.editor.store.commits.subscribe(() => states.push(state(driver)));
      for (let step = 0; step < 25; step++) act(driver, random);
      const acts = driver.commits.length;
      const seen = states.slice();
      expect(driver.editor.store.history.undoCount).toBe(acts);

      for (let at = acts - 1; at >= 0; at--) {
        expect(driver.editor.undo()).toBe(true);
        expect(state(driver)).toEqual(seen[at]);
      }
      expect(driver.editor.undo()).toBe(false);
      for (let at = 1; at <= acts; at++) {
        expect(driver.editor.redo()).toBe(true);
        expect(state(driver)).toEqual(seen[at]);
      }
      expect(driver.editor.redo()).toBe(false);
    }
  });

  it("emits commits whose diffs alone rebuild the records: what is saved is what is seen", () => {
    for (let seed = 100; seed < 140; seed++) {
      const random = randomNumbers(seed);
      const driver = start(random);
      const first = state(driver);
      for (let step = 0; step < 30; step++) {
        const dice = random();
        if (dice < 0.2) driver.editor.undo();
        else if (dice < 0.3) driver.editor.redo();
        else act(driver, random);
      }
      const rebuilt = driver.commits.reduce<Records>((records, commit) => applyDiff(records, commit.diff), first);
      expect(new Map(rebuilt)).toEqual(state(driver));
      const back = [...driver.commits]
        .reverse()
        .reduce<Records>((records, commit) => applyDiff(records, invert(commit.diff)), rebuilt);
      expect(new Map(back)).toEqual(first);
    }
  });

  it("forgets what was undone once something new is done", () => {
    const driver = new Driver([drawn("a", [100, 100, 50, 50])]);
    driver.drag([120, 120], [140, 140]);
    driver.editor.undo();
    expect(driver.editor.store.history.redoCount).toBe(1);
    driver.drag([120, 120], [110, 110]);
    expect(driver.editor.store.history.redoCount).toBe(0);
    expect(driver.commits.map((commit) => commit.cause)).toEqual(["act", "undo", "act"]);
  });

  it("selects what an undo touched", () => {
    const driver = new Driver([drawn("a", [100, 100, 50, 50]), drawn("b", [200, 100, 50, 50])]);
    driver.drag([120, 120], [130, 130]);
    driver.editor.select(["b"]);
    driver.editor.undo();
    expect([...driver.editor.selection]).toEqual(["a"]);
  });

  it("starts empty with another capture", () => {
    const driver = new Driver([drawn("a", [100, 100, 50, 50])]);
    driver.drag([120, 120], [130, 130]);
    driver.editor.open({ image: IMAGE, records: [] });
    expect(driver.editor.undo()).toBe(false);
    expect(driver.editor.selection.size).toBe(0);
  });

  it("takes over what others changed without making it an act", () => {
    const driver = new Driver([drawn("a", [100, 100, 50, 50])]);
    driver.editor.store.merge([{ kind: "put", after: proposal("late", [10, 10, 20, 20]) }]);
    expect(driver.records).toHaveLength(2);
    expect(driver.commits).toHaveLength(0);
    expect(driver.editor.undo()).toBe(false);
  });
});
