/** Why the capture exists: its trigger with the values it read, the signals, and what has been stated about it. */
import { Zap } from "lucide-react";
import { useState } from "react";
import type { CaptureDetail, NamedValue, Statement } from "../../../backend/backend";
import { FoldSection } from "../../../shared/components/small";
import { formatInstant, formatNumber } from "../../../shared/format";
import type { Workbench } from "../workbench/workbench";
import { useWorkbench } from "./hooks";

const STATEMENTS: Record<Statement, string> = {
  submitted: "Submitted",
  verified_empty: "Verified empty",
  skipped: "Skipped",
  escalated: "Escalated",
};

export function CaptureFacts({ workbench }: { readonly workbench: Workbench }) {
  const detail = useWorkbench(workbench, (state) => state.detail);
  const [open, setOpen] = useState({ trigger: true, signals: true, capture: true });
  if (!detail) return null;
  const { trigger } = detail;
  // What the trigger read is shown with it.
  const read = new Set(trigger?.values.map(({ name }) => name));
  const signals = detail.signals.filter(({ name }) => !read.has(name));
  return (
    <>
      {trigger ? (
        <FoldSection
          title="Trigger"
          icon={<Zap size={12} className="warn" />}
          aside={`${trigger.name}, v${trigger.version}`}
          open={open.trigger}
          onToggle={() => setOpen({ ...open, trigger: !open.trigger })}
        >
          <p className="mono t2 selectable an-expression">{trigger.expression}</p>
          <Values values={trigger.values} />
        </FoldSection>
      ) : null}
      {signals.length > 0 ? (
        <FoldSection title="Signals" aside={String(signals.length)} open={open.signals} onToggle={() => setOpen({ ...open, signals: !open.signals })}>
          <Values values={signals} />
        </FoldSection>
      ) : null}
      <FoldSection title="Capture" aside={detail.site ?? "imported"} open={open.capture} onToggle={() => setOpen({ ...open, capture: !open.capture })}>
        <Facts detail={detail} />
      </FoldSection>
    </>
  );
}

function Values({ values }: { readonly values: readonly NamedValue[] }) {
  return (
    <dl className="kv an-values">
      {values.map(({ name, value, number }) => (
        <div key={name} className="an-value">
          <dt className="ell" data-tip={name}>
            {name}
          </dt>
          <dd className="right selectable">{number === null ? value : formatNumber(number)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Facts({ detail }: { readonly detail: CaptureDetail }) {
  const { submission, tags, modelRuns } = detail;
  return (
    <dl className="kv">
      <dt>Captured</dt>
      <dd className="selectable">{formatInstant(detail.capturedAtMicros)}</dd>
      {detail.device === null ? null : (
        <>
          <dt>Device</dt>
          <dd className="selectable">{detail.device}</dd>
        </>
      )}
      {detail.sourcePath === null ? null : (
        <>
          <dt>File</dt>
          <dd className="selectable">{detail.sourcePath}</dd>
        </>
      )}
      <dt>Models</dt>
      <dd>{modelRuns.length === 0 ? "none has seen it" : modelRuns.map((run) => `${run.model} ${run.version}: ${run.outcome === "done" ? run.proposals : run.outcome}`).join(", ")}</dd>
      {tags.length === 0 ? null : (
        <>
          <dt>Tags</dt>
          <dd>{tags.join(", ")}</dd>
        </>
      )}
      <dt>Statement</dt>
      <dd data-testid="statement">
        {submission ? `${STATEMENTS[submission.statement]} by ${submission.person}${submission.reason === null ? "" : `: ${submission.reason}`}` : "none yet"}
      </dd>
    </dl>
  );
}
