/** The first start: who works here, then where captures come from. One click is enough. */
import { useState } from "react";
import type { StartState } from "../../backend/backend";
import { useBackend } from "../../backend/context";
import { noticeOf } from "../../backend/errors";
import { Button } from "../../shared/components/Button";
import { ErrorPanel, type ErrorNotice } from "../../shared/components/ErrorPanel";
import { TextField } from "../../shared/components/fields";
import { StartCards } from "./StartCards";

/** What the person chose to begin with. */
export type Beginning = { readonly kind: "folder"; readonly path: string } | { readonly kind: "connect" } | { readonly kind: "demo" };

/** Offered where the system knows no name; Settings changes it. */
const NAMELESS = "Me";

/** Calls `onStarted` with the new state once there is a library, a person and a project. */
export function StartView(props: {
  readonly start: StartState;
  readonly onStarted: (state: StartState, beginning: Beginning | undefined) => void;
}) {
  const { start, onStarted } = props;
  const backend = useBackend();
  const [name, setName] = useState(start.person?.name ?? (start.suggestedName === "" ? NAMELESS : start.suggestedName));
  const [project, setProject] = useState(start.project?.name ?? "My project");
  const [isBusy, setIsBusy] = useState(false);
  const [notice, setNotice] = useState<ErrorNotice | undefined>(undefined);

  const missing = name.trim() === "" ? "Type your name: it stands beside what you decide." : project.trim() === "" ? "Type a name for the project." : undefined;

  const attempt = async (work: () => Promise<void>) => {
    setIsBusy(true);
    setNotice(undefined);
    try {
      await work();
    } catch (reason) {
      setNotice(noticeOf(reason));
    } finally {
      setIsBusy(false);
    }
  };
  const setUp = async (state: StartState): Promise<StartState> => {
    const withLibrary = state.library === null ? await backend.openLibrary(null, true) : state;
    if (withLibrary.person === null || withLibrary.project === null) return backend.setUp(name.trim(), project.trim());
    if (withLibrary.person.name === name.trim()) return withLibrary;
    // The demo brings a person along: it gets the name that was typed.
    await backend.saveSettings({ ...(await backend.settings()), personName: name.trim() });
    return backend.startState();
  };
  const begin = (kind: Beginning["kind"]) => () =>
    void attempt(async () => {
      if (missing !== undefined) return;
      if (kind === "folder") {
        const path = await backend.pickFolder("Choose a folder of captures");
        if (path === null) return;
        onStarted(await setUp(start), { kind, path });
      } else if (kind === "demo") {
        onStarted(await setUp(await backend.openDemo()), { kind });
      } else {
        onStarted(await setUp(start), { kind });
      }
    });
  const reopen = (path: string) => () => void attempt(async () => onStarted(await backend.openLibrary(path, false), undefined));

  return (
    <main className="start-view" data-testid="start-view">
      <div className="start-column">
        <h1>Start with some captures</h1>
        <p className="t2">Everything stays on this computer until you connect a service.</p>
        <div className="start-names">
          <TextField label="Your name" value={name} onChange={setName} maxLength={80} data-testid="start-name" {...(name.trim() === "" ? { error: "Type your name" } : {})} />
          <TextField label="Project" value={project} onChange={setProject} maxLength={80} data-testid="start-project" {...(project.trim() === "" ? { error: "Type a name" } : {})} />
        </div>
        <StartCards busy={isBusy || missing !== undefined} onFolder={begin("folder")} onConnect={begin("connect")} onDemo={start.demoAvailable ? begin("demo") : undefined} />
        {missing === undefined ? null : (
          <p className="warn" role="alert">
            {missing}
          </p>
        )}
        {notice === undefined ? null : <ErrorPanel notice={notice} />}
        {start.recent.filter((recent) => recent.exists).length === 0 ? null : (
          <section className="start-recent">
            <h2 className="t2">Open again</h2>
            {start.recent
              .filter((recent) => recent.exists)
              .map((recent) => (
                <Button key={recent.path} variant="quiet" disabled={isBusy} onClick={reopen(recent.path)} tip={recent.path}>
                  {recent.name}
                  <span className="t3 ell">{recent.path}</span>
                </Button>
              ))}
          </section>
        )}
      </div>
    </main>
  );
}
