/**
 * Calls of the contract between the packages that the generated bindings do not have yet, under the names that they
 * will have. A call leaves this file when the bindings bring it.
 */
import { invoke } from "@tauri-apps/api/core";
import type { CropItem } from "./crops";
import { readMapPicture, type MapBounds, type MapLegendEntry, type MapSelection, type MapState, type MapView } from "./map";
import type { ActResult, AnnotationAct, CacheState, CaptureDetail, ConnectionDto, Facet, GridGroup, GridItem, GroupBy, Histogram, HistogramField, JobDto, KeptAside, OfflineSet, Pick, Selection, Slice, SortSpec, TagResult, UserField, UserFieldType, UserFieldValue, SearchResult, Wanted } from "./types";

export const contractCalls = {
  search: (query: string, sort: SortSpec, group: GroupBy | null) => invoke<SearchResult>("search", { query, sort, group }),
  /** Little-endian 16-bit numbers, as every machine that runs the window keeps them. */
  gridLayout: async (searchId: number) => new Uint16Array(await invoke<ArrayBuffer>("grid_layout", { searchId })),
  gridGroups: (searchId: number) => invoke<GridGroup[]>("grid_groups", { searchId }),
  facetValues: (searchId: number, field: string, prefix: string, limit: number) => invoke<Facet>("facet_values", { searchId, field, prefix, limit }),
  histogramFields: (searchId: number) => invoke<HistogramField[]>("histogram_fields", { searchId }),
  histogram: (searchId: number, field: string, bins: number) => invoke<Histogram>("histogram", { searchId, field, bins }),
  tagSelection: (selection: Selection, tag: string, present: boolean) => invoke<TagResult>("tag_selection", { selection, tag, present }),
  actOnAnnotations: (selection: Selection, act: AnnotationAct) => invoke<ActResult>("act_on_annotations", { selection, act }),
  slices: () => invoke<Slice[]>("slices"),
  saveSlice: (name: string, query: string) => invoke<Slice>("save_slice", { name, query }),
  renameSlice: (sliceId: string, name: string) => invoke<Slice>("rename_slice", { sliceId, name }),
  deleteSlice: (sliceId: string) => invoke<null>("delete_slice", { sliceId }),
  picks: () => invoke<Pick[]>("picks"),
  savePick: (name: string, selection: Selection, seed: number | null) => invoke<Pick>("save_pick", { name, selection, seed }),
  deletePick: (pickId: string) => invoke<null>("delete_pick", { pickId }),
  userFields: () => invoke<UserField[]>("user_fields"),
  defineField: (name: string, fieldType: UserFieldType, onAnnotation: boolean) => invoke<UserField>("define_field", { name, fieldType, onAnnotation }),
  setField: (selection: Selection, name: string, value: UserFieldValue | null) => invoke<TagResult>("set_field", { selection, name, value }),
  setNote: (captureId: string, text: string) => invoke<null>("set_note", { captureId, text }),
  connect: (url: string, token: string, wanted: Wanted | null) => invoke<ConnectionDto>("connect", { url, token, wanted }),
  setWanted: (serviceId: string, wanted: Wanted) => invoke<ConnectionDto>("set_wanted", { serviceId, wanted }),
  keptAside: (serviceId: string, limit: number) => invoke<KeptAside[]>("kept_aside", { serviceId, limit }),
  gridPage: (searchId: number, offset: number, limit: number) => invoke<GridItem[]>("grid_page", { searchId, offset, limit }),
  capture: (captureId: string) => invoke<CaptureDetail>("capture", { captureId }),
  takeOffline: (name: string, selection: Selection) => invoke<JobDto>("take_offline", { name, selection }),
  offline: () => invoke<OfflineSet[]>("offline"),
  resumeOffline: (offlineId: string) => invoke<JobDto>("resume_offline", { offlineId }),
  releaseOffline: (offlineId: string) => invoke<null>("release_offline", { offlineId }),
  cacheState: () => invoke<CacheState>("cache_state"),
  searchAnnotations: (query: string, sort: SortSpec) => invoke<SearchResult>("search_annotations", { query, sort }),
  annotationPage: (searchId: number, offset: number, limit: number) => invoke<CropItem[]>("annotation_page", { searchId, offset, limit }),
  mapState: () => invoke<MapState>("map_state"),
  startMap: () => invoke<JobDto>("start_map"),
  mapBounds: () => invoke<MapBounds | null>("map_bounds"),
  mapView: async (searchId: number, view: MapView) => readMapPicture(await invoke<ArrayBuffer>("map_view", { searchId, view })),
  mapLegend: (searchId: number, colourBy: string) => invoke<MapLegendEntry[]>("map_legend", { searchId, colourBy }),
  selectInPolygon: (searchId: number, polygon: [number, number][]) => invoke<MapSelection>("select_in_polygon", { searchId, polygon }),
};
