/** What lies above the canvas: the keys that matter, and everything that went wrong, until it is put right. */
import { TriangleAlert } from "lucide-react";
import { noticeOf } from "../../../backend/errors";
import { Button } from "../../../shared/components/Button";
import { ErrorPanel } from "../../../shared/components/ErrorPanel";
import { ActionKbd } from "../../../shared/components/Kbd";
import { formatCounted } from "../../../shared/format";
import type { Workbench } from "../workbench/workbench";
import { useEditorPart, useWorkbench } from "./hooks";

/** Saving failed: stays until all is saved or given up. */
export function SaveProblem({ workbench }: { readonly workbench: Workbench }) {
  const save = useWorkbench(workbench, (state) => state.save);
  if (save.kind !== "failed") return null;
  const notice = noticeOf(save.error);
  const acts = formatCounted(save.waiting, "act");
  return (
    <div className="an-problem an-float" data-testid="save-problem">
      <ErrorPanel
        notice={{
          ...notice,
          fact: `${acts} could not be saved: ${notice.fact}`,
          remedy: `${notice.remedy ?? "Try again."} Nothing is lost while this window is open.`,
        }}
        actions={
          <>
            <Button variant="primary" onClick={() => workbench.saver.retry()}>
              Retry
            </Button>
            <Button onClick={() => void workbench.discardUnsaved()} tip="Shows the capture as the library has it">
              Give up {acts}
            </Button>
          </>
        }
      />
    </div>
  );
}

/** The picture cannot be shown. Its annotations still can. */
export function FrameProblem({ workbench }: { readonly workbench: Workbench }) {
  const { frameError, asset } = useWorkbench(workbench, (state) => state);
  if (frameError === null) return null;
  const notice = noticeOf(frameError);
  return (
    <div className="an-problem an-float" data-testid="frame-problem">
      <ErrorPanel
        notice={{
          fact: `The picture ${asset?.name ?? ""} could not be shown`,
          remedy: asset?.local === false ? "It is not on this machine yet. Connect to the service that has it and try again." : "Look whether the file is still where it was, then try again.",
          technical: notice.technical ?? notice.fact,
        }}
        actions={
          <Button variant="primary" onClick={() => workbench.retryFrame()}>
            Try again
          </Button>
        }
      />
    </div>
  );
}

/** Said only when the wait is long enough to be noticed: the style sheet delays it. */
export function FrameWait({ workbench }: { readonly workbench: Workbench }) {
  const waits = useWorkbench(workbench, ({ phase, frame, frameError, asset }) => phase === "opening" || (asset !== null && frame === null && frameError === null));
  const nothing = useWorkbench(workbench, ({ phase, asset }) => phase === "ready" && asset === null);
  if (nothing) return <p className="an-wait now">This capture has no picture.</p>;
  return waits ? (
    <p className="an-wait" role="status">
      Fetching the picture…
    </p>
  ) : null;
}

/** Keys for the selected object, or a word of warning before a rash statement. */
export function HintBar({ workbench, warnEmpty }: { readonly workbench: Workbench; readonly warnEmpty: boolean }) {
  const { editor } = workbench;
  const records = useEditorPart(editor, (snapshot) => snapshot.records);
  const selected = useEditorPart(editor, ({ marks }) => marks.selection.size);
  const tool = useEditorPart(editor, (snapshot) => snapshot.tool);
  const classes = useEditorPart(editor, (snapshot) => snapshot.classes);
  const nextClassId = useEditorPart(editor, (snapshot) => snapshot.nextClassId);
  const undecided = records.filter(({ decision }) => decision === "undecided").length;
  if (warnEmpty) {
    return (
      <div className="an-hint an-float warn" role="alert" data-testid="warn-empty">
        <TriangleAlert size={14} />
        <span>
          Nothing is accepted and {formatCounted(undecided, "proposal waits", "proposals wait")}. <ActionKbd action="annotate.submit" /> again states: empty.
        </span>
      </div>
    );
  }
  if (tool === "box" && nextClassId !== null) {
    return (
      <div className="an-hint an-float">
        <i className="swatch" style={{ background: classes.colour(nextClassId) }} aria-hidden="true" />
        <span>Next box: {classes.name(nextClassId)}</span>
        <span>
          <ActionKbd action="annotate.class" /> class
        </span>
      </div>
    );
  }
  if (selected === 0) {
    return undecided === 0 && records.length > 0 ? (
      <div className="an-hint an-float">
        <span>All decided</span>
        <span>
          <ActionKbd action="annotate.submit" /> submit
        </span>
      </div>
    ) : null;
  }
  return (
    <div className="an-hint an-float">
      <span><ActionKbd action="annotate.accept" /> accept</span>
      <span><ActionKbd action="annotate.reject" /> reject</span>
      <span><ActionKbd action="annotate.nextObject" /> next</span>
      <span><ActionKbd action="annotate.class" /> class</span>
    </div>
  );
}
