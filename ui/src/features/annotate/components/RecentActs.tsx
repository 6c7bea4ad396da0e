/** What was done on this capture last, newest first: the list that undo walks down. */
import { ActionKbd } from "../../../shared/components/Kbd";
import { formatCount } from "../../../shared/format";
import type { Workbench } from "../workbench/workbench";
import { useEditorPart, useWorkbench } from "./hooks";

const SHOWN = 8;

export function RecentActs({ workbench }: { readonly workbench: Workbench }) {
  const recentActs = useEditorPart(workbench.editor, (snapshot) => snapshot.recentActs);
  const undoCount = useEditorPart(workbench.editor, (snapshot) => snapshot.undoCount);
  const earlier = useWorkbench(workbench, (state) => state.earlierActs);
  const acts = [
    ...recentActs.map(({ seq, label }) => ({ key: `view ${seq}`, title: label })),
    ...earlier.map(({ operationId, title }) => ({ key: operationId, title })),
  ].slice(0, SHOWN);
  return (
    <section className="sec an-acts">
      <h3 className="sec-head">
        Recent acts <span className="aside">{formatCount(undoCount + earlier.length)}</span>
      </h3>
      {acts.length === 0 ? <p className="t3">None on this capture yet.</p> : null}
      {acts.map(({ key, title }, at) => (
        <div key={key} className={at === 0 ? "an-act" : "an-act t3"} data-testid="recent-act">
          <span className="ell grow">{title}</span>
          {at === 0 ? <ActionKbd action="annotate.undo" /> : null}
        </div>
      ))}
    </section>
  );
}
