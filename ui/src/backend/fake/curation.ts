/** Slices, picks and user fields of the fake backend. */
import { BackendError } from "../errors";
import type { Pick, Selection, Slice, UserField } from "../types";
import type { FakeSearch } from "./search";

interface KeptPick {
  readonly pickId: string;
  readonly name: string;
  readonly query: string;
  readonly keys: ReadonlySet<number>;
}

function taken(kind: string, name: string): BackendError {
  return new BackendError({ code: "invalid", message: `There is a ${kind} “${name}” already`, remedy: "Choose another name.", detail: null, position: null });
}

export class FakeCuration {
  private kept: { sliceId: string; name: string; query: string }[] = [];
  private frozen: KeptPick[] = [];
  readonly fields: UserField[] = [];

  constructor(
    private readonly searches: FakeSearch,
    private readonly newId: () => string,
  ) {}

  pickedIn(name: string): ReadonlySet<number> {
    return this.frozen.find((pick) => pick.name === name)?.keys ?? new Set();
  }

  slices(): Slice[] {
    return this.kept.map((slice) => this.counted(slice));
  }

  saveSlice(name: string, query: string): Slice {
    if (this.kept.some((slice) => slice.name === name)) throw taken("slice", name);
    const slice = { sliceId: this.newId(), name, query };
    this.kept.push(slice);
    return this.counted(slice);
  }

  renameSlice(sliceId: string, name: string): Slice {
    if (this.kept.some((slice) => slice.name === name && slice.sliceId !== sliceId)) throw taken("slice", name);
    const slice = this.kept.find((candidate) => candidate.sliceId === sliceId);
    if (slice === undefined) throw new BackendError({ code: "not_found", message: "The slice is gone", remedy: null, detail: null, position: null });
    slice.name = name;
    return this.counted(slice);
  }

  deleteSlice(sliceId: string): void {
    this.kept = this.kept.filter((slice) => slice.sliceId !== sliceId);
  }

  picks(): Pick[] {
    return this.frozen.map(({ pickId, name, query, keys }) => ({ pickId, name, query, count: keys.size, seed: null }));
  }

  savePick(name: string, selection: Selection): Pick {
    if (this.frozen.some((pick) => pick.name === name)) throw taken("pick", name);
    const query = "searchId" in selection ? this.searches.session(selection.searchId).query : "";
    const pick = { pickId: this.newId(), name, query, keys: new Set(this.searches.keysOf(selection)) };
    this.frozen.push(pick);
    return { pickId: pick.pickId, name, query, count: pick.keys.size, seed: null };
  }

  deletePick(pickId: string): void {
    this.frozen = this.frozen.filter((pick) => pick.pickId !== pickId);
  }

  define(field: UserField): UserField {
    if (this.fields.some((other) => other.name === field.name)) throw taken("field", field.name);
    this.fields.push(field);
    return field;
  }

  private counted(slice: { sliceId: string; name: string; query: string }): Slice {
    return { ...slice, count: this.searches.matching(slice.query).length };
  }
}
