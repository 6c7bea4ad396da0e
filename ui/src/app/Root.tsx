/** Decides between the first start and the window, once the application has said what there is. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { StartState } from "../backend/backend";
import { noticeOf } from "../backend/errors";
import { useLiveCache, useSettings, useStart } from "../backend/queries";
import { resetLibrary } from "../features/library";
import { StartView, type Beginning } from "../features/start";
import { Button } from "../shared/components/Button";
import { ErrorPanel } from "../shared/components/ErrorPanel";
import { ToastLayer } from "../shared/components/ToastLayer";
import { TooltipLayer } from "../shared/components/TooltipLayer";
import { KeymapProvider } from "../shared/keys/KeymapProvider";
import { allKeys } from "./keys";
import { Shell } from "./Shell";
import { useBeginnings } from "./useBeginnings";
import { useTheme } from "./useTheme";
import { arrange, openDialog } from "./windowState";

function isComplete(state: StartState): boolean {
  return state.library !== null && state.person !== null && state.project !== null;
}

function Begin({ start, theme }: { readonly start: StartState; readonly theme: "dark" | "light" }) {
  const { enter, importFolder } = useBeginnings();
  const restored = useRef(false);
  const [isArranged, setIsArranged] = useState(false);
  const isReady = isComplete(start);
  useEffect(() => {
    if (!isReady || restored.current) return;
    restored.current = true;
    resetLibrary(start.restore.lastQuery, start.restore.density);
    arrange(start.restore);
    setIsArranged(true);
  }, [isReady, start]);
  const started = (state: StartState, beginning: Beginning | undefined) => {
    restored.current = true;
    setIsArranged(true);
    enter(state);
    if (beginning?.kind === "folder") void importFolder(beginning.path);
    if (beginning?.kind === "connect") openDialog({ kind: "connect" });
  };
  if (!isReady) {
    return (
      <div className="first-start" data-testid="app-ready" data-view="start">
        <StartView start={start} onStarted={started} />
      </div>
    );
  }
  return isArranged ? <Shell start={start} theme={theme} /> : null;
}

/** Everything below the providers. */
export function Root() {
  const { data: start, error, refetch } = useStart();
  const hasPerson = start?.person !== null && start !== undefined;
  const { data: settings } = useSettings(hasPerson);
  const theme = useTheme(settings?.theme);
  useLiveCache();
  const overrides = useMemo(
    () => Object.fromEntries(Object.entries(settings?.keys ?? {}).map(([id, chords]) => [id, chords.split(" ").filter((chord) => chord !== "")])),
    [settings?.keys],
  );
  return (
    <KeymapProvider actions={allKeys} overrides={overrides}>
      {start !== undefined ? <Begin start={start} theme={theme} /> : null}
      {start === undefined && error !== null ? (
        <div className="root-problem">
          <ErrorPanel
            notice={noticeOf(error)}
            actions={
              <Button variant="primary" onClick={() => void refetch()}>
                Try again
              </Button>
            }
          />
        </div>
      ) : null}
      <ToastLayer />
      <TooltipLayer />
    </KeymapProvider>
  );
}
