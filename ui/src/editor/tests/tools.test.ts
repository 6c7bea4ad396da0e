/** Tools driven by pointer events; what counts is the diff that each gesture commits. */

import { describe, expect, it } from "vitest";
import { imageBox } from "../geometry/point";
import { Driver, drawn, IMAGE, proposal } from "./driver";

describe("the box tool", () => {
  it("commits one put for one drag", () => {
    const driver = new Driver();
    driver.editor.setTool("box");
    driver.drag([50, 60], [150, 120]);
    expect(driver.commits).toHaveLength(1);
    expect(driver.commits[0]?.cause).toBe("act");
    expect(driver.commits[0]?.entry.label).toBe("Draw person");
    const [change] = driver.commits[0]?.diff ?? [];
    expect(change?.kind).toBe("put");
    expect(driver.box("new-1")).toEqual(imageBox(50, 60, 100, 60));
    expect(driver.editor.record("new-1")).toMatchObject({ decision: "accepted", createdBy: "person", confidence: null });
    expect([...driver.editor.selection]).toEqual(["new-1"]);
    expect(driver.editor.toolName).toBe("box");
  });

  it.each([
    ["from the lower right", [150, 120], [50, 60]],
    ["from the lower left", [50, 120], [150, 60]],
    ["from the upper right", [150, 60], [50, 120]],
  ] as const)("draws %s", (_, from, to) => {
    const driver = new Driver();
    driver.editor.setTool("box");
    driver.drag(from, to);
    expect(driver.box("new-1")).toEqual(imageBox(50, 60, 100, 60));
  });

  it.each([
    ["a click", [50, 50], [50, 50]],
    ["a tremble", [50, 50], [52, 52]],
    ["a line", [50, 50], [120, 51]],
  ] as const)("makes no box of %s", (_, from, to) => {
    const driver = new Driver();
    driver.editor.setTool("box");
    driver.drag(from, to);
    expect(driver.commits).toHaveLength(0);
    expect(driver.records).toHaveLength(0);
  });

  it("clamps to the image", () => {
    const driver = new Driver();
    driver.editor.setTool("box");
    driver.drag([350, 250], [900, 900]);
    expect(driver.box("new-1")).toEqual(imageBox(350, 250, 50, 50));
    driver.drag([-40, -40], [30, 20]);
    expect(driver.box("new-2")).toEqual(imageBox(0, 0, 30, 20));
  });

  it("draws a square with Shift, also at the border", () => {
    const driver = new Driver();
    driver.editor.setTool("box");
    driver.drag([100, 100], [160, 130], { shift: true });
    expect(driver.box("new-1")).toEqual(imageBox(100, 100, 60, 60));
    driver.editor.select([]);
    driver.drag([380, 20], [500, 40], { shift: true });
    expect(driver.box("new-2")).toEqual(imageBox(380, 20, 20, 20));
  });

  it("restores on Escape in the middle of a drag", () => {
    const driver = new Driver();
    driver.editor.setTool("box");
    driver.down(50, 50).move(100, 100);
    expect(driver.editor.store.current.size).toBe(1);
    driver.editor.cancel();
    driver.up(100, 100);
    expect(driver.editor.store.current.size).toBe(0);
    expect(driver.commits).toHaveLength(0);
  });

  it("shows the draft as selected, and gives the selection back on Escape", () => {
    const driver = new Driver([drawn("a", [200, 200, 50, 50])]);
    driver.editor.select(["a"]);
    driver.editor.setTool("box");
    driver.down(50, 50).move(100, 100);
    expect([...driver.editor.selection]).toEqual(["new-1"]);
    driver.editor.cancel();
    expect([...driver.editor.selection]).toEqual(["a"]);
  });

  it("reaches the handles of the selected shape", () => {
    const driver = new Driver([drawn("a", [100, 100, 80, 60])]);
    driver.editor.setTool("box");
    driver.editor.select(["a"]);
    driver.drag([180, 160], [200, 180]);
    expect(driver.box("a")).toEqual(imageBox(100, 100, 100, 80));
  });

  it("asks for a class when the schema has none", () => {
    const driver = new Driver();
    driver.editor.nextClassId = null;
    let asked = 0;
    driver.editor.classNeeded.subscribe(() => asked++);
    driver.editor.setTool("box");
    driver.drag([50, 50], [100, 100]);
    expect(asked).toBe(1);
    expect(driver.records).toHaveLength(0);
  });
});

