/** Where the person is in the queue, and how to be done with the capture. */
import { ChevronLeft, ChevronRight, Flag, FastForward } from "lucide-react";
import { acceptable } from "../../../editor/acts/decide";
import { Button, IconButton } from "../../../shared/components/Button";
import { Segmented } from "../../../shared/components/fields";
import { ActionKbd } from "../../../shared/components/Kbd";
import { useChrome } from "../../../shared/components/ViewFrame";
import { formatCount, formatInstant } from "../../../shared/format";
import { pictureAssets } from "../workbench/prefetch";
import type { Workbench } from "../workbench/workbench";
import { useEditorPart, useWorkbench } from "./hooks";
import { ACCEPT_ABOVE, thresholdText, titleOf } from "./wording";

export interface TopBarActions {
  readonly back: () => void;
  readonly previous: () => void;
  readonly next: () => void;
  readonly acceptAbove: () => void;
  readonly submit: () => void;
  readonly skip: () => void;
  readonly escalate: () => void;
}

export function TopBar({ workbench, title, actions }: { readonly workbench: Workbench; readonly title: string; readonly actions: TopBarActions }) {
  const { total, index, detail, asset, stating } = useWorkbench(workbench, (state) => state);
  const count = useEditorPart(workbench.editor, () => acceptable(workbench.editor, ACCEPT_ABOVE).length);
  useEditorPart(workbench.editor, ({ records }) => records);
  const verdict = workbench.verdict();
  const assets = detail ? pictureAssets(detail) : [];
  const chrome = useChrome();
  const ready = detail !== null;
  return (
    <header className="an-topbar">
      <IconButton label="Back to the Library" onClick={actions.back} data-testid="annotate-back">
        <ChevronLeft size={16} />
      </IconButton>
      <span className="strong ell an-queue" data-tip="The search that is worked through">
        {title}
      </span>
      <span className="t2 nowrap" data-testid="queue-position">
        {index === null ? "not in the queue" : formatCount(index + 1)} <span className="t3">of {formatCount(total)}</span>
      </span>
      <span className="pbar an-progress" aria-hidden="true">
        <i style={{ width: total > 0 && index !== null ? `${((index + 1) / total) * 100}%` : 0 }} />
      </span>
      <span className="an-sep" />
      <Button variant="quiet" className="an-step" tip="Previous capture" aria-label="Previous capture" disabled={index === 0} onClick={actions.previous} data-testid="previous-capture">
        <ChevronLeft size={12} />
        <ActionKbd action="annotate.previous" />
      </Button>
      <Button variant="quiet" className="an-step" tip="Next capture" aria-label="Next capture" disabled={index !== null && index + 1 >= total} onClick={actions.next} data-testid="next-capture">
        <ActionKbd action="annotate.next" />
        <ChevronRight size={12} />
      </Button>
      {detail ? (
        <span className="t2 ell an-title">
          {titleOf(detail)} <span className="t3">{formatInstant(detail.capturedAtMicros)}</span>
        </span>
      ) : null}
      <span className="grow" />
      {asset && assets.length > 1 ? (
        <Segmented
          label="Picture of this capture"
          value={asset.name}
          options={assets.map(({ name, stream }) => ({ value: name, title: stream === "" ? name : stream }))}
          onChange={(name) => void workbench.showAsset(name)}
        />
      ) : null}
      <Button variant="quiet" tip="Pass over this capture, with a reason" action="annotate.skip" disabled={!ready} onClick={actions.skip} data-testid="skip">
        <FastForward size={14} />
        Skip
      </Button>
      <Button variant="quiet" className="an-escalate" tip="Leave this capture to somebody else, with a reason" action="annotate.escalate" disabled={!ready} onClick={actions.escalate} data-testid="escalate">
        <Flag size={14} />
        Escalate
      </Button>
      {chrome.topEnd}
      <Button action="annotate.acceptAbove" showKey disabled={count === 0 || !ready} onClick={actions.acceptAbove} data-testid="accept-above" tip="One act: undo takes all of them back">
        Accept {formatCount(count)} above {thresholdText(ACCEPT_ABOVE)}
      </Button>
      <Button
        variant="primary"
        action="annotate.submit"
        showKey
        disabled={!ready || stating}
        onClick={actions.submit}
        data-testid="submit-next"
        data-statement={verdict.statement}
        tip={
          verdict.statement === "submitted"
            ? `States that the ${formatCount(verdict.accepted)} accepted are complete and right`
            : "States that there is nothing to annotate in this capture"
        }
      >
        {verdict.statement === "verified_empty" && !verdict.doubtful ? "Submit as empty" : "Submit and next"}
      </Button>
    </header>
  );
}
