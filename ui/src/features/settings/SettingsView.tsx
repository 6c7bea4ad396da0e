/** Settings: each change is saved at once, for this person. */
import type { ReactNode } from "react";
import type { Settings, Theme } from "../../backend/backend";
import { messageOf, noticeOf } from "../../backend/errors";
import { useSaveSettings, useSettings } from "../../backend/queries";
import { ErrorPanel } from "../../shared/components/ErrorPanel";
import { NumberField, Segmented } from "../../shared/components/fields";
import { toast } from "../../shared/components/toasts";
import { ViewFrame } from "../../shared/components/ViewFrame";
import { ConnectionsSection } from "./ConnectionsSection";
import { FoldersSection } from "./FoldersSection";
import { KeysSection } from "./KeysSection";
import { ModelsSection } from "./ModelsSection";
import { NameField } from "./NameField";
import { OfflineSection } from "./OfflineSection";
import "./settings.css";

const THEMES: readonly { readonly value: Theme; readonly title: string }[] = [
  { value: "dark", title: "Dark" },
  { value: "light", title: "Light" },
  { value: "system", title: "As the system" },
];

const GB = 1e9;

function Row(props: { readonly title: string; readonly note: string; readonly children: ReactNode }) {
  return (
    <div className="setting-row">
      <div className="setting-text">
        <b>{props.title}</b>
        <p>{props.note}</p>
      </div>
      {props.children}
    </div>
  );
}

/** The view. `onConnect` opens the dialog that connects a service. */
export function SettingsView({ onConnect }: { readonly onConnect: () => void }) {
  const { data: settings, error } = useSettings();
  const saving = useSaveSettings();
  const save = (change: Partial<Settings>) => {
    if (settings !== undefined) saving.mutate({ ...settings, ...change }, { onError: (reason) => toast(messageOf(reason), { kind: "bad" }) });
  };
  return (
    <ViewFrame testId="settings-view" top={<><span className="view-title">Settings</span><span className="grow" /></>} status={<span className="status-item">{saving.isPending ? "Saving…" : "Saved"}</span>}>
      <div className="view-scroll">
        <div className="view-column">
          {error === null ? null : <ErrorPanel notice={noticeOf(error)} />}
          {settings === undefined ? null : (
            <>
              <section>
                <h2>Person and looks</h2>
                <div className="card">
                  <Row title="Name" note="Stands beside what you decide">
                    <NameField value={settings.personName} onCommit={(personName) => save({ personName })} />
                  </Row>
                  <Row title="Theme" note="Greys are neutral in both, so that photos keep their colours">
                    <Segmented label="Theme" value={settings.theme} options={THEMES} onChange={(theme) => save({ theme })} />
                  </Row>
                </div>
              </section>
              <section>
                <h2>Speed and space</h2>
                <div className="card">
                  <Row title="Cache of originals" note="Pictures from services, fetched again when needed. What you imported is never removed.">
                    <NumberField label="Cache of originals, GB" value={Math.round(settings.cacheLimitBytes / GB)} min={1} max={10_000} onCommit={(value) => save({ cacheLimitBytes: value * GB })} testId="setting-cache" />
                    <span className="t2 unit">GB</span>
                  </Row>
                  <Row title="Threads for models" note="More is faster; fewer leave room for other work">
                    <NumberField label="Threads for models" value={settings.inferenceThreads} min={1} max={64} onCommit={(inferenceThreads) => save({ inferenceThreads })} testId="setting-threads" />
                    <span className="t2 unit">threads</span>
                  </Row>
                  <Row title="Prefetch" note="Captures decoded ahead in Annotate">
                    <NumberField label="Prefetch" value={settings.prefetch} min={0} max={50} onCommit={(prefetch) => save({ prefetch })} testId="setting-prefetch" />
                    <span className="t2 unit">captures</span>
                  </Row>
                </div>
              </section>
              <ConnectionsSection onConnect={onConnect} />
              <OfflineSection />
              <FoldersSection />
              <ModelsSection />
              <KeysSection overrides={settings.keys} onChange={(keys) => save({ keys })} />
            </>
          )}
        </div>
      </div>
    </ViewFrame>
  );
}
