/** Slices with their live counts, and picks. A click shows what is in one. */
import { useQueryClient } from "@tanstack/react-query";
import { Bookmark, Ellipsis, ListChecks, Pencil, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { Pick, Slice } from "../../../backend/backend";
import { useBackend } from "../../../backend/context";
import { messageOf } from "../../../backend/errors";
import { cacheKeys, usePicks, useSlices } from "../../../backend/queries";
import { MenuItem, Popover } from "../../../shared/components/Popover";
import { toast } from "../../../shared/components/toasts";
import { formatCount } from "../../../shared/format";
import { NameDialog } from "../NameDialog";
import { quoteValue } from "../query/terms";
import { askFor, type Shown } from "../store";
import { PanelSection } from "./sections";

function SavedRow(props: {
  readonly icon: ReactNode;
  readonly name: string;
  readonly count: number;
  readonly tip: string;
  readonly isCurrent: boolean;
  readonly testId: string;
  readonly onOpen: () => void;
  readonly menu: ReactNode;
}) {
  const { icon, name, count, tip, isCurrent, testId, onOpen, menu } = props;
  return (
    <div className={isCurrent ? "saved-row current" : "saved-row"}>
      <button type="button" className="saved-open" data-testid={testId} data-name={name} data-tip={tip} aria-current={isCurrent ? "true" : undefined} onClick={onOpen}>
        {icon}
        <span className="ell">{name}</span>
        <span className="facet-count">{formatCount(count)}</span>
      </button>
      <Popover kind="menu" label={`More about ${name}`} tip="More" button={<Ellipsis size={14} />} buttonClass="icon-btn small">
        {menu}
      </Popover>
    </div>
  );
}

/** Deletes with a way back: the name and the query are all that a slice is. */
function useDeleteSlice() {
  const backend = useBackend();
  const client = useQueryClient();
  const renew = () => void client.invalidateQueries({ queryKey: cacheKeys.slices });
  const fail = (reason: unknown) => toast(messageOf(reason), { kind: "bad" });
  return (slice: Slice) =>
    void backend.deleteSlice(slice.sliceId).then(() => {
      renew();
      toast(`Deleted the slice “${slice.name}”`, { action: { title: "Undo", run: () => void backend.saveSlice(slice.name, slice.query).then(renew, fail) } });
    }, fail);
}

/** A pick cannot be made again as it was: deleting says what stays. */
function useDeletePick() {
  const backend = useBackend();
  const client = useQueryClient();
  return (pick: Pick) =>
    void backend.deletePick(pick.pickId).then(
      () => {
        void client.invalidateQueries({ queryKey: cacheKeys.picks });
        toast(`Deleted the pick “${pick.name}”; its captures stay in the library`);
      },
      (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
    );
}

/** The sections; absent while nothing is saved. */
export function SavedSections({ shown }: { readonly shown: Shown }) {
  const backend = useBackend();
  const client = useQueryClient();
  const { data: slices = [] } = useSlices();
  const { data: picks = [] } = usePicks();
  const [renamed, setRenamed] = useState<Slice | undefined>(undefined);
  const remove = useDeleteSlice();
  const removePick = useDeletePick();
  const current = shown.query.trim();
  return (
    <>
      {slices.length === 0 ? null : (
        <PanelSection name="slices" title="Slices" begins aside="live">
          {slices.map((slice) => (
            <SavedRow
              key={slice.sliceId}
              icon={<Bookmark size={13} aria-hidden="true" />}
              name={slice.name}
              count={slice.count}
              tip={slice.query === "" ? "All captures" : slice.query}
              isCurrent={current === slice.query.trim()}
              testId="slice"
              onOpen={() => askFor(backend, slice.query)}
              menu={
                <>
                  <MenuItem icon={<Pencil size={13} />} onChoose={() => setRenamed(slice)}>
                    Rename
                  </MenuItem>
                  <MenuItem icon={<Trash2 size={13} />} danger onChoose={() => remove(slice)}>
                    Delete the slice
                  </MenuItem>
                </>
              }
            />
          ))}
        </PanelSection>
      )}
      {picks.length === 0 ? null : (
        <PanelSection name="picks" title="Picks" begins aside="frozen">
          {picks.map((pick) => {
            const query = `pick:${quoteValue(pick.name)}`;
            return (
              <SavedRow
                key={pick.pickId}
                icon={<ListChecks size={13} aria-hidden="true" />}
                name={pick.name}
                count={pick.count}
                tip={pick.query === "" ? "Picked by hand" : `Picked from ${pick.query}`}
                isCurrent={current === query}
                testId="pick"
                onOpen={() => askFor(backend, query)}
                menu={
                  <MenuItem icon={<Trash2 size={13} />} danger onChoose={() => removePick(pick)}>
                    Delete the pick
                  </MenuItem>
                }
              />
            );
          })}
        </PanelSection>
      )}
      {renamed === undefined ? null : (
        <NameDialog
          title="Rename the slice"
          label="Name"
          initial={renamed.name}
          verb="Rename"
          onSave={(name) => backend.renameSlice(renamed.sliceId, name).then(() => client.invalidateQueries({ queryKey: cacheKeys.slices }))}
          onClose={() => setRenamed(undefined)}
        />
      )}
    </>
  );
}
