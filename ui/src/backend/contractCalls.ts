/**
 * Calls of the contract between the packages that the generated bindings do not have yet, under the names that they
 * will have. A call leaves this file when the bindings bring it.
 */
import { invoke } from "@tauri-apps/api/core";
import { commands, type Sort } from "./generated/bindings";
import type { ActResult, AnnotationAct, Facet, GridGroup, Histogram, HistogramField, JobDto, Pick, Selection, Slice, SortSpec, TagResult, UserField, UserFieldType, UserFieldValue } from "./types";

const MOST_AT_ONCE = 100_000;

function sortOf({ by, descending }: SortSpec): Sort {
  if (by === "captured") return descending ? "captured_desc" : "captured_asc";
  return by === "received" ? "received_desc" : "risk";
}

async function idsOf(selection: Selection): Promise<string[]> {
  if ("captureIds" in selection) return selection.captureIds;
  const except = new Set(selection.except);
  const places: number[] = [];
  for (const [first, last] of selection.ranges) {
    for (let at = first; at <= last && places.length < MOST_AT_ONCE; at += 1) if (!except.has(at)) places.push(at);
  }
  return commands.resolveSelection(selection.searchId, places);
}

const layouts = new Map<number, ReturnType<typeof commands.gridLayout>>();
function layoutOf(searchId: number) {
  const found = layouts.get(searchId) ?? commands.gridLayout(searchId);
  layouts.clear();
  layouts.set(searchId, found);
  return found;
}

export const contractCalls = {
  search: (query: string, sort: SortSpec) => commands.search(query, sortOf(sort)),
  gridLayout: async (searchId: number) => Uint16Array.from((await layoutOf(searchId)).aspects),
  gridGroups: async (searchId: number): Promise<GridGroup[]> => {
    const { aspects, days } = await layoutOf(searchId);
    return days.map(({ first, capturedAtMicros }, at) => {
      const value = new Date(capturedAtMicros / 1000).toISOString().slice(0, 10);
      return { first, count: (days[at + 1]?.first ?? aspects.length) - first, label: value, value };
    });
  },
  facetValues: (searchId: number, field: string, prefix: string, limit: number) => invoke<Facet>("facet_values", { searchId, field, prefix, limit }),
  histogramFields: (searchId: number) => invoke<HistogramField[]>("histogram_fields", { searchId }),
  histogram: (searchId: number, field: string, bins: number) => invoke<Histogram>("histogram", { searchId, field, bins }),
  tagSelection: async (selection: Selection, tag: string, present: boolean): Promise<TagResult> => commands.tagCaptures(await idsOf(selection), tag, present),
  actOnAnnotations: (selection: Selection, act: AnnotationAct) => invoke<ActResult>("act_on_annotations", { selection, act }),
  slices: () => invoke<Slice[]>("slices"),
  saveSlice: (name: string, query: string) => invoke<Slice>("save_slice", { name, query }),
  renameSlice: (sliceId: string, name: string) => invoke<Slice>("rename_slice", { sliceId, name }),
  deleteSlice: (sliceId: string) => invoke<null>("delete_slice", { sliceId }),
  picks: () => invoke<Pick[]>("picks"),
  savePick: (name: string, selection: Selection, seed: number | null) => invoke<Pick>("save_pick", { name, selection, seed }),
  deletePick: (pickId: string) => invoke<null>("delete_pick", { pickId }),
  userFields: () => invoke<UserField[]>("user_fields"),
  defineField: (name: string, type: UserFieldType, onAnnotation: boolean) => invoke<UserField>("define_field", { name, type, onAnnotation }),
  setField: (selection: Selection, name: string, value: UserFieldValue) => invoke<TagResult>("set_field", { selection, name, value }),
  setNote: (captureId: string, text: string) => invoke<null>("set_note", { captureId, text }),
  takeOffline: (name: string, selection: Selection) => invoke<JobDto>("take_offline", { name, selection }),
};
