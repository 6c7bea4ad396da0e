/** What a user interface sees of the editor. */

import { expect, it } from "vitest";
import { Driver, drawn, proposal } from "./driver";

it("is the same object until something changes", () => {
  const { editor } = new Driver([proposal("a", [10, 10, 20, 20])]);
  const first = editor.snapshot();
  editor.camera.zoomAboutMiddle(2);
  expect(editor.snapshot()).toBe(first);
  editor.mark({});
  const marked = editor.snapshot();
  editor.select(["a"]);
  expect(editor.snapshot()).not.toBe(marked);
  expect(first.marks.selection.size).toBe(0);
});

it("does not point at what is gone", () => {
  const driver = new Driver([drawn("a", [10, 10, 40, 40])]);
  driver.move(30, 30);
  expect(driver.editor.marks.hover).toBe("a");
  driver.editor.select(["a"]);
  driver.editor.store.merge([{ kind: "remove", before: drawn("a", [10, 10, 40, 40]) }]);
  expect(driver.editor.marks.hover).toBeNull();
  expect(driver.editor.selection.size).toBe(0);
});

it("gives a user interface nothing to do while a gesture runs", () => {
  const driver = new Driver([drawn("a", [10, 10, 40, 40])]);
  driver.editor.select(["a"]);
  driver.down(30, 30).move(50, 50);
  const during = driver.editor.snapshot();
  driver.move(60, 60).move(70, 70);
  expect(driver.editor.snapshot()).toBe(during);
  driver.up(70, 70);
  expect(driver.editor.snapshot()).not.toBe(during);
});

it("previews a gesture without showing it as saved", () => {
  const driver = new Driver([drawn("a", [10, 10, 40, 40])]);
  driver.down(30, 30).move(60, 60);
  expect(driver.editor.store.isPreviewing).toBe(true);
  expect(driver.editor.snapshot().records[0]?.geometry.box.x).toBe(10);
  expect(driver.editor.visible()[0]?.geometry.box.x).toBe(40);
});

it("keeps 2,000 boxes within reach of one hit test", () => {
  const many = Array.from({ length: 2000 }, (_, at) =>
    drawn(`b${at}`, [(at % 50) * 8, Math.floor(at / 50) * 7, 6, 5]),
  );
  const driver = new Driver(many);
  driver.click(8 * 49 + 3, 7 * 39 + 2);
  expect([...driver.editor.selection]).toEqual(["b1999"]);
});
