/** Sets a tag on the selected captures, or takes one off. */
import { useQuery } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { useBackend } from "../../../backend/context";
import { cacheKeys } from "../../../backend/queries";
import { Button } from "../../../shared/components/Button";
import { Dialog } from "../../../shared/components/Dialog";
import { TextField } from "../../../shared/components/fields";
import { formatCount, formatCounted } from "../../../shared/format";
import { plainValue } from "../query/terms";
import type { Shown } from "../store";
import { selectionOf } from "./scope";
import { complain, useUndoNotice } from "./useBulk";

const OFFERED = 12;

/** The dialog. The tags of the result are offered, most frequent first. */
export function TagDialog({ shown, count, onClose }: { readonly shown: Shown; readonly count: number; readonly onClose: () => void }) {
  const backend = useBackend();
  const tell = useUndoNotice();
  const { searchId } = shown.result;
  const [tag, setTag] = useState("");
  const [isSaving, setIsSaving] = useState(false);
  const isBusy = useRef(false);
  const listId = useId();
  const { data: facet } = useQuery({ queryKey: cacheKeys.facetValues(searchId, "tag", ""), queryFn: () => backend.facetValues(searchId, "tag", "", 200) });
  const name = tag.trim();
  const known = (facet?.values ?? []).map((entry) => ({ name: plainValue(entry.value), count: entry.count }));
  const offered = known.filter((entry) => entry.name.toLowerCase().includes(name.toLowerCase())).slice(0, OFFERED);
  const apply = async (present: boolean) => {
    if (name === "" || isBusy.current) return;
    isBusy.current = true;
    setIsSaving(true);
    try {
      const { changed } = await backend.tagSelection(selectionOf(shown), name, present);
      onClose();
      tell(present ? `Tagged ${formatCounted(changed, "capture")} “${name}”` : `Took “${name}” off ${formatCounted(changed, "capture")}`);
    } catch (reason) {
      complain(reason);
      setIsSaving(false);
    } finally {
      isBusy.current = false;
    }
  };
  return (
    <Dialog
      title={`Tag ${formatCounted(count, "capture")}`}
      onClose={onClose}
      footer={
        <>
          {isSaving ? <span className="t3 grow">Tagging {formatCounted(count, "capture")}…</span> : null}
          <Button onClick={() => void apply(false)} disabled={name === "" || isSaving} tip="Take this tag off the selected captures">
            Remove
          </Button>
          <Button variant="primary" onClick={() => void apply(true)} disabled={name === "" || isSaving} tip="Set this tag (Enter)">
            Add
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void apply(true);
        }}
      >
        <TextField label="Tag" value={tag} onChange={setTag} placeholder="night" hint="A mark of yours, found with tag:name. It is never a class." data-autofocus data-testid="tag-input" aria-describedby={listId} />
      </form>
      {offered.length === 0 ? null : (
        <div className="tag-offers" id={listId} role="group" aria-label="Tags of the result">
          {offered.map((entry) => (
            <button key={entry.name} type="button" className="tag tag-offer" onClick={() => setTag(entry.name)}>
              <span className="ell">{entry.name}</span>
              <span className="t3">{formatCount(entry.count)}</span>
            </button>
          ))}
        </div>
      )}
    </Dialog>
  );
}
