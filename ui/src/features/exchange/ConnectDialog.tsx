/** Connects an ingest service: its address and a token. */
import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import { useBackend } from "../../backend/context";
import { connectFault, noticeOf } from "../../backend/errors";
import { cacheKeys } from "../../backend/queries";
import { Button } from "../../shared/components/Button";
import { Dialog } from "../../shared/components/Dialog";
import { ErrorPanel, type ErrorNotice } from "../../shared/components/ErrorPanel";
import { TextField } from "../../shared/components/fields";
import { toast } from "../../shared/components/toasts";
import "./exchange.css";

/** Names between commas. */
function listed(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** The beginning of a day, UTC; null where none was chosen. */
function dayMicros(day: string): number | null {
  const millis = day === "" ? Number.NaN : Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(millis) ? null : millis * 1000;
}

/** The dialog closes once the service has answered. */
export function ConnectDialog({ onClose }: { readonly onClose: () => void }) {
  const backend = useBackend();
  const client = useQueryClient();
  const [url, setUrl] = useState("http://127.0.0.1:8600");
  const [token, setToken] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [sites, setSites] = useState("");
  const [devices, setDevices] = useState("");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [partOpen, setPartOpen] = useState(false);
  const [notice, setNotice] = useState<ErrorNotice | undefined>(undefined);
  const [fault, setFault] = useState<ReturnType<typeof connectFault>>(undefined);
  const connect = async () => {
    if (url.trim() === "" || token.trim() === "" || isBusy) return;
    setIsBusy(true);
    setNotice(undefined);
    setFault(undefined);
    try {
      const wanted = partOpen ? { sites: listed(sites), devices: listed(devices), fromMicros: dayMicros(from), untilMicros: dayMicros(until) } : null;
      const connection = await backend.connect(url.trim(), token.trim(), wanted);
      void client.invalidateQueries({ queryKey: cacheKeys.connections });
      toast(`Connected to ${connection.url}. Its captures arrive now.`);
      onClose();
    } catch (reason) {
      setNotice(noticeOf(reason));
      setFault(connectFault(reason));
      setIsBusy(false);
    }
  };
  return (
    <Dialog
      title="Connect a service"
      onClose={onClose}
      testId="connect-dialog"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" disabled={isBusy || url.trim() === "" || token.trim() === ""} data-testid="connect-run" onClick={() => void connect()}>
            {isBusy ? "Connecting…" : "Connect"}
          </Button>
        </>
      }
    >
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          void connect();
        }}
      >
        <TextField label="Address" value={url} onChange={setUrl} spellCheck={false} hint="Of the ingest service, with its port" aria-invalid={fault === "address" || fault === "certificate" || fault === "network"} data-testid="connect-url" data-autofocus />
        <TextField label="Token" type="password" value={token} onChange={setToken} autoComplete="off" hint="Whoever runs the service makes one: muster-ingest token create --role annotator" aria-invalid={fault === "token"} data-testid="connect-token" />
        <button type="button" className="fold" aria-expanded={partOpen} onClick={() => setPartOpen(!partOpen)} data-testid="connect-part">
          {partOpen ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
          Only a part of its captures
        </button>
        {partOpen ? (
          <>
            <TextField label="Sites" value={sites} onChange={setSites} spellCheck={false} hint="Names between commas; empty for all" data-testid="connect-sites" />
            <TextField label="Devices" value={devices} onChange={setDevices} spellCheck={false} hint="Names between commas; empty for all" data-testid="connect-devices" />
            <TextField label="Captured from" type="date" value={from} onChange={setFrom} hint="The day begins at midnight UTC" data-testid="connect-from" />
            <TextField label="Captured before" type="date" value={until} onChange={setUntil} data-testid="connect-until" />
          </>
        ) : null}
        <button type="submit" className="visually-hidden" tabIndex={-1} aria-hidden="true" />
      </form>
      {notice === undefined ? null : <ErrorPanel notice={notice} />}
    </Dialog>
  );
}
