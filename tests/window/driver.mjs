// Drives the real window: WebKitWebDriver starts the application, webdriverio speaks to it.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const requireFromUi = createRequire(new URL("../../ui/package.json", import.meta.url));
const { remote } = await import(pathToFileURL(requireFromUi.resolve("webdriverio")).href);

export const ELEMENT = {
  control: "\uE009",
  enter: "\uE007",
};

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.once("connect", () => socket.end());
    });
    if (open) return;
    await sleep(100);
  }
  throw new Error(`WebKitWebDriver does not listen on port ${port}; is the package webkit2gtk-driver installed?`);
}

/** Opens the application on `library` and returns `{browser, close}`. `env` is added to its environment. */
export async function openWindow({ binary, library, width = 1440, height = 900, env = {} }) {
  const port = await freePort();
  const driver = spawn("WebKitWebDriver", [`--port=${port}`], {
    // Not our standard output: whoever reads that waits until the last process that holds it has ended.
    stdio: ["ignore", 2, 2],
    detached: true,
    env: {
      ...process.env,
      TAURI_WEBVIEW_AUTOMATION: "true",
      // Two-dimensional canvas without a GPU needs a third of the time this way; users keep their own setting.
      WEBKIT_DISABLE_DMABUF_RENDERER: "1",
      ...(library === undefined ? {} : { MUSTER_LIBRARY: library }),
      ...env,
    },
  });
  // The driver leads a group of its own, so that the application ends with it.
  const stop = () => {
    try {
      process.kill(-driver.pid, "SIGKILL");
    } catch {
      // The group has ended already.
    }
  };
  process.once("exit", stop);
  await listening(port);
  const browser = await remote({
    hostname: "127.0.0.1",
    port,
    path: "/",
    logLevel: "warn",
    connectionRetryCount: 0,
    connectionRetryTimeout: 60_000,
    capabilities: {
      "webkitgtk:browserOptions": { binary, args: [] },
      "wdio:enforceWebDriverClassic": true,
    },
  });
  const close = async () => {
    await browser.deleteSession().catch(() => undefined);
    stop();
  };
  try {
    await browser.setWindowSize(width, height);
    await find(browser, "app-ready", 60_000);
  } catch (error) {
    await close();
    throw error;
  }
  return { browser, close };
}

/** The element with this `data-testid`, once it exists. */
export async function find(browser, id, timeout = 15_000) {
  const element = await browser.$(`[data-testid="${id}"]`);
  await element.waitForExist({ timeout, timeoutMsg: `nothing with data-testid=${id} after ${timeout} ms` });
  return element;
}

/** Waits until `probe` returns something truthy, and returns it. */
export async function until(what, probe, timeout = 20_000) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${timeout} ms for: ${what}`);
    await sleep(100);
  }
}

/** Presses the keys together, releases them in reverse. */
export async function chord(browser, ...keys) {
  const actions = [...keys.map((value) => ({ type: "keyDown", value })), ...keys.reverse().map((value) => ({ type: "keyUp", value }))];
  await browser.performActions([{ type: "key", id: "keyboard", actions }]);
  await browser.releaseActions();
}

/** Drags with the left button, in viewport pixels. */
export async function drag(browser, from, to) {
  const move = (point, duration) => ({ type: "pointerMove", origin: "viewport", x: Math.round(point.x), y: Math.round(point.y), duration });
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  await browser.performActions([
    {
      type: "pointer",
      id: "mouse",
      parameters: { pointerType: "mouse" },
      actions: [move(from, 0), { type: "pointerDown", button: 0 }, move(middle, 60), move(to, 60), { type: "pointerUp", button: 0 }],
    },
  ]);
  await browser.releaseActions();
}

/** Saves a screenshot. WebKitGTK answers only with the next presented frame, which a page at rest never has: a dot keeps it busy. */
export async function screenshot(browser, path) {
  await browser.execute(() => {
    const dot = document.createElement("i");
    dot.style.cssText = "position:fixed;right:0;bottom:0;width:1px;height:1px";
    document.body.append(dot);
    const end = performance.now() + 3000;
    const tick = (now) => {
      dot.style.background = now % 2 < 1 ? "rgba(0,0,0,.01)" : "rgba(0,0,0,.02)";
      if (now < end) requestAnimationFrame(tick);
      else dot.remove();
    };
    requestAnimationFrame(tick);
  });
  await browser.saveScreenshot(path);
}
