/** The Annotate view: one capture after the other, hands on the keyboard. */
import { useEffect, useMemo, useRef, useState, type MouseEvent } from "react";
import type { ResultOrder } from "../../backend/order";
import { useBackend } from "../../backend/context";
import { messageOf, noticeOf } from "../../backend/errors";
import { acceptAbove } from "../../editor/acts/decide";
import { Button } from "../../shared/components/Button";
import { ErrorPanel } from "../../shared/components/ErrorPanel";
import { EmptyState } from "../../shared/components/small";
import { toast } from "../../shared/components/toasts";
import { useLatest, useMediaQuery } from "../../shared/hooks/hooks";
import "./annotate.css";
import { CanvasHost } from "./components/CanvasHost";
import { FrameProblem, FrameWait, HintBar, SaveProblem } from "./components/CanvasNotices";
import { ClassPopover } from "./components/ClassPopover";
import { useEditorPart, useWorkbench } from "./components/hooks";
import { Minimap } from "./components/Minimap";
import { ObjectPanel } from "./components/ObjectPanel";
import { ReasonMenu } from "./components/ReasonMenu";
import { StatusLine } from "./components/StatusLine";
import { ToolStrip } from "./components/ToolStrip";
import { TopBar } from "./components/TopBar";
import { useAnnotateKeys } from "./components/useAnnotateKeys";
import { ACCEPT_ABOVE, titleOf } from "./components/wording";
import type { Workbench } from "./workbench/workbench";
import { workbenchOf } from "./workbench/workbenches";

export interface AnnotateViewProps {
  /** The search to work through. */
  readonly query: string;
  readonly order: ResultOrder;
  /** Where to begin; null is the first capture, or where the person was. */
  readonly captureId: string | null;
  readonly onBack: () => void;
  /** Another capture is open: to come back to it after a restart. */
  readonly onCapture?: (captureId: string) => void;
  /** Tests bring their own. */
  readonly workbench?: Workbench;
}

type Overlay = "none" | "classes" | "skipped" | "escalated";

export function AnnotateView(props: AnnotateViewProps) {
  const backend = useBackend();
  const workbench = props.workbench ?? workbenchOf(backend);
  const { query, order, captureId, onBack, onCapture } = props;
  const phase = useWorkbench(workbench, (state) => state.phase);
  const told = useLatest(onCapture);

  useEffect(() => workbench.opened.subscribe((openId) => told.current?.(openId)), [workbench, told]);
  useEffect(() => {
    void workbench.open({ query, order, captureId });
  }, [workbench, query, order, captureId]);
  useEffect(() => void workbench.comeBack(), [workbench]);

  if (phase === "empty") {
    return (
      <EmptyState title="No capture matches" actions={<Button variant="primary" onClick={onBack}>Back to the Library</Button>}>
        {query === "" ? "This library has no captures yet. Import a folder or connect to a service." : `Nothing matches ${query}. Change the query in the Library, then come back.`}
      </EmptyState>
    );
  }
  if (phase === "failed") return <OpenProblem workbench={workbench} onBack={onBack} />;
  return <Workplace workbench={workbench} title={query === "" ? "All captures" : query} onBack={onBack} />;
}

function OpenProblem({ workbench, onBack }: { readonly workbench: Workbench; readonly onBack: () => void }) {
  const error = useWorkbench(workbench, (state) => state.error);
  return (
    <div className="an-open-problem">
      <ErrorPanel
        notice={noticeOf(error)}
        actions={
          <>
            <Button variant="primary" onClick={() => void workbench.reopen()}>Try again</Button>
            <Button onClick={onBack}>Back to the Library</Button>
          </>
        }
      />
    </div>
  );
}

