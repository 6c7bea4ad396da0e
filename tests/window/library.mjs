// The library as a person uses it, by mouse and keyboard, in the real window: search, refine by a facet, jump, select
// 1,000, tag them, group, crops, map and lasso, similar, a slice saved and opened again, and captures that arrive while
// the view is scrolled. Prints one line of JSON that says what it did and how long jumps took.
// Usage: node library.mjs BINARY LIBRARY SCREENSHOT_FOLDER [PROGRAM_THAT_DELIVERS ITS_ARGUMENTS…]
// The library needs 2,000 captures with thumbnails: `million make FOLDER 5000` makes one, `million deliver FOLDER` delivers.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { ELEMENT, chord, drag, find, openWindow, screenshot, until } from "./driver.mjs";

const [binary, library, shots, ...deliver] = process.argv.slice(2);
const SHIFT = "\uE008";
const QUERY = "class:person conf:>0.3";
const SELECTED = 1_000;
const JUMPS = 12;
const SLICE = `People ${Date.now()}`;
const TAG = `seen-${Date.now()}`;
const log = (text) => process.stderr.write(`window: ${text}\n`);
const skipped = [];

const { browser, close } = await openWindow({ binary, library });
try {
  fs.writeSync(1, `${JSON.stringify(await useLibrary())}\n`);
} catch (error) {
  await photograph("library-failed").catch(() => undefined);
  throw error;
} finally {
  await close();
}

async function useLibrary() {
  await (await find(browser, "rail-library")).click();
  await thumbnails();
  const all = await total();
  const found = await searchFor(QUERY);
  if (!(found > 0 && found < all)) throw new Error(`${QUERY} finds ${found} of ${all}`);
  const refined = await refine(found);
  await searchFor("");
  const jumpsMs = await jump();
  const tagged = await tagThousand();
  await group();
  await crops();
  await map();
  await similar();
  await slice(found);
  const arrived = await arrive();
  return { all, found, refined, jumpsMs, tagged, arrived, skipped };
}

async function photograph(name) {
  fs.mkdirSync(shots, { recursive: true });
  await screenshot(browser, path.join(shots, `${name}.png`));
}

/** Asks Rust as the window does; only to know what is stored. */
async function invoke(command, argument) {
  const answer = await browser.execute(
    (name, args) => window.__TAURI_INTERNALS__.invoke(name, args).then((value) => ({ value }), (error) => ({ error })),
    command,
    argument,
  );
  if (answer.error) throw new Error(`${command}: ${JSON.stringify(answer.error)}`);
  return answer.value;
}

async function countOf(query) {
  return (await invoke("search", { query, sort: { by: "captured", descending: true }, group: null })).total;
}

/** What the bar says. */
async function total() {
  const text = await (await find(browser, "result-count")).getText();
  return Number((/^[\d,]+/.exec(text)?.[0] ?? "0").replaceAll(",", ""));
}

async function thumbnails() {
  await find(browser, "tile");
  await until("thumbnails", shown);
}

/** True when every tile in sight has its picture. */
function shown() {
  return browser.execute(() => {
    const grid = document.querySelector('[data-testid="grid"]')?.getBoundingClientRect();
    const inSight = [...document.querySelectorAll('[data-testid="tile"]')].filter((tile) => {
      const at = tile.getBoundingClientRect();
      return grid !== undefined && at.bottom > grid.top && at.top < grid.bottom;
    });
    return inSight.length > 0 && inSight.every((tile) => (tile.querySelector("img")?.naturalWidth ?? 0) > 0);
  });
}

async function searchFor(query) {
  const clear = await browser.$('button[aria-label="Clear the query"]');
  if (await clear.isExisting()) await clear.click();
  const input = await find(browser, "query-input");
  await input.click();
  // One at a time: of two equal keys in one call the driver delivers one.
  for (const key of query) await browser.keys([key]);
  await browser.keys([ELEMENT.enter]);
  const expected = await countOf(query);
  await until(`${expected} captures of ${query || "everything"}`, async () => (await total()) === expected);
  await browser.keys(["Escape"]);
  await thumbnails();
  log(`${query || "everything"}: ${expected}`);
  return expected;
}

