// One annotation as a person does it, by mouse and keyboard, in the real window:
// search, open the first capture, accept one proposal, move one box, submit; both themes are photographed.
// Prints one line of JSON that says what it did. Usage: node annotate.mjs BINARY LIBRARY SCREENSHOT_FOLDER
import fs from "node:fs";
import path from "node:path";

import { ELEMENT, chord, drag, find, openWindow, screenshot, until } from "./driver.mjs";

const [binary, library, shots] = process.argv.slice(2);
const QUERY = "class:person decision:undecided site:depot-north";
const log = (text) => process.stderr.write(`window: ${text}\n`);

const { browser, close } = await openWindow({ binary, library });
try {
  const done = await annotate();
  fs.writeSync(1, `${JSON.stringify(done)}\n`);
} catch (error) {
  await photograph("failed").catch(() => undefined);
  throw error;
} finally {
  await close();
}

async function photograph(name) {
  fs.mkdirSync(shots, { recursive: true });
  await screenshot(browser, path.join(shots, `${name}.png`));
  log(`screenshot ${name}.png`);
}

/** Asks Rust as the window does; only to know where boxes are and what is stored. */
async function invoke(command, argument) {
  const answer = await browser.execute(
    (name, args) => window.__TAURI_INTERNALS__.invoke(name, args).then((value) => ({ value }), (error) => ({ error })),
    command,
    argument,
  );
  if (answer.error) throw new Error(`${command}: ${JSON.stringify(answer.error)}`);
  return answer.value;
}

async function annotate() {
  await (await find(browser, "rail-library")).click();
  await thumbnails();
  await photograph("library-dark");

  log(`query ${QUERY}`);
  // The query of the last run comes back with the window.
  const clear = await browser.$('button[aria-label="Clear the query"]');
  if (await clear.isExisting()) await clear.click();
  const input = await find(browser, "query-input");
  await input.click();
  // One at a time: of two equal keys in one call the driver delivers one.
  for (const key of QUERY) await browser.keys([key]);
  await browser.keys([ELEMENT.enter]);
  const { total } = await invoke("search", { query: QUERY, sort: { by: "captured", descending: true }, group: null });
  const count = await find(browser, "result-count");
  await until(`${total} captures`, async () => (await count.getText()).startsWith(`${total.toLocaleString("en-US")} `));
  await thumbnails();
  await photograph("library-query");

  const { captureId, annotations } = await openBusyCapture();
  log(`opened capture ${captureId} with ${annotations.length} annotations`);
  await photograph("annotate-dark");

  const accepted = await acceptSelected(captureId);
  const moved = await moveAnother(captureId, accepted.id);
  await photograph("annotate-edited");
  await submit(captureId);
  await photograph("annotate-next");
  await lightTheme();
  return { captureId, accepted, moved };
}

async function thumbnails() {
  await find(browser, "tile");
  await until("thumbnails", () =>
    browser.execute(() => {
      const pictures = [...document.querySelectorAll('[data-testid="tile"] img')];
      return pictures.length > 0 && pictures.every((picture) => picture.complete && picture.naturalWidth > 0);
    }),
  );
}

/** Opens the first capture of the result; every capture of the query has an undecided person. */
async function openBusyCapture() {
  const tile = await find(browser, "tile");
  const captureId = await tile.getAttribute("data-capture-id");
  await tile.doubleClick();
  await ready();
  const { annotations } = await invoke("capture", { captureId });
  if (annotations.filter((one) => one.box !== null).length < 2) throw new Error(`capture ${captureId} has fewer than two boxes`);
  return { captureId, annotations };
}

/** The canvas once the picture stands: its transform is on the element. */
async function ready() {
  const canvas = await find(browser, "annotate-canvas");
  await until("the picture", async () => Number(await canvas.getAttribute("data-scale")) > 0);
  return canvas;
}

async function saved() {
  const state = await find(browser, "save-state");
  await until("Saved", async () => (await state.getText()).includes("Saved"));
}

