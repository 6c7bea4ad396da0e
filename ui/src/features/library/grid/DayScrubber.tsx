/** The days of the result beside the grid; a click goes there. */
import { useMemo } from "react";
import type { GridGroup } from "../../../backend/backend";
import { formatDate } from "../../../shared/format";
import { dayOf, spansMonths } from "./groups";
import { rowOf, type GridPlan } from "./justified";

const LABEL_PX = 22;

interface DayMark {
  readonly first: number;
  readonly dayMicros: number;
  readonly topPx: number;
}

/** Leaves out labels that would overlap; the current day always shows. */
function apart(marks: readonly DayMark[], current: DayMark | undefined, scale: number, heightPx: number): DayMark[] {
  const kept: DayMark[] = [];
  let lastAt = -LABEL_PX;
  for (const mark of marks) {
    const at = mark.topPx * scale;
    const overlaps = at - lastAt < LABEL_PX || Math.abs(at - (current?.topPx ?? 0) * scale) < LABEL_PX || at > heightPx - LABEL_PX;
    if (mark !== current && overlaps) continue;
    if (mark !== current) lastAt = at;
    kept.push(mark);
  }
  return kept;
}

/** Draws the days over the scroll bar's length. */
export function DayScrubber(props: {
  readonly groups: readonly GridGroup[];
  readonly plan: GridPlan;
  readonly scrollTopPx: number;
  readonly heightPx: number;
  readonly onJump: (px: number) => void;
}) {
  const { groups, plan, scrollTopPx, heightPx, onJump } = props;
  const scale = plan.heightPx <= 0 ? 0 : heightPx / Math.max(plan.heightPx, heightPx);
  const marks = useMemo<DayMark[]>(
    () =>
      groups.flatMap((group) => {
        const dayMicros = dayOf(group);
        return dayMicros === undefined ? [] : [{ first: group.first, dayMicros, topPx: Math.max(0, (plan.topsPx[rowOf(plan, group.first)] ?? 0) - 28) }];
      }),
    [groups, plan],
  );
  const current = marks.findLast((mark) => mark.topPx <= scrollTopPx + 1) ?? marks[0];
  const isLong = spansMonths(groups);
  return (
    <div className="scrubber" aria-hidden="true">
      {apart(marks, current, scale, heightPx).map((mark) => {
        const [date = "", month = ""] = formatDate(mark.dayMicros).split(" ");
        return (
          <button
            key={mark.first}
            type="button"
            tabIndex={-1}
            className={mark === current ? "current" : ""}
            style={{ top: Math.min(mark.topPx * scale, Math.max(0, heightPx - LABEL_PX - 8)) }}
            data-tip={`Go to ${formatDate(mark.dayMicros)}`}
            onClick={() => onJump(mark.topPx)}
          >
            {mark === current || isLong ? `${date} ${month}` : date}
          </button>
        );
      })}
    </div>
  );
}
