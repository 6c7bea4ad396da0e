/** Lets a model propose annotations on captures. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useBackend } from "../../backend/context";
import { noticeOf } from "../../backend/errors";
import { rememberJob, useModels } from "../../backend/queries";
import { Button } from "../../shared/components/Button";
import { Dialog } from "../../shared/components/Dialog";
import { ErrorPanel, type ErrorNotice } from "../../shared/components/ErrorPanel";
import { SelectField } from "../../shared/components/fields";
import { toast } from "../../shared/components/toasts";
import { formatCounted } from "../../shared/format";
import "./models.css";

/** The application takes an empty id for its default models. */
const DEFAULTS = "";
/** Models that propose by themselves; others, such as one that reads found text, come along with these. */
const PROPOSING: ReadonlySet<string> = new Set(["detector", "ocr-det"]);

/** The dialog closes as soon as the job runs: its progress stands in the top bar. */
export function PrelabelDialog(props: { readonly query: string; readonly captureIds: readonly string[] | undefined; readonly count: number; readonly onClose: () => void }) {
  const { query, captureIds, count, onClose } = props;
  const backend = useBackend();
  const client = useQueryClient();
  const { data: models = [] } = useModels();
  const usable = models.filter((model) => model.installed && PROPOSING.has(model.role));
  const options = [{ value: DEFAULTS, title: "The default models" }, ...usable.map((entry) => ({ value: entry.id, title: `${entry.name} ${entry.version}` }))];
  const [model, setModel] = useState(DEFAULTS);
  const [minConfidence, setMinConfidence] = useState(0.3);
  const [notice, setNotice] = useState<ErrorNotice | undefined>(undefined);
  const [isBusy, setIsBusy] = useState(false);
  const run = async () => {
    setIsBusy(true);
    setNotice(undefined);
    try {
      const job = await backend.startPrelabel({ model, query, captureIds: captureIds === undefined ? null : [...captureIds], minConfidence });
      rememberJob(client, job);
      toast(`Pre-labelling ${formatCounted(count, "capture")}`);
      onClose();
    } catch (reason) {
      setNotice(noticeOf(reason));
      setIsBusy(false);
    }
  };
  return (
    <Dialog
      title={`Pre-label ${formatCounted(count, "capture")}`}
      onClose={onClose}
      testId="prelabel-dialog"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" disabled={usable.length === 0 || isBusy || count === 0} data-testid="prelabel-run" onClick={() => void run()}>
            Pre-label
          </Button>
        </>
      }
    >
      {usable.length === 0 ? (
        <p className="warn">No model is installed. Settings lists the models and how to get them.</p>
      ) : (
        <SelectField label="Model" value={model} options={options} onChange={setModel} hint={`Installed: ${usable.map((entry) => entry.name).join(", ")}`} />
      )}
      <div className="labelled">
        <label className="label-text" htmlFor="prelabel-confidence">
          Lowest confidence
        </label>
        <div className="row">
          <input id="prelabel-confidence" type="range" className="slider confidence-slider" min={0.05} max={0.95} step={0.05} value={minConfidence} onChange={(event) => setMinConfidence(Number(event.target.value))} />
          <span className="confidence-value">{minConfidence.toFixed(2)}</span>
        </div>
        <span className="hint">Proposals below it are not kept. Captures on which this model has run already are passed over.</span>
      </div>
      <p className="t3 small-text">It gives way while you annotate, and goes on after a restart. Cancelling keeps what is done. What a person decided stays as it is.</p>
      {notice === undefined ? null : <ErrorPanel notice={notice} />}
    </Dialog>
  );
}
