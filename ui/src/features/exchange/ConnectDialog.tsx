/** Connects an ingest service: its address and a token. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useBackend } from "../../backend/context";
import { noticeOf } from "../../backend/errors";
import { cacheKeys } from "../../backend/queries";
import { Button } from "../../shared/components/Button";
import { Dialog } from "../../shared/components/Dialog";
import { ErrorPanel, type ErrorNotice } from "../../shared/components/ErrorPanel";
import { TextField } from "../../shared/components/fields";
import { toast } from "../../shared/components/toasts";
import "./exchange.css";

/** The dialog closes once the service has answered. */
export function ConnectDialog({ onClose }: { readonly onClose: () => void }) {
  const backend = useBackend();
  const client = useQueryClient();
  const [url, setUrl] = useState("http://127.0.0.1:8600");
  const [token, setToken] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [notice, setNotice] = useState<ErrorNotice | undefined>(undefined);
  const connect = async () => {
    if (url.trim() === "" || token.trim() === "" || isBusy) return;
    setIsBusy(true);
    setNotice(undefined);
    try {
      const connection = await backend.connect(url.trim(), token.trim());
      void client.invalidateQueries({ queryKey: cacheKeys.connections });
      toast(`Connected to ${connection.url}. Its captures arrive now.`);
      onClose();
    } catch (reason) {
      setNotice(noticeOf(reason));
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
        <TextField label="Address" value={url} onChange={setUrl} spellCheck={false} hint="Of the ingest service, with its port" data-testid="connect-url" data-autofocus />
        <TextField label="Token" type="password" value={token} onChange={setToken} autoComplete="off" hint="Whoever runs the service makes one: muster-ingest token create --role annotator" data-testid="connect-token" />
        <button type="submit" className="visually-hidden" tabIndex={-1} aria-hidden="true" />
      </form>
      {notice === undefined ? null : <ErrorPanel notice={notice} />}
    </Dialog>
  );
}
