/** Everything about the capture in focus: its picture, its facts, why it was captured, and what happened to it. */
import { Activity, Copy, Maximize2, Route, Tag, Zap } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import type { CaptureDetail, LedgerEntry, NamedValue, TriggerDto } from "../../../backend/backend";
import { useClassTable } from "../../../backend/classes";
import { useBackend } from "../../../backend/context";
import { noticeOf } from "../../../backend/errors";
import { useCapture } from "../../../backend/queries";
import { Boxes } from "../../../shared/components/Boxes";
import { Button, IconButton } from "../../../shared/components/Button";
import { ErrorPanel } from "../../../shared/components/ErrorPanel";
import { formatBytes, formatCount, formatDate, formatInstant, formatNumber, formatSeconds, formatTime, shortenId } from "../../../shared/format";
import "./details.css";

const STATEMENTS = { submitted: "Submitted", verified_empty: "Verified empty", skipped: "Skipped", escalated: "Escalated" } as const;

function Section(props: { readonly title: string; readonly icon: ReactNode; readonly aside?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="sec">
      <h3 className="sec-head">
        {props.icon}
        {props.title}
        <span className="aside">{props.aside}</span>
      </h3>
      {props.children}
    </section>
  );
}

function Picture({ capture }: { readonly capture: CaptureDetail }) {
  const backend = useBackend();
  const { colorOf } = useClassTable();
  const asset = capture.assets.find((candidate) => candidate.widthPx > 0) ?? capture.assets[0];
  const boxes = useMemo(
    () =>
      capture.annotations.flatMap(({ box, classId, decision, asset: on, deleted }) =>
        box === null || decision === "rejected" || deleted || on !== asset?.name ? [] : [{ ...box, color: colorOf(classId), isProposal: decision === "undecided" }],
      ),
    [capture, colorOf, asset],
  );
  const widthPx = asset?.widthPx ?? 0;
  const heightPx = asset?.heightPx ?? 0;
  const ratio = widthPx > 0 && heightPx > 0 ? widthPx / heightPx : 4 / 3;
  return (
    <div className="details-picture">
      <div className="details-shot" style={{ aspectRatio: String(ratio), width: `min(100%, ${260 * ratio}px)` }}>
        <img src={backend.thumbUrl(capture.captureId, 640)} alt="" draggable={false} />
        <Boxes widthPx={widthPx} heightPx={heightPx} boxes={boxes} />
      </div>
    </div>
  );
}

const HOUR_MICROS = 3600e6;

function uncertaintyOf(micros: number): string {
  if (micros < 1e6) return `${formatNumber(micros / 1000)} ms`;
  return micros < HOUR_MICROS ? formatSeconds(micros / 1e6) : `${formatNumber(micros / HOUR_MICROS)} h`;
}

