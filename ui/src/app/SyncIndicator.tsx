/** Whether the services are followed, in the top bar. */
import { CloudAlert, RefreshCw } from "lucide-react";
import { useConnections } from "../backend/queries";
import { formatTime } from "../shared/format";
import { goTo } from "./windowState";

/** Absent without connections. */
export function SyncIndicator() {
  const { data: connections = [] } = useConnections();
  if (connections.length === 0) return null;
  const failed = connections.find((connection) => connection.state === "failed");
  const syncing = connections.some((connection) => connection.state === "syncing");
  const last = Math.max(...connections.map((connection) => connection.lastSyncMicros ?? 0));
  const text = failed !== undefined ? "Sync failed" : syncing ? "Syncing" : last > 0 ? `Synced ${formatTime(last)} UTC` : "Connected";
  const tip = failed === undefined ? `${connections.map((connection) => connection.url).join(", ")}. Settings has the details.` : `${failed.url}: ${failed.message ?? "no answer"}. It tries again; Settings has the details.`;
  return (
    <button type="button" className={failed === undefined ? "sync-meter" : "sync-meter danger"} data-tip={tip} data-testid="sync-indicator" onClick={() => goTo("settings")}>
      {failed === undefined ? <RefreshCw size={14} aria-hidden="true" /> : <CloudAlert size={14} aria-hidden="true" />}
      <span className="only-wide">{text}</span>
    </button>
  );
}