async function acceptSelected(captureId) {
  const before = await invoke("capture", { captureId });
  const undecided = before.annotations.filter((one) => one.decision === "undecided" && one.box !== null);
  await browser.execute(() => document.querySelector('[data-testid="annotate-canvas"]').focus());
  await browser.keys(["a"]);
  await saved();
  const after = await until("one accepted proposal", async () => {
    const { annotations } = await invoke("capture", { captureId });
    return undecided.map((one) => annotations.find((other) => other.annotationId === one.annotationId)).find((one) => one?.decision === "accepted");
  });
  log(`accepted ${after.annotationId}`);
  return { id: after.annotationId, ...after.box, classId: after.classId };
}

/** Drags another box by (24, 14) pixels of the window with the select tool. */
async function moveAnother(captureId, acceptedId) {
  await (await find(browser, "tool-select")).click();
  const canvas = await ready();
  const { annotations, assets } = await invoke("capture", { captureId });
  const picture = assets.find((asset) => asset.widthPx > 0);
  const inside = (box) => box.x + box.width < picture.widthPx - 60 && box.y + box.height < picture.heightPx - 40;
  const candidates = annotations.filter((one) => one.box !== null && one.annotationId !== acceptedId && one.decision === "undecided" && one.classId !== null && inside(one.box));
  candidates.sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height);
  const target = candidates[0];
  if (target === undefined) throw new Error("no second box to move");

  const rows = await browser.$$('[data-testid="object-row"]');
  for (const row of rows) if ((await row.getAttribute("data-annotation-id")) === target.annotationId) await row.click();
  const rectangle = await browser.execute((element) => element.getBoundingClientRect().toJSON(), canvas);
  const scale = Number(await canvas.getAttribute("data-scale"));
  const at = { x: rectangle.x + Number(await canvas.getAttribute("data-tx")), y: rectangle.y + Number(await canvas.getAttribute("data-ty")) };
  const from = { x: at.x + (target.box.x + target.box.width / 2) * scale, y: at.y + (target.box.y + target.box.height / 2) * scale };
  await drag(browser, from, { x: from.x + 24, y: from.y + 14 });
  await saved();
  const box = await until("the box has moved", async () => {
    const now = (await invoke("capture", { captureId })).annotations.find((one) => one.annotationId === target.annotationId);
    return now.box.x !== target.box.x ? now.box : undefined;
  });
  const expected = { x: target.box.x + 24 / scale, y: target.box.y + 14 / scale };
  const tolerance = 1.5 / scale;
  if (Math.abs(box.x - expected.x) > tolerance || Math.abs(box.y - expected.y) > tolerance) {
    throw new Error(`the box went to (${box.x}, ${box.y}), not to (${expected.x}, ${expected.y})`);
  }
  log(`moved ${target.annotationId} to (${box.x.toFixed(1)}, ${box.y.toFixed(1)})`);
  const now = (await invoke("capture", { captureId })).annotations.find((one) => one.annotationId === target.annotationId);
  return { id: target.annotationId, ...box, classId: now.classId };
}

async function submit(captureId) {
  await browser.execute(() => document.querySelector('[data-testid="annotate-canvas"]').focus());
  await chord(browser, ELEMENT.control, ELEMENT.enter);
  const submission = await until("the submission", async () => (await invoke("capture", { captureId })).submission);
  if (submission.statement !== "submitted") throw new Error(`the submission says ${submission.statement}`);
  log("submitted");
  await ready();
}

async function lightTheme() {
  const settings = await invoke("settings", {});
  await (await find(browser, "rail-settings")).click();
  await browser.$('//*[@aria-label="Theme"]//button[normalize-space()="Light"]').click();
  await until("the light theme", () => browser.execute(() => document.documentElement.dataset.theme === "light"));
  await photograph("settings-light");
  await (await find(browser, "rail-library")).click();
  await thumbnails();
  await photograph("library-light");
  const tile = await find(browser, "tile");
  await tile.doubleClick();
  await ready();
  await photograph("annotate-light");
  await invoke("save_settings", { settings });
}
