// From the start of the process to the first pictures in the grid, in the real window, several times.
// Usage: DISPLAY=… node benches/cold_start.mjs BINARY LIBRARY [RUNS]
// The figure contains the start of WebKitWebDriver's session; the bare process is a little faster.
import { find, openWindow, until } from "../tests/window/driver.mjs";

const [binary, library, runs = "5"] = process.argv.slice(2);
const seconds = [];
for (let run = 0; run < Number(runs); run += 1) {
  const started = performance.now();
  const { browser, close } = await openWindow({ binary, library });
  try {
    await find(browser, "tile");
    await until("a picture", () =>
      browser.execute(() => [...document.querySelectorAll('[data-testid="tile"] img')].some((picture) => picture.naturalWidth > 0)),
    );
    seconds.push((performance.now() - started) / 1000);
  } finally {
    await close();
  }
}
seconds.sort((a, b) => a - b);
console.log(`cold start to first picture, s: median ${seconds[Math.floor(seconds.length / 2)].toFixed(2)} of ${seconds.map((s) => s.toFixed(2)).join(" ")}`);
