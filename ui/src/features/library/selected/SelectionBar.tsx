/** What can be done with the selected captures. Floats over the grid and never moves it. */
import { useQueryClient } from "@tanstack/react-query";
import { Ban, Check, CloudDownload, Ellipsis, ListPlus, ScanSearch, Tag, TextCursorInput, Upload, X } from "lucide-react";
import { useState } from "react";
import { useBackend } from "../../../backend/context";
import { cacheKeys, rememberJob } from "../../../backend/queries";
import { Button } from "../../../shared/components/Button";
import { MenuItem, Popover } from "../../../shared/components/Popover";
import { toast } from "../../../shared/components/toasts";
import { formatCount, formatCounted } from "../../../shared/format";
import { useKeys } from "../../../shared/keys/KeymapProvider";
import { NameDialog } from "../NameDialog";
import { quoteValue } from "../query/terms";
import { clear, selectedCount } from "../../../shared/selection";
import { askFor, changeSelection, useLibrary, type Shown } from "../store";
import { FieldDialog } from "./FieldDialog";
import { selectionOf } from "./scope";
import { TagDialog } from "./TagDialog";
import { complain, useUndoNotice } from "./useBulk";

type Asking = "tag" | "pick" | "offline" | "field";

function PickDialog({ shown, count, onClose }: { readonly shown: Shown; readonly count: number; readonly onClose: () => void }) {
  const backend = useBackend();
  const client = useQueryClient();
  const save = async (name: string) => {
    const pick = await backend.savePick(name, selectionOf(shown), null);
    await client.invalidateQueries({ queryKey: cacheKeys.picks });
    toast(`Picked ${formatCounted(pick.count, "capture")} as “${name}”`, { action: { title: "Show", run: () => askFor(backend, `pick:${quoteValue(name)}`) } });
  };
  return (
    <NameDialog
      title={`Pick ${formatCounted(count, "capture")}`}
      label="Name"
      placeholder="First week, by hand"
      hint="A pick is frozen: these captures in this order, whatever comes later."
      verb="Save the pick"
      onSave={save}
      onClose={onClose}
    />
  );
}

function OfflineDialog({ shown, count, onClose }: { readonly shown: Shown; readonly count: number; readonly onClose: () => void }) {
  const backend = useBackend();
  const client = useQueryClient();
  const take = async (name: string) => {
    rememberJob(client, await backend.takeOffline(name, selectionOf(shown)));
    toast(`Fetching ${formatCounted(count, "capture")}; the status line says when they are ready`);
  };
  return (
    <NameDialog
      title={`Take ${formatCounted(count, "capture")} offline`}
      label="Name"
      placeholder="For the train"
      hint="Their originals are fetched and stay on this computer until you release them in Settings."
      verb="Take offline"
      onSave={take}
      onClose={onClose}
    />
  );
}

/** The bar, and the keys of what it offers. */
export function SelectionBar(props: {
  readonly shown: Shown;
  readonly onExport: () => void;
  readonly onPrelabel: () => void;
}) {
  const { shown, onExport, onPrelabel } = props;
  const backend = useBackend();
  const tell = useUndoNotice();
  const selection = useLibrary((state) => state.selection);
  const [asking, setAsking] = useState<Asking | undefined>(undefined);
  const count = selectedCount(selection);
  const ask = (what: Asking) => () => {
    if (count === 0) return false;
    setAsking(what);
    return true;
  };
  useKeys("library", {
    "library.tag": ask("tag"),
    "library.pick": ask("pick"),
    "library.offline": ask("offline"),
    "library.field": ask("field"),
    "library.prelabel": onPrelabel,
    "library.export": onExport,
  });
  const close = () => setAsking(undefined);
  const decide = (act: "accept" | "reject") =>
    void backend.actOnAnnotations(selectionOf(shown), act).then(
      ({ changed }) => (changed === 0 ? toast("Nothing here was undecided") : tell(`${act === "accept" ? "Accepted" : "Rejected"} ${formatCounted(changed, "proposal")}`)),
      complain,
    );
  return (
    <>
      {count === 0 ? null : (
        <div className="selection-bar pop" role="toolbar" aria-label="Selected captures" data-testid="selection-bar">
          <b className="nowrap">{formatCount(count)} selected</b>
          <span className="t3 nowrap only-wide">of {formatCount(shown.result.total)}</span>
          <span className="bar-line" />
          <Button variant="quiet" action="library.tag" showKey tip="Tag the selected captures" onClick={ask("tag")}>
            <Tag size={14} />
            Tag
          </Button>
          <Button variant="quiet" action="library.prelabel" showKey tip="Let a model propose annotations" onClick={onPrelabel}>
            <ScanSearch size={14} />
            Pre-label
          </Button>
          <Button variant="quiet" action="library.pick" showKey tip="Keep these captures as a frozen list" onClick={ask("pick")}>
            <ListPlus size={14} />
            Pick
          </Button>
          <Popover kind="menu" label="More for the selected captures" tip="More" button={<Ellipsis size={16} />} buttonClass="icon-btn" align="right" above testId="selection-more">
            <MenuItem icon={<Check size={14} />} testId="selection-accept" onChoose={() => decide("accept")}>
              Accept what is undecided
            </MenuItem>
            <MenuItem icon={<Ban size={14} />} testId="selection-reject" onChoose={() => decide("reject")}>
              Reject what is undecided
            </MenuItem>
            <div className="menu-line" role="separator" />
            <MenuItem icon={<Upload size={14} />} testId="export-open-selection" onChoose={onExport}>
              Export…
            </MenuItem>
            <MenuItem icon={<CloudDownload size={14} />} testId="selection-offline" onChoose={() => setAsking("offline")}>
              Take offline…
            </MenuItem>
            <MenuItem icon={<TextCursorInput size={14} />} testId="selection-field" onChoose={() => setAsking("field")}>
              Set a field…
            </MenuItem>
          </Popover>
          <span className="bar-line" />
          <Button variant="quiet" action="library.clear" showKey tip="Select nothing" onClick={() => changeSelection(clear)}>
            <X size={14} />
            <span className="only-wide">Clear</span>
          </Button>
        </div>
      )}
      {asking === "tag" ? <TagDialog shown={shown} count={count} onClose={close} /> : null}
      {asking === "pick" ? <PickDialog shown={shown} count={count} onClose={close} /> : null}
      {asking === "offline" ? <OfflineDialog shown={shown} count={count} onClose={close} /> : null}
      {asking === "field" ? <FieldDialog shown={shown} count={count} onClose={close} /> : null}
    </>
  );
}
