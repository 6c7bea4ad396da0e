/**
 * The annotation editor: it joins records, camera, marks and tools, and takes input. It knows neither React nor
 * the DOM nor the backend; tests drive it by the same calls that the canvas makes.
 * What a person does to annotations by key or button lives in `acts/`.
 */

import { Emitter } from "./emitter";
import type { ImageBox, ImagePoint, Size, ViewPoint } from "./geometry/point";
import type { ViewFromImage } from "./geometry/transform";
import type { AnnotationId, AnnotationRecord, ClassId } from "./records/annotation";
import { changeId, type Records } from "./records/diff";
import type { Gesture } from "./records/gesture";
import { inRiskOrder } from "./records/order";
import { ClassTable } from "./records/schema";
import { RecordStore, type Commit } from "./records/store";
import { boxTool } from "./tools/box/box";
import { handTool } from "./tools/hand/hand";
import { selectTool } from "./tools/select/select";
import type { PointerInput, Tool, ToolHost, ToolName } from "./tools/tool";
import { Camera } from "./view/camera";
import { caughtBy, hitTest, type Hit } from "./view/hit";
import { isPickable, isVisible, NO_MARKS, sameSet, type Marks } from "./view/marks";
import { snapshotOf, type EditorSnapshot } from "./view/snapshot";
import { Nudging } from "./acts/nudge";

export interface OpenCapture {
  readonly image: Size;
  readonly records: Iterable<AnnotationRecord>;
}

export class Editor implements ToolHost {
  /** Fires when anything visible changed; whoever draws looks again at the next frame. */
  readonly changed = new Emitter<void>();
  /** A person tried to draw while there is no class to give. */
  readonly classNeeded = new Emitter<void>();
  readonly camera = new Camera(() => this.changed.emit());
  readonly store = new RecordStore(() => this.touch());
  private readonly nudging = new Nudging(this);
  private readonly tools: Readonly<Record<ToolName, Tool>>;
  private tool: Tool;
  /** The hand, while Space or the middle button lends it. */
  private lent: Tool | null = null;
  private spaceHeld = false;
  private marksNow: Marks = NO_MARKS;
  private table = new ClassTable([]);
  private nextClass: ClassId | null = null;
  private cursorNow = "default";
  private snapshotNow: EditorSnapshot;
  private stale = false;
  private order: { readonly of: Records; readonly records: readonly AnnotationRecord[] } | null = null;

  constructor(readonly newId: () => AnnotationId) {
    this.tools = { select: selectTool(this), box: boxTool(this), hand: handTool(this) };
    this.tool = this.tools.select;
    this.snapshotNow = snapshotOf(this, null);
  }

  // What is open

  /** Shows another capture. The caller has flushed what was to be saved. */
  open({ image, records }: OpenCapture): void {
    this.settle();
    this.active.leave();
    this.lent = null;
    const { showRejected } = this.marksNow;
    this.marksNow = { ...NO_MARKS, showRejected };
    this.store.load(records);
    this.camera.setImage(image);
  }

  get classes(): ClassTable {
    return this.table;
  }

  set classes(table: ClassTable) {
    this.table = table;
    this.order = null;
    if (this.nextClass === null || !table.has(this.nextClass)) this.nextClass = table.entries[0]?.id ?? null;
    this.touch();
  }

  get nextClassId(): ClassId | null {
    return this.nextClass;
  }

  set nextClassId(id: ClassId | null) {
    this.nextClass = id;
    this.touch();
  }

  className(id: ClassId): string {
    return this.table.name(id);
  }

  record(id: AnnotationId): AnnotationRecord | undefined {
    return this.store.saved.get(id);
  }

  /** All records in the order in which they deserve attention. */
  ordered(): readonly AnnotationRecord[] {
    const { saved } = this.store;
    if (this.order?.of !== saved) this.order = { of: saved, records: inRiskOrder(saved.values(), this.table) };
    return this.order.records;
  }

  /** The records that can be seen, as a running gesture previews them. */
  visible(): AnnotationRecord[] {
    return [...this.store.current.values()].filter((record) => isVisible(this.marksNow, record));
  }

  /** An immutable picture of the state for a user interface; the same object until something changes. */
  readonly snapshot = (): EditorSnapshot => {
    if (this.stale) this.snapshotNow = snapshotOf(this, this.snapshotNow);
    this.stale = false;
    return this.snapshotNow;
  };

  // Marks

  get marks(): Marks {
    return this.marksNow;
  }

  get selection(): ReadonlySet<AnnotationId> {
    return this.marksNow.selection;
  }

  /** The selected records that still exist. */
  selected(): AnnotationRecord[] {
    return [...this.marksNow.selection].flatMap((id) => this.store.saved.get(id) ?? []);
  }

  select(ids: Iterable<AnnotationId>): void {
    const selection = new Set(ids);
    if (sameSet(selection, this.marksNow.selection)) return;
    this.settle();
    this.mark({ selection });
  }