describe("the select tool", () => {
  it("moves a shape; the extent stays bit for bit", () => {
    const driver = new Driver([proposal("a", [100.1, 100.2, 80.3, 60.4], 0.61)]);
    driver.drag([140, 130], [150, 125]);
    expect(driver.commits).toHaveLength(1);
    const { x, y, width, height } = driver.box("a");
    expect([width, height]).toEqual([80.3, 60.4]);
    expect(x).toBeCloseTo(110.1, 9);
    expect(y).toBeCloseTo(95.2, 9);
    expect(driver.editor.record("a")).toMatchObject({
      decision: "accepted",
      createdBy: "model",
      origin: { geometry: "person", classId: "model" },
    });
  });

  it("does not move out of the image", () => {
    const driver = new Driver([drawn("a", [100, 100, 80, 60])]);
    driver.drag([140, 130], [-500, 900]);
    expect(driver.box("a")).toEqual(imageBox(0, 240, 80, 60));
  });

  it("keeps to one axis with Shift", () => {
    const driver = new Driver([drawn("a", [100, 100, 80, 60])]);
    driver.editor.select(["a"]);
    driver.down(140, 130).move(170, 138, { shift: true }).up(170, 138, { shift: true });
    expect(driver.box("a")).toEqual(imageBox(130, 100, 80, 60));
  });

  it("commits nothing when a shape returns to its place", () => {
    const driver = new Driver([proposal("a", [100, 100, 80, 60])]);
    driver.down(140, 130).move(180, 150).move(140, 130).up(140, 130);
    expect(driver.commits).toHaveLength(0);
    expect(driver.editor.record("a")?.decision).toBe("undecided");
  });

  it("restores a move on Escape", () => {
    const driver = new Driver([drawn("a", [100, 100, 80, 60])]);
    driver.down(140, 130).move(180, 150);
    expect(driver.editor.store.current.get("a")?.geometry.box.x).toBe(140);
    expect(driver.editor.cancel()).toBe(true);
    expect(driver.editor.store.current.get("a")?.geometry.box.x).toBe(100);
    driver.up(180, 150);
    expect(driver.commits).toHaveLength(0);
  });

  // The box is 100,100 80x60; each handle is dragged by (+10, -10) and only its edges follow.
  it.each([
    ["nw", [100, 100], [110, 90, 70, 70]],
    ["n", [140, 100], [100, 90, 80, 70]],
    ["ne", [180, 100], [100, 90, 90, 70]],
    ["e", [180, 130], [100, 100, 90, 60]],
    ["se", [180, 160], [100, 100, 90, 50]],
    ["s", [140, 160], [100, 100, 80, 50]],
    ["sw", [100, 160], [110, 100, 70, 50]],
    ["w", [100, 130], [110, 100, 70, 60]],
  ] as const)("resizes by the handle %s", (_, [x, y], [left, top, width, height]) => {
    const driver = new Driver([drawn("a", [100, 100, 80, 60])]);
    driver.editor.select(["a"]);
    driver.drag([x, y], [x + 10, y - 10]);
    expect(driver.commits).toHaveLength(1);
    expect(driver.commits[0]?.entry.label).toBe("Resize person");
    expect(driver.box("a")).toEqual(imageBox(left, top, width, height));
  });

  it("catches a handle within 12 view pixels without a jump", () => {
    const driver = new Driver([drawn("a", [100, 100, 80, 60])]);
    driver.editor.select(["a"]);
    driver.drag([185, 165], [195, 175]);
    expect(driver.box("a")).toEqual(imageBox(100, 100, 90, 70));
  });

  it("lets a handle cross the opposite edge, and clamps it to the image", () => {
    const driver = new Driver([drawn("a", [100, 100, 80, 60])]);
    driver.editor.select(["a"]);
    driver.drag([180, 130], [60, 130]);
    expect(driver.box("a")).toEqual(imageBox(60, 100, 40, 60));
    driver.drag([100, 130], [900, 130]);
    expect(driver.box("a")).toEqual(imageBox(60, 100, IMAGE.width - 60, 60));
  });

  it("never makes a box without extent", () => {
    const driver = new Driver([drawn("a", [100, 100, 80, 60])]);
    driver.editor.select(["a"]);
    driver.drag([180, 130], [100.2, 130]);
    expect(driver.box("a").width).toBe(1);
  });

  it("keeps the aspect with Shift on a corner", () => {
    const driver = new Driver([drawn("a", [100, 100, 80, 60])]);
    driver.editor.select(["a"]);
    driver.drag([180, 160], [260, 170], { shift: true });
    const { width, height } = driver.box("a");
    expect(width / height).toBeCloseTo(80 / 60, 6);
    expect(width).toBeCloseTo(160, 6);
  });

  it("can still move a box of few pixels", () => {
    const driver = new Driver([drawn("a", [100, 100, 8, 8])]);
    driver.editor.select(["a"]);
    driver.drag([104, 104], [124, 104]);
    expect(driver.box("a")).toEqual(imageBox(120, 100, 8, 8));
  });

  it("prefers an outline, then the smallest shape", () => {
    const driver = new Driver([
      drawn("large", [50, 50, 200, 200]),
      drawn("small", [100, 100, 40, 40]),
      drawn("edge", [120, 10, 200, 110]),
    ]);
    driver.click(110, 110);
    expect([...driver.editor.selection]).toEqual(["small"]);
    // (130, 120) lies inside `small` and `large`, and on the lower edge of `edge`.
    driver.editor.select([]);
    driver.click(130, 120);
    expect([...driver.editor.selection]).toEqual(["edge"]);
    driver.click(60, 200);
    expect([...driver.editor.selection]).toEqual(["large"]);
    driver.click(390, 290);
    expect(driver.editor.selection.size).toBe(0);
  });

  it("moves the selected shape when the drag begins inside it, and clicks through to what lies in it", () => {
    const driver = new Driver([drawn("large", [50, 50, 200, 200]), drawn("small", [120, 120, 60, 60])]);
    driver.editor.select(["large"]);
    driver.drag([150, 150], [160, 150]);
    expect(driver.box("large").x).toBe(60);
    expect(driver.box("small").x).toBe(120);
    driver.click(150, 150);
    expect([...driver.editor.selection]).toEqual(["small"]);
    driver.drag([150, 150], [160, 150]);
    expect(driver.box("small").x).toBe(130);
  });

  it("selects several with a marquee and with Shift, and moves them as one act", () => {
    const driver = new Driver([
      drawn("a", [20, 20, 40, 40]),
      drawn("b", [100, 20, 40, 40]),
      drawn("c", [300, 200, 40, 40]),
    ]);
    driver.drag([5, 5], [150, 70]);
    expect([...driver.editor.selection].sort()).toEqual(["a", "b"]);
    driver.click(320, 220, { shift: true });
    expect(driver.editor.selection.size).toBe(3);
    driver.drag([320, 220], [330, 230]);
    expect(driver.commits).toHaveLength(1);
    expect(driver.commits[0]?.diff).toHaveLength(3);
    expect(driver.box("a")).toEqual(imageBox(30, 30, 40, 40));
    expect(driver.box("c")).toEqual(imageBox(310, 210, 40, 40));
    driver.click(40, 40);
    expect([...driver.editor.selection]).toEqual(["a"]);
  });

  it("neither hits what is hidden nor what is locked", () => {
    const driver = new Driver([drawn("a", [20, 20, 40, 40])]);
    driver.editor.mark({ locked: new Set(["a"]) });
    driver.click(40, 40);
    expect(driver.editor.selection.size).toBe(0);
    driver.editor.mark({ locked: new Set(), hidden: new Set(["a"]) });
    driver.click(40, 40);
    expect(driver.editor.selection.size).toBe(0);
  });
});

