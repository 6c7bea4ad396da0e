/** How sure the least sure proposal of each capture is, with a range to ask for. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useBackend } from "../../../backend/context";
import { cacheKeys } from "../../../backend/queries";
import { Button } from "../../../shared/components/Button";
import { formatCounted } from "../../../shared/format";
import { rangeOf, setField } from "../query/terms";
import { askFor, useLibrary, type Shown } from "../store";
import { PanelSection } from "./sections";

const HEIGHT_PX = 28;

/** The histogram with its two handles. Absent when no proposal is undecided. */
export function ConfidenceSection({ shown }: { readonly shown: Shown }) {
  const backend = useBackend();
  const { searchId } = shown.result;
  const { data: bins = [] } = useQuery({
    queryKey: cacheKeys.leastSure(searchId),
    queryFn: () => backend.confidenceHistogram(searchId),
    placeholderData: keepPreviousData,
  });
  const asked = rangeOf(shown.query, "conf");
  const [draft, setDraft] = useState<{ readonly low: number; readonly high: number } | undefined>(undefined);
  const range = draft ?? asked ?? { low: 0, high: 1 };
  const most = Math.max(1, ...bins);
  const captures = bins.reduce((sum, bin) => sum + bin, 0);
  if (captures === 0 && asked === undefined) return null;

  const commit = () => {
    if (draft === undefined) return;
    setDraft(undefined);
    const isAll = draft.low <= 0 && draft.high >= 1;
    const text = setField(useLibrary.getState().text, "conf", isAll ? undefined : `${draft.low.toFixed(2)}..${draft.high.toFixed(2)}`);
    askFor(backend, text);
  };
  const handle = (which: "low" | "high") => (
    <input
      type="range"
      min={0}
      max={1}
      step={0.01}
      value={range[which]}
      aria-label={which === "low" ? "Lowest confidence" : "Highest confidence"}
      onChange={(event) => {
        const value = Number(event.target.value);
        setDraft(which === "low" ? { low: Math.min(value, range.high), high: range.high } : { low: range.low, high: Math.max(value, range.low) });
      }}
      onPointerUp={commit}
      onKeyUp={commit}
      onBlur={commit}
    />
  );
  return (
    <PanelSection name="conf" title="Confidence" begins aside="lowest, undecided">
      <div className="histogram" data-tip={`Lowest confidence of an undecided proposal, ${formatCounted(captures, "capture")}`}>
        {bins.map((bin, index) => {
          const middle = (index + 0.5) / bins.length;
          const isInside = middle >= range.low && middle <= range.high;
          return <i key={index} className={isInside ? "inside" : ""} style={{ height: bin === 0 ? 1 : Math.max(2, (HEIGHT_PX * bin) / most) }} />;
        })}
      </div>
      <div className="range-pair">
        {handle("low")}
        {handle("high")}
      </div>
      <div className="row small-text t3">
        <span>{range.low.toFixed(2)}</span>
        <span className="grow" style={{ textAlign: "center" }}>
          {asked === undefined ? null : (
            <Button variant="link" className="small-text" onClick={() => askFor(backend, setField(useLibrary.getState().text, "conf", undefined))}>
              any
            </Button>
          )}
        </span>
        <span>{range.high.toFixed(2)}</span>
      </div>
    </PanelSection>
  );
}
