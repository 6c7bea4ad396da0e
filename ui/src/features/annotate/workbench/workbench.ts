/**
 * One person at work on a queue of captures. It joins the editor with the backend: opens captures, fetches ahead,
 * makes every act durable, and states that a capture is done. It outlives the view, so that nothing that could
 * not be saved is lost by looking at another view.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { ActDto, AnnotationDto, AssetDto, Backend, CaptureDetail, LibraryChanged, ProjectDto, Statement } from "../../../backend/backend";
import { hasCode } from "../../../backend/errors";
import { isSameOrder, NEWEST_FIRST } from "../../../backend/order";
import { selectRiskiest } from "../../../editor/acts/traverse";
import { Editor } from "../../../editor/editor";
import { Emitter } from "../../../editor/emitter";
import type { Commit } from "../../../editor/records/store";
import { withNewClass } from "./classes";
import { classTableOf, recordsOf } from "./convert";
import { loadImageFrame, type LoadFrame } from "./frames";
import { pictureAsset, pictureAssets, Prefetch } from "./prefetch";
import { Queue, type QueueRequest } from "./queue";
import { differenceOf, differenceOfAll } from "./reconcile";
import { Saver, type Saved } from "./saver";
import { OPENING, type WorkbenchState } from "./state";
import { verdictOf, type Verdict } from "./statement";
import { WorkSpan } from "./work";

export interface WorkbenchOptions {
  readonly loadFrame?: LoadFrame;
  readonly nowMicros?: () => number;
  readonly newId?: () => string;
}

/** Own edits come back as changes of the library; wait for a pause before looking again. */
const REFRESH_AFTER_MS = 250;
const EARLIER_ACTS = 20;

