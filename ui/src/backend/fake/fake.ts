/** The application in memory: for tests, and for looking at the views in a browser. */
import type { Backend, Unsubscribe } from "../backend";
import type { CropItem } from "../types";
import { BackendError } from "../errors";
import type { MapPicture, MapView } from "../map";
import type { MapBounds, MapLegendEntry, MapSelection, MapState } from "../types";
import type {
  ActResult, AnnotationAct, CacheState, CaptureDetail, ClassDto, ConnectionDto, ErrorCode, Facet, GridGroup, GridItem, GroupBy, ImportRootDto, JobDto, KeptAside, LibraryChanged, OfflineSet, Pick, ProjectDto, SearchResult, Selection, Settings, Slice, SortSpec, StartState, TagResult, Wanted,
  UiState, UserField, UserFieldType, UserFieldValue,
} from "../types";
import { FakeAnnotations } from "./annotations";
import { FakeCaptures, MADE_AT_MOST } from "./captures";
import { FakeCuration } from "./curation";
import { FakeExplore } from "./explore";
import { FakeJobs } from "./jobs";
import { Listeners } from "./listeners";
import { fakeSeries, TILE_PX } from "./media";
import { complete } from "./query";
import { Random } from "./random";
import { FakeSearch } from "./search";
import { drawStrip, makeCapture, makeClasses, NOW_MICROS, type DevPhoto, type FakeCapture } from "./world";

/** How the made-up application begins. */
export interface FakeOptions {
  readonly captures?: number;
  /** Nothing exists yet: no library, no person. */
  readonly firstStart?: boolean;
  readonly photos?: readonly DevPhoto[];
  /** Every eighth capture is a video. */
  readonly videos?: boolean;
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
  { field: "has", title: "Has" },
];

function fail(code: ErrorCode, message: string, remedy: string): never {
  throw new BackendError({ code, message, remedy, detail: null, position: null });
}

/** See the module's text. Tests reach into it through its public fields. */
export class FakeBackend implements Backend {
  /** Those that are not repetitions. */
  readonly captures: FakeCapture[];
  readonly exports: { readonly out: string; readonly query: string }[] = [];
  readonly imports: Parameters<Backend["startImport"]>[0][] = [];
  private roots: ImportRootDto[] = [
    { name: "yard", path: "/captures/yard", exists: true, captures: 128, referenced: 128 },
    { name: "old-disk", path: "/media/old-disk/photos", exists: false, captures: 40, referenced: 40 },
  ];
  private readonly random = new Random(20261120);
  private readonly classes: ClassDto[];
  private readonly all = new FakeCaptures();
  private readonly searches: FakeSearch;
  private readonly curation: FakeCuration;
  private readonly explore: FakeExplore;
  private readonly jobEvents = new Listeners<JobDto>();
  private readonly changeEvents = new Listeners<LibraryChanged>();
  private readonly connectionEvents = new Listeners<ConnectionDto>();
  private readonly work: FakeJobs;
  private readonly history: FakeAnnotations;
  private lastTagging: { readonly keys: readonly number[]; readonly tag: string; readonly present: boolean } | undefined;
  private links: ConnectionDto[] = [];
  private offlineSets: OfflineSet[] = [];
  private hasLibrary: boolean;
  private person: { personId: string; name: string } | null;
  private schemaVersion = 1;
  private saved: Settings;
  private uiState: UiState = { lastView: null, lastQuery: "", lastCaptureId: null, panels: {}, density: 128 };

  constructor(private readonly options: FakeOptions = {}) {
    this.captures = this.all.made;
    this.searches = new FakeSearch(this.all, this.nameOf, (name) => this.curation.pickedIn(name));
    this.explore = new FakeExplore(this.all, this.searches, this.nameOf);
    this.curation = new FakeCuration(this.searches, () => this.random.id());
    this.work = new FakeJobs(options.stepMs ?? 200, (job) => this.jobEvents.tell(job));
    this.history = new FakeAnnotations((captureId) => this.find(captureId), () => NOW_MICROS);
    this.hasLibrary = options.firstStart !== true;
    this.person = options.firstStart === true ? null : { personId: this.random.id(), name: "Ada" };
    this.classes = options.firstStart === true ? [] : makeClasses(this.random);
    this.saved = {
      personName: this.person?.name ?? "", theme: options.theme ?? "dark", keys: {}, cacheLimitBytes: 20e9, inferenceThreads: 2, prefetch: 10,
    };
    if (options.restore !== undefined) this.uiState = options.restore;
    if (options.firstStart !== true) {
      const captures = options.captures ?? 300;
      this.fill(Math.min(captures, MADE_AT_MOST));
      if (captures > MADE_AT_MOST) this.all.repeat(captures - MADE_AT_MOST);
    }
    if ((options.arrivalMs ?? 0) > 0) setInterval(() => this.arrive(1), options.arrivalMs);
  }

