/** What stands above a group of captures. */
import type { GridGroup, GroupBy } from "../../../backend/backend";
import { formatDay } from "../../../shared/format";

const NONE: Readonly<Record<GroupBy, string>> = { site: "No site", day: "No day", trigger: "No trigger", device: "No device", duplicate: "No near duplicates" };

/** The menu's titles. */
export const GROUP_TITLES: Readonly<Record<GroupBy, string>> = { site: "Site", day: "Day at the site", trigger: "Trigger", device: "Device", duplicate: "Near duplicates" };

/** The day that a group stands for, as an instant; undefined for other groups. */
export function dayOf(group: GridGroup): number | undefined {
  return /^\d{4}-\d\d-\d\d$/.test(group.value) ? Date.parse(group.value) * 1000 : undefined;
}

/** The heading of a group. `by` is null for the days of a result in order of capture. */
export function groupTitle(group: GridGroup, by: GroupBy | null): string {
  const day = by === null || by === "day" ? dayOf(group) : undefined;
  if (day !== undefined) {
    const year = new Date(day / 1000).getUTCFullYear();
    return year === new Date().getUTCFullYear() ? formatDay(day) : `${formatDay(day)} ${year}`;
  }
  return group.label === "" || group.value === "" ? NONE[by ?? "day"] : group.label;
}

/** Whether days need their months to be told apart. */
export function spansMonths(groups: readonly GridGroup[]): boolean {
  return groups.length > 28;
}