async function refine(found) {
  const row = await until("a facet of sites", async () => {
    const rows = await browser.$$('[data-testid="facet-row"][data-field="site"]');
    return (await rows.length) > 0 ? rows[0] : undefined;
  });
  const value = await row.getAttribute("data-value");
  await row.click();
  const expected = await countOf(`${QUERY} site:${value}`);
  await until("the refined count", async () => (await total()) === expected);
  if (!(expected > 0 && expected < found)) throw new Error(`site ${value} leaves ${expected} of ${found}`);
  log(`refined to site ${value}: ${expected}`);
  await photograph("library-refined");
  return expected;
}

/** Jumps of the scroll bar to places all over the result; how long until every tile in sight has its picture. */
async function jump() {
  const times = await browser.executeAsync((count, done) => {
    const grid = document.querySelector('[data-testid="grid"]');
    const ready = () => {
      const place = grid.getBoundingClientRect();
      const inSight = [...document.querySelectorAll('[data-testid="tile"]')].filter((tile) => {
        const at = tile.getBoundingClientRect();
        return at.bottom > place.top && at.top < place.bottom;
      });
      return inSight.length > 0 && inSight.every((tile) => (tile.querySelector("img")?.naturalWidth ?? 0) > 0);
    };
    const times = [];
    const next = (number) => {
      if (number === count) return done(times);
      const started = performance.now();
      grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * (((number * 37) % count) + 0.5) / count;
      const look = () => {
        // Two frames: the grid notices the scroll in the first.
        if (performance.now() - started > 20 && ready()) {
          times.push(performance.now() - started);
          setTimeout(() => next(number + 1), 150);
        } else if (performance.now() - started > 20_000) done(times.concat(Infinity));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(() => requestAnimationFrame(look));
    };
    next(0);
  }, JUMPS);
  if (times.length !== JUMPS || times.some((time) => time === null || !Number.isFinite(time))) throw new Error(`jumps: ${JSON.stringify(times)}`);
  times.sort((a, b) => a - b);
  log(`${JUMPS} jumps: median ${times[JUMPS / 2].toFixed(0)} ms, most ${times.at(-1).toFixed(0)} ms`);
  return { median: times[JUMPS / 2], most: times.at(-1) };
}

/** Selects from the first tile to the one with Shift, a thousand further on, and tags them. */
async function tagThousand() {
  await browser.execute(() => {
    document.querySelector('[data-testid="grid"]').scrollTop = 0;
  });
  await thumbnails();
  await (await browser.$('[data-testid="tile"][data-index="0"]')).click();
  const last = await until("the thousandth tile", () =>
    browser.execute((wanted) => {
      const grid = document.querySelector('[data-testid="grid"]');
      const found = document.querySelector(`[data-testid="tile"][data-index="${wanted}"]`);
      if (found !== null) {
        found.scrollIntoView({ block: "center" });
        return true;
      }
      const indices = [...document.querySelectorAll('[data-testid="tile"]')].map((tile) => Number(tile.dataset.index));
      grid.scrollTop += (wanted > Math.max(...indices) ? 1 : -1) * grid.clientHeight * 0.9;
      return false;
    }, SELECTED - 1),
  );
  if (!last) throw new Error("unreachable");
  const tile = await browser.$(`[data-testid="tile"][data-index="${SELECTED - 1}"]`);
  const at = await browser.execute((element) => element.getBoundingClientRect().toJSON(), tile);
  const middle = { x: Math.round(at.x + at.width / 2), y: Math.round(at.y + at.height / 2) };
  await browser.performActions([
    { type: "key", id: "keyboard", actions: [{ type: "keyDown", value: SHIFT }, { type: "pause", duration: 200 }, { type: "keyUp", value: SHIFT }] },
    {
      type: "pointer",
      id: "mouse",
      parameters: { pointerType: "mouse" },
      actions: [{ type: "pointerMove", origin: "viewport", duration: 0, ...middle }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }],
    },
  ]);
  await browser.releaseActions();
  const bar = await find(browser, "selection-bar");
  await until("a thousand selected", async () => (await bar.getText()).replaceAll(",", "").includes(`${SELECTED} selected`));
  await browser.keys(["t"]);
  const input = await find(browser, "tag-input");
  await input.click();
  for (const key of TAG) await browser.keys([key]);
  await browser.keys([ELEMENT.enter]);
  await until("the tag", async () => (await countOf(`tag:${TAG}`)) === SELECTED);
  log(`tagged ${SELECTED} with ${TAG}`);
  await photograph("library-tagged");
  await browser.keys(["Escape"]);
  return SELECTED;
}