  /** Lets captures arrive, as a sync would. */
  arrive(count: number): void {
    const arrived = Array.from({ length: count }, () => makeCapture(this.random, this.classes, this.photoFor(this.captures.length), -1));
    this.captures.push(...arrived);
    this.changeEvents.tell({ changeSeq: this.history.changeSeq, captureIds: arrived.map((capture) => capture.detail.captureId), newCaptures: count });
  }

  // Start and library

  startState(): Promise<StartState> {
    const annotations = this.captures.flatMap(({ detail }) => detail.annotations.filter((annotation) => !annotation.deleted));
    const { times } = this;
    const undecided = annotations.filter((a) => a.decision === "undecided").length;
    const library = { path: "/library/Muster", name: "Muster", captures: this.all.total, annotations: Math.round(annotations.length * times), undecided: Math.round(undecided * times), changeSeq: this.history.changeSeq };
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

  async search(query: string, sort: SortSpec, group: GroupBy | null): Promise<SearchResult> {
    const began = performance.now();
    const { searchId, total } = await Promise.resolve(this.searches.open(query, sort, group));
    return { searchId, total, elapsedMs: performance.now() - began, changeSeq: this.history.changeSeq, normalized: query.trim(), emptyReason: null };
  }

  gridPage(searchId: number, offset: number, limit: number): Promise<GridItem[]> {
    const page = [...this.searches.session(searchId).keys.subarray(offset, offset + limit)];
    return Promise.resolve(page.map((key, position) => this.gridItem(this.all.at(key).detail, offset + position)));
  }

  gridLayout(searchId: number): Promise<Uint16Array> {
    return Promise.resolve(this.searches.aspects(searchId));
  }

  gridGroups(searchId: number): Promise<GridGroup[]> {
    return Promise.resolve(this.searches.session(searchId).groups);
  }

  indexOf(searchId: number, captureId: string): Promise<number | null> {
    const key = this.all.keyOf(captureId);
    const index = key === undefined ? -1 : this.searches.session(searchId).keys.indexOf(key);
    return Promise.resolve(index < 0 ? null : index);
  }

  facets(searchId: number): Promise<Facet[]> {
    const facets = FACETS.map(({ field, title }) => this.withClasses(this.searches.facet(searchId, field, title)));
    return Promise.resolve(facets.map((facet) => ({ ...facet, values: facet.values.slice(0, 200) })).filter((facet) => facet.values.length > 0));
  }

  facetValues(searchId: number, field: string, prefix: string, limit: number): Promise<Facet> {
    const { values, ...facet } = this.withClasses(this.searches.facet(searchId, field, field));
    const wanted = values.filter((entry) => entry.value.toLowerCase().includes(prefix.toLowerCase()));
    return Promise.resolve({ ...facet, values: wanted.slice(0, limit) });
  }

  histogramFields(_searchId: number) {
    return Promise.resolve(this.searches.histogramFields());
  }

  histogram(searchId: number, field: string, bins: number) {
    return Promise.resolve(this.searches.histogram(searchId, field, bins));
  }

  confidenceHistogram(searchId: number): Promise<number[]> {
    return Promise.resolve(this.searches.leastSure(searchId));
  }

  completeQuery(text: string, cursor: number) {
    return Promise.resolve(complete(text, cursor, (field) => this.searches.count(this.searches.matching(""), field)));
  }

  newMatches(searchId: number): Promise<number> {
    return Promise.resolve(this.searches.newMatches(searchId));
  }

  resolveSelection(searchId: number, indices: number[]): Promise<string[]> {
    const { keys } = this.searches.session(searchId);
    return Promise.resolve(indices.flatMap((index) => (keys[index] === undefined ? [] : this.all.at(keys[index]).detail.captureId)));
  }

  // Captures and annotations

  async capture(captureId: string): Promise<CaptureDetail> {
    const { detail } = await Promise.resolve(this.find(captureId));
    return structuredClone(detail);
  }

  thumbUrl(captureId: string, _longEdgePx: number): string {
    return this.find(captureId).picture;
  }

  stripUrl(captureId: string, frames: number): string {
    const asset = this.find(captureId).detail.assets[0];
    return drawStrip(asset?.widthPx ?? 4, asset?.heightPx ?? 3, frames);
  }

  pictureUrl(captureId: string, _asset: string): string {
    return this.find(captureId).picture;
  }

  async series(captureId: string, asset: string) {
    const found = this.find(captureId).detail.assets.find((candidate) => candidate.name === asset);
    if (found === undefined) fail("not_found", `There is no asset ${asset} in this capture`, "Choose another capture.");
    return Promise.resolve(fakeSeries());
  }

  async tileGrid(captureId: string, asset: string) {
    const found = this.find(captureId).detail.assets.find((candidate) => candidate.name === asset);
    if (found === undefined) fail("not_found", `There is no asset ${asset} in this capture`, "Choose another capture.");
    const longest = Math.max(found.widthPx, found.heightPx);
    const levels = 1 + Math.max(0, Math.ceil(Math.log2(longest / TILE_PX)));
    return Promise.resolve({ tilePx: TILE_PX, widthPx: found.widthPx, heightPx: found.heightPx, levels, advised: false });
  }

  tileUrl(captureId: string, asset: string): string {
    return this.pictureUrl(captureId, asset);
  }

  cropUrl(_annotationId: string, longEdgePx: number): string {
    return drawStrip(longEdgePx, longEdgePx, 1);
  }

  frameUrl(captureId: string, asset: string): string {
    return this.pictureUrl(captureId, asset);
  }

  async applyEdits(request: Parameters<Backend["applyEdits"]>[0]) {
    this.lastTagging = undefined;
    const result = await Promise.resolve(this.history.apply(request));
    this.changed([request.captureId]);
    return result;
  }

  undo(captureId: string | null) {
    if (captureId === null && this.lastTagging !== undefined) {
      const { keys, tag, present } = this.lastTagging;
      this.lastTagging = undefined;
      this.all.tag(keys, tag, !present);
      this.changed([]);
      return Promise.resolve({ title: `Tag ${tag}`, captureIds: [], annotations: [], canUndo: false, canRedo: false });
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

  tagSelection(selection: Selection, tag: string, present: boolean): Promise<TagResult> {
    const keys = this.all.tag(this.searches.keysOf(selection), tag, present);
    this.lastTagging = { keys, tag, present };
    this.changed(keys.length > 200 ? [] : keys.map((key) => this.all.at(key).detail.captureId));
    return Promise.resolve({ changed: keys.length });
  }

  /** Of captures: what nobody has decided on. Annotations of the fake are chosen by their captures alone. */
  actOnAnnotations(selection: Selection, act: AnnotationAct): Promise<ActResult> {
    let changed = 0;
    const operationId = this.random.id();
    if ("searchId" in selection && this.explore.isCropSession(selection.searchId)) {
      const title = act === "reject" ? "Reject" : typeof act === "object" ? "Class" : "Accept";
      for (const [captureId, edits] of this.explore.edits(selection.searchId, selection.ranges ?? [], act)) {
        this.history.apply({ operationId: `${operationId} ${captureId}`, captureId, title, edits });
        changed += edits.length;
      }
      this.changed([]);
      return Promise.resolve({ changed, skipped: 0, operationId });
    }
    for (const key of this.searches.keysOf(selection).slice(0, 5000)) {
      const { detail } = this.all.at(key);
      const open = detail.annotations.filter((annotation) => annotation.decision === "undecided" && !annotation.deleted);
      const decision = act === "reject" ? ("rejected" as const) : ("accepted" as const);
      const classId = typeof act === "object" && "class" in act ? act.class : null;
      if (open.length === 0 || (typeof act === "object" && "tag" in act)) continue;
      const edits = open.map(({ annotationId, version }) => ({ kind: "update" as const, annotationId, baseVersion: version, box: null, classId, decision }));
      this.history.apply({ operationId: `${operationId} ${key}`, captureId: detail.captureId, title: act === "reject" ? "Reject" : "Accept", edits });
      changed += open.length;
    }
    this.lastTagging = undefined;
    this.changed([]);
    return Promise.resolve({ changed, skipped: 0, operationId });
  }

  searchAnnotations(query: string, sort: SortSpec): Promise<SearchResult> {
    return Promise.resolve({ ...this.explore.open(query, sort), elapsedMs: 1, changeSeq: this.history.changeSeq, normalized: query.trim(), emptyReason: null });
  }

  annotationPage(searchId: number, offset: number, limit: number): Promise<CropItem[]> {
    return Promise.resolve(this.explore.page(searchId, offset, limit));
  }

  mapState(): Promise<MapState> {
    const running = this.work.list().find((job) => job.kind === "index" && job.state === "running");
    return Promise.resolve({ ready: this.explore.isMapReady, points: this.all.total, model: "efficientnet-lite0 1", stale: 0, jobId: running?.jobId ?? null });
  }

  startMap(): Promise<JobDto> {
    return Promise.resolve(this.work.start({ kind: "index", title: "Make the map", total: this.all.total, result: null, finish: () => (this.explore.isMapReady = true) }));
  }

  mapBounds(): Promise<MapBounds | null> {
    return Promise.resolve({ left: -10, top: -8, right: 10, bottom: 8 });
  }

  mapView(searchId: number, view: MapView): Promise<MapPicture> {
    return Promise.resolve(this.explore.view(searchId, view));
  }

  mapLegend(searchId: number, colourBy: string): Promise<MapLegendEntry[]> {
    return Promise.resolve(this.explore.legend(searchId, colourBy));
  }

  selectInPolygon(searchId: number, polygon: [number, number][]): Promise<MapSelection> {
    return Promise.resolve(this.explore.select(searchId, polygon));
  }

  // Curation

  slices(): Promise<Slice[]> {
    return Promise.resolve(this.curation.slices());
  }

  saveSlice(name: string, query: string): Promise<Slice> {
    return Promise.resolve(this.curation.saveSlice(name, query));
  }

  renameSlice(sliceId: string, name: string): Promise<Slice> {
    return Promise.resolve(this.curation.renameSlice(sliceId, name));
  }

  deleteSlice(sliceId: string): Promise<null> {
    this.curation.deleteSlice(sliceId);
    return Promise.resolve(null);
  }

  picks(): Promise<Pick[]> {
    return Promise.resolve(this.curation.picks());
  }

  savePick(name: string, selection: Selection, _seed: number | null): Promise<Pick> {
    return Promise.resolve(this.curation.savePick(name, selection));
  }

  deletePick(pickId: string): Promise<null> {
    this.curation.deletePick(pickId);
    return Promise.resolve(null);
  }

  userFields(): Promise<UserField[]> {
    return Promise.resolve(this.curation.fields);
  }

  defineField(name: string, fieldType: UserFieldType, onAnnotation: boolean): Promise<UserField> {
    return Promise.resolve(this.curation.define({ name, type: fieldType, onAnnotation }));
  }

  setField(selection: Selection, name: string, value: UserFieldValue | null): Promise<TagResult> {
    const keys = this.searches.keysOf(selection).slice(0, 5000);
    for (const key of keys) {
      const { detail } = this.all.at(key);
      const others = detail.fields.filter((entry) => entry.name !== name);
      detail.fields = value === null ? others : [...others, { name, value: String(value), number: typeof value === "number" ? value : null }];
    }
    this.changed(keys.length > 200 ? [] : keys.map((key) => this.all.at(key).detail.captureId));
    return Promise.resolve({ changed: keys.length });
  }

  setNote(captureId: string, text: string): Promise<null> {
    this.find(captureId).detail.note = text.trim() === "" ? null : text;
    this.changed([captureId]);
    return Promise.resolve(null);
  }

  takeOffline(name: string, selection: Selection): Promise<JobDto> {
    const total = this.searches.keysOf(selection).length;
    if (total === 0) fail("invalid", "There is nothing to take offline", "Choose captures first.");
    const set: OfflineSet = { offlineId: this.random.id(), name, total, ready: 0, bytes: total * 350_000, readyBytes: 0, madeAtMicros: NOW_MICROS, jobId: null };
    this.offlineSets = [set, ...this.offlineSets];
    return Promise.resolve(this.fetchOffline(set));
  }

  private fetchOffline(set: OfflineSet): JobDto {
    const finish = () => {
      set.ready = set.total;
      set.readyBytes = set.bytes;
      set.jobId = null;
    };
    const job = this.work.start({ kind: "sync", title: `Take offline: ${set.name}`, total: set.total, result: null, finish });
    set.jobId = job.jobId;
    return job;
  }

  offline(): Promise<OfflineSet[]> {
    return Promise.resolve(this.offlineSets.map((set) => ({ ...set })));
  }

  resumeOffline(offlineId: string): Promise<JobDto> {
    const set = this.offlineSets.find((known) => known.offlineId === offlineId);
    if (set === undefined) fail("not_found", "There is no such offline set", "Look at the list again.");
    return Promise.resolve(this.fetchOffline(set));
  }

  releaseOffline(offlineId: string): Promise<null> {
    this.offlineSets = this.offlineSets.filter((set) => set.offlineId !== offlineId);
    return Promise.resolve(null);
  }

  cacheState(): Promise<CacheState> {
    const pinnedBytes = this.offlineSets.reduce((sum, set) => sum + set.readyBytes, 0);
    return Promise.resolve({ blobs: 120, bytes: 42_000_000 + pinnedBytes, limitBytes: this.saved.cacheLimitBytes, pinnedBytes });
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

  async connect(url: string, token: string, wanted: Wanted | null = null): Promise<ConnectionDto> {
    if (!/^https?:\/\//.test(url)) fail("invalid", "The address is not an http or https address", "Write it as http://host:port.");
    if (/expired/.test(url)) fail("certificate", "The certificate of the service has expired", "Let the service renew its certificate, and check this machine's clock.");
    if (token.trim() === "") fail("service_refused", "The service refused the token", "Ask for a token with `muster-ingest token desktop`.");
    const connection: ConnectionDto = { serviceId: this.random.id(), url, state: "following", message: null, captures: 0, lastSyncMicros: NOW_MICROS, keptAside: 0, failure: null, wanted: wanted ?? { sites: [], devices: [], fromMicros: null, untilMicros: null } };
    this.links = [...this.links, connection];
    this.work.start({ kind: "sync", title: `Sync with ${url}`, total: 60, result: null, finish: () => this.import(60) });
    this.connectionEvents.tell(connection);
    return Promise.resolve(connection);
  }

  setWanted(serviceId: string, wanted: Wanted): Promise<ConnectionDto> {
    const found = this.links.find((connection) => connection.serviceId === serviceId);
    if (found === undefined) fail("not_found", "There is no such service", "Look at the list of connections again.");
    const changed = { ...found, wanted };
    this.links = this.links.map((connection) => (connection === found ? changed : connection));
    return Promise.resolve(changed);
  }

  keptAside(_serviceId: string, _limit: number): Promise<KeptAside[]> {
    return Promise.resolve([]);
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
      format: isCoco ? "coco" : "images", root: "yard", isArchive: path.endsWith(".zip"), images: 131, bytes: 612_000_000, annotations: isCoco ? 929 : 0,
      matched: 8, changed: 3, new: 120, duplicate: 5, duplicateIsPartial: false, unreadable: 1, missing: isCoco ? 1 : 0,
      problems: [{ path: "cards/cut.jpg", reason: "the file has no bytes" }, ...(isCoco ? [{ path: "cards/IMG_2411.JPG", reason: "the label file names this picture and it is nowhere near" }] : [])],
      unknownClasses: isCoco ? [{ name: "umbrella", count: 18 }, { name: "dog", count: 9 }] : [],
    });
  }

  startImport(request: Parameters<Backend["startImport"]>[0]): Promise<JobDto> {
    this.imports.push(request);
    return Promise.resolve(this.work.start({ kind: "import", title: `Import ${request.path}`, total: 120, result: null, finish: () => this.import(120) }));
  }

  importProblems(_jobId: string, offset: number, limit: number) {
    const problems = Array.from({ length: 230 }, (_, at) => ({ path: `cards/cut ${at + 1}.jpg`, reason: "it is cut off" }));
    return Promise.resolve({ total: problems.length, problems: problems.slice(offset, offset + limit) });
  }

  importRoots() {
    return Promise.resolve([...this.roots]);
  }

  relink(root: string, path: string) {
    this.roots = this.roots.map((known) => (known.name === root ? { ...known, path, exists: true } : known));
    return this.changedFiles(root);
  }

  changedFiles(root: string) {
    const found = this.roots.find((known) => known.name === root);
    if (found === undefined) fail("not_found", `There is no import root ${root}`, "Choose another one.");
    return Promise.resolve({
      name: root, path: found.path, unchanged: found.captures - 2, changed: 1, missing: 1, new: 0,
      files: [{ path: "a.jpg", state: "changed" as const, captureId: null, hasCopy: false }, { path: "b.jpg", state: "missing" as const, captureId: null, hasCopy: true }],
    });
  }

  startExport(request: Parameters<Backend["startExport"]>[0]): Promise<JobDto> {
    const total = request.captureIds?.length ?? this.searches.matching(request.query).length;
    const finish = () => this.exports.push({ out: request.out, query: request.query });
    return Promise.resolve(this.work.start({ kind: "export", title: `Export ${total} captures`, total, result: request.out, finish }));
  }

  startPrelabel(request: Parameters<Backend["startPrelabel"]>[0]): Promise<JobDto> {
    const total = request.captureIds?.length ?? this.searches.matching(request.query).length;
    return Promise.resolve(this.work.start({ kind: "prelabel", title: `Pre-label ${total} captures`, total, result: null, finish: () => this.changed([]) }));
  }

  pickFolder(_title: string): Promise<string | null> {
    return Promise.resolve("/captures/yard");
  }

  pickFile(_title: string): Promise<string | null> {
    return Promise.resolve("/captures/yard/annotations.json");
  }

  doctor() {
    return Promise.resolve({ checks: [{ name: "Database", ok: true, message: "Intact", remedy: null }], mended: [] });
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

  private photoFor(position: number): DevPhoto | undefined {
    const photos = this.options.photos ?? [];
    return photos.length === 0 ? undefined : photos[(position * 7) % photos.length];
  }

  private fill(count: number): void {
    for (let age = 0; age < count; age += 1) this.captures.push(makeCapture(this.random, this.classes, this.photoFor(age), age, this.options.videos === true && age % 8 === 3));
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
    const key = this.all.keyOf(captureId);
    return key === undefined ? fail("not_found", "The capture is not in this library", "It may have been erased.") : this.all.at(key);
  }

  private readonly nameOf = (classId: string | null, modelClass: string | null): string => this.classes.find((entry) => entry.classId === classId)?.name ?? modelClass ?? "";

  private classFor(modelClass: string | null): string | null {
    return this.classes.find((entry) => entry.name === modelClass || (modelClass !== null && entry.aliases.includes(modelClass)))?.classId ?? null;
  }

  private withClasses(facet: { field: string; title: string; values: { value: string; count: number }[] }): Facet {
    const classOf = (value: string) => (facet.field === "class" ? (this.classes.find((entry) => entry.name === value)?.classId ?? null) : null);
    return { ...facet, values: facet.values.map((entry) => ({ ...entry, classId: classOf(entry.value) })) };
  }

  private gridItem(detail: CaptureDetail, index: number): GridItem {
    const asset = detail.assets[0];
    const live = detail.annotations.filter((annotation) => !annotation.deleted);
    return {
      index, captureId: detail.captureId, rowKey: index, widthPx: asset?.widthPx ?? 0, heightPx: asset?.heightPx ?? 0, mediaKind: asset?.mediaType.startsWith("video/") === true ? "video" : "image", durationMicros: asset?.durationMicros ?? null,
      capturedAtMicros: detail.capturedAtMicros, site: detail.site, device: detail.device, trigger: detail.trigger?.name ?? null, submission: detail.submission?.statement ?? "none", tags: detail.tags,
      boxes: live.flatMap(({ box, classId, decision, confidence }) => (box === null ? [] : [{ ...box, classId, decision, confidence }])),
      undecided: live.filter((annotation) => annotation.decision === "undecided").length,
    };
  }

  /** How often each made capture occurs, counting its repetitions. */
  private get times(): number {
    return this.captures.length === 0 ? 1 : this.all.total / this.captures.length;
  }

  private describeProject(): ProjectDto {
    const live = this.captures.flatMap(({ detail }) => detail.annotations.filter((annotation) => !annotation.deleted));
    const unmapped = new Map<string, number>();
    for (const annotation of live) {
      if (annotation.classId === null && annotation.modelClass !== null) unmapped.set(annotation.modelClass, (unmapped.get(annotation.modelClass) ?? 0) + 1);
    }
    return {
      projectId: "project-1", name: "Yard pilot", schemaVersion: this.schemaVersion,
      classes: this.classes.map((entry) => ({ ...entry, count: Math.round(this.times * live.filter((annotation) => annotation.classId === entry.classId).length) })),
      unmapped: [...unmapped].sort((a, b) => b[1] - a[1]).map(([modelClass, count]) => ({ modelClass, model: "ssd-mobilenet 1", count: Math.round(this.times * count) })),
    };
  }
}
