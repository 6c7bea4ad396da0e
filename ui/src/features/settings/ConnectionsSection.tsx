/** The services that this library follows. */
import { useQueryClient } from "@tanstack/react-query";
import { Plus, RefreshCw } from "lucide-react";
import type { ConnectionDto } from "../../backend/backend";
import { useBackend } from "../../backend/context";
import { messageOf } from "../../backend/errors";
import { cacheKeys, rememberJob, useConnections } from "../../backend/queries";
import { Button } from "../../shared/components/Button";
import { toast } from "../../shared/components/toasts";
import { formatCounted, formatInstant } from "../../shared/format";

const STATES: Readonly<Record<ConnectionDto["state"], { readonly title: string; readonly tone: string }>> = {
  idle: { title: "idle", tone: "" },
  syncing: { title: "syncing", tone: "ok" },
  following: { title: "following", tone: "ok" },
  failed: { title: "failed", tone: "danger" },
};

function ConnectionRow({ connection }: { readonly connection: ConnectionDto }) {
  const backend = useBackend();
  const client = useQueryClient();
  const refuse = (reason: unknown) => toast(messageOf(reason), { kind: "bad" });
  const state = STATES[connection.state];
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
          {formatCounted(connection.captures, "capture")}, {seen}
        </p>
      </div>
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
            <ConnectionRow key={connection.serviceId} connection={connection} />
          ))}
        </div>
      )}
    </section>
  );
}
