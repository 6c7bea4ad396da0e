/** Acts on many captures at once: each says what it did, and offers the way back where there is one. */
import { useBackend } from "../../../backend/context";
import { messageOf } from "../../../backend/errors";
import { toast } from "../../../shared/components/toasts";

/** Says what went wrong. */
export function complain(reason: unknown): void {
  toast(messageOf(reason), { kind: "bad" });
}

/** A notice with Undo, for what is one step of the history. */
export function useUndoNotice(): (text: string) => void {
  const backend = useBackend();
  return (text) => {
    const undo = () => void backend.undo(null).then(({ title }) => toast(title === null ? "Nothing to undo" : `Undone: ${title}`), complain);
    toast(text, { action: { title: "Undo", run: undo } });
  };
}
