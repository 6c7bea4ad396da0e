/** A note on the capture. It is saved when the field is left, or with Ctrl+Enter. */
import { useQueryClient } from "@tanstack/react-query";
import { StickyNote } from "lucide-react";
import { useState } from "react";
import { useBackend } from "../../../backend/context";
import { cacheKeys } from "../../../backend/queries";
import { complain } from "../selected/useBulk";
import { Section } from "./Section";

/** `note` is what is written now. */
export function NoteSection({ captureId, note }: { readonly captureId: string; readonly note: string }) {
  const backend = useBackend();
  const client = useQueryClient();
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const save = () => {
    if (draft === undefined || draft.trim() === note.trim()) return setDraft(undefined);
    backend.setNote(captureId, draft.trim()).then(async () => {
      await client.invalidateQueries({ queryKey: cacheKeys.capture(captureId) });
      setDraft(undefined);
    }, complain);
  };
  const text = draft ?? note;
  return (
    <Section title="Note" icon={<StickyNote size={12} />} aside={draft !== undefined && draft.trim() !== note.trim() ? "not saved yet" : null}>
      <textarea
        className="field note-field"
        aria-label="Note"
        data-testid="note"
        placeholder="What the next person should know"
        rows={Math.max(1, Math.min(6, text.split("\n").length + Math.floor(text.length / 46)))}
        value={text}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={save}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            event.stopPropagation();
            event.currentTarget.blur();
          } else if (event.key === "Escape") {
            event.stopPropagation();
            setDraft(undefined);
          }
        }}
      />
    </Section>
  );
}