export class Workbench {
  readonly store: StoreApi<WorkbenchState> = createStore<WorkbenchState>()(() => OPENING);
  readonly editor: Editor;
  readonly saver: Saver;
  /** Another capture stands before the person. */
  readonly opened = new Emitter<string>();
  /** The person asked to undo or redo, and there is nothing on this capture. */
  readonly nothingToTurn = new Emitter<"undo" | "redo">();
  private readonly prefetch: Prefetch;
  private readonly nowMicros: () => number;
  private readonly newId: () => string;
  /** Captures to have ready on either side. */
  private reach = 0;
  private queue: Queue | null = null;
  private request: QueueRequest | null = null;
  /** The place that a person asked for; runs ahead of the state while captures load. */
  private target: number | null = null;
  private ticket = 0;
  /** Another queue was asked for, and what was done on the open capture is still being saved. */
  private leaving = false;
  private work: WorkSpan | null = null;
  /** Acts of the library that were taken back here and can be repeated before those of the view. */
  private libraryUndone = 0;
  private refreshTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly backend: Backend,
    options: WorkbenchOptions = {},
  ) {
    this.newId = options.newId ?? (() => crypto.randomUUID());
    this.nowMicros = options.nowMicros ?? (() => Date.now() * 1000);
    this.editor = new Editor(this.newId);
    this.saver = new Saver(backend);
    this.prefetch = new Prefetch(backend, options.loadFrame ?? loadImageFrame);
    this.editor.store.commits.subscribe((commit) => this.onCommit(commit));
    this.saver.saved.subscribe((saved) => this.onSaved(saved));
    this.saver.changed.subscribe(() => this.set({ save: this.saver.state }));
    backend.onLibraryChanged((change) => this.onLibraryChanged(change));
  }

  get state(): WorkbenchState {
    return this.store.getState();
  }

  // Going from capture to capture

  /** Starts on a queue, or goes on with it when it is open already. */
  async open(request: QueueRequest): Promise<void> {
    const { request: last } = this;
    const same = last && last.query === request.query && isSameOrder(last.order, request.order);
    if (same && (request.captureId === null || request.captureId === last.captureId)) return;
    this.request = request;
    const ticket = ++this.ticket;
    this.leaving = true;
    const flushed = await this.flushed();
    this.leaving = false;
    if (ticket !== this.ticket) return;
    if (!flushed) {
      this.request = last;
      return;
    }
    this.clear();
    try {
      const [project, settings, queue] = await Promise.all([
        this.backend.project(),
        this.backend.settings(),
        Queue.open(this.backend, request.query, request.order),
      ]);
      if (ticket !== this.ticket) return;
      this.queue = queue;
      this.reach = settings.prefetch;
      this.set({ project, total: queue.total });
      const index = request.captureId === null ? 0 : await queue.indexOf(request.captureId);
      const captureId = request.captureId ?? (await queue.at(0));
      if (ticket !== this.ticket) return;
      if (captureId === undefined) this.set({ phase: "empty" });
      else await this.show(captureId, index);
    } catch (error) {
      if (ticket !== this.ticket) return;
      this.request = null;
      this.set({ phase: "failed", error });
    }
  }

  /** The view is shown again. Meanwhile classes may have changed, or another library may have been opened. */
  async comeBack(): Promise<void> {
    const { request, ticket } = this;
    const open = this.state.detail?.captureId;
    if (this.leaving || this.state.phase !== "ready" || open === undefined || !request) return;
    try {
      await Promise.all([this.refresh(open), this.refreshProject()]);
    } catch (error) {
      // Going on elsewhere meanwhile has its own answer.
      if (!hasCode(error, "not_found") || ticket !== this.ticket) return;
      this.request = null;
      await this.open({ ...request, captureId: null });
    }
  }

  /** Nothing is shown until the capture that was asked for is there: an act must never land on the one before. */
  private clear(): void {
    this.work = null;
    this.set({ ...OPENING, project: this.state.project, save: this.saver.state });
    this.editor.open({ image: { width: 1, height: 1 }, records: [] });
  }

  /** Tries again what failed on opening. */
  async reopen(): Promise<void> {
    const request = this.request;
    const isGone = hasCode(this.state.error, "not_found");
    const captureId = isGone ? null : (request?.captureId ?? null);
    this.request = null;
    await this.open({ query: request?.query ?? "", order: request?.order ?? NEWEST_FIRST, captureId });
  }

  /** Goes forward or backward in the queue. Returns false at its end. */
  async go(step: 1 | -1): Promise<boolean> {
    return this.queue ? this.goTo(this.queue, (this.target ?? -1) + step) : false;
  }

  private async goTo(queue: Queue, to: number, isFresh = false): Promise<boolean> {
    if (to < 0 || to >= queue.total) return false;
    // Ahead of the answer: a key that is pressed twice goes two places.
    this.target = to;
    const superseded = (): boolean => this.target !== to || this.queue !== queue;
    let captureId: string | undefined;
    try {
      captureId = await queue.at(to);
    } catch (error) {
      // The last of several steps answers for all of them.
      if (superseded()) return true;
      this.target = this.state.index;
      if (isFresh || !hasCode(error, "not_found")) throw error;
      return this.goAgain(queue, to);
    }
    if (captureId !== undefined && !superseded()) await this.show(captureId, to);
    return true;
  }

  /** Goes on in a queue that the application no longer keeps. */
  private async goAgain(lost: Queue, place: number): Promise<boolean> {
    const { detail, index } = this.state;
    if (!detail) return false;
    const { queue, here, to } = await lost.again(detail.captureId, index, place);
    if (this.queue !== lost || this.state.detail?.captureId !== detail.captureId) return true;
    this.queue = queue;
    this.target = here;
    this.set({ total: queue.total, index: here });
    return this.goTo(queue, to, true);
  }

  /** Shows another picture of the same capture. */
  async showAsset(name: string): Promise<void> {
    const { detail, index } = this.state;
    if (!detail || !(await this.flushed())) return;
    this.prefetch.forget(detail.captureId);
    await this.show(detail.captureId, index, name);
  }

  private async show(captureId: string, index: number | null, assetName?: string): Promise<void> {
    const ticket = ++this.ticket;
    const current = (): boolean => ticket === this.ticket;
    this.target = index;
    if (!(await this.flushed())) {
      if (current()) this.target = this.state.index;
      return;
    }
    try {
      const detail = await this.prefetch.detail(captureId);
      if (!current()) return;
      const asset = assetName === undefined ? pictureAsset(detail) : pictureAssets(detail).find(({ name }) => name === assetName);
      if (asset && (asset.widthPx === 0 || asset.heightPx === 0)) {
        const { width, height } = await this.prefetch.frame(captureId, asset.name);
        if (!current()) return;
        this.place(detail, { ...asset, widthPx: width, heightPx: height }, index);
      } else {
        this.place(detail, asset ?? null, index);
      }
    } catch (error) {
      if (current()) this.set({ phase: "failed", error, index, frame: null });
      return;
    }
    await this.fetchRest(captureId, index, current);
  }

  /** Puts a capture before the person. */
  private place(detail: CaptureDetail, asset: AssetDto | null, index: number | null): void {
    const { project } = this.state;
    const { annotations } = detail;
    this.libraryUndone = 0;
    if (this.request) this.request = { ...this.request, captureId: detail.captureId };
    this.saver.know(annotations);
    if (project) this.editor.classes = classTableOf(project, annotations);
    this.editor.open({
      image: { width: asset?.widthPx ?? 1, height: asset?.heightPx ?? 1 },
      records: asset ? recordsOf(annotations, asset.name) : [],
    });
    selectRiskiest(this.editor);
    const proposals = annotations.filter(({ decision, deleted }) => decision === "undecided" && !deleted).length;
    this.work = new WorkSpan(this.nowMicros, proposals);
    this.set({
      phase: "ready",
      error: null,
      detail,
      asset,
      index,
      frame: null,
      frameError: null,
      earlierActs: [],
      annotations: new Map(annotations.map((dto) => [dto.annotationId, dto])),
    });
    this.opened.emit(detail.captureId);
  }

  private async fetchRest(captureId: string, index: number | null, current: () => boolean): Promise<void> {
    const asset = this.state.asset?.name;
    this.fetchFrame(current);
    const [around] = await Promise.all([
      index === null || !this.queue ? [] : this.queue.around(index, this.reach).catch((): string[] => []),
      this.fetchEarlierActs(captureId, current),
    ]);
    if (!current()) return;
    const decodedAhead = await this.prefetch.around({ captureId, asset: asset ?? "" }, around, current);
    if (current()) this.set({ decodedAhead });
  }

  private fetchFrame(current: () => boolean): void {
    const { detail, asset } = this.state;
    if (!detail || !asset) return;
    this.prefetch.frame(detail.captureId, asset.name).then(
      (frame) => current() && this.set({ frame, frameError: null }),
      (frameError: unknown) => current() && this.set({ frameError }),
    );
  }

  /** Tries again to load the picture. */
  retryFrame(): void {
    const ticket = this.ticket;
    this.set({ frameError: null });
    this.fetchFrame(() => ticket === this.ticket);
  }

  // Saving

  /** Waits until all is durable. False when it cannot be: the state says why. */
  async flushed(): Promise<boolean> {
    this.editor.settle();
    try {
      await this.saver.flush();
      return true;
    } catch {
      return false;
    }
  }

  undo(): void {
    if (this.editor.busy) return;
    if (!this.editor.undo()) this.libraryStep("undo");
  }

  redo(): void {
    if (this.editor.busy) return;
    if (this.libraryUndone > 0 || !this.editor.redo()) this.libraryStep("redo");
  }

  /** Gives up what could not be saved and shows the capture as the library has it. */
  async discardUnsaved(): Promise<void> {
    const { detail, index } = this.state;
    this.saver.discard();
    if (!detail) return;
    this.prefetch.forget(detail.captureId);
    await this.show(detail.captureId, index, this.state.asset?.name);
  }

  private libraryStep(kind: "undo" | "redo"): void {
    const captureId = this.state.detail?.captureId;
    if (captureId !== undefined) this.saver.enqueue({ kind: `library_${kind}`, captureId });
  }

  private onCommit(commit: Commit): void {
    const { detail, asset } = this.state;
    if (!detail || !asset) return;
    const { captureId } = detail;
    const { cause, diff, entry } = commit;
    if (cause === "act") this.libraryUndone = 0;
    const kind = cause === "act" ? "apply" : cause;
    this.saver.enqueue({ kind, captureId, asset: asset.name, title: entry.label, diff, operationId: this.newId() });
    this.prefetch.forget(captureId);
  }

  private onSaved({ step, annotations, title }: Saved): void {
    const { detail } = this.state;
    this.prefetch.forget(step.captureId);
    if (detail?.captureId !== step.captureId) return;
    this.take(annotations);
    if (step.kind !== "library_undo" && step.kind !== "library_redo") return;
    if (title === null) {
      this.nothingToTurn.emit(step.kind === "library_undo" ? "undo" : "redo");
      return;
    }
    this.libraryUndone = Math.max(0, this.libraryUndone + (step.kind === "library_undo" ? 1 : -1));
    this.editor.select(annotations.flatMap(({ annotationId }) => this.editor.record(annotationId)?.id ?? []));
    void this.fetchEarlierActs(step.captureId, () => this.state.detail?.captureId === step.captureId);
  }

  /** The acts of before the view's own history; the list only informs, so that it may be late or lacking. */
  private async fetchEarlierActs(captureId: string, current: () => boolean): Promise<void> {
    const acts = await this.backend.recentActs(captureId, EARLIER_ACTS).catch((): ActDto[] => []);
    const done = acts.filter(({ undone }) => !undone);
    if (current()) this.set({ earlierActs: done.slice(this.editor.store.history.undoCount) });
  }

  /** What the backend answered is the truth, unless the person has already gone on changing it. */
  private take(annotations: readonly AnnotationDto[]): void {
    const known = new Map(this.state.annotations);
    for (const dto of annotations) known.set(dto.annotationId, dto);
    this.set({ annotations: known });
    const { asset } = this.state;
    if (!asset) return;
    const settled = annotations.filter(({ annotationId }) => !this.saver.touches(annotationId));
    const diff = differenceOf(this.editor.store.saved, settled, asset.name);
    if (diff.length > 0) this.editor.store.merge(diff);
  }

  // Changes by others

  private onLibraryChanged({ captureIds }: LibraryChanged): void {
    const open = this.state.detail?.captureId;
    for (const captureId of captureIds) this.prefetch.forget(captureId);
    if (open === undefined || (captureIds.length > 0 && !captureIds.includes(open))) return;
    this.refreshSoon(open);
  }

  private refreshSoon(captureId: string): void {
    this.refreshTimer ??= setTimeout(() => {
      this.refreshTimer = null;
      this.refresh(captureId).catch((error: unknown) => {
        // An erased capture is no longer shown. What cannot be fetched now comes with the next change.
        const isGone = hasCode(error, "not_found") && this.state.detail?.captureId === captureId;
        if (isGone) this.set({ phase: "failed", error, frame: null });
      });
    }, REFRESH_AFTER_MS);
  }

  /** Looks at the open capture again: a model, another process or another person may have changed it. */
  private async refresh(captureId: string): Promise<void> {
    const quiet = (): boolean =>
      this.state.detail?.captureId === captureId &&
      this.saver.state.kind === "saved" &&
      !this.editor.busy &&
      !this.editor.store.isPreviewing;
    if (this.state.detail?.captureId !== captureId || this.saver.state.kind === "failed") return;
    if (!quiet()) return this.refreshSoon(captureId);
    const before = this.editor.store.saved;
    const detail = await this.backend.capture(captureId);
    const known = new Set(this.state.project?.classes.map(({ classId }) => classId));
    if (detail.annotations.some(({ classId }) => classId !== null && !known.has(classId))) await this.refreshProject();
    const { asset, project } = this.state;
    if (!asset || !project) return;
    // If the person did something meanwhile, this answer is old.
    if (!quiet() || this.editor.store.saved !== before) return this.refreshSoon(captureId);
    this.saver.know(detail.annotations);
    this.set({ detail, annotations: new Map(detail.annotations.map((dto) => [dto.annotationId, dto])) });
    this.useProject(project);
    const diff = differenceOfAll(before, detail.annotations, asset.name);
    if (diff.length > 0) this.editor.store.merge(diff);
  }

  // Classes

  /** Makes a new class at the end of the list and returns its id. */
  async createClass(name: string): Promise<string | null> {
    if (!(await this.flushed())) return null;
    const { project, detail } = this.state;
    if (!project) return null;
    const next = await this.backend.saveClasses(withNewClass(project, name));
    this.useProject(next);
    // Proposals that waited for this class have it now, and with it a new version, on which the next act is based.
    if (detail) await this.refresh(detail.captureId);
    return next.classes.find((dto) => dto.name === name)?.classId ?? null;
  }

  /** Counts of classes change with every act; look again when they are shown. */
  async refreshProject(): Promise<void> {
    this.useProject(await this.backend.project());
  }

  private useProject(project: ProjectDto): void {
    this.set({ project });
    this.editor.classes = classTableOf(project, this.state.annotations.values());
  }

  // Statements

  countInput(): void {
    this.work?.countInput();
  }

  verdict(): Verdict {
    const { annotations, asset } = this.state;
    return verdictOf([...this.editor.store.saved.values()], annotations, asset?.name);
  }

  /** States that the person is done with the capture, and goes on. False when something could not be saved. */
  async submit(): Promise<boolean> {
    this.editor.settle();
    return this.declare(this.verdict().statement, null);
  }

  async declare(statement: Statement, reason: string | null): Promise<boolean> {
    const { detail, stating } = this.state;
    if (!detail || !this.work || stating) return false;
    const { captureId } = detail;
    this.set({ stating: true });
    try {
      if (!(await this.flushed())) return false;
      const submission = await this.backend.submit({ captureId, statement, reason, work: this.work.end() });
      this.prefetch.forget(captureId);
      if (this.state.detail?.captureId === captureId) this.set({ detail: { ...this.state.detail, submission } });
      return true;
    } finally {
      this.set({ stating: false });
    }
  }

  private set(part: Partial<WorkbenchState>): void {
    this.store.setState(part);
  }
}