async function group() {
  await (await find(browser, "group-menu")).click();
  await (await find(browser, "group-site")).click();
  await until("headings of sites", async () => (await browser.$$(".group-heading").length) > 0);
  await thumbnails();
  await photograph("library-grouped");
  await (await find(browser, "group-menu")).click();
  await browser.$('//*[@role="menuitemradio" or @role="menuitemcheckbox" or @role="menuitem"][normalize-space()="Nothing"]').click();
  await until("no headings", async () => (await browser.$$(".group-heading .group-tick").length) >= 0);
  log("grouped by site");
}

async function crops() {
  await chord(browser, SHIFT, "2");
  await find(browser, "crops");
  await until("crops", async () => (await browser.$$('[data-testid="crop"]').length) > 0);
  await photograph("library-crops");
  log("crops");
  await chord(browser, SHIFT, "1");
  await thumbnails();
}

async function map() {
  const state = await invoke("map_state", {});
  if (!state.ready) {
    skipped.push("map and lasso: the library has no map");
    log("SKIPPED map and lasso: the library has no map");
    return;
  }
  await chord(browser, SHIFT, "3");
  const canvas = await find(browser, "map-canvas");
  const at = await browser.execute((element) => element.getBoundingClientRect().toJSON(), canvas);
  const point = (x, y) => ({ x: at.x + at.width * x, y: at.y + at.height * y });
  await drag(browser, point(0.2, 0.2), point(0.8, 0.8));
  await find(browser, "selection-bar");
  await photograph("library-map");
  await browser.keys(["Escape"]);
  await chord(browser, SHIFT, "1");
}

async function similar() {
  const state = await invoke("embedding_state", {});
  if (state.embedded === 0) {
    skipped.push("similar: the library has no embeddings");
    log("SKIPPED similar: the library has no embeddings");
    return;
  }
  const tile = await find(browser, "tile");
  await searchFor(`similar:${await tile.getAttribute("data-capture-id")}`);
}

async function slice(found) {
  await searchFor(QUERY);
  await (await find(browser, "save-slice")).click();
  await (await find(browser, "name-input")).click();
  for (const key of SLICE) await browser.keys([key]);
  await (await find(browser, "name-save")).click();
  const saved = await until("the slice in the panel", async () => {
    const row = await browser.$(`[data-testid="slice"][data-name="${SLICE}"]`);
    return (await row.isExisting()) ? row : undefined;
  });
  await searchFor("");
  await saved.click();
  await until("the slice's captures", async () => (await total()) === found);
  log(`slice ${SLICE}: ${found}`);
  await photograph("library-slice");
}

/** Captures arrive while the view is scrolled: it says so, and nothing moves until the person asks. */
async function arrive() {
  await searchFor("");
  if (deliver.length === 0) {
    skipped.push("live arrival: no program delivers");
    return 0;
  }
  const before = await total();
  await browser.execute(() => {
    const grid = document.querySelector('[data-testid="grid"]');
    grid.scrollTop = (grid.scrollHeight - grid.clientHeight) / 2;
  });
  await thumbnails();
  const where = () =>
    browser.execute(() => {
      const grid = document.querySelector('[data-testid="grid"]');
      const top = grid.getBoundingClientRect().top;
      const tiles = [...document.querySelectorAll('[data-testid="tile"]')].map((tile) => [tile.dataset.captureId, Math.round(tile.getBoundingClientRect().top - top)]);
      return JSON.stringify([grid.scrollTop, tiles.sort()]);
    });
  const placed = await where();
  const delivering = spawn(deliver[0], deliver.slice(1), { stdio: ["ignore", 2, 2] });
  try {
    await find(browser, "live-notice", 60_000);
    for (let look = 0; look < 10; look += 1) {
      if ((await where()) !== placed) throw new Error("the view moved while captures arrived");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await photograph("library-arrival");
  } finally {
    delivering.kill("SIGKILL");
  }
  await browser.keys(["n"]);
  const after = await until("what arrived", async () => {
    const now = await total();
    return now > before ? now : undefined;
  });
  log(`${after - before} arrived; the view stood still`);
  return after - before;
}