describe("the hand", () => {
  it("pans without touching a record", () => {
    const driver = new Driver([drawn("a", [20, 20, 40, 40])]);
    driver.editor.setTool("hand");
    driver.drag([40, 40], [70, 25]);
    expect(driver.editor.viewFromImage).toEqual({ scale: 1, tx: 30, ty: -15 });
    expect(driver.commits).toHaveLength(0);
  });

  it.each([
    ["Space", { space: true, button: 0 }],
    ["the middle button", { space: false, button: 1 }],
  ])("is lent by %s, and the tool stays", (_, { space, button }) => {
    const driver = new Driver([drawn("a", [20, 20, 40, 40])]);
    driver.editor.setTool("box");
    driver.editor.holdSpace(space);
    driver.drag([40, 40], [50, 50], { button });
    driver.editor.holdSpace(false);
    expect(driver.editor.viewFromImage).toEqual({ scale: 1, tx: 10, ty: 10 });
    expect(driver.editor.toolName).toBe("box");
    expect(driver.records).toHaveLength(1);
    driver.drag([100, 100], [150, 150]);
    expect(driver.records).toHaveLength(2);
  });

  it("draws true boxes in a zoomed view", () => {
    const driver = new Driver();
    driver.editor.wheel({ x: 100, y: 100 } as never, -Math.log(2) / 0.0016);
    expect(driver.editor.viewFromImage.scale).toBeCloseTo(2, 9);
    driver.editor.setTool("box");
    driver.drag([100, 100], [140, 120]);
    const box = driver.box("new-1");
    expect([box.x, box.y, box.width, box.height].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([100, 100, 20, 10]);
  });
});
