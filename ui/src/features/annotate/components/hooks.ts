/** React's view of the workbench and its editor. */
import { useSyncExternalStore } from "react";
import { useStore } from "zustand";
import type { Editor } from "../../../editor/editor";
import type { EditorSnapshot } from "../../../editor/view/snapshot";
import type { Workbench } from "../workbench/workbench";
import type { WorkbenchState } from "../workbench/state";

/** Draws anew when the records, marks or the tool change; not while the picture is moved. */
export function useEditor(editor: Editor): EditorSnapshot {
  return useSyncExternalStore(editor.changed.subscribe, editor.snapshot);
}

/** Draws anew only when the selected part changes; `select` returns a primitive or something that is kept. */
export function useEditorPart<T>(editor: Editor, select: (snapshot: EditorSnapshot) => T): T {
  return useSyncExternalStore(editor.changed.subscribe, () => select(editor.snapshot()));
}

export function useWorkbench<T>(workbench: Workbench, select: (state: WorkbenchState) => T): T {
  return useStore(workbench.store, select);
}
