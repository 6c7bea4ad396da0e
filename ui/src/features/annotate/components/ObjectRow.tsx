/** One object in the panel. */
import { Check, Eye, EyeOff, Lock, LockOpen, X } from "lucide-react";
import { memo, type MouseEvent } from "react";
import type { AnnotationDto } from "../../../backend/backend";
import type { AnnotationRecord, OriginKind } from "../../../editor/records/annotation";
import { Swatch } from "../../../shared/components/small";
import { formatConfidence } from "../../../shared/format";

/** Below this a proposal's bar is amber. */
const LOW = 0.55;

const BY: Record<OriginKind, string> = { person: "person", model: "model", import: "import", rule: "rule" };

export interface ObjectRowProps {
  readonly record: AnnotationRecord;
  readonly name: string;
  readonly colour: string;
  readonly reason: string | undefined;
  readonly info: AnnotationDto | undefined;
  readonly selected: boolean;
  readonly hovered: boolean;
  readonly hidden: boolean;
  readonly locked: boolean;
  readonly onPick: (id: string, event: MouseEvent) => void;
  readonly onHover: (id: string | null) => void;
  readonly onHide: (id: string) => void;
  readonly onLock: (id: string) => void;
}

export const ObjectRow = memo(function ObjectRow(props: ObjectRowProps) {
  const { record, name, colour, reason, info, selected, hovered, hidden, locked, onPick, onHover, onHide, onLock } = props;
  const { id, decision } = record;
  const classes = ["an-row", selected ? "on" : "", hovered ? "hov" : "", hidden ? "hid" : "", decision].filter(Boolean).join(" ");
  const said = info ? `${info.originLabel}; shape by ${info.geometryBy}, class by ${info.classBy}` : "Not saved yet";
  return (
    <div
      className={classes}
      role="option"
      aria-selected={selected}
      aria-label={`${name}, ${decision}${record.confidence === null ? "" : `, confidence ${formatConfidence(record.confidence)}`}`}
      data-testid="object-row"
      data-annotation-id={id}
      data-decision={decision}
      onClick={(event) => onPick(id, event)}
      onPointerEnter={() => onHover(id)}
      onPointerLeave={() => onHover(null)}
    >
      <Swatch color={colour} />
      <span className="an-row-name ell" data-tip={said}>
        {name}
        {record.text === null ? null : <span className="t2"> “{record.text}”</span>}
        {reason === undefined ? null : <span className="an-why">{reason}</span>}
      </span>
      <span className="an-row-marks">
        <button type="button" tabIndex={-1} className={hidden ? "lit" : ""} aria-label={hidden ? `Show ${name}` : `Hide ${name}`} data-tip={hidden ? "Show" : "Hide"} onClick={(event) => { event.stopPropagation(); onHide(id); }}>
          {hidden ? <EyeOff size={12} /> : <Eye size={12} />}
        </button>
        <button type="button" tabIndex={-1} className={locked ? "lit" : ""} aria-label={locked ? `Unlock ${name}` : `Lock ${name}`} data-tip={locked ? "Unlock" : "Lock against the pointer"} onClick={(event) => { event.stopPropagation(); onLock(id); }}>
          {locked ? <Lock size={12} /> : <LockOpen size={12} />}
        </button>
      </span>
      <Certainty record={record} by={BY[record.createdBy]} />
      <State decision={decision} />
    </div>
  );
});

function Certainty({ record, by }: { readonly record: AnnotationRecord; readonly by: string }) {
  if (record.decision === "accepted" || record.confidence === null) return <span className="an-by">{by}</span>;
  const { confidence } = record;
  return (
    <>
      <span className="conf" aria-hidden="true">
        <i className={confidence < LOW ? "low" : ""} style={{ width: `${Math.round(confidence * 100)}%` }} />
      </span>
      <span className="an-conf">{formatConfidence(confidence)}</span>
    </>
  );
}

function State({ decision }: { readonly decision: AnnotationRecord["decision"] }) {
  if (decision === "undecided") return <i className="an-undecided" aria-hidden="true" />;
  return decision === "accepted" ? <Check size={12} className="ok" aria-hidden="true" /> : <X size={12} className="t3" aria-hidden="true" />;
}
