/** Keeps where the person is, so that a restart leads back there. */
import { useEffect } from "react";
import type { Backend, UiState } from "../backend/backend";
import { useLibrary } from "../features/library";
import { useWindow } from "./windowState";

const SAVE_AFTER_MS = 500;

function presentState(): UiState {
  const { view, panels, lastCaptureId } = useWindow.getState();
  const { shown, text, density } = useLibrary.getState();
  return { lastView: view, lastQuery: shown?.query ?? text, lastCaptureId, panels: { ...panels }, density };
}

/** Saves half a second after the last change, and when the window closes. */
export function useRestore(backend: Backend): void {
  useEffect(() => {
    let saved = JSON.stringify(presentState());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const save = () => {
      clearTimeout(timer);
      timer = undefined;
      const state = presentState();
      const text = JSON.stringify(state);
      if (text === saved) return;
      saved = text;
      // Where the window stood is a convenience: a failure here must not disturb the work.
      backend.saveUiState(state).catch(() => (saved = ""));
    };
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(save, SAVE_AFTER_MS);
    };
    const stops = [useWindow.subscribe(later), useLibrary.subscribe(later)];
    window.addEventListener("pagehide", save);
    return () => {
      save();
      window.removeEventListener("pagehide", save);
      for (const stop of stops) stop();
    };
  }, [backend]);
}
