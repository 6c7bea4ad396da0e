/** Making a class without leaving the capture. */
import type { ProjectDto, SaveClassesRequest } from "../../../backend/backend";

const COLOURS = 20;
const KEYS = 9;

/** The request that adds a class at the end, with the first colour and number key that are free. */
export function withNewClass(project: ProjectDto, name: string): SaveClassesRequest {
  const colour = firstFree(project.classes.map((dto) => dto.colour), COLOURS) ?? (project.classes.length % COLOURS) + 1;
  const key = firstFree(project.classes.map((dto) => dto.key), KEYS);
  const kept = project.classes.map(({ count: _, ...edit }) => edit);
  return {
    baseVersion: project.schemaVersion,
    classes: [...kept, { classId: null, name, aliases: [], colour, key, retired: false }],
  };
}

function firstFree(taken: readonly (number | null)[], most: number): number | null {
  const used = new Set(taken);
  for (let value = 1; value <= most; value++) if (!used.has(value)) return value;
  return null;
}
