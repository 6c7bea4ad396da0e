/**
 * The captures of the fake backend. The first few thousand are made one by one; a library of a million repeats them
 * with times and ids of their own, and a repeated capture becomes an object only when it is looked at.
 *
 * A capture is named by its key: repeated ones come first, so that a made one that arrives later shifts nothing.
 */
import type { CaptureDetail } from "../types";
import type { FakeCapture } from "./world";

/** More captures than these are repetitions. */
export const MADE_AT_MOST = 2000;

const STEP_MICROS = 8e6;
const ID_TAIL = "-face-7000-8000-000000000000";

/** Marks of tags on repeated captures: 1 set, -1 taken off, 0 as the pattern has it. */
type TagMarks = Int8Array;

export class FakeCaptures {
  readonly made: FakeCapture[] = [];
  private readonly kept = new Map<number, FakeCapture>();
  private readonly marks = new Map<string, TagMarks>();
  private oldestMicros = 0;
  /** The made ones as they were when they were repeated: changing one changes none of its repetitions. */
  private pattern: FakeCapture[] = [];
  repeated = 0;

  /** Repeats what is made `count` times, each older than the last. */
  repeat(count: number): void {
    this.repeated = count;
    this.pattern = this.made.map(({ detail, picture }) => ({ detail: structuredClone(detail), picture }));
    this.oldestMicros = Math.min(...this.made.map((capture) => capture.detail.capturedAtMicros));
  }

  get total(): number {
    return this.repeated + this.made.length;
  }

  get patterns(): readonly FakeCapture[] {
    return this.pattern;
  }

  patternOf(key: number): number {
    return (Math.imul(key, 2654435761) >>> 0) % this.pattern.length;
  }

  timeOf(key: number): number {
    if (key >= this.repeated) return this.made[key - this.repeated]?.detail.capturedAtMicros ?? 0;
    return this.oldestMicros - (key + 1) * STEP_MICROS;
  }

  isKept(key: number): boolean {
    return this.kept.has(key);
  }

  marksOf(tag: string): TagMarks | undefined {
    return this.marks.get(tag);
  }

  markedTags(): string[] {
    return [...this.marks.keys()];
  }

  at(key: number): FakeCapture {
    const capture = key >= this.repeated ? this.made[key - this.repeated] : (this.kept.get(key) ?? this.repetition(key));
    if (capture === undefined) throw new Error(`there is no capture ${key}`);
    return capture;
  }

  keyOf(captureId: string): number | undefined {
    if (captureId.endsWith(ID_TAIL)) return Number.parseInt(captureId.slice(0, 8), 16);
    const at = this.made.findIndex((capture) => capture.detail.captureId === captureId);
    return at < 0 ? undefined : this.repeated + at;
  }

  /** Sets or takes off a tag; says how many changed. */
  tag(keys: Iterable<number>, tag: string, present: boolean): number[] {
    const changed: number[] = [];
    const marks = this.marks.get(tag) ?? new Int8Array(this.repeated);
    for (const key of keys) {
      const isRepetition = key < this.repeated && !this.kept.has(key);
      const mark = isRepetition ? (marks[key] ?? 0) : 0;
      const tags = isRepetition ? this.pattern[this.patternOf(key)]?.detail.tags : this.at(key).detail.tags;
      const had = mark === 0 ? (tags ?? []).includes(tag) : mark > 0;
      if (had === present) continue;
      changed.push(key);
      if (isRepetition) marks[key] = present ? 1 : -1;
      else this.setTags(this.at(key).detail, tag, present);
    }
    if (this.repeated > 0) this.marks.set(tag, marks);
    return changed;
  }

  private setTags(detail: CaptureDetail, tag: string, present: boolean): void {
    detail.tags = present ? [...detail.tags, tag] : detail.tags.filter((other) => other !== tag);
  }

  private repetition(key: number): FakeCapture | undefined {
    const pattern = this.pattern[this.patternOf(key)];
    if (pattern === undefined) return undefined;
    const head = key.toString(16).padStart(8, "0");
    const captureId = head + ID_TAIL;
    const capturedAtMicros = this.timeOf(key);
    const shift = capturedAtMicros - pattern.detail.capturedAtMicros;
    const { annotations, ledger, tags } = pattern.detail;
    const detail: CaptureDetail = {
      ...pattern.detail, captureId, capturedAtMicros, receivedAtMicros: pattern.detail.receivedAtMicros + shift,
      annotations: annotations.map((annotation, at) => ({ ...annotation, captureId, annotationId: `${head}-${at.toString(16).padStart(4, "0")}-7000-8000-${annotation.annotationId.slice(-12)}` })),
      ledger: ledger.map((line) => ({ ...line, atMicros: line.atMicros + shift })), tags: [...tags],
    };
    for (const [tag, marks] of this.marks) {
      const mark = marks[key] ?? 0;
      if (mark > 0 && !detail.tags.includes(tag)) detail.tags.push(tag);
      if (mark < 0) detail.tags = detail.tags.filter((other) => other !== tag);
    }
    const capture = { detail, picture: pattern.picture };
    this.kept.set(key, capture);
    return capture;
  }
}
