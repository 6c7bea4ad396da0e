/** React's view of the session and its editor. */
import { useSyncExternalStore } from "react";
import { useStore } from "zustand";
import type { Editor } from "../../../editor/editor";
import type { EditorSnapshot } from "../../../editor/view/snapshot";
import type { Session } from "../session/session";
import type { SessionState } from "../session/state";

/** Draws anew when the records, marks or the tool change; not while the picture is moved. */
export function useEditor(editor: Editor): EditorSnapshot {
  return useSyncExternalStore(editor.changed.subscribe, editor.snapshot);
}

/** Draws anew only when the selected part changes; `select` returns a primitive or something that is kept. */
export function useEditorPart<T>(editor: Editor, select: (snapshot: EditorSnapshot) => T): T {
  return useSyncExternalStore(editor.changed.subscribe, () => select(editor.snapshot()));
}

export function useSession<T>(session: Session, select: (state: SessionState) => T): T {
  return useStore(session.store, select);
}
