/** Imports a folder, an archive, or an annotation file with its pictures. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FileJson } from "lucide-react";
import { useState } from "react";
import type { ImportRequest } from "../../backend/backend";
import { useBackend } from "../../backend/context";
import { messageOf, noticeOf } from "../../backend/errors";
import { Button } from "../../shared/components/Button";
import { Dialog } from "../../shared/components/Dialog";
import { ErrorPanel } from "../../shared/components/ErrorPanel";
import { CheckField, SelectField } from "../../shared/components/fields";
import { isActive, JobCard } from "../../shared/components/JobCard";
import { toast } from "../../shared/components/toasts";
import { useDebounced } from "../../shared/hooks/hooks";
import { ImportPreviewPanel } from "./ImportPreviewPanel";
import { ImportProblemList } from "./ImportProblemList";
import { PathField } from "./PathField";
import { useStartedJob } from "./useStartedJob";
import "./exchange.css";

const FORMATS = [
  { value: "auto", title: "Find out" },
  { value: "images", title: "Images and video" },
  { value: "coco", title: "COCO" },
] as const;

type Format = (typeof FORMATS)[number]["value"];

const ON_EXISTING = [
  { value: "merge", title: "Add what is new to it" },
  { value: "skip", title: "Leave it as it is" },
  { value: "replace", title: "Replace labels of earlier imports" },
] as const;

const ON_EXISTING_HINTS = {
  merge: "Labels that are not there yet are added; a changed file becomes a second capture.",
  skip: "It gets no labels; changed files are left out.",
  replace: "A changed file takes its capture's place. What a person decided always stays.",
} as const;

/** The dialog. `path` is what was chosen before it opened. */
export function ImportDialog({ path: firstPath, onClose }: { readonly path: string; readonly onClose: () => void }) {
  const backend = useBackend();
  const [path, setPath] = useState(firstPath);
  const [format, setFormat] = useState<Format>("auto");
  const [media, setMedia] = useState<ImportRequest["media"]>("reference");
  const [createClasses, setCreateClasses] = useState(true);
  const [onExisting, setOnExisting] = useState<ImportRequest["onExisting"]>("merge");
  const [skipDuplicates, setSkipDuplicates] = useState(false);
  const { job, notice, isStarting, start, cancel } = useStartedJob();
  const settled = useDebounced(path.trim(), 300);
  const { data: preview, error } = useQuery({
    queryKey: ["preview", settled, format],
    queryFn: () => backend.previewImport(settled, format),
    enabled: settled !== "" && job === undefined,
    placeholderData: keepPreviousData,
  });
  const choose = (picking: Promise<string | null>) =>
    void picking.then(
      (picked) => picked !== null && setPath(picked),
      (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
    );
  const run = () => {
    if (path.trim() !== "") start(() => backend.startImport({ path: path.trim(), format, media, createClasses, onExisting, skipDuplicates }));
  };
  const isDone = job?.state === "done";
  const runs = job !== undefined && isActive(job);
  return (
    <Dialog
      title="Import captures"
      onClose={onClose}
      testId="import-dialog"
      footer={
        isDone ? (
          <Button variant="primary" onClick={onClose} data-testid="import-done">
            Close
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{runs ? "Go on in the background" : "Cancel"}</Button>
            <Button variant="primary" disabled={path.trim() === "" || isStarting || runs} data-testid="import-run" onClick={run}>
              Import
            </Button>
          </>
        )
      }
    >
      {job === undefined ? (
        <form
          className="dialog-form"
          onSubmit={(event) => {
            event.preventDefault();
            run();
          }}
        >
          <PathField label="Folder, archive or annotation file" value={path} onChange={setPath} onPick={() => choose(backend.pickFolder("Choose a folder of captures"))} testId="import-path" />
          <Button size="small" variant="quiet" className="import-file" onClick={() => choose(backend.pickFile("Choose an archive, an annotation file or a video"))} tip="Such as captures.zip, or annotations.json with its images beside it">
            <FileJson size={14} />
            Choose a file
          </Button>
          <SelectField label="Format" value={format} options={FORMATS} onChange={setFormat} />
          <SelectField
            label="Pictures"
            testId="import-media"
            {...(preview?.isArchive === true ? { hint: "Those of an archive are copied in any case." } : {})}
            value={media}
            options={[
              { value: "reference", title: "Leave them where they are" },
              { value: "copy", title: "Copy them into the library" },
            ]}
            onChange={setMedia}
          />
          <SelectField label="What is here already" value={onExisting} options={ON_EXISTING} onChange={setOnExisting} hint={ON_EXISTING_HINTS[onExisting]} testId="import-existing" />
          <CheckField label="Leave out pictures with the bytes of another one" hint="Their labels go to that one." checked={skipDuplicates} onChange={setSkipDuplicates} />
          <CheckField label="Make a class of each unknown name" hint="Otherwise they are kept and counted under Project." checked={createClasses} onChange={setCreateClasses} />
          {settled === "" ? null : error !== null ? <ErrorPanel notice={noticeOf(error)} /> : preview === undefined ? <p className="t3">Looking into it…</p> : <ImportPreviewPanel preview={preview} />}
        </form>
      ) : (
        <>
          <JobCard job={job} onCancel={cancel} />
          {isDone ? <p className="t3">An import is one act: Undo takes it back as a whole.</p> : null}
          {runs || job.failed === 0 ? null : <ImportProblemList jobId={job.jobId} />}
        </>
      )}
      {notice === undefined ? null : <ErrorPanel notice={notice} />}
    </Dialog>
  );
}
