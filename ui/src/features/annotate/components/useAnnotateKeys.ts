/** What each key of the view does. */
import { useMemo, type RefObject } from "react";
import { setClass } from "../../../editor/acts/classify";
import { decide, remove } from "../../../editor/acts/decide";
import { selectAll, selectNeighbour, toggleRejected } from "../../../editor/acts/traverse";
import { useKeys, type KeyHandler } from "../../../shared/keys/KeymapProvider";
import type { Workbench } from "../workbench/workbench";

export interface ViewActions {
  readonly previous: () => void;
  readonly next: () => void;
  readonly submit: () => void;
  readonly skip: () => void;
  readonly escalate: () => void;
  readonly acceptAbove: () => void;
  readonly openClasses: () => void;
  readonly foldTools: () => void;
  readonly foldPanel: () => void;
  readonly nextRegion: () => void;
}

/** A held key repeats; an act must not. */
const once =
  (run: () => void): KeyHandler =>
  (event) => {
    if (event?.repeat !== true) run();
  };

export function useAnnotateKeys(workbench: Workbench, canvas: RefObject<HTMLElement | null>, actions: ViewActions): void {
  const handlers = useMemo(() => handlersOf(workbench, canvas, actions), [workbench, canvas, actions]);
  useKeys("annotate", handlers);
}

function handlersOf(workbench: Workbench, canvas: RefObject<HTMLElement | null>, actions: ViewActions): Record<string, KeyHandler> {
  const { editor } = workbench;
  // Tab and arrows belong to the page unless the canvas has the focus.
  const onCanvas =
    (run: () => void): KeyHandler =>
    (event) => {
      if (event && document.activeElement !== canvas.current && document.activeElement !== document.body) return false;
      run();
      return true;
    };
  const nudge = (dx: number, dy: number): KeyHandler => onCanvas(() => editor.nudge(dx, dy));
  const classKeys = Array.from({ length: 9 }, (_, at) => {
    const key = at + 1;
    const handler = once(() => {
      const entry = editor.classes.forKey(key);
      if (entry) setClass(editor, entry.id);
    });
    return [`annotate.class${key}`, handler] as const;
  });
  return {
    "annotate.accept": once(() => decide(editor, "accepted")),
    "annotate.reject": once(() => decide(editor, "rejected")),
    "annotate.acceptAbove": once(actions.acceptAbove),
    "annotate.class": once(actions.openClasses),
    ...Object.fromEntries(classKeys),
    "annotate.delete": once(() => remove(editor)),
    "annotate.nextObject": onCanvas(() => selectNeighbour(editor, 1)),
    "annotate.previousObject": onCanvas(() => selectNeighbour(editor, -1)),
    "annotate.selectAll": () => selectAll(editor),
    "annotate.toolSelect": () => editor.setTool("select"),
    "annotate.toolHand": () => editor.setTool("hand"),
    "annotate.toolBox": () => editor.setTool("box"),
    "annotate.left": nudge(-1, 0),
    "annotate.right": nudge(1, 0),
    "annotate.up": nudge(0, -1),
    "annotate.down": nudge(0, 1),
    "annotate.farLeft": nudge(-10, 0),
    "annotate.farRight": nudge(10, 0),
    "annotate.farUp": nudge(0, -10),
    "annotate.farDown": nudge(0, 10),
    "annotate.undo": () => workbench.undo(),
    "annotate.redo": () => workbench.redo(),
    "annotate.cancel": () => editor.cancel(),
    "annotate.next": actions.next,
    "annotate.previous": actions.previous,
    "annotate.submit": once(actions.submit),
    "annotate.skip": once(actions.skip),
    "annotate.escalate": once(actions.escalate),
    "annotate.fit": () => editor.camera.fit(),
    "annotate.actualSize": () => editor.camera.actualSize(),
    "annotate.zoomIn": () => editor.camera.zoomAboutMiddle(1.25),
    "annotate.zoomOut": () => editor.camera.zoomAboutMiddle(0.8),
    "annotate.rejected": once(() => toggleRejected(editor)),
    "annotate.foldTools": once(actions.foldTools),
    "annotate.foldPanel": once(actions.foldPanel),
    "annotate.regions": once(actions.nextRegion),
  };
}
