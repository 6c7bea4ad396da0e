/** Everything that the window asks of the application. Two things implement it: tauri.ts, and fake/ for tests and browsers. */
import type { CropCalls } from "./crops";
import type { MapCalls } from "./map";
import type { MediaBackend } from "./media";
import type * as t from "./types";

export type * from "./types";

/** Stops a subscription. */
export type Unsubscribe = () => void;

/** The application. Every call rejects with an `AppError`. */
export interface Backend extends CropCalls, MapCalls, MediaBackend {
  startState(): Promise<t.StartState>;
  /** `null` is the platform's default directory. */
  openLibrary(path: string | null, create: boolean): Promise<t.StartState>;
  setUp(personName: string, projectName: string): Promise<t.StartState>;
  openDemo(): Promise<t.StartState>;
  saveUiState(state: t.UiState): Promise<null>;

  search(query: string, sort: t.SortSpec, group: t.GroupBy | null): Promise<t.SearchResult>;
  /** At most 500 items. */
  gridPage(searchId: number, offset: number, limit: number): Promise<t.GridItem[]>;
  /** Width / height × 100 of the first picture of each hit; 0 where it is unknown. */
  gridLayout(searchId: number): Promise<Uint16Array>;
  /** The groups of a grouped result; the days of a result in order of capture; else none. */
  gridGroups(searchId: number): Promise<t.GridGroup[]>;
  indexOf(searchId: number, captureId: string): Promise<number | null>;
  facets(searchId: number): Promise<t.Facet[]>;
  /** The values of one field that begin so, most frequent first. */
  facetValues(searchId: number, field: string, prefix: string, limit: number): Promise<t.Facet>;
  histogramFields(searchId: number): Promise<t.HistogramField[]>;
  histogram(searchId: number, field: string, bins: number): Promise<t.Histogram>;
  /** Twenty bins over the lowest undecided confidence of each capture. */
  confidenceHistogram(searchId: number): Promise<number[]>;
  completeQuery(text: string, cursor: number): Promise<t.Completion[]>;
  newMatches(searchId: number): Promise<number>;
  resolveSelection(searchId: number, indices: number[]): Promise<string[]>;

  capture(captureId: string): Promise<t.CaptureDetail>;
  /** Address of a thumbnail whose long edge is about `longEdgePx`. */
  thumbUrl(captureId: string, longEdgePx: number): string;
  /** Address of one picture with `frames` moments of a video side by side. */
  stripUrl(captureId: string, frames: number): string;
  /** Address of the full upright picture. */
  pictureUrl(captureId: string, asset: string): string;

  /** Resolves only when durable. Sending one operation twice changes nothing. */
  applyEdits(request: t.EditRequest): Promise<t.EditResult>;
  undo(captureId: string | null): Promise<t.UndoResult>;
  redo(captureId: string | null): Promise<t.UndoResult>;
  recentActs(captureId: string, limit: number): Promise<t.ActDto[]>;
  submit(request: t.SubmitRequest): Promise<t.SubmissionDto>;
  /** Sets a tag on what is selected, or takes it off, as one act. */
  tagSelection(selection: t.Selection, tag: string, present: boolean): Promise<t.TagResult>;
  /** Decides, classifies or tags the selected annotations as one act; of captures, what nobody has decided on. */
  actOnAnnotations(selection: t.Selection, act: t.AnnotationAct): Promise<t.ActResult>;

  /** Named queries with their present counts. */
  slices(): Promise<t.Slice[]>;
  saveSlice(name: string, query: string): Promise<t.Slice>;
  renameSlice(sliceId: string, name: string): Promise<t.Slice>;
  deleteSlice(sliceId: string): Promise<null>;
  /** Frozen lists of captures. */
  picks(): Promise<t.Pick[]>;
  savePick(name: string, selection: t.Selection, seed: number | null): Promise<t.Pick>;
  deletePick(pickId: string): Promise<null>;

  userFields(): Promise<t.UserField[]>;
  defineField(name: string, fieldType: t.UserFieldType, onAnnotation: boolean): Promise<t.UserField>;
  /** `null` takes the value away. */
  setField(selection: t.Selection, name: string, value: t.UserFieldValue | null): Promise<t.TagResult>;
  setNote(captureId: string, text: string): Promise<null>;

  /** Fetches what labelling the selected captures needs and keeps it on this computer. */
  takeOffline(name: string, selection: t.Selection): Promise<t.JobDto>;
  offline(): Promise<t.OfflineSet[]>;
  /** Fetches again what a set lacks. */
  resumeOffline(offlineId: string): Promise<t.JobDto>;
  releaseOffline(offlineId: string): Promise<null>;
  cacheState(): Promise<t.CacheState>;

  project(): Promise<t.ProjectDto>;
  saveClasses(request: t.SaveClassesRequest): Promise<t.ProjectDto>;

  settings(): Promise<t.Settings>;
  saveSettings(settings: t.Settings): Promise<t.Settings>;
  models(): Promise<t.ModelDto[]>;
  connections(): Promise<t.ConnectionDto[]>;
  /** `wanted` of null leaves what was wanted before; of a new service, everything. */
  connect(url: string, token: string, wanted: t.Wanted | null): Promise<t.ConnectionDto>;
  setWanted(serviceId: string, wanted: t.Wanted): Promise<t.ConnectionDto>;
  /** Records of a service that this version cannot read, oldest first. */
  keptAside(serviceId: string, limit: number): Promise<t.KeptAside[]>;
  disconnect(serviceId: string): Promise<null>;
  syncNow(serviceId: string): Promise<t.JobDto>;

  jobs(): Promise<t.JobDto[]>;
  cancelJob(jobId: string): Promise<null>;
  previewImport(path: string, format: string): Promise<t.ImportPreview>;
  startImport(request: t.ImportRequest): Promise<t.JobDto>;
  /** The files that an import could not use, by path. */
  importProblems(jobId: string, offset: number, limit: number): Promise<t.ImportProblems>;
  /** The folders and archives that captures came from. */
  importRoots(): Promise<t.ImportRootDto[]>;
  /** Says where a folder lies now. */
  relink(root: string, path: string): Promise<t.RootReport>;
  /** Compares the files of a folder with what the library knows. */
  changedFiles(root: string): Promise<t.RootReport>;
  startExport(request: t.ExportRequest): Promise<t.JobDto>;
  startPrelabel(request: t.PrelabelRequest): Promise<t.JobDto>;
  pickFolder(title: string): Promise<string | null>;
  pickFile(title: string): Promise<string | null>;
  doctor(): Promise<t.DoctorReport>;

  onJob(listener: (job: t.JobDto) => void): Unsubscribe;
  onLibraryChanged(listener: (change: t.LibraryChanged) => void): Unsubscribe;
  onConnection(listener: (connection: t.ConnectionDto) => void): Unsubscribe;
}
