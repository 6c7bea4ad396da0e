/** How the values of a number or a time lie over the result. Dragging over the bars asks for a part of them. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef, useState, type PointerEvent } from "react";
import type { Histogram, HistogramField } from "../../../backend/backend";
import { useBackend } from "../../../backend/context";
import { cacheKeys } from "../../../backend/queries";
import { Button } from "../../../shared/components/Button";
import { formatCounted } from "../../../shared/format";
import { hasTerm, setField } from "../query/terms";
import { askFor, useLibrary, type Shown } from "../store";
import { axisLabel, spanTerm, type Span } from "./scale";
import { PanelSection, useSection } from "./sections";

const BINS = 48;
const HEIGHT_PX = 30;
/** Less is a click, not a drag. */
const LEAST_DRAG = 0.015;

/** Bars with a brush and two handles. `chosen` is in fractions of the axis. */
export function BrushedBars(props: {
  readonly label: string;
  readonly bins: readonly number[];
  readonly span: Span;
  readonly nameOf: (value: number) => string;
  readonly onSpan: (span: Span) => void;
}) {
  const { label, bins, span, nameOf, onSpan } = props;
  const [draft, setDraft] = useState<readonly [number, number] | undefined>(undefined);
  const origin = useRef<number | undefined>(undefined);
  const [low, high] = draft ?? [0, 1];
  const most = Math.max(1, ...bins);
  const total = bins.reduce((sum, bin) => sum + bin, 0);
  const at = (fraction: number) => span.low + fraction * (span.high - span.low);
  const fractionAt = (event: PointerEvent<HTMLElement>) => {
    const bounds = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - bounds.left) / Math.max(1, bounds.width)));
  };
  const commit = (next: readonly [number, number] | undefined) => {
    setDraft(undefined);
    if (next !== undefined && (next[0] > 0 || next[1] < 1)) onSpan({ low: next[0] <= 0 ? span.low : at(next[0]), high: next[1] >= 1 ? span.high : at(next[1]) });
  };
  const handle = (which: "Least" | "Greatest") => (
    <input
      type="range"
      min={0}
      max={1}
      step={0.01}
      value={which === "Least" ? low : high}
      aria-label={`${which} ${label}`}
      aria-valuetext={nameOf(at(which === "Least" ? low : high))}
      onChange={(event) => {
        const value = Number(event.target.value);
        setDraft(which === "Least" ? [Math.min(value, high), high] : [low, Math.max(value, low)]);
      }}
      onPointerUp={() => commit(draft)}
      onKeyUp={() => commit(draft)}
      onBlur={() => commit(draft)}
    />
  );
  return (
    <>
      <div
        className="histogram"
        data-tip={`${label}, ${formatCounted(total, "capture")}: drag to choose a part`}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          origin.current = fractionAt(event);
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          if (origin.current === undefined) return;
          const here = fractionAt(event);
          setDraft([Math.min(origin.current, here), Math.max(origin.current, here)]);
        }}
        onPointerUp={() => {
          origin.current = undefined;
          commit(draft !== undefined && draft[1] - draft[0] >= LEAST_DRAG ? draft : undefined);
        }}
        onPointerCancel={() => {
          origin.current = undefined;
          setDraft(undefined);
        }}
      >
        {bins.map((bin, index) => {
          const middle = (index + 0.5) / bins.length;
          const isInside = middle >= low && middle <= high;
          return <i key={index} className={isInside ? "inside" : ""} style={{ height: bin === 0 ? 1 : Math.max(2, (HEIGHT_PX * bin) / most) }} />;
        })}
      </div>
      <div className="range-pair">
        {handle("Least")}
        {handle("Greatest")}
      </div>
      <div className="row small-text t3 range-ends">
        <span>{nameOf(at(low))}</span>
        <span>{nameOf(at(high))}</span>
      </div>
    </>
  );
}

function Body({ field, histogram, isAsked }: { readonly field: HistogramField; readonly histogram: Histogram; readonly isAsked: boolean }) {
  const backend = useBackend();
  const { kind, least, greatest, bins, missing } = histogram;
  const span = { low: least, high: greatest };
  const ask = (term: string | undefined) => askFor(backend, setField(useLibrary.getState().text, field.name, term));
  const count = bins.reduce((sum, bin) => sum + bin, 0);
  return (
    <>
      {count === 0 || least === greatest ? (
        <p className="t3 small-text">{count === 0 ? "No capture here has a value." : `All have ${axisLabel(kind, least, { low: least, high: least })}.`}</p>
      ) : (
        <BrushedBars label={field.title} bins={bins} span={span} nameOf={(value) => axisLabel(kind, value, span)} onSpan={(next) => ask(spanTerm(kind, next, span))} />
      )}
      {isAsked || (missing > 0 && count > 0) ? (
        <div className="row small-text t3">
          <span className="grow">{missing > 0 && count > 0 ? `${formatCounted(missing, "capture")} without` : ""}</span>
          {isAsked ? (
            <Button variant="link" className="small-text" onClick={() => ask(undefined)}>
              any
            </Button>
          ) : null}
        </div>
      ) : null}
    </>
  );
}

/** The section of one field; counted only while it is open. */
export function HistogramSection({ shown, field, begins }: { readonly shown: Shown; readonly field: HistogramField; readonly begins: boolean }) {
  const backend = useBackend();
  const { searchId } = shown.result;
  const name = `histogram ${field.name}`;
  const isOpen = useSection(name, begins);
  const { data: histogram } = useQuery({
    queryKey: cacheKeys.histogram(searchId, field.name, BINS),
    queryFn: () => backend.histogram(searchId, field.name, BINS),
    placeholderData: keepPreviousData,
    enabled: isOpen,
  });
  const isAsked = hasTerm(shown.query, field.name);
  return (
    <PanelSection name={name} title={field.title} begins={begins} aside={isAsked ? "a part" : field.kind === "time" && isOpen ? "UTC" : null}>
      {histogram === undefined || histogram.field !== field.name ? null : <Body field={field} histogram={histogram} isAsked={isAsked} />}
    </PanelSection>
  );
}
