/** Drives an editor without a DOM: the calls are those that the canvas makes. */

import { Editor } from "../editor";
import { imageBox, viewPoint, type ImageBox, type Size } from "../geometry/point";
import { boxToView } from "../geometry/transform";
import type { AnnotationRecord } from "../records/annotation";
import { ClassTable } from "../records/schema";
import type { Commit } from "../records/store";
import { boxGeometry } from "../shapes/box/box";

export const IMAGE: Size = { width: 400, height: 300 };

export const CLASSES = new ClassTable([
  { id: "person", name: "person", colour: "#fab71a", key: 1 },
  { id: "car", name: "car", colour: "#8469fd", key: 2 },
]);

export interface Modifiers {
  readonly shift?: boolean;
  readonly ctrl?: boolean;
  readonly button?: number;
}

export class Driver {
  readonly editor: Editor;
  readonly commits: Commit[] = [];
  private ids = 0;

  /** The viewport is as large as the image, at scale 1 and without a shift: view and image pixels agree. */
  constructor(records: readonly AnnotationRecord[] = [], image: Size = IMAGE) {
    this.editor = new Editor(() => `new-${++this.ids}`);
    this.editor.classes = CLASSES;
    this.editor.camera.setViewport(image);
    this.editor.open({ image, records });
    this.editor.camera.actualSize();
    this.editor.store.commits.subscribe((commit) => this.commits.push(commit));
  }

  down(x: number, y: number, modifiers: Modifiers = {}): this {
    this.editor.pointerDown(input(x, y, modifiers));
    return this;
  }

  move(x: number, y: number, modifiers: Modifiers = {}): this {
    this.editor.pointerMove(input(x, y, modifiers));
    return this;
  }

  up(x: number, y: number, modifiers: Modifiers = {}): this {
    this.editor.pointerUp(input(x, y, modifiers));
    return this;
  }

  click(x: number, y: number, modifiers: Modifiers = {}): this {
    return this.down(x, y, modifiers).up(x, y, modifiers);
  }

  /** A drag with an intermediate move, as a hand makes it. */
  drag(from: readonly [number, number], to: readonly [number, number], modifiers: Modifiers = {}): this {
    this.down(from[0], from[1], modifiers);
    this.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, modifiers);
    this.move(to[0], to[1], modifiers);
    return this.up(to[0], to[1], modifiers);
  }

  get records(): AnnotationRecord[] {
    return [...this.editor.store.saved.values()];
  }

  box(id: string): ImageBox {
    const record = this.editor.record(id);
    if (!record) throw new Error(`no record ${id}`);
    return record.geometry.box;
  }

  viewOf(id: string): { x: number; y: number; width: number; height: number } {
    return boxToView(this.editor.viewFromImage, this.box(id));
  }
}

function input(x: number, y: number, { shift = false, ctrl = false, button = 0 }: Modifiers) {
  return { at: viewPoint(x, y), shift, ctrl, button };
}

type Bounds = readonly [x: number, y: number, width: number, height: number];

export function proposal(id: string, bounds: Bounds, confidence = 0.5, classId = "person"): AnnotationRecord {
  return {
    id,
    geometry: boxGeometry(imageBox(...bounds)),
    classId,
    decision: "undecided",
    confidence,
    text: null,
    createdBy: "model",
    origin: { geometry: "model", classId: "model" },
  };
}

export function drawn(id: string, bounds: Bounds, classId = "person"): AnnotationRecord {
  return {
    ...proposal(id, bounds, 0, classId),
    decision: "accepted",
    confidence: null,
    createdBy: "person",
    origin: { geometry: "person", classId: "person" },
  };
}

/** A small seeded generator (mulberry32): properties are checked on the same numbers in every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
