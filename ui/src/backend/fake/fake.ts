/** The application in memory: for tests, and for looking at the views in a browser. */
import type { Backend, Unsubscribe } from "../backend";
import { BackendError } from "../errors";
import type {
  CaptureDetail, ClassDto, ConnectionDto, ErrorCode, Facet, GridItem, GridLayout, JobDto, LibraryChanged, ProjectDto, SearchResult, Settings, Sort, StartState, UiState,
} from "../types";
import { FakeAnnotations } from "./annotations";
import { FakeJobs } from "./jobs";
import { complete, matches, parseQuery, valuesOf } from "./query";
import { Random } from "./random";
import { makeCapture, makeClasses, NOW_MICROS, type DevPhoto, type FakeCapture } from "./world";

/** How the made-up application begins. */
export interface FakeOptions {
  readonly captures?: number;
  /** Nothing exists yet: no library, no person. */
  readonly firstStart?: boolean;
  readonly photos?: readonly DevPhoto[];
  /** Pause between two steps of a job. */
  readonly stepMs?: number;
  /** A new capture arrives this often; 0 is never. */
  readonly arrivalMs?: number;
  readonly theme?: Settings["theme"];
  /** Where the person left off. */
  readonly restore?: UiState;
}

const FACETS: readonly { readonly field: string; readonly title: string }[] = [
  { field: "class", title: "Class" },
  { field: "decision", title: "Decision" },
  { field: "submission", title: "Submission" },
  { field: "site", title: "Site" },
  { field: "device", title: "Device" },
  { field: "trigger", title: "Trigger" },
  { field: "model", title: "Model" },
  { field: "tag", title: "Tag" },
];

function fail(code: ErrorCode, message: string, remedy: string): never {
  throw new BackendError({ code, message, remedy, detail: null, position: null });
}

/** The application keeps the results of the last few searches, and so does this one. */
const SEARCHES_KEPT = 8;

const dayOf = (micros: number) => Math.floor(micros / 86_400e6);

class Listeners<T> {
  private readonly all = new Set<(value: T) => void>();

  add(listener: (value: T) => void): Unsubscribe {
    this.all.add(listener);
    return () => this.all.delete(listener);
  }

  tell(value: T): void {
    for (const listener of this.all) listener(value);
  }
}

/** See the module's text. Tests reach into it through its public fields. */
export class FakeBackend implements Backend {
  readonly captures: FakeCapture[] = [];
  readonly exports: { readonly out: string; readonly query: string }[] = [];
  private readonly random = new Random(20261120);
  private readonly classes: ClassDto[];
  private readonly searches = new Map<number, { readonly query: string; readonly sort: Sort; readonly ids: readonly FakeCapture[] }>();
  private readonly jobEvents = new Listeners<JobDto>();
  private readonly changeEvents = new Listeners<LibraryChanged>();
  private readonly connectionEvents = new Listeners<ConnectionDto>();
  private readonly work: FakeJobs;
  private readonly history: FakeAnnotations;
  private lastTagging: { readonly ids: string[]; readonly tag: string; readonly present: boolean } | undefined;
  private links: ConnectionDto[] = [];
  private hasLibrary: boolean;
  private person: { personId: string; name: string } | null;
  private schemaVersion = 1;
  private nextSearchId = 1;
  private saved: Settings;
  private uiState: UiState = { lastView: null, lastQuery: "", lastCaptureId: null, panels: {}, density: 128 };

  constructor(private readonly options: FakeOptions = {}) {
    this.work = new FakeJobs(options.stepMs ?? 200, (job) => this.jobEvents.tell(job));
    this.history = new FakeAnnotations((captureId) => this.find(captureId), () => NOW_MICROS);
    this.hasLibrary = options.firstStart !== true;
    this.person = options.firstStart === true ? null : { personId: this.random.id(), name: "Ada" };
    this.classes = options.firstStart === true ? [] : makeClasses(this.random);
    this.saved = {
      personName: this.person?.name ?? "", theme: options.theme ?? "dark", keys: {}, cacheLimitBytes: 20e9, inferenceThreads: 2, prefetch: 10,
    };
    if (options.restore !== undefined) this.uiState = options.restore;
    if (options.firstStart !== true) this.fill(options.captures ?? 300);
    if ((options.arrivalMs ?? 0) > 0) setInterval(() => this.arrive(1), options.arrivalMs);
  }

