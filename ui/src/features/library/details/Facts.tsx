/** When, where and what a capture is. */
import { Copy } from "lucide-react";
import type { CaptureDetail } from "../../../backend/backend";
import { IconButton } from "../../../shared/components/Button";
import { formatBytes, formatDate, formatInstant, formatNumber, formatSeconds, shortenId } from "../../../shared/format";

const STATEMENTS = { submitted: "Submitted", verified_empty: "Verified empty", skipped: "Skipped", escalated: "Escalated" } as const;

const HOUR_MICROS = 3600e6;

function uncertaintyOf(micros: number): string {
  if (micros < 1e6) return `${formatNumber(micros / 1000)} ms`;
  return micros < HOUR_MICROS ? formatSeconds(micros / 1e6) : `${formatNumber(micros / HOUR_MICROS)} h`;
}

/** The list. */
export function Facts({ capture }: { readonly capture: CaptureDetail }) {
  const asset = capture.assets[0];
  const bytes = capture.assets.reduce((sum, each) => sum + each.bytes, 0);
  const streams = [...new Set(capture.assets.map((each) => each.stream).filter((stream) => stream !== ""))];
  const place = [capture.site, ...streams].filter(Boolean).join(", ");
  return (
    <dl className="kv selectable">
      <dt>Captured</dt>
      <dd>{formatInstant(capture.capturedAtMicros)}</dd>
      {capture.uncertaintyMicros > 0 ? (
        <>
          <dt>Clock</dt>
          <dd>
            ± {uncertaintyOf(capture.uncertaintyMicros)}
            {capture.uncertaintyMicros >= HOUR_MICROS ? <span className="t3"> the file names no time zone</span> : null}
          </dd>
        </>
      ) : null}
      {place === "" ? null : (
        <>
          <dt>Site, stream</dt>
          <dd>{place}</dd>
        </>
      )}
      {capture.sourcePath === null ? null : (
        <>
          <dt>File</dt>
          <dd>{capture.sourcePath}</dd>
        </>
      )}
      <dt>Assets</dt>
      <dd>
        {capture.assets.length === 1 && asset !== undefined ? asset.mediaType : `${capture.assets.length} files`}
        {asset !== undefined && asset.widthPx > 0 ? `, ${asset.widthPx} × ${asset.heightPx}` : ""}, {formatBytes(bytes)}
      </dd>
      <dt>Capture</dt>
      <dd className="row" style={{ gap: 4 }}>
        <span className="mono" data-tip={capture.captureId}>
          {shortenId(capture.captureId)}
        </span>
        <IconButton label="Copy the capture's id" small className="copy-id" onClick={() => void navigator.clipboard.writeText(capture.captureId)}>
          <Copy size={12} />
        </IconButton>
      </dd>
      {capture.submission === null ? null : (
        <>
          <dt>Submission</dt>
          <dd>
            {STATEMENTS[capture.submission.statement]}
            {capture.submission.reason === null ? "" : `: ${capture.submission.reason}`}
            <span className="t3">
              {" "}
              {capture.submission.person}, {formatDate(capture.submission.atMicros)}
            </span>
          </dd>
        </>
      )}
    </dl>
  );
}
