/** The services that this library follows. */
import { useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus, RefreshCw } from "lucide-react";
import { useState } from "react";
import type { ConnectionDto, Wanted } from "../../backend/types";
import { useBackend } from "../../backend/context";
import { messageOf } from "../../backend/errors";
import { cacheKeys, rememberJob, useConnections, useKeptAside } from "../../backend/queries";
import { Button } from "../../shared/components/Button";
import { toast } from "../../shared/components/toasts";
import { formatCounted, formatDate, formatInstant } from "../../shared/format";

const STATES: Readonly<Record<ConnectionDto["state"], { readonly title: string; readonly tone: string }>> = {
  idle: { title: "idle", tone: "" },
  syncing: { title: "syncing", tone: "ok" },
  following: { title: "following", tone: "ok" },
  failed: { title: "failed", tone: "danger" },
};

function wantedText(wanted: Wanted | undefined): string {
  if (wanted === undefined) return "";
  const { sites, devices, fromMicros, untilMicros } = wanted;
  const parts = [
    sites.length === 0 ? "" : `site ${sites.join(", ")}`,
    devices.length === 0 ? "" : `device ${devices.join(", ")}`,
    fromMicros === null ? "" : `from ${formatDate(fromMicros)}`,
    untilMicros === null ? "" : `until ${formatDate(untilMicros)}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `, only ${parts.join("; ")}`;
}

function Aside({ connection }: { readonly connection: ConnectionDto }) {
  const [open, setOpen] = useState(false);
  const { data: kept = [] } = useKeptAside(connection.serviceId, open);
  const count = connection.keptAside ?? 0;
  if (count === 0) return null;
  return (
    <>
      <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)} data-testid="kept-aside">
        {formatCounted(count, "record")} cannot be read by this version; they are kept and tried again at each sync
      </button>
      {open ? (
        <ul className="aside-list selectable">
          {kept.map((record, at) => (
            <li key={at}>
              {record.captureId ?? "without an id"}: {record.reason}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

function ConnectionRow({ connection, onConnect }: { readonly connection: ConnectionDto; readonly onConnect: () => void }) {
  const backend = useBackend();
  const client = useQueryClient();
  const refuse = (reason: unknown) => toast(messageOf(reason), { kind: "bad" });
  const state = STATES[connection.state];
  const needsToken = connection.failure === "sign_in" || connection.failure === "sign_in_expired";
  const sync = () => void backend.syncNow(connection.serviceId).then((job) => rememberJob(client, job), refuse);
  const remove = () =>
    void backend.disconnect(connection.serviceId).then(() => {
      void client.invalidateQueries({ queryKey: cacheKeys.connections });
      toast(`Disconnected ${connection.url}. Its captures stay in the library.`);
    }, refuse);
  const seen = connection.lastSyncMicros === null ? "never synced" : `synced ${formatInstant(connection.lastSyncMicros)}`;
  return (
    <div className="setting-row" data-testid="connection-row">
      <div className="setting-text">
        <b className="row">
          <span className="ell">{connection.url}</span>
          <span className={`tag ${state.tone}`}>{state.title}</span>
        </b>
        <p className={connection.state === "failed" ? "danger" : ""}>
          {connection.message === null ? "" : `${connection.message} `}
          {formatCounted(connection.captures, "capture")}
          {wantedText(connection.wanted)}, {seen}
        </p>
        <Aside connection={connection} />
      </div>
      {needsToken ? (
        <Button size="small" variant="primary" onClick={onConnect} tip="Connect again with a new token; what is here can be worked on meanwhile">
          <KeyRound size={12} />
          Sign in again
        </Button>
      ) : null}
      <Button size="small" onClick={sync} disabled={connection.state === "syncing"} tip="Ask the service for changes now">
        <RefreshCw size={12} />
        Sync now
      </Button>
      <Button size="small" variant="danger" onClick={remove} tip="Stop following; the captures stay">
        Disconnect
      </Button>
    </div>
  );
}

/** The list with a button that adds one. */
export function ConnectionsSection({ onConnect }: { readonly onConnect: () => void }) {
  const { data: connections = [] } = useConnections();
  return (
    <section>
      <div className="row section-head">
        <h2 className="grow">Connections</h2>
        <Button size="small" action="app.connect" onClick={onConnect} tip="Sync captures from an ingest service">
          <Plus size={12} />
          Connect a service
        </Button>
      </div>
      {connections.length === 0 ? (
        <p className="t2">No service is connected. Everything stays on this computer.</p>
      ) : (
        <div className="card">
          {connections.map((connection) => (
            <ConnectionRow key={connection.serviceId} connection={connection} onConnect={onConnect} />
          ))}
        </div>
      )}
    </section>
  );
}
