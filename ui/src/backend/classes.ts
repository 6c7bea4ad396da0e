/** Looks up what the views show of classes. */
import { useMemo } from "react";
import { NO_CLASS_COLOR, paletteColor } from "../shared/components/palette";
import { useProject } from "./queries";
import type { ClassDto } from "./types";

/** Classes by id. */
export interface ClassTable {
  readonly classes: readonly ClassDto[];
  readonly colorOf: (classId: string | null) => string;
  readonly nameOf: (classId: string | null) => string | undefined;
}

/** The classes of the project, ready to look up. */
export function useClassTable(): ClassTable {
  const { data: project } = useProject();
  return useMemo(() => {
    const classes = project?.classes ?? [];
    const byId = new Map(classes.map((entry) => [entry.classId, entry]));
    const find = (classId: string | null) => (classId === null ? undefined : byId.get(classId));
    return {
      classes,
      colorOf: (classId) => {
        const found = find(classId);
        return found === undefined ? NO_CLASS_COLOR : paletteColor(found.colour);
      },
      nameOf: (classId) => find(classId)?.name,
    };
  }, [project]);
}
