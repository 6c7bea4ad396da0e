/** Everything that the window asks of the application. Two things implement it: tauri.ts, and fake/ for tests and browsers. */
import type * as t from "./types";

export type * from "./types";

/** Stops a subscription. */
export type Unsubscribe = () => void;

/** The application. Every call rejects with an `AppError`. */
export interface Backend {
  startState(): Promise<t.StartState>;
  /** `null` is the platform's default directory. */
  openLibrary(path: string | null, create: boolean): Promise<t.StartState>;
  setUp(personName: string, projectName: string): Promise<t.StartState>;
  openDemo(): Promise<t.StartState>;
  saveUiState(state: t.UiState): Promise<null>;

  search(query: string, sort: t.Sort): Promise<t.SearchResult>;
  /** At most 500 items. */
  gridPage(searchId: number, offset: number, limit: number): Promise<t.GridItem[]>;
  gridLayout(searchId: number): Promise<t.GridLayout>;
  indexOf(searchId: number, captureId: string): Promise<number | null>;
  facets(searchId: number): Promise<t.Facet[]>;
  /** Twenty bins over the lowest undecided confidence of each capture. */
  confidenceHistogram(searchId: number): Promise<number[]>;
  completeQuery(text: string, cursor: number): Promise<t.Completion[]>;
  newMatches(searchId: number): Promise<number>;
  resolveSelection(searchId: number, indices: number[]): Promise<string[]>;

  capture(captureId: string): Promise<t.CaptureDetail>;
  /** Address of a thumbnail whose long edge is about `longEdgePx`. */
  thumbUrl(captureId: string, longEdgePx: number): string;
  /** Address of the full upright picture. */
  pictureUrl(captureId: string, asset: string): string;

  /** Resolves only when durable. Sending one operation twice changes nothing. */
  applyEdits(request: t.EditRequest): Promise<t.EditResult>;
  undo(captureId: string | null): Promise<t.UndoResult>;
  redo(captureId: string | null): Promise<t.UndoResult>;
  recentActs(captureId: string, limit: number): Promise<t.ActDto[]>;
  submit(request: t.SubmitRequest): Promise<t.SubmissionDto>;
  tagCaptures(captureIds: string[], tag: string, present: boolean): Promise<t.TagResult>;

  project(): Promise<t.ProjectDto>;
  saveClasses(request: t.SaveClassesRequest): Promise<t.ProjectDto>;

  settings(): Promise<t.Settings>;
  saveSettings(settings: t.Settings): Promise<t.Settings>;
  models(): Promise<t.ModelDto[]>;
  connections(): Promise<t.ConnectionDto[]>;
  connect(url: string, token: string): Promise<t.ConnectionDto>;
  disconnect(serviceId: string): Promise<null>;
  syncNow(serviceId: string): Promise<t.JobDto>;

  jobs(): Promise<t.JobDto[]>;
  cancelJob(jobId: string): Promise<null>;
  previewImport(path: string, format: string): Promise<t.ImportPreview>;
  startImport(request: t.ImportRequest): Promise<t.JobDto>;
  startExport(request: t.ExportRequest): Promise<t.JobDto>;
  startPrelabel(request: t.PrelabelRequest): Promise<t.JobDto>;
  pickFolder(title: string): Promise<string | null>;
  pickFile(title: string): Promise<string | null>;
  doctor(): Promise<t.DoctorReport>;

  onJob(listener: (job: t.JobDto) => void): Unsubscribe;
  onLibraryChanged(listener: (change: t.LibraryChanged) => void): Unsubscribe;
  onConnection(listener: (connection: t.ConnectionDto) => void): Unsubscribe;
}