  /** Lets captures arrive, as a sync would. */
  arrive(count: number): void {
    const arrived = Array.from({ length: count }, () => makeCapture(this.random, this.classes, this.photoFor(this.captures.length), -1));
    this.captures.unshift(...arrived);
    this.changeEvents.tell({ changeSeq: this.history.changeSeq, captureIds: arrived.map((capture) => capture.detail.captureId), newCaptures: count });
  }

  // Start and library

  startState(): Promise<StartState> {
    const captures = this.captures.map((capture) => capture.detail);
    const annotations = captures.flatMap((capture) => capture.annotations.filter((annotation) => !annotation.deleted));
    const library = { path: "/library/Muster", name: "Muster", captures: captures.length, annotations: annotations.length, undecided: annotations.filter((a) => a.decision === "undecided").length, changeSeq: this.history.changeSeq };
    return Promise.resolve({
      library: this.hasLibrary ? library : null, recent: this.hasLibrary ? [{ path: library.path, name: library.name, exists: true }] : [], person: this.person,
      project: this.person === null ? null : this.describeProject(), demoAvailable: true, suggestedName: "Ada Lovelace", restore: this.uiState,
    });
  }

  openLibrary(_path: string | null, _create: boolean): Promise<StartState> {
    this.hasLibrary = true;
    return this.startState();
  }

  setUp(personName: string, _projectName: string): Promise<StartState> {
    this.hasLibrary = true;
    this.person = { personId: this.random.id(), name: personName };
    this.saved = { ...this.saved, personName };
    return this.startState();
  }

  openDemo(): Promise<StartState> {
    this.hasLibrary = true;
    this.work.start({ kind: "import", title: "Import the demo", total: 40, result: null, finish: () => this.import(40) });
    return this.startState();
  }

  saveUiState(state: UiState): Promise<null> {
    this.uiState = state;
    return Promise.resolve(null);
  }

  // Search

  async search(query: string, sort: Sort): Promise<SearchResult> {
    const ids = await Promise.resolve(this.matching(query, sort));
    const searchId = this.nextSearchId++;
    this.searches.set(searchId, { query, sort, ids });
    for (const oldest of this.searches.keys()) {
      if (this.searches.size <= SEARCHES_KEPT) break;
      this.searches.delete(oldest);
    }
    return { searchId, total: ids.length, elapsedMs: 3 + (ids.length % 9), changeSeq: this.history.changeSeq, normalized: query.trim() };
  }

  gridPage(searchId: number, offset: number, limit: number): Promise<GridItem[]> {
    const page = this.result(searchId).slice(offset, offset + limit);
    return Promise.resolve(page.map((capture, position) => this.gridItem(capture.detail, offset + position)));
  }

  gridLayout(searchId: number): Promise<GridLayout> {
    const days: GridLayout["days"] = [];
    this.result(searchId).forEach(({ detail: { capturedAtMicros } }, first) => {
      const last = days.at(-1);
      if (last === undefined || dayOf(last.capturedAtMicros) !== dayOf(capturedAtMicros)) days.push({ first, capturedAtMicros });
    });
    const aspects = this.result(searchId).map(({ detail }) => {
      const asset = detail.assets[0];
      return asset === undefined ? 0 : Math.round((asset.widthPx / asset.heightPx) * 100);
    });
    return Promise.resolve({ aspects, days: this.searches.get(searchId)?.sort.startsWith("captured") === true ? days : [] });
  }

  indexOf(searchId: number, captureId: string): Promise<number | null> {
    const index = this.result(searchId).findIndex((capture) => capture.detail.captureId === captureId);
    return Promise.resolve(index < 0 ? null : index);
  }

  facets(searchId: number): Promise<Facet[]> {
    const result = this.result(searchId);
    return Promise.resolve(FACETS.map(({ field, title }) => ({ field, title, values: this.count(result, field) })).filter((facet) => facet.values.length > 0));
  }

