/** Exports captures as a dataset that training tools read. */
import { useState } from "react";
import type { ExportRequest } from "../../backend/backend";
import { useBackend } from "../../backend/context";
import { messageOf } from "../../backend/errors";
import { Button } from "../../shared/components/Button";
import { Dialog } from "../../shared/components/Dialog";
import { ErrorPanel } from "../../shared/components/ErrorPanel";
import { CheckField, SelectField } from "../../shared/components/fields";
import { isActive, JobCard } from "../../shared/components/JobCard";
import { toast } from "../../shared/components/toasts";
import { formatCounted } from "../../shared/format";
import { PathField } from "./PathField";
import { useStartedJob } from "./useStartedJob";
import "./exchange.css";

const MEDIA: readonly { readonly value: ExportRequest["media"]; readonly title: string }[] = [
  { value: "copy", title: "Copy the pictures beside the labels" },
  { value: "link", title: "Hard-link the pictures (no space, same disk)" },
  { value: "none", title: "Labels only" },
];

/** What is exported: chosen captures, or all that match the query. */
export interface ExportDialogProps {
  readonly query: string;
  readonly captureIds: readonly string[] | undefined;
  readonly count: number;
  readonly onClose: () => void;
}

/** The dialog. */
export function ExportDialog({ query, captureIds, count, onClose }: ExportDialogProps) {
  const backend = useBackend();
  const [out, setOut] = useState("");
  const [withProposals, setWithProposals] = useState(false);
  const [media, setMedia] = useState<ExportRequest["media"]>("copy");
  const { job, notice, isStarting, start, cancel } = useStartedJob();
  const pick = () =>
    void backend.pickFolder("Choose a new or empty folder for the export").then(
      (path) => path !== null && setOut(path),
      (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
    );
  const run = () => {
    if (out.trim() === "") return;
    start(() => backend.startExport({ format: "coco", out: out.trim(), query, captureIds: captureIds === undefined ? null : [...captureIds], includeProposals: withProposals, media }));
  };
  const isDone = job?.state === "done";
  const runs = job !== undefined && isActive(job);
  const what = captureIds === undefined ? (query.trim() === "" ? "the whole library" : "all that match the query") : "the selection";
  return (
    <Dialog
      title={`Export ${formatCounted(count, "capture")}`}
      onClose={onClose}
      testId="export-dialog"
      footer={
        isDone ? (
          <Button variant="primary" onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{runs ? "Go on in the background" : "Cancel"}</Button>
            <Button variant="primary" disabled={out.trim() === "" || isStarting || runs || count === 0} data-testid="export-run" onClick={run} tip="Write the dataset">
              Export
            </Button>
          </>
        )
      }
    >
      <p className="t2">
        From {what}
        {query.trim() === "" || captureIds !== undefined ? "." : ": "}
        {query.trim() === "" || captureIds !== undefined ? null : <span className="mono selectable">{query}</span>}
      </p>
      {job === undefined ? (
        <form
          className="dialog-form"
          onSubmit={(event) => {
            event.preventDefault();
            run();
          }}
        >
          <PathField label="Folder" value={out} onChange={setOut} onPick={pick} hint="New or empty. It gets annotations.json, a manifest with hashes, and the pictures." testId="export-out" />
          <SelectField label="Format" value="coco" options={[{ value: "coco", title: "COCO instances (JSON)" }]} onChange={() => undefined} hint="Read by pycocotools, Detectron2, MMDetection, FiftyOne." />
          <SelectField label="Pictures" value={media} options={MEDIA} onChange={setMedia} testId="export-media" />
          <CheckField label="Include proposals" hint="Undecided annotations, each with its score. Without this only what a person decided is written." checked={withProposals} onChange={setWithProposals} testId="export-proposals" />
        </form>
      ) : (
        <JobCard job={job} onCancel={cancel} />
      )}
      {isDone ? (
        <div className="dialog-done" data-testid="export-done">
          <p>
            <b>Exported to</b> <span className="mono selectable">{job.result ?? out}</span>
          </p>
          <Button size="small" onClick={() => void navigator.clipboard.writeText(job.result ?? out).then(() => toast("Copied the path"))}>
            Copy the path
          </Button>
        </div>
      ) : null}
      {notice === undefined ? null : <ErrorPanel notice={notice} />}
    </Dialog>
  );
}
