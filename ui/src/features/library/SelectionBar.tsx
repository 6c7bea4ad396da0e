/** What can be done with the selected captures. Floats over the grid and never moves it. */
import { ScanSearch, Tag, Upload, X } from "lucide-react";
import { useRef, useState } from "react";
import { useBackend } from "../../backend/context";
import { messageOf } from "../../backend/errors";
import { Button } from "../../shared/components/Button";
import { Dialog } from "../../shared/components/Dialog";
import { TextField } from "../../shared/components/fields";
import { toast } from "../../shared/components/toasts";
import { formatCount, formatCounted } from "../../shared/format";
import { useKeys } from "../../shared/keys/KeymapProvider";
import { clear, positions, selectedCount, type Selection } from "./selection";
import { changeSelection, useLibrary, type Shown } from "./store";

/** Captures that an act is about: chosen ones, or all that match a query. */
export interface CaptureScope {
  readonly query: string;
  /** Undefined: everything that matches the query. */
  readonly captureIds: readonly string[] | undefined;
  readonly count: number;
}

const MOST_AT_ONCE = 100_000;

/** The captures of the selection; everything that matches when all or none are selected. */
export function useScope(shown: Shown | undefined): () => Promise<CaptureScope> {
  const backend = useBackend();
  return async () => {
    const { selection } = useLibrary.getState();
    const count = selectedCount(selection);
    if (shown === undefined) return { query: "", captureIds: undefined, count: 0 };
    if (count === 0 || count === shown.result.total) return { query: shown.query, captureIds: undefined, count: shown.result.total };
    const captureIds = await backend.resolveSelection(shown.result.searchId, positions(selection, MOST_AT_ONCE));
    return { query: shown.query, captureIds, count: captureIds.length };
  };
}

function TagDialog(props: { readonly shown: Shown; readonly selection: Selection; readonly onClose: () => void }) {
  const { shown, selection, onClose } = props;
  const backend = useBackend();
  const [tag, setTag] = useState("");
  const isSaving = useRef(false);
  const count = selectedCount(selection);
  const name = tag.trim();
  const apply = async (present: boolean) => {
    if (name === "" || isSaving.current) return;
    isSaving.current = true;
    try {
      const ids = await backend.resolveSelection(shown.result.searchId, positions(selection, MOST_AT_ONCE));
      const { changed } = await backend.tagCaptures(ids, name, present);
      onClose();
      const what = present ? `Tagged ${formatCounted(changed, "capture")} “${name}”` : `Took “${name}” off ${formatCounted(changed, "capture")}`;
      const undo = () =>
        void backend.undo(null).then(
          ({ title }) => toast(title === null ? "Nothing to undo" : `Undone: ${title}`),
          (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
        );
      toast(what, { action: { title: "Undo", run: undo } });
    } catch (reason) {
      toast(messageOf(reason), { kind: "bad" });
    } finally {
      isSaving.current = false;
    }
  };
  return (
    <Dialog
      title={`Tag ${formatCounted(count, "capture")}`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={() => void apply(false)} disabled={name === ""} tip="Take this tag off the selected captures">
            Remove
          </Button>
          <Button variant="primary" onClick={() => void apply(true)} disabled={name === ""} tip="Set this tag (Enter)">
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
        <TextField label="Tag" value={tag} onChange={setTag} placeholder="night" hint="A mark of yours, found with tag:name. It is never a class." data-autofocus data-testid="tag-input" />
      </form>
    </Dialog>
  );
}

/** The bar, and the keys of what it offers. */
export function SelectionBar(props: {
  readonly shown: Shown;
  readonly onExport: () => void;
  readonly onPrelabel: () => void;
}) {
  const { shown, onExport, onPrelabel } = props;
  const selection = useLibrary((state) => state.selection);
  const [isTagging, setIsTagging] = useState(false);
  const count = selectedCount(selection);
  const tag = () => {
    if (count === 0) return false;
    setIsTagging(true);
    return true;
  };
  useKeys("library", { "library.tag": tag, "library.prelabel": onPrelabel, "library.export": onExport });
  return (
    <>
      {count === 0 ? null : (
        <div className="selection-bar pop" role="toolbar" aria-label="Selected captures" data-testid="selection-bar">
          <b className="nowrap">{formatCount(count)} selected</b>
          <span className="t3 nowrap">of {formatCount(shown.result.total)}</span>
          <span className="bar-line" />
          <Button variant="quiet" action="library.tag" showKey tip="Tag the selected captures" onClick={tag}>
            <Tag size={14} />
            Tag
          </Button>
          <Button variant="quiet" action="library.prelabel" showKey tip="Let a model propose annotations" onClick={onPrelabel}>
            <ScanSearch size={14} />
            Pre-label
          </Button>
          <Button variant="quiet" action="library.export" showKey tip="Export the selected captures" data-testid="export-open-selection" onClick={onExport}>
            <Upload size={14} />
            Export
          </Button>
          <span className="bar-line" />
          <Button variant="quiet" action="library.clear" showKey tip="Select nothing" onClick={() => changeSelection(clear)}>
            <X size={14} />
            Clear
          </Button>
        </div>
      )}
      {isTagging ? <TagDialog shown={shown} selection={selection} onClose={() => setIsTagging(false)} /> : null}
    </>
  );
}