function Facts({ capture }: { readonly capture: CaptureDetail }) {
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

function Values({ values }: { readonly values: readonly NamedValue[] }) {
  return (
    <dl className="values selectable">
      {values.map((entry) => (
        <div key={entry.name}>
          <dt className="ell" data-tip={entry.name.length > 28 ? entry.name : undefined}>
            {entry.name}
          </dt>
          <dd>{entry.number === null ? entry.value : formatNumber(entry.number)}</dd>
        </div>
      ))}
    </dl>
  );
}

function TriggerSection({ trigger }: { readonly trigger: TriggerDto }) {
  return (
    <Section
      title="Trigger"
      icon={<Zap size={12} />}
      aside={
        <span className="mono">
          {trigger.name} v{trigger.version}
        </span>
      }
    >
      <div className="expression mono selectable">{trigger.expression}</div>
      <Values values={trigger.values} />
    </Section>
  );
}

function toneOf(entry: LedgerEntry): string {
  if (/pending|open/.test(entry.event)) return "pending";
  if (/drop|evict|refus|fail|lost/.test(entry.event)) return "bad";
  return /paused|late|retry/.test(entry.text) ? "slow" : "";
}

function LedgerSection({ ledger }: { readonly ledger: readonly LedgerEntry[] }) {
  const days = new Set(ledger.map((entry) => formatDate(entry.atMicros)));
  const first = ledger[0];
  return (
    <Section title="What happened to it" icon={<Route size={12} />} aside={first !== undefined && days.size === 1 ? `${formatDate(first.atMicros)}, UTC` : "UTC"}>
      <ol className="ledger selectable">
        {ledger.map((entry, index) => (
          <li key={index} className={toneOf(entry)}>
            <i aria-hidden="true" />
            <b className="ell">{entry.event}</b>
            <span className="ell" data-tip={entry.text.length > 24 ? entry.text : undefined}>
              {entry.text}
            </span>
            <time data-tip={formatInstant(entry.atMicros)}>{days.size === 1 ? formatTime(entry.atMicros) : formatDate(entry.atMicros).replace(/ \d+$/, "")}</time>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function ClassCounts({ capture }: { readonly capture: CaptureDetail }) {
  const { colorOf, nameOf } = useClassTable();
  const counts = new Map<string, { readonly name: string; readonly color: string; readonly count: number; readonly undecided: number }>();
  for (const annotation of capture.annotations) {
    if (annotation.deleted || annotation.decision === "rejected") continue;
    const name = nameOf(annotation.classId) ?? annotation.modelClass ?? "no class";
    const last = counts.get(name);
    counts.set(name, {
      name,
      color: colorOf(annotation.classId),
      count: (last?.count ?? 0) + 1,
      undecided: (last?.undecided ?? 0) + (annotation.decision === "undecided" ? 1 : 0),
    });
  }
  if (counts.size === 0) return <p className="t3 details-none">No annotations.</p>;
  return (
    <ul className="class-counts">
      {[...counts.values()]
        .sort((a, b) => b.count - a.count)
        .map((entry) => (
          <li key={entry.name}>
            <i className="swatch" style={{ background: entry.color }} />
            <span className="ell">{entry.name}</span>
            <span className="n">
              {formatCount(entry.count)}
              {entry.undecided > 0 ? <span className="t3">, {formatCount(entry.undecided)} undecided</span> : null}
            </span>
          </li>
        ))}
    </ul>
  );
}

/** The panel for one capture. */
export function DetailsPanel({ captureId, onOpen }: { readonly captureId: string | undefined; readonly onOpen: () => void }) {
  const { data: capture, error } = useCapture(captureId);
  if (captureId === undefined) return <p className="details-empty t3">Choose a capture to see its facts.</p>;
  if (error !== null) return <ErrorPanel notice={noticeOf(error)} />;
  if (capture === undefined) return null;
  const undecided = capture.annotations.filter((annotation) => annotation.decision === "undecided" && !annotation.deleted).length;
  return (
    <div className="details-scroll" data-testid="details">
      <Picture capture={capture} />
      <section className="sec details-head">
        <div className="row">
          <span className="details-name ell">{capture.device ?? capture.sourcePath?.split("/").at(-1) ?? shortenId(capture.captureId)}</span>
          {undecided > 0 ? <span className="tag warn">{formatCount(undecided)} undecided</span> : null}
          <span className="grow" />
          <IconButton label="Open in Annotate" small action="library.open" onClick={onOpen}>
            <Maximize2 size={14} />
          </IconButton>
        </div>
        <Facts capture={capture} />
        {capture.tags.length === 0 ? null : (
          <div className="details-tags">
            <Tag size={12} aria-label="Tags" />
            {capture.tags.map((tag) => (
              <span key={tag} className="tag">
                {tag}
              </span>
            ))}
          </div>
        )}
        <ClassCounts capture={capture} />
      </section>
      {capture.trigger === null ? null : <TriggerSection trigger={capture.trigger} />}
      {capture.signals.length === 0 ? null : (
        <Section title="Signals" icon={<Activity size={12} />} aside="at the hit">
          <Values values={capture.signals} />
        </Section>
      )}
      {capture.ledger.length === 0 ? null : <LedgerSection ledger={capture.ledger} />}
      <div className="details-foot">
        <Button size="small" action="library.open" showKey onClick={onOpen}>
          Open
        </Button>
      </div>
    </div>
  );
}
