/** Keeps the query as a slice: a name for it, with a live count. */
import { useQueryClient } from "@tanstack/react-query";
import { BookmarkPlus } from "lucide-react";
import { useState } from "react";
import { useBackend } from "../../../backend/context";
import { cacheKeys, useSlices } from "../../../backend/queries";
import { Button } from "../../../shared/components/Button";
import { toast } from "../../../shared/components/toasts";
import { useKeys } from "../../../shared/keys/KeymapProvider";
import { NameDialog } from "../NameDialog";
import { useLibrary, type Shown } from "../store";

/** The button beside the query bar; absent while there is nothing to keep. */
export function SaveSlice({ shown }: { readonly shown: Shown }) {
  const backend = useBackend();
  const client = useQueryClient();
  const { data: slices = [] } = useSlices();
  const text = useLibrary((state) => state.text);
  const [isNaming, setIsNaming] = useState(false);
  const query = shown.query.trim();
  const isKept = slices.some((slice) => slice.query.trim() === query);
  const canSave = query !== "" && !isKept;
  const open = () => {
    if (!canSave) return false;
    setIsNaming(true);
    return true;
  };
  useKeys("library", { "library.saveSlice": open });
  const save = async (name: string) => {
    await backend.saveSlice(name, query);
    await client.invalidateQueries({ queryKey: cacheKeys.slices });
    toast(`Saved the slice “${name}”`);
  };
  return (
    <>
      {canSave && text.trim() === query ? (
        <Button action="library.saveSlice" tip="Keep this query under a name, with its live count" data-testid="save-slice" onClick={open}>
          <BookmarkPlus size={14} />
          <span className="only-wide">Save slice</span>
        </Button>
      ) : null}
      {isNaming ? (
        <NameDialog title="Save a slice" label="Name" placeholder="Night, undecided" hint="It stays live: what matches later is in it too." verb="Save" onSave={save} onClose={() => setIsNaming(false)}>
          <p className="t2">
            <span className="mono selectable">{query}</span>
          </p>
        </NameDialog>
      ) : null}
    </>
  );
}
