/** Changes to the list of classes, as pure functions over the list that is saved. */
import type { ClassDto, ClassEdit } from "../../backend/backend";
import { nextColour } from "../../shared/components/palette";

/** What is saved of a class. */
export function editOf(entry: ClassDto): ClassEdit {
  const { classId, name, aliases, colour, key, retired } = entry;
  return { classId, name, aliases, colour, key, retired };
}

/** The lowest number key that no class has. */
export function freeKey(classes: readonly ClassEdit[]): number | null {
  const taken = new Set(classes.filter((entry) => !entry.retired).map((entry) => entry.key));
  return [1, 2, 3, 4, 5, 6, 7, 8, 9].find((key) => !taken.has(key)) ?? null;
}

/** Adds a class at the end, with the next colour and the next free key. */
export function addClass(classes: readonly ClassEdit[], name: string): ClassEdit[] {
  const colour = nextColour(classes.map((entry) => entry.colour));
  return [...classes, { classId: null, name: name.trim(), aliases: [], colour, key: freeKey(classes), retired: false }];
}

/** Changes one class. A key that another class has is taken from it. */
export function changeClass(classes: readonly ClassEdit[], index: number, change: Partial<ClassEdit>): ClassEdit[] {
  return classes.map((entry, at) => {
    if (at === index) return { ...entry, ...change };
    const losesKey = change.key !== undefined && change.key !== null && entry.key === change.key;
    return losesKey ? { ...entry, key: null } : entry;
  });
}

/** Moves a class to another place. */
export function moveClass(classes: readonly ClassEdit[], from: number, to: number): ClassEdit[] {
  const next = [...classes];
  const [moved] = next.splice(from, 1);
  if (moved === undefined) return next;
  next.splice(Math.max(0, Math.min(next.length, to)), 0, moved);
  return next;
}

/** Retires a class, which gives its key up, or takes it back. */
export function retireClass(classes: readonly ClassEdit[], index: number, retired: boolean): ClassEdit[] {
  return classes.map((entry, at) => (at === index ? { ...entry, retired, key: retired ? null : freeKey(classes) } : entry));
}

/** Why a name cannot be saved, or undefined. */
export function nameFault(classes: readonly ClassEdit[], index: number | undefined, name: string): string | undefined {
  const wanted = name.trim().toLowerCase();
  if (wanted === "") return "Type a name";
  const other = classes.find((entry, at) => at !== index && [entry.name, ...entry.aliases].some((known) => known.trim().toLowerCase() === wanted));
  if (other === undefined) return undefined;
  return other.name.toLowerCase() === wanted ? `There is a class “${other.name}” already` : `“${other.name}” answers to this name already`;
}
