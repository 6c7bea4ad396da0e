/** The person's name, saved when the field is left. */
import { useState } from "react";

/** An empty name is not saved. */
export function NameField({ value, onCommit }: { readonly value: string; readonly onCommit: (value: string) => void }) {
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const commit = () => {
    if (draft === undefined) return;
    setDraft(undefined);
    if (draft.trim() !== "" && draft.trim() !== value) onCommit(draft.trim());
  };
  return (
    <input
      className="field setting-name"
      aria-label="Name"
      data-testid="setting-name"
      maxLength={80}
      value={draft ?? value}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
}
