/** What is drawn: only what is in sight, in few batches, the chosen ones on top. */

import { describe, expect, it } from "vitest";
import { toggleRejected } from "../acts/traverse";
import { sceneOf } from "../render/scene";
import { hovered, selected, STROKES } from "../render/style";
import { Driver, drawn, proposal } from "./driver";

describe("the scene", () => {
  it("draws one batch for each look and colour, however many shapes there are", () => {
    const many = Array.from({ length: 2000 }, (_, at) =>
      at % 2 === 0
        ? drawn(`d${at}`, [at % 380, at % 280, 8, 8], at % 4 === 0 ? "person" : "car")
        : proposal(`p${at}`, [at % 380, at % 280, 8, 8], 0.4),
    );
    const scene = sceneOf(new Driver(many).editor);
    expect(scene.batches.map(({ look, colour, items }) => [look, colour, items.length])).toEqual([
      ["decided", "#fab71a", 500],
      ["proposal", "#fab71a", 1000],
      ["decided", "#8469fd", 500],
    ]);
  });

  it("leaves out what lies outside the view", () => {
    const driver = new Driver([drawn("left", [5, 5, 20, 20]), drawn("right", [350, 250, 30, 30])]);
    driver.editor.wheel({ x: 400, y: 300 } as never, -600);
    const ids = sceneOf(driver.editor).batches.flatMap(({ items }) => items.map(({ record }) => record.id));
    expect(ids).toEqual(["right"]);
  });

  it("puts the selected and the hovered apart, and shows rejected ones only on demand", () => {
    const driver = new Driver([
      drawn("a", [10, 10, 40, 40]),
      drawn("b", [100, 10, 40, 40]),
      { ...proposal("c", [200, 10, 40, 40]), decision: "rejected" },
      drawn("locked", [300, 10, 40, 40]),
    ]);
    driver.editor.mark({ locked: new Set(["locked"]) });
    driver.editor.select(["a"]);
    driver.move(120, 30);
    const scene = sceneOf(driver.editor);
    expect(scene.selected.map(({ record }) => record.id)).toEqual(["a"]);
    expect(scene.hovered?.record.id).toBe("b");
    expect(scene.batches.map(({ look }) => look)).toEqual(["locked"]);
    toggleRejected(driver.editor);
    expect(sceneOf(driver.editor).batches.map(({ look }) => look).sort()).toEqual(["locked", "rejected"]);
  });

  it("keeps to the drawing conventions", () => {
    expect(STROKES.proposal.dash).toEqual([5, 3]);
    expect(STROKES.decided.dash).toEqual([]);
    expect(hovered(STROKES.decided)).toMatchObject({ lineWidth: 2, fillAlpha: 0.14 });
    expect(selected(STROKES.rejected)).toMatchObject({ haloWidth: 6.5, casingWidth: 4, lineWidth: 2, alpha: 1 });
  });
});
