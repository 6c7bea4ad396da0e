/** Why a query could not be run, under the bar: the fact, then what to write instead. */
import { OctagonAlert } from "lucide-react";
import { Button } from "../../../shared/components/Button";
import { ErrorPanel } from "../../../shared/components/ErrorPanel";
import type { QueryFault } from "../store";

/** One line for a wrong query; the full panel for any other failure. */
export function QueryFaultPanel({ fault, onRetry }: { readonly fault: QueryFault; readonly onRetry: () => void }) {
  if (!fault.isQuery) {
    return (
      <div className="pop query-fault-panel">
        <ErrorPanel notice={fault} actions={<Button onClick={onRetry}>Try again</Button>} />
      </div>
    );
  }
  return (
    <div className="pop query-fault" role="alert" data-testid="query-error">
      <OctagonAlert size={14} aria-hidden="true" className="danger" />
      <span className="selectable">
        {fault.fact}
        {fault.position === undefined ? null : <span className="t3"> at character {fault.position.start + 1}</span>}
        {fault.remedy === undefined ? null : <span className="t2 query-remedy">{fault.remedy}</span>}
      </span>
    </div>
  );
}
