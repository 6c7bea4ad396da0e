/** Stands above a group of captures; its tick selects the group. */
import { Check } from "lucide-react";
import type { GridGroup, GroupBy } from "../../../backend/backend";
import { formatCounted } from "../../../shared/format";
import { useChord } from "../../../shared/keys/KeymapProvider";
import { selectedWithin, toggleRange } from "../../../shared/selection";
import { changeSelection, useLibrary } from "../store";
import { groupTitle } from "./groups";

/** `topPx` within the rows; undefined for the one that stays at the top of the grid. */
export function GroupHeading({ group, by, topPx }: { readonly group: GridGroup; readonly by: GroupBy | null; readonly topPx: number | undefined }) {
  const end = group.first + group.count;
  const selected = useLibrary((state) => selectedWithin(state.selection, group.first, end));
  const title = groupTitle(group, by);
  const chord = useChord("library.selectGroup");
  const state = selected === 0 ? "" : selected === group.count ? " all" : " some";
  return (
    <div className={`group-heading${topPx === undefined ? " stays" : ""}`} style={topPx === undefined ? undefined : { transform: `translateY(${topPx}px)` }}>
      {/* A key does the same: this is for the mouse alone. */}
      <span
        className={`group-tick${state}`}
        aria-hidden="true"
        data-testid="group-tick"
        data-tip={selected === group.count ? "Deselect this group" : "Select this group"}
        data-tip-key={chord}
        onClick={() => changeSelection((last) => toggleRange(last, group.first, end))}
      >
        <Check size={11} strokeWidth={3} />
      </span>
      <b className="ell">{title}</b>
      <span className="nowrap">
        {formatCounted(group.count, "capture")}
        {selected > 0 && selected < group.count ? `, ${formatCounted(selected, "selected", "selected")}` : ""}
      </span>
    </div>
  );
}
