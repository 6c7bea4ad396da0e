/** Why a capture was made, and what happened to it. */
import { Route, Zap } from "lucide-react";
import type { LedgerEntry, NamedValue, TriggerDto } from "../../../backend/backend";
import { formatDate, formatInstant, formatNumber, formatTime } from "../../../shared/format";
import { Section } from "./Section";

/** Names and their values. */
export function Values({ values }: { readonly values: readonly NamedValue[] }) {
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

/** Why it was captured. */
export function TriggerSection({ trigger }: { readonly trigger: TriggerDto }) {
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

/** What happened to it. */
export function LedgerSection({ ledger }: { readonly ledger: readonly LedgerEntry[] }) {
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
