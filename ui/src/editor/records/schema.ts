/** The classes of a project as the editor needs them: names and colours are looked up, never stored in a record. */

import type { ClassId } from "./annotation";

export interface ClassEntry {
  readonly id: ClassId;
  readonly name: string;
  /** A CSS colour. */
  readonly colour: string;
  /** The number key that sets it, 1 to 9, or null. */
  readonly key: number | null;
}

export const UNKNOWN_CLASS_COLOUR = "#c9ccd0";

export class ClassTable {
  private readonly byId: ReadonlyMap<ClassId, ClassEntry>;
  private readonly byKey: ReadonlyMap<number, ClassEntry>;

  constructor(readonly entries: readonly ClassEntry[]) {
    this.byId = new Map(entries.map((entry) => [entry.id, entry]));
    this.byKey = new Map(entries.flatMap((entry) => (entry.key === null ? [] : [[entry.key, entry] as const])));
  }

  get(id: ClassId): ClassEntry | undefined {
    return this.byId.get(id);
  }

  /** The class of a number key. */
  forKey(key: number): ClassEntry | undefined {
    return this.byKey.get(key);
  }

  /** A class that the schema does not know (it was removed) still has a name that can be shown. */
  name(id: ClassId): string {
    return this.byId.get(id)?.name ?? "unknown class";
  }

  colour(id: ClassId): string {
    return this.byId.get(id)?.colour ?? UNKNOWN_CLASS_COLOUR;
  }
}
