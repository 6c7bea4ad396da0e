/** The last line: what is saved, what can be undone, the keys that matter now, zoom and pointer. */
import { Check, CircleAlert, LoaderCircle, Undo2 } from "lucide-react";
import { useEffect, useRef, type RefObject } from "react";
import type { Editor } from "../../../editor/editor";
import { Button } from "../../../shared/components/Button";
import { ActionKbd } from "../../../shared/components/Kbd";
import { formatCount } from "../../../shared/format";
import type { SaveState } from "../workbench/saver";
import type { Workbench } from "../workbench/workbench";
import { useEditorPart, useWorkbench } from "./hooks";

/** Those of the selected object stand on the canvas. */
const HINTS = [
  { action: "annotate.toolBox", text: "box" },
  { action: "annotate.toolSelect", text: "select" },
  { action: "annotate.pan", text: "hold pans" },
  { action: "annotate.undo", text: "undo" },
] as const;

export function StatusLine({ workbench, point }: { readonly workbench: Workbench; readonly point: RefObject<HTMLSpanElement | null> }) {
  const undoCount = useEditorPart(workbench.editor, (snapshot) => snapshot.undoCount);
  const { save, earlierActs, decodedAhead } = useWorkbench(workbench, (state) => state);
  const toUndo = undoCount + earlierActs.length;
  return (
    <footer className="an-status" data-testid="annotate-status">
      <SaveMark save={save} onRetry={() => workbench.saver.retry()} />
      <span className="it">
        <Undo2 size={12} />
        {formatCount(toUndo)} to undo
      </span>
      <span className="it" data-tip="Captures around this one whose picture is already decoded">
        {formatCount(decodedAhead)} ready
      </span>
      <span className="grow" />
      {HINTS.map(({ action, text }) => (
        <span key={action} className="it an-wide">
          <ActionKbd action={action} /> {text}
        </span>
      ))}
      <span className="it">
        <kbd>?</kbd> keys
      </span>
      <Zoom editor={workbench.editor} />
      <span ref={point} className="it t3 an-point" data-tip="Pointer, in pixels of the picture" />
    </footer>
  );
}

function SaveMark({ save, onRetry }: { readonly save: SaveState; readonly onRetry: () => void }) {
  const { kind } = save;
  return (
    <span className={`it an-save ${kind === "saved" ? "ok" : kind === "failed" ? "danger" : "t2"}`} role="status" data-testid="save-state" data-state={kind}>
      {kind === "saved" ? <Check size={12} /> : kind === "failed" ? <CircleAlert size={12} /> : <LoaderCircle size={12} />}
      {kind === "saved" ? "Saved" : kind === "saving" ? "Saving…" : `${formatCount(save.waiting)} not saved`}
      {kind === "failed" ? (
        <Button variant="link" onClick={onRetry}>
          Retry
        </Button>
      ) : null}
    </span>
  );
}

/** Written without React: it changes with every frame of a zoom. */
function Zoom({ editor }: { readonly editor: Editor }) {
  const text = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const write = (): void => {
      if (text.current) text.current.textContent = `${Math.round(editor.viewFromImage.scale * 100)} %`;
    };
    write();
    return editor.changed.subscribe(write);
  }, [editor]);
  return <span ref={text} className="it t3 an-zoom" data-tip="Screen pixels for a pixel of the picture" />;
}