  setHover(id: AnnotationId | null): void {
    if (id !== this.marksNow.hover) this.mark({ hover: id });
  }

  setMarquee(marquee: ImageBox | null): void {
    this.mark({ marquee });
  }

  mark(marks: Partial<Marks>): void {
    this.marksNow = { ...this.marksNow, ...marks };
    this.touch();
  }

  get cursor(): string {
    return this.cursorNow;
  }

  setCursor(cursor: string): void {
    if (cursor === this.cursorNow) return;
    this.cursorNow = cursor;
    this.changed.emit();
  }

  askForClass(): void {
    this.classNeeded.emit();
  }

  // Camera, as tools see it

  get viewFromImage(): ViewFromImage {
    return this.camera.viewFromImage;
  }

  get image(): Size {
    return this.camera.image;
  }

  toImage(at: ViewPoint): ImagePoint {
    return this.camera.toImage(at);
  }

  pan(dx: number, dy: number): void {
    this.camera.pan(dx, dy);
  }

  hit(at: ViewPoint): Hit | null {
    return hitTest(this.pickable(), this.selection, at, this.viewFromImage);
  }

  caughtBy(marquee: ImageBox): readonly AnnotationId[] {
    return caughtBy(this.pickable(), marquee);
  }

  // Gestures and history

  begin(label: string): Gesture {
    this.settle();
    return this.store.begin(label);
  }

  /** Commits a series of nudges that is still open: anything else the person does ends it. */
  settle(): void {
    this.nudging.commit();
  }

  nudge(dx: number, dy: number): void {
    if (!this.busy) this.nudging.by(dx, dy);
  }

  /** Undoes the latest act and selects what it touched. Returns false when there is nothing to undo here. */
  undo(): boolean {
    if (this.busy) return false;
    this.settle();
    return this.revealed(this.store.undo());
  }

  redo(): boolean {
    if (this.busy) return false;
    this.settle();
    return this.revealed(this.store.redo());
  }

  // Tools and input

  /** Whether a gesture by pointer is under way. */
  get busy(): boolean {
    return this.active.busy;
  }

  get toolName(): ToolName {
    return this.tool.name;
  }

  setTool(name: ToolName): void {
    if (name === this.tool.name) return;
    this.settle();
    this.tool.leave();
    this.tool = this.tools[name];
    this.setCursor(name === "box" ? "crosshair" : name === "hand" ? "grab" : "default");
    this.setHover(null);
    this.touch();
  }

  pointerDown(input: PointerInput): void {
    if (this.busy) return;
    this.settle();
    if (input.button === 1 || this.spaceHeld) this.lent = this.tools.hand;
    this.active.pointerDown(input);
  }

  pointerMove(input: PointerInput): void {
    if (this.spaceHeld && !this.busy) this.setCursor("grab");
    else this.active.pointerMove(input);
  }

  pointerUp(input: PointerInput): void {
    this.active.pointerUp(input);
    if (this.lent) {
      this.lent = null;
      if (!this.spaceHeld) this.tool.pointerMove(input);
    }
    this.touch();
  }

  pointerLeave(): void {
    this.setHover(null);
  }

  /** Positive `delta` (a wheel turned towards the person) zooms out. */
  wheel(at: ViewPoint, delta: number): void {
    this.camera.zoom(at, Math.exp(-delta * 0.0016));
  }

  holdSpace(held: boolean): void {
    if (held === this.spaceHeld) return;
    this.spaceHeld = held;
    if (this.busy) return;
    this.setCursor(held ? "grab" : this.tool.name === "box" ? "crosshair" : "default");
  }

  /** Escape, or the window lost the pointer: everything is as it was before. Returns whether anything was. */
  cancel(): boolean {
    this.settle();
    const cancelled = this.active.cancel();
    this.lent = null;
    this.touch();
    return cancelled;
  }

  private get active(): Tool {
    return this.lent ?? this.tool;
  }

  private pickable(): AnnotationRecord[] {
    return [...this.store.saved.values()].filter((record) => isPickable(this.marksNow, record));
  }

  private revealed(commit: Commit | null): boolean {
    if (!commit) return false;
    const touched = commit.diff.map(changeId).flatMap((id) => this.store.saved.get(id) ?? []);
    this.select(touched.filter((record) => isVisible(this.marksNow, record)).map((record) => record.id));
    return true;
  }

  /** Selection and hover never point at what is no longer there. */
  private touch(): void {
    this.stale = true;
    const { selection, hover } = this.marksNow;
    const current = this.store.current;
    if ([...selection].some((id) => !current.has(id))) {
      this.marksNow = { ...this.marksNow, selection: new Set([...selection].filter((id) => current.has(id))) };
    }
    if (hover !== null && !current.has(hover)) this.marksNow = { ...this.marksNow, hover: null };
    this.changed.emit();
  }
}
