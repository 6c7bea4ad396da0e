/** The objects of the capture, riskiest first, and below them what is known of the capture. */
import { PanelRightClose, PanelRightOpen } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState, type MouseEvent, type RefObject } from "react";
import { selectAndShow, toggleHidden, toggleLocked } from "../../../editor/acts/traverse";
import { toggled } from "../../../editor/view/marks";
import { IconButton } from "../../../shared/components/Button";
import { formatCount } from "../../../shared/format";
import { riskReasons } from "../workbench/risk";
import type { Workbench } from "../workbench/workbench";
import { CaptureFacts } from "./CaptureFacts";
import { useEditor, useEditorPart, useWorkbench } from "./hooks";
import { ObjectRow } from "./ObjectRow";
import { RecentActs } from "./RecentActs";

const ROW_PX = 25;
/** Longer lists draw only the rows in sight. */
const DRAW_ALL_UP_TO = 200;
const OVERSCAN = 8;

export function ObjectPanel({ workbench, open, onToggle }: { readonly workbench: Workbench; readonly open: boolean; readonly onToggle: () => void }) {
  const records = useEditorPart(workbench.editor, (snapshot) => snapshot.records);
  const undecided = records.filter(({ decision }) => decision === "undecided").length;
  if (!open) {
    return (
      <button type="button" className="an-folded" data-tip="Open the object panel" data-tip-key="]" aria-expanded={false} onClick={onToggle}>
        <PanelRightOpen size={14} />
        <span>Objects, {formatCount(undecided)} undecided</span>
      </button>
    );
  }
  return (
    <aside className="panel an-panel" aria-label="Objects and capture">
      <section className="sec an-objects">
        <h3 className="sec-head">
          Objects <span className="t3">{formatCount(records.length)}</span>
          {undecided > 0 ? <span className="tag warn">{formatCount(undecided)} undecided</span> : null}
          <span className="aside nowrap">By risk</span>
          <IconButton label="Fold the object panel" action="annotate.foldPanel" small onClick={onToggle}>
            <PanelRightClose size={14} />
          </IconButton>
        </h3>
        <ObjectList workbench={workbench} />
      </section>
      <div className="an-facts">
        <CaptureFacts workbench={workbench} />
        <RecentActs workbench={workbench} />
      </div>
    </aside>
  );
}

function ObjectList({ workbench }: { readonly workbench: Workbench }) {
  const { editor } = workbench;
  const { records, marks, classes } = useEditor(editor);
  const annotations = useWorkbench(workbench, (state) => state.annotations);
  const list = useRef<HTMLDivElement>(null);
  const reasons = useMemo(() => riskReasons(records, editor.image, classes), [records, classes, editor]);
  const { first, last, onScroll } = useWindow(list, records.length);

  const onPick = useCallback(
    (id: string, event: MouseEvent) => {
      const record = editor.record(id);
      if (!record || editor.busy) return;
      if (event.shiftKey || event.ctrlKey || event.metaKey) editor.select(toggled(editor.selection, id));
      else selectAndShow(editor, record);
    },
    [editor],
  );
  const onHover = useCallback((id: string | null) => editor.setHover(id), [editor]);
  const onHide = useCallback((id: string) => toggleHidden(editor, id), [editor]);
  const onLock = useCallback((id: string) => toggleLocked(editor, id), [editor]);

  const [only] = marks.selection.size === 1 ? marks.selection : [];
  useEffect(() => {
    // Scrolls just enough to show the one selected row.
    const element = list.current;
    const at = only === undefined ? -1 : records.findIndex(({ id }) => id === only);
    if (!element || at < 0) return;
    const above = at * ROW_PX;
    if (above < element.scrollTop) element.scrollTop = above;
    else if (above + ROW_PX > element.scrollTop + element.clientHeight) element.scrollTop = above + ROW_PX - element.clientHeight;
  }, [only, records]);
  if (records.length === 0) return <p className="an-none t3">Nothing yet. Drag with the box tool to draw the first object.</p>;
  return (
    <div ref={list} className="an-list" role="listbox" aria-label="Objects" aria-multiselectable="true" tabIndex={-1} onScroll={onScroll}>
      <div style={{ height: first * ROW_PX }} />
      {records.slice(first, last).map((record) => (
        <ObjectRow
          key={record.id}
          record={record}
          name={classes.name(record.classId)}
          colour={classes.colour(record.classId)}
          reason={reasons.get(record.id)}
          info={annotations.get(record.id)}
          selected={marks.selection.has(record.id)}
          hovered={marks.hover === record.id}
          hidden={marks.hidden.has(record.id)}
          locked={marks.locked.has(record.id)}
          onPick={onPick}
          onHover={onHover}
          onHide={onHide}
          onLock={onLock}
        />
      ))}
      <div style={{ height: (records.length - last) * ROW_PX }} />
    </div>
  );
}

/** The rows to draw of a long list. */
function useWindow(list: RefObject<HTMLDivElement | null>, count: number) {
  const [top, setTop] = useState(0);
  const onScroll = useCallback(() => setTop(list.current?.scrollTop ?? 0), [list]);
  if (count <= DRAW_ALL_UP_TO) return { first: 0, last: count, onScroll };
  const first = Math.min(Math.max(0, Math.floor(top / ROW_PX) - OVERSCAN), count);
  return { first, last: Math.min(count, first + 40 + 2 * OVERSCAN), onScroll };
}
