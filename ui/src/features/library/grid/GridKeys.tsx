/** Moving about and selecting in the grid with the keyboard. */
import type { GridGroup } from "../../../backend/backend";
import { useKeys, type KeyHandler } from "../../../shared/keys/KeymapProvider";
import { clear, extendTo, moveCursor, selectAll, toggle, toggleRange, type Selection } from "../../../shared/selection";
import { changeSelection, useLibrary } from "../store";
import { neighbourInRow, rowAt, rowOf, type GridPlan } from "./justified";

/** Draws nothing. */
export function GridKeys(props: {
  readonly plan: GridPlan;
  readonly aspects: ArrayLike<number>;
  readonly groups: readonly GridGroup[];
  readonly gapPx: number;
  readonly viewHeightPx: number;
  /** The content at the top, px. */
  readonly top: () => number;
  readonly onOpen: (index: number) => void;
}) {
  const { plan, aspects, groups, gapPx, viewHeightPx, top, onOpen } = props;
  const total = aspects.length;

  const firstInSight = () => plan.starts[rowAt(plan, top() + 4)] ?? 0;
  // Without a capture in focus the first step only chooses the first one in sight; Home and End go where they say.
  const go = (target: (cursor: number) => number, isExtending: boolean, from = -1): KeyHandler => {
    return () => {
      if (total === 0) return false;
      changeSelection((last: Selection) => {
        const cursor = last.cursor ?? from;
        const index = cursor < 0 ? firstInSight() : Math.max(0, Math.min(total - 1, target(cursor)));
        return isExtending ? extendTo(last, index) : moveCursor(last, index);
      });
      return true;
    };
  };
  const vertical = (step: 1 | -1) => (cursor: number) => neighbourInRow(plan, aspects, cursor, step, gapPx);
  const screen = (direction: 1 | -1) => (cursor: number) => {
    const heightPx = viewHeightPx === 0 ? 600 : viewHeightPx;
    const row = rowAt(plan, (plan.topsPx[rowOf(plan, cursor)] ?? 0) + direction * heightPx * 0.9);
    return plan.starts[row] ?? cursor;
  };

  useKeys("library", {
    "library.left": go((cursor) => cursor - 1, false),
    "library.right": go((cursor) => cursor + 1, false),
    "library.up": go(vertical(-1), false),
    "library.down": go(vertical(1), false),
    "library.extendLeft": go((cursor) => cursor - 1, true),
    "library.extendRight": go((cursor) => cursor + 1, true),
    "library.extendUp": go(vertical(-1), true),
    "library.extendDown": go(vertical(1), true),
    "library.first": go(() => 0, false, 0),
    "library.last": go(() => total - 1, false, 0),
    "library.pageUp": go(screen(-1), false),
    "library.pageDown": go(screen(1), false),
    "library.toggle": () => {
      const { cursor } = useLibrary.getState().selection;
      if (cursor === undefined) return false;
      changeSelection((last) => toggle(last, cursor));
      return true;
    },
    "library.selectAll": () => changeSelection((last) => selectAll(last, total)),
    "library.selectGroup": () => {
      const at = useLibrary.getState().selection.cursor ?? firstInSight();
      const group = groups.findLast((candidate) => candidate.first <= at);
      if (group === undefined) return false;
      changeSelection((last) => toggleRange(last, group.first, group.first + group.count));
      return true;
    },
    "library.clear": () => {
      if (useLibrary.getState().selection.ranges.length === 0) return false;
      changeSelection(clear);
      return true;
    },
    "library.open": () => {
      const { cursor } = useLibrary.getState().selection;
      if (total === 0) return false;
      onOpen(cursor ?? 0);
      return true;
    },
  });
  return null;
}
