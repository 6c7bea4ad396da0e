/** Entry of the window: chooses the backend and mounts the application into the page. */
import "./shared/locale";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import type { Backend } from "./backend/backend";
import { tauriBackend } from "./backend/tauri";
import "./shared/tokens.css";

/** In a plain browser, while developing, the views run over made-up captures. The build has no such backend. */
async function chooseBackend(): Promise<Backend> {
  if (import.meta.env.DEV && !("__TAURI_INTERNALS__" in window)) {
    const { browserBackend } = await import("./backend/fake/browser");
    return browserBackend();
  }
  return tauriBackend;
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root element");
const backend = await chooseBackend();
createRoot(root).render(
  <StrictMode>
    <App backend={backend} />
  </StrictMode>,
);
