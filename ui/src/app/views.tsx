/** The views, joined to the state of the window. */
import { lazy, Suspense, useCallback, type ReactNode } from "react";
import { useBackend } from "../backend/context";
import { messageOf } from "../backend/errors";
import { LibraryView, placeCursor, useLibrary, type QueueStart } from "../features/library";
import { ProjectView } from "../features/project";
import { SettingsView } from "../features/settings";
import { toast } from "../shared/components/toasts";
import { useLibraryTabs } from "./tabs";
import { goTo, openDialog, useWindow } from "./windowState";

const AnnotateView = lazy(() => import("../features/annotate/AnnotateView").then((module) => ({ default: module.AnnotateView })));

function focusOn(captureId: string): void {
  useWindow.setState({ lastCaptureId: captureId });
}

/** Library: a capture opens in Annotate with the query as its queue. */
export function LibraryPlace({ empty, banner }: { readonly empty: ReactNode; readonly banner: ReactNode }) {
  const backend = useBackend();
  const panels = useWindow((state) => state.panels);
  const lastCaptureId = useWindow((state) => state.lastCaptureId);
  const open = ({ searchId, index }: QueueStart) => {
    backend.resolveSelection(searchId, [index]).then(
      ([captureId]) => {
        if (captureId !== undefined) focusOn(captureId);
        goTo("annotate");
      },
      (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
    );
  };
  const openCapture = useCallback((captureId: string) => {
    focusOn(captureId);
    goTo("annotate");
  }, []);
  const tabs = useLibraryTabs(openCapture);
  return (
    <LibraryView
      tabs={tabs}
      panels={panels}
      onPanels={(next) => useWindow.setState({ panels: next })}
      onOpen={open}
      onExport={(scope) => openDialog({ kind: "export", scope })}
      onPrelabel={(scope) => openDialog({ kind: "prelabel", scope })}
      empty={empty}
      banner={banner}
      restoreCaptureId={lastCaptureId}
      onCapture={focusOn}
    />
  );
}

/** Annotate: works through the queue; going back puts the library's focus on the capture that was open. */
export function AnnotatePlace() {
  const backend = useBackend();
  const queue = useWindow((state) => state.queue);
  const back = useCallback(() => {
    const { lastCaptureId } = useWindow.getState();
    const { shown } = useLibrary.getState();
    goTo("library");
    if (lastCaptureId === null || shown === undefined) return;
    backend.indexOf(shown.result.searchId, lastCaptureId).then(
      (index) => index !== null && placeCursor(index),
      (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
    );
  }, [backend]);
  const remember = useCallback((captureId: string) => useWindow.setState((state) => ({ lastCaptureId: captureId, queue: { ...state.queue, captureId } })), []);
  return (
    <Suspense fallback={null}>
      <AnnotateView query={queue.query} order={queue.order} captureId={queue.captureId} onBack={back} onCapture={remember} />
    </Suspense>
  );
}

/** Project. */
export function ProjectPlace() {
  return <ProjectView />;
}

/** Settings. */
export function SettingsPlace() {
  return <SettingsView onConnect={() => openDialog({ kind: "connect" })} />;
}
