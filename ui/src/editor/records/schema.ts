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
  private readonly givable: ReadonlySet<ClassId>;
  private readonly byKey: ReadonlyMap<number, ClassEntry>;

  /**
   * `entries` are the classes that a person can give, in display order. `named` are those that annotations may
   * carry all the same: retired classes, and names of a model that no class answers to.
   */
  constructor(
    readonly entries: readonly ClassEntry[],
    named: readonly ClassEntry[] = [],
  ) {
    this.byId = new Map([...named, ...entries].map((entry) => [entry.id, entry]));
    this.givable = new Set(entries.map((entry) => entry.id));
    this.byKey = new Map(entries.flatMap((entry) => (entry.key === null ? [] : [[entry.key, entry] as const])));
  }

  /** Whether a person can give this class to an annotation. */
  has(id: ClassId): boolean {
    return this.givable.has(id);
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
