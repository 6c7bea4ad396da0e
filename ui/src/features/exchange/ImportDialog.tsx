/** Imports a folder of pictures, or an annotation file with its pictures. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FileJson } from "lucide-react";
import { useState } from "react";
import type { ImportPreview, ImportRequest } from "../../backend/backend";
import { useBackend } from "../../backend/context";
import { messageOf, noticeOf } from "../../backend/errors";
import { Button } from "../../shared/components/Button";
import { Dialog } from "../../shared/components/Dialog";
import { ErrorPanel } from "../../shared/components/ErrorPanel";
import { CheckField, SelectField } from "../../shared/components/fields";
import { isActive, JobCard } from "../../shared/components/JobCard";
import { toast } from "../../shared/components/toasts";
import { formatCount, formatCounted } from "../../shared/format";
import { useDebounced } from "../../shared/hooks/hooks";
import { PathField } from "./PathField";
import { useStartedJob } from "./useStartedJob";
import "./exchange.css";

const FORMATS = [
  { value: "auto", title: "Find out" },
  { value: "images", title: "Images and video" },
  { value: "coco", title: "COCO" },
] as const;

type Format = (typeof FORMATS)[number]["value"];

function Preview({ preview }: { readonly preview: ImportPreview }) {
  const few = preview.missing.slice(0, 5);
  return (
    <div className="import-preview" data-testid="import-preview">
      <dl className="kv">
        <dt>Holds</dt>
        <dd>
          {formatCounted(preview.images, "picture")}
          {preview.annotations > 0 ? `, ${formatCounted(preview.annotations, "annotation")}` : ""} <span className="t3">({preview.format})</span>
        </dd>
        <dt>New</dt>
        <dd>
          {formatCounted(preview.newCaptures, "capture")}
          {preview.duplicates > 0 ? <span className="t3">, {formatCount(preview.duplicates)} here already</span> : null}
        </dd>
        {preview.unknownClasses.length === 0 ? null : (
          <>
            <dt>New classes</dt>
            <dd>
              {preview.unknownClasses.slice(0, 8).map((entry) => (
                <span key={entry.name} className="tag import-class">
                  {entry.name} {formatCount(entry.count)}
                </span>
              ))}
              {preview.unknownClasses.length > 8 ? <span className="t3">and {preview.unknownClasses.length - 8} more</span> : null}
            </dd>
          </>
        )}
      </dl>
      {preview.missing.length === 0 ? null : (
        <div className="import-missing">
          <b className="warn">{preview.missing.length >= 100 ? "100 or more pictures are missing" : `${formatCounted(preview.missing.length, "picture")} missing`}</b>
          <span className="t2"> The file names them, but they are not beside it. The others are imported.</span>
          <ul className="mono selectable">
            {few.map((path) => (
              <li key={path}>{path}</li>
            ))}
            {preview.missing.length > few.length ? <li>and {preview.missing.length - few.length} more</li> : null}
          </ul>
        </div>
      )}
    </div>
  );
}

/** The dialog. `path` is what was chosen before it opened. */
export function ImportDialog({ path: firstPath, onClose }: { readonly path: string; readonly onClose: () => void }) {
  const backend = useBackend();
  const [path, setPath] = useState(firstPath);
  const [format, setFormat] = useState<Format>("auto");
  const [media, setMedia] = useState<ImportRequest["media"]>("reference");
  const [createClasses, setCreateClasses] = useState(true);
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
    if (path.trim() !== "") start(() => backend.startImport({ path: path.trim(), format, media, createClasses }));
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
          <PathField label="Folder or annotation file" value={path} onChange={setPath} onPick={() => choose(backend.pickFolder("Choose a folder of captures"))} testId="import-path" />
          <Button size="small" variant="quiet" className="import-file" onClick={() => choose(backend.pickFile("Choose an annotation file"))} tip="Such as annotations.json with its images beside it">
            <FileJson size={14} />
            Choose an annotation file
          </Button>
          <SelectField label="Format" value={format} options={FORMATS} onChange={setFormat} />
          <SelectField
            label="Pictures"
            value={media}
            options={[
              { value: "reference", title: "Leave them where they are" },
              { value: "copy", title: "Copy them into the library" },
            ]}
            onChange={setMedia}
          />
          <CheckField label="Make a class of each unknown name" hint="Otherwise they are kept and counted under Project." checked={createClasses} onChange={setCreateClasses} />
          {settled === "" ? null : error !== null ? <ErrorPanel notice={noticeOf(error)} /> : preview === undefined ? <p className="t3">Looking into it…</p> : <Preview preview={preview} />}
        </form>
      ) : (
        <JobCard job={job} onCancel={cancel} />
      )}
      {notice === undefined ? null : <ErrorPanel notice={notice} />}
    </Dialog>
  );
}