function Workplace({ workbench, title, onBack }: { readonly workbench: Workbench; readonly title: string; readonly onBack: () => void }) {
  const backend = useBackend();
  const { editor } = workbench;
  const canvas = useRef<HTMLDivElement>(null);
  const point = useRef<HTMLSpanElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const narrow = useMediaQuery("(max-width: 1180px)");
  const [panelOpen, setPanelOpen] = useState<boolean | null>(null);
  const [toolsOpen, setToolsOpen] = useState(true);
  const [overlay, setOverlay] = useState<Overlay>("none");
  const [warnedFor, setWarnedFor] = useState<string | null>(null);
  const detail = useWorkbench(workbench, (state) => state.detail);
  const undoCount = useEditorPart(editor, (snapshot) => snapshot.undoCount);
  const objects = useEditorPart(editor, ({ records }) => records.length);
  const panel = panelOpen ?? !narrow;
  // The warning holds only as long as nothing is done about it.
  const warnEmpty = detail !== null && warnedFor === `${detail.captureId} ${undoCount}`;
  const latest = useLatest({ warnEmpty, detail, panel, overlay });

  const actions = useMemo(() => {
    const report = (reason: unknown): void => toast(messageOf(reason), { kind: "bad" });
    const next = async (): Promise<void> => {
      if (!(await workbench.go(1)) && workbench.state.save.kind !== "failed") toast("That was the last capture of this queue");
    };
    const declared = async (done: Promise<boolean>): Promise<void> => {
      if (await done) await next();
    };
    return {
      back: onBack,
      previous: () => void workbench.go(-1).catch(report),
      next: () => void next().catch(report),
      submit: () => {
        const { warnEmpty: warned, detail: open } = latest.current;
        if (editor.busy) return;
        editor.settle();
        if (open && workbench.verdict().doubtful && !warned) setWarnedFor(`${open.captureId} ${editor.store.history.undoCount}`);
        else void declared(workbench.submit()).catch(report);
      },
      state: (statement: "skipped" | "escalated", reason: string) => {
        setOverlay("none");
        void declared(workbench.declare(statement, reason)).catch(report);
      },
      skip: () => setOverlay("skipped"),
      escalate: () => setOverlay("escalated"),
      acceptAbove: () => void acceptAbove(editor, ACCEPT_ABOVE),
      openClasses: () => {
        if (!editor.busy) setOverlay("classes");
      },
      closeOverlay: () => setOverlay("none"),
      foldTools: () => setToolsOpen((open) => !open),
      foldPanel: () => setPanelOpen(!latest.current.panel),
      nextRegion: () => focusNextRegion(root.current),
    };
  }, [workbench, editor, onBack, latest]);

  useAnnotateKeys(workbench, canvas, actions);
  useEffect(() => editor.classNeeded.subscribe(() => setOverlay("classes")), [editor]);
  useEffect(() => workbench.nothingToTurn.subscribe((kind) => toast(`Nothing to ${kind} on this capture`)), [workbench]);
  useEffect(() => {
    // The keys are on the canvas: it has the focus on opening, and again when something above it closes.
    if (overlay === "none") canvas.current?.focus({ preventScroll: true });
  }, [detail?.captureId, overlay]);
  useCountedInput(workbench);

  const onPoint = useMemo(
    () => (at: { readonly x: number; readonly y: number } | null) => {
      if (point.current) point.current.textContent = at ? `${at.x.toFixed(1)}, ${at.y.toFixed(1)}` : "";
    },
    [],
  );

  return (
    <div
      ref={root}
      className={["an-view", toolsOpen ? "" : "no-tools", panel ? "" : "no-panel"].filter(Boolean).join(" ")}
      data-testid="annotate-view"
      data-capture-id={detail?.captureId}
      onMouseDown={keepFocus}
    >
      <TopBar workbench={workbench} title={title} actions={actions} />
      {toolsOpen ? <ToolStrip editor={editor} /> : null}
      <CanvasHost workbench={workbench} canvas={canvas} label={detail ? `Picture of ${titleOf(detail)}, ${objects} objects` : "Picture"} onPoint={onPoint}>
        {detail ? <Minimap key={detail.captureId} editor={editor} thumbUrl={backend.thumbUrl(detail.captureId, 256)} /> : null}
        <FrameWait workbench={workbench} />
        <HintBar workbench={workbench} warnEmpty={warnEmpty} />
        <SaveProblem workbench={workbench} />
        <FrameProblem workbench={workbench} />
        {overlay === "classes" ? <ClassPopover workbench={workbench} onClose={actions.closeOverlay} /> : null}
      </CanvasHost>
      <ObjectPanel workbench={workbench} open={panel} onToggle={actions.foldPanel} />
      <StatusLine workbench={workbench} point={point} />
      {overlay === "skipped" || overlay === "escalated" ? (
        <ReasonMenu statement={overlay} onClose={actions.closeOverlay} onReason={(reason) => actions.state(overlay, reason)} />
      ) : null}
    </div>
  );
}

/** A press on a button does its work and leaves the focus on the canvas, where the keys are. */
function keepFocus(event: MouseEvent): void {
  if (event.target instanceof Element && event.target.closest("button, [role=option], .an-hint")) event.preventDefault();
}

const REGIONS = ["[data-testid=annotate-canvas]", ".an-topbar button:not(:disabled)", ".an-tools button", ".an-panel button, .an-folded"];

/** Tab belongs to the objects while the canvas has the focus; this key leads out of it. */
function focusNextRegion(root: HTMLElement | null): void {
  if (!root) return;
  const stops = REGIONS.flatMap((selector) => root.querySelector<HTMLElement>(selector) ?? []);
  const inside = stops.findLastIndex((stop) => stop === document.activeElement || stop.parentElement?.contains(document.activeElement) === true);
  stops[(inside + 1) % stops.length]?.focus();
}

/** Key presses and presses of the pointer are part of the record of work. */
function useCountedInput(workbench: Workbench): void {
  useEffect(() => {
    const count = (): void => workbench.countInput();
    window.addEventListener("keydown", count, true);
    window.addEventListener("pointerdown", count, true);
    return () => {
      window.removeEventListener("keydown", count, true);
      window.removeEventListener("pointerdown", count, true);
    };
  }, [workbench]);
}
