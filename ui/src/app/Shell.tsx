/** The window around the views: rail, bars, dialogs, and the keys that are heard everywhere. */
import { Check, LoaderCircle } from "lucide-react";
import { useMemo } from "react";
import type { StartState } from "../backend/backend";
import { useBackend } from "../backend/context";
import { messageOf } from "../backend/errors";
import { useJobs, useProject, useSaveSettings, useSettings } from "../backend/queries";
import { FirstClass } from "../features/project";
import { useLibrary } from "../features/library";
import { ErrorBoundary } from "../shared/components/ErrorBoundary";
import { isActive } from "../shared/components/JobCard";
import { toast } from "../shared/components/toasts";
import { ChromeProvider, type Chrome } from "../shared/components/ViewFrame";
import { formatCounted } from "../shared/format";
import { useKeys } from "../shared/keys/KeymapProvider";
import { Dialogs } from "./Dialogs";
import { EmptyLibrary } from "./EmptyLibrary";
import { JobIndicator } from "./JobIndicator";
import { Rail } from "./Rail";
import { SyncIndicator } from "./SyncIndicator";
import { useBeginnings } from "./useBeginnings";
import { useJobNews } from "./useJobNews";
import { useRestore } from "./useRestore";
import { AnnotatePlace, LibraryPlace, ProjectPlace, SettingsPlace } from "./views";
import { goTo, openDialog, useWindow } from "./windowState";

function LibraryStatus({ start }: { readonly start: StartState }) {
  const { data: jobs = [] } = useJobs();
  const running = jobs.find(isActive);
  return (
    <>
      <span className="status-item">
        {running === undefined ? <Check size={12} aria-hidden="true" /> : <LoaderCircle size={12} aria-hidden="true" />}
        {running === undefined ? "Library up to date" : running.title}
      </span>
      {start.library === null ? null : <span className="status-item">{formatCounted(start.library.captures, "capture")}</span>}
    </>
  );
}

function ProjectName({ name }: { readonly name: string }) {
  return (
    <button type="button" className="project-name" data-tip={`Project: ${name}`} data-tip-key="Ctrl+3" onClick={() => goTo("project")}>
      <span className="ell">{name}</span>
    </button>
  );
}

function useGlobalKeys(theme: "dark" | "light"): void {
  const { openLibrary } = useBeginnings();
  const { data: settings } = useSettings();
  const saving = useSaveSettings();
  useKeys("global", {
    "app.palette": () => openDialog({ kind: "palette" }),
    "app.keys": () => openDialog({ kind: "keys" }),
    "app.library": () => goTo("library"),
    "app.annotate": () => goTo("annotate"),
    "app.project": () => goTo("project"),
    "app.settings": () => goTo("settings"),
    "app.import": () => openDialog({ kind: "import", path: "" }),
    "app.connect": () => openDialog({ kind: "connect" }),
    "app.openLibrary": openLibrary,
    "app.jobs": () => useWindow.setState((state) => ({ showsJobs: !state.showsJobs })),
    "app.theme": () => {
      if (settings === undefined) return false;
      saving.mutate({ ...settings, theme: theme === "dark" ? "light" : "dark" }, { onError: (reason) => toast(messageOf(reason), { kind: "bad" }) });
      return true;
    },
  });
}

/** The shell. */
export function Shell({ start, theme }: { readonly start: StartState; readonly theme: "dark" | "light" }) {
  const backend = useBackend();
  const view = useWindow((state) => state.view);
  const hasResult = useLibrary((state) => state.shown !== undefined || state.fault !== undefined);
  const { data: project } = useProject();
  const projectName = project?.name ?? start.project?.name ?? "";
  const captures = start.library?.captures ?? 0;
  useGlobalKeys(theme);
  useRestore(backend);
  useJobNews(backend);

  const chrome = useMemo<Chrome>(
    () => ({
      topStart: <ProjectName name={projectName} />,
      topEnd: (
        <>
          <JobIndicator />
          <SyncIndicator />
        </>
      ),
      statusStart: <LibraryStatus start={start} />,
    }),
    [projectName, start],
  );
  const isReady = view !== "library" || hasResult || captures === 0;
  return (
    <ChromeProvider chrome={chrome}>
      <div className="shell" data-testid={isReady ? "app-ready" : "app-loading"} data-view={view}>
        <Rail unmapped={project?.unmapped.length ?? 0} />
        <main className="shell-view">
          <ErrorBoundary key={view} part="This view">
            {view === "library" ? <LibraryPlace empty={<EmptyLibrary demoAvailable={start.demoAvailable} />} banner={<FirstClass />} /> : null}
            {view === "annotate" ? <AnnotatePlace /> : null}
            {view === "project" ? <ProjectPlace /> : null}
            {view === "settings" ? <SettingsPlace /> : null}
          </ErrorBoundary>
        </main>
      </div>
      <Dialogs scope={view} />
    </ChromeProvider>
  );
}