  confidenceHistogram(searchId: number): Promise<number[]> {
    const bins = Array.from({ length: 20 }, () => 0);
    for (const { detail } of this.result(searchId)) {
      const undecided = detail.annotations.filter((annotation) => annotation.decision === "undecided" && !annotation.deleted);
      if (undecided.length === 0) continue;
      const lowest = Math.min(...undecided.map((annotation) => annotation.confidence ?? 1));
      const bin = Math.min(19, Math.floor(lowest * 20));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    return Promise.resolve(bins);
  }

  completeQuery(text: string, cursor: number) {
    return Promise.resolve(complete(text, cursor, (field) => this.count(this.captures, field)));
  }

  newMatches(searchId: number): Promise<number> {
    const search = this.searches.get(searchId);
    if (search === undefined) return Promise.resolve(0);
    const known = new Set(search.ids);
    return Promise.resolve(this.matching(search.query, "captured_desc").filter((capture) => !known.has(capture)).length);
  }

  resolveSelection(searchId: number, indices: number[]): Promise<string[]> {
    const result = this.result(searchId);
    return Promise.resolve(indices.flatMap((index) => result[index]?.detail.captureId ?? []));
  }

  // Captures and annotations

  async capture(captureId: string): Promise<CaptureDetail> {
    const { detail } = await Promise.resolve(this.find(captureId));
    return structuredClone(detail);
  }

  thumbUrl(captureId: string, _longEdgePx: number): string {
    return this.find(captureId).picture;
  }

  pictureUrl(captureId: string, _asset: string): string {
    return this.find(captureId).picture;
  }

  async applyEdits(request: Parameters<Backend["applyEdits"]>[0]) {
    this.lastTagging = undefined;
    const result = await Promise.resolve(this.history.apply(request));
    this.changed([request.captureId]);
    return result;
  }

  undo(captureId: string | null) {
    if (captureId === null && this.lastTagging !== undefined) {
      const { ids, tag, present } = this.lastTagging;
      this.lastTagging = undefined;
      this.setTag(ids, tag, !present);
      return Promise.resolve({ title: `Tag ${tag}`, captureIds: ids, annotations: [], canUndo: false, canRedo: false });
    }
    const result = this.history.undo(captureId);
    this.changed(result.captureIds);
    return Promise.resolve(result);
  }

  redo(captureId: string | null) {
    const result = this.history.redo(captureId);
    this.changed(result.captureIds);
    return Promise.resolve(result);
  }

  recentActs(captureId: string, limit: number) {
    return Promise.resolve(this.history.recent(captureId, limit));
  }

  submit(request: Parameters<Backend["submit"]>[0]) {
    const submission = { statement: request.statement, reason: request.reason, person: this.person?.name ?? "", atMicros: NOW_MICROS };
    this.find(request.captureId).detail.submission = submission;
    this.changed([request.captureId]);
    return Promise.resolve(submission);
  }

  tagCaptures(captureIds: string[], tag: string, present: boolean) {
    const ids = captureIds.filter((captureId) => this.find(captureId).detail.tags.includes(tag) !== present);
    this.setTag(ids, tag, present);
    this.lastTagging = { ids, tag, present };
    return Promise.resolve({ changed: ids.length });
  }

  // Project

  project(): Promise<ProjectDto> {
    return Promise.resolve(this.describeProject());
  }

  async saveClasses(request: Parameters<Backend["saveClasses"]>[0]): Promise<ProjectDto> {
    if (request.baseVersion !== this.schemaVersion) fail("conflict", "The classes were changed elsewhere", "Look at the new list and make the change again.");
    const names = request.classes.map((edit) => edit.name.trim().toLowerCase());
    if (names.includes("")) fail("invalid", "A class needs a name", "Type a name.");
    if (new Set(names).size < names.length) fail("invalid", "Two classes have the same name", "Rename one of them.");
    const next = request.classes.map((edit) => ({ ...edit, classId: edit.classId ?? this.random.id(), count: 0 }));
    this.classes.splice(0, this.classes.length, ...next);
    this.schemaVersion += 1;
    for (const { detail } of this.captures) {
      detail.annotations.forEach((annotation, at) => {
        const classId = annotation.classId ?? this.classFor(annotation.modelClass);
        if (classId !== annotation.classId) detail.annotations[at] = { ...annotation, classId, version: annotation.version + 1 };
      });
    }
    this.changed([]);
    return this.project();
  }

  // Settings, models, connections

  settings(): Promise<Settings> {
    return Promise.resolve(this.saved);
  }

  saveSettings(settings: Settings): Promise<Settings> {
    this.saved = settings;
    if (this.person !== null) this.person = { ...this.person, name: settings.personName };
    return Promise.resolve(settings);
  }

  models() {
    return Promise.resolve([
      { id: "ssd-mobilenet", name: "SSD MobileNet", version: "1", role: "detector", licenceCode: "Apache-2.0", licenceWeights: "Apache-2.0", source: "file", installed: true, remedy: null, classes: 80, bytes: 18_000_000 },
      { id: "pp-ocr", name: "PP-OCR v4", version: "4", role: "ocr-det", licenceCode: "Apache-2.0", licenceWeights: "Apache-2.0", source: "pypi", installed: true, remedy: null, classes: 0, bytes: 16_000_000 },
      { id: "yolo11n", name: "YOLO11 n", version: "11", role: "detector", licenceCode: "MIT", licenceWeights: "AGPL-3.0", source: "npm", installed: false, remedy: "muster models pull yolo11n", classes: 80, bytes: 10_600_000 },
    ]);
  }

  connections(): Promise<ConnectionDto[]> {
    return Promise.resolve(this.links);
  }

  async connect(url: string, token: string): Promise<ConnectionDto> {
    if (!/^https?:\/\//.test(url)) fail("invalid", "The address is not an http or https address", "Write it as http://host:port.");
    if (token.trim() === "") fail("service_refused", "The service refused the token", "Ask for a token with `muster-ingest token desktop`.");
    const connection: ConnectionDto = { serviceId: this.random.id(), url, state: "following", message: null, captures: 0, lastSyncMicros: NOW_MICROS };
    this.links = [...this.links, connection];
    this.work.start({ kind: "sync", title: `Sync with ${url}`, total: 60, result: null, finish: () => this.import(60) });
    this.connectionEvents.tell(connection);
    return Promise.resolve(connection);
  }

  disconnect(serviceId: string): Promise<null> {
    this.links = this.links.filter((connection) => connection.serviceId !== serviceId);
    return Promise.resolve(null);
  }

  syncNow(_serviceId: string): Promise<JobDto> {
    return Promise.resolve(this.work.start({ kind: "sync", title: "Sync", total: 12, result: null, finish: () => this.arrive(12) }));
  }

  // Jobs

  jobs(): Promise<JobDto[]> {
    return Promise.resolve(this.work.list());
  }

  cancelJob(jobId: string): Promise<null> {
    this.work.cancel(jobId);
    return Promise.resolve(null);
  }

  previewImport(path: string, format: string) {
    if (path.trim() === "") fail("unreadable_file", "No folder was chosen", "Choose a folder.");
    const isCoco = path.endsWith(".json") || format === "coco";
    return Promise.resolve({
      format: isCoco ? "coco" : "images", images: 128, annotations: isCoco ? 929 : 0, newCaptures: 120, duplicates: 8, missing: isCoco ? ["cards/IMG_2411.JPG"] : [],
      unknownClasses: isCoco ? [{ name: "umbrella", count: 18 }, { name: "dog", count: 9 }] : [],
    });
  }

  startImport(request: Parameters<Backend["startImport"]>[0]): Promise<JobDto> {
    return Promise.resolve(this.work.start({ kind: "import", title: `Import ${request.path}`, total: 120, result: null, finish: () => this.import(120) }));
  }

  startExport(request: Parameters<Backend["startExport"]>[0]): Promise<JobDto> {
    const total = request.captureIds?.length ?? this.matching(request.query, "captured_desc").length;
    const finish = () => this.exports.push({ out: request.out, query: request.query });
    return Promise.resolve(this.work.start({ kind: "export", title: `Export ${total} captures`, total, result: request.out, finish }));
  }

  startPrelabel(request: Parameters<Backend["startPrelabel"]>[0]): Promise<JobDto> {
    const total = request.captureIds?.length ?? this.matching(request.query, "captured_desc").length;
    return Promise.resolve(this.work.start({ kind: "prelabel", title: `Pre-label ${total} captures`, total, result: null, finish: () => this.changed([]) }));
  }

  pickFolder(_title: string): Promise<string | null> {
    return Promise.resolve("/captures/yard");
  }

  pickFile(_title: string): Promise<string | null> {
    return Promise.resolve("/captures/yard/annotations.json");
  }

  doctor() {
    return Promise.resolve({ checks: [{ name: "Database", ok: true, message: "Intact", remedy: null }] });
  }

  onJob(listener: (job: JobDto) => void): Unsubscribe {
    return this.jobEvents.add(listener);
  }

  onLibraryChanged(listener: (change: LibraryChanged) => void): Unsubscribe {
    return this.changeEvents.add(listener);
  }

  onConnection(listener: (connection: ConnectionDto) => void): Unsubscribe {
    return this.connectionEvents.add(listener);
  }

  // Inside

  private setTag(captureIds: string[], tag: string, present: boolean): void {
    for (const captureId of captureIds) {
      const { detail } = this.find(captureId);
      detail.tags = present ? [...detail.tags, tag] : detail.tags.filter((other) => other !== tag);
    }
    this.changed(captureIds);
  }

  private photoFor(position: number): DevPhoto | undefined {
    const photos = this.options.photos ?? [];
    return photos.length === 0 ? undefined : photos[(position * 7) % photos.length];
  }

  private fill(count: number): void {
    for (let age = 0; age < count; age += 1) this.captures.push(makeCapture(this.random, this.classes, this.photoFor(age), age));
  }

  private import(count: number): void {
    this.fill(count);
    const captureIds = this.captures.slice(-count).map((capture) => capture.detail.captureId);
    this.changeEvents.tell({ changeSeq: this.history.changeSeq, captureIds, newCaptures: count });
  }

  private changed(captureIds: string[]): void {
    this.changeEvents.tell({ changeSeq: this.history.changeSeq, captureIds, newCaptures: 0 });
  }

  private find(captureId: string): FakeCapture {
    return this.captures.find((capture) => capture.detail.captureId === captureId) ?? fail("not_found", "The capture is not in this library", "It may have been erased.");
  }

  private result(searchId: number): readonly FakeCapture[] {
    return this.searches.get(searchId)?.ids ?? fail("not_found", "The search is no longer kept", "Search again.");
  }

  private readonly nameOf = (classId: string | null, modelClass: string | null): string => this.classes.find((entry) => entry.classId === classId)?.name ?? modelClass ?? "";

  private classFor(modelClass: string | null): string | null {
    return this.classes.find((entry) => entry.name === modelClass || (modelClass !== null && entry.aliases.includes(modelClass)))?.classId ?? null;
  }

  private matching(query: string, sort: Sort): FakeCapture[] {
    const terms = parseQuery(query);
    const found = this.captures.filter((capture) => matches(capture.detail, terms, this.nameOf));
    const undecided = (capture: FakeCapture) => capture.detail.annotations.filter((annotation) => annotation.decision === "undecided" && !annotation.deleted).length;
    return found.sort((a, b) => {
      if (sort === "captured_asc") return a.detail.capturedAtMicros - b.detail.capturedAtMicros;
      if (sort === "risk" && undecided(a) !== undecided(b)) return undecided(b) - undecided(a);
      return b.detail.capturedAtMicros - a.detail.capturedAtMicros;
    });
  }

  private count(captures: readonly FakeCapture[], field: string): Facet["values"] {
    const counts = new Map<string, number>();
    for (const { detail } of captures) {
      for (const value of valuesOf(detail, field, this.nameOf)) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([value, count]) => ({ value, count, classId: field === "class" ? (this.classes.find((entry) => entry.name === value)?.classId ?? null) : null }));
  }

  private gridItem(detail: CaptureDetail, index: number): GridItem {
    const asset = detail.assets[0];
    const live = detail.annotations.filter((annotation) => !annotation.deleted);
    return {
      index, captureId: detail.captureId, rowKey: index, widthPx: asset?.widthPx ?? 0, heightPx: asset?.heightPx ?? 0, mediaKind: "image", durationMicros: null,
      capturedAtMicros: detail.capturedAtMicros, site: detail.site, device: detail.device, trigger: detail.trigger?.name ?? null, submission: detail.submission?.statement ?? "none", tags: detail.tags,
      boxes: live.flatMap(({ box, classId, decision }) => (box === null ? [] : [{ ...box, classId, decision }])),
      undecided: live.filter((annotation) => annotation.decision === "undecided").length,
    };
  }

  private describeProject(): ProjectDto {
    const live = this.captures.flatMap(({ detail }) => detail.annotations.filter((annotation) => !annotation.deleted));
    const unmapped = new Map<string, number>();
    for (const annotation of live) {
      if (annotation.classId === null && annotation.modelClass !== null) unmapped.set(annotation.modelClass, (unmapped.get(annotation.modelClass) ?? 0) + 1);
    }
    return {
      projectId: "project-1", name: "Yard pilot", schemaVersion: this.schemaVersion,
      classes: this.classes.map((entry) => ({ ...entry, count: live.filter((annotation) => annotation.classId === entry.classId).length })),
      unmapped: [...unmapped].sort((a, b) => b[1] - a[1]).map(([modelClass, count]) => ({ modelClass, model: "ssd-mobilenet 1", count })),
    };
  }
}
