/** What an import would do, before it runs. */
import type { ImportPreview } from "../../backend/backend";
import { formatBytes, formatCount, formatCounted } from "../../shared/format";

const CLASSES_SHOWN = 8;
const PROBLEMS_SHOWN = 5;

function Problems({ preview }: { readonly preview: ImportPreview }) {
  const count = preview.unreadable + preview.missing;
  if (count === 0) return null;
  const few = preview.problems.slice(0, PROBLEMS_SHOWN);
  return (
    <div className="import-missing">
      <b className="warn">{formatCounted(count, "file")} cannot be used</b>
      <span className="t2"> The others are imported.</span>
      <ul className="selectable" data-testid="import-problems">
        {few.map((problem) => (
          <li key={problem.path}>
            <span className="mono">{problem.path}</span> <span className="t3">{problem.reason}</span>
          </li>
        ))}
        {count > few.length ? <li>and {formatCount(count - few.length)} more</li> : null}
      </ul>
    </div>
  );
}

/** Counts of what is new, here already, changed, twice, or of no use. */
export function ImportPreviewPanel({ preview }: { readonly preview: ImportPreview }) {
  const rest = preview.unknownClasses.length - CLASSES_SHOWN;
  return (
    <div className="import-preview" data-testid="import-preview">
      <dl className="kv">
        <dt>Holds</dt>
        <dd>
          {formatCounted(preview.images, "picture")}
          {preview.annotations > 0 ? `, ${formatCounted(preview.annotations, "annotation")}` : ""}{" "}
          <span className="t3">
            ({preview.format}
            {preview.isArchive ? ", in an archive" : ""}, {formatBytes(preview.bytes)})
          </span>
        </dd>
        <dt>New</dt>
        <dd data-testid="import-new">{formatCounted(preview.new, "capture")}</dd>
        {preview.matched === 0 ? null : (
          <>
            <dt>Here already</dt>
            <dd data-testid="import-matched">{formatCount(preview.matched)}</dd>
          </>
        )}
        {preview.changed === 0 ? null : (
          <>
            <dt>Changed since</dt>
            <dd className="warn" data-testid="import-changed">
              {formatCount(preview.changed)}
            </dd>
          </>
        )}
        {preview.duplicate === 0 ? null : (
          <>
            <dt>Same bytes</dt>
            <dd data-testid="import-duplicate">
              {preview.duplicateIsPartial ? "at least " : ""}
              {formatCount(preview.duplicate)} <span className="t3">as another picture</span>
            </dd>
          </>
        )}
        {preview.unknownClasses.length === 0 ? null : (
          <>
            <dt>New classes</dt>
            <dd>
              {preview.unknownClasses.slice(0, CLASSES_SHOWN).map((entry) => (
                <span key={entry.name} className="tag import-class">
                  {entry.name} {formatCount(entry.count)}
                </span>
              ))}
              {rest > 0 ? <span className="t3">and {formatCount(rest)} more</span> : null}
            </dd>
          </>
        )}
      </dl>
      <Problems preview={preview} />
    </div>
  );
}
