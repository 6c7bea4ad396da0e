/** The application's types as the views see them. */

export type ErrorCode =
  | "no_library" | "not_a_library" | "library_busy" | "library_too_new" | "query" | "not_found" | "conflict" | "invalid"
  | "model_missing" | "runtime_missing" | "service_unreachable" | "service_refused" | "certificate" | "unreadable_file"
  | "disk_full" | "cancelled" | "internal";

export type AppError = { code: ErrorCode; message: string; remedy: string | null; detail: string | null; position: { start: number; end: number } | null };

export type StartState = {
  library: LibraryInfo | null; recent: RecentLibrary[]; person: PersonDto | null; project: ProjectDto | null;
  demoAvailable: boolean; suggestedName: string; restore: UiState;
};
export type PersonDto = { personId: string; name: string };
export type LibraryInfo = { path: string; name: string; captures: number; annotations: number; undecided: number; changeSeq: number };
export type RecentLibrary = { path: string; name: string; exists: boolean };
export type UiState = { lastView: string | null; lastQuery: string; lastCaptureId: string | null; panels: Record<string, boolean>; density: number };

export type Sort = "captured_desc" | "captured_asc" | "received_desc" | "risk";
export type SearchResult = { searchId: number; total: number; elapsedMs: number; changeSeq: number; normalized: string };
export type GridLayout = { aspects: number[] };
export type Decision = "undecided" | "accepted" | "rejected";
export type GridBox = { x: number; y: number; width: number; height: number; classId: string | null; decision: Decision };
export type GridItem = {
  index: number; captureId: string; rowKey: number; widthPx: number; heightPx: number; mediaKind: "image" | "video" | "series"; durationMicros: number | null;
  capturedAtMicros: number; site: string | null; device: string | null; trigger: string | null; submission: string; tags: string[]; boxes: GridBox[]; undecided: number;
};
export type FacetValue = { value: string; count: number; classId: string | null };
export type Facet = { field: string; title: string; values: FacetValue[] };
export type Completion = { kind: "field" | "value" | "text"; label: string; insert: string; start: number; end: number; count: number | null; hint: string | null };

export type NamedValue = { name: string; value: string; number: number | null };
export type AssetDto = { name: string; stream: string; mediaType: string; bytes: number; widthPx: number; heightPx: number; durationMicros: number | null; local: boolean };
export type Statement = "submitted" | "verified_empty" | "skipped" | "escalated";
export type SubmissionDto = { statement: Statement; reason: string | null; person: string; atMicros: number };
export type BoxDto = { x: number; y: number; width: number; height: number };
export type Origin = "person" | "model" | "import" | "rule";
export type AnnotationDto = {
  annotationId: string; captureId: string; asset: string; kind: string; box: BoxDto | null; text: string | null; classId: string | null; modelClass: string | null;
  decision: Decision; confidence: number | null; origin: Origin; originLabel: string; geometryBy: string; classBy: string; version: number; z: number; deleted: boolean;
};
export type TriggerDto = { name: string; version: number; expression: string; values: NamedValue[] };
export type ModelRunDto = { model: string; version: string; outcome: "done" | "empty" | "failed"; proposals: number };
export type LedgerEntry = { event: string; atMicros: number; text: string };
export type CaptureDetail = {
  captureId: string; site: string | null; device: string | null; sourcePath: string | null; capturedAtMicros: number; uncertaintyMicros: number; receivedAtMicros: number;
  trigger: TriggerDto | null; signals: NamedValue[]; assets: AssetDto[]; tags: string[]; submission: SubmissionDto | null;
  annotations: AnnotationDto[]; modelRuns: ModelRunDto[]; ledger: LedgerEntry[];
};

export type Edit =
  | { kind: "create"; annotationId: string; asset: string; box: BoxDto; classId: string }
  | { kind: "update"; annotationId: string; baseVersion: number; box: BoxDto | null; classId: string | null; decision: Decision | null }
  | { kind: "delete"; annotationId: string; baseVersion: number }
  | { kind: "restore"; annotationId: string; baseVersion: number };
export type EditRequest = { operationId: string; captureId: string; title: string; edits: Edit[] };
export type EditResult = { operationId: string; changeSeq: number; annotations: AnnotationDto[] };
export type UndoResult = { title: string | null; captureIds: string[]; annotations: AnnotationDto[]; canUndo: boolean; canRedo: boolean };
export type ActDto = { operationId: string; title: string; atMicros: number; undone: boolean };
export type WorkDto = { startedAtMicros: number; endedAtMicros: number; inputEvents: number; proposalsShown: number };
export type SubmitRequest = { captureId: string; statement: Statement; reason: string | null; work: WorkDto };
export type TagResult = { changed: number };

export type ClassDto = { classId: string; name: string; aliases: string[]; colour: number; key: number | null; retired: boolean; count: number };
export type UnmappedClass = { modelClass: string; model: string; count: number };
export type ProjectDto = { projectId: string; name: string; schemaVersion: number; classes: ClassDto[]; unmapped: UnmappedClass[] };
export type ClassEdit = { classId: string | null; name: string; aliases: string[]; colour: number; key: number | null; retired: boolean };
export type SaveClassesRequest = { baseVersion: number; classes: ClassEdit[] };

export type Theme = "dark" | "light" | "system";
export type Settings = { personName: string; theme: Theme; keys: Record<string, string>; cacheLimitBytes: number; inferenceThreads: number; prefetch: number };
export type ModelDto = {
  id: string; name: string; version: string; role: string; licenceCode: string; licenceWeights: string; source: string; installed: boolean; remedy: string | null;
  classes: number; bytes: number;
};
export type ConnectionState = "idle" | "syncing" | "following" | "failed";
export type ConnectionDto = { serviceId: string; url: string; state: ConnectionState; message: string | null; captures: number; lastSyncMicros: number | null };

export type JobKind = "import" | "export" | "prelabel" | "sync" | "index";
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";
export type JobDto = {
  jobId: string; kind: JobKind; title: string; state: JobState; done: number; total: number | null; failed: number; ratePerS: number | null; message: string | null;
  failures: { subject: string; message: string }[]; result: string | null;
};
export type ImportPreview = { format: string; images: number; annotations: number; newCaptures: number; duplicates: number; missing: string[]; unknownClasses: { name: string; count: number }[] };
export type ImportRequest = { path: string; format: string; media: "copy" | "reference"; createClasses: boolean };
export type ExportRequest = { format: "coco"; out: string; query: string; captureIds: string[] | null; includeProposals: boolean; media: "copy" | "link" | "none" };
export type PrelabelRequest = { model: string; query: string; captureIds: string[] | null; minConfidence: number };
export type DoctorReport = { checks: { name: string; ok: boolean; message: string; remedy: string | null }[] };

export type LibraryChanged = { changeSeq: number; captureIds: string[]; newCaptures: number };
