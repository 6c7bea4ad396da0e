/** Nothing is called saved before the backend has said so, and nothing is lost when it does not. */
import { describe, expect, it } from "vitest";
import type { AnnotationDto, CaptureDetail, EditRequest } from "../../../backend/backend";
import { BackendError } from "../../../backend/errors";
import { FakeBackend } from "../../../backend/fake/fake";
import { imageBox } from "../../../editor/geometry/point";
import type { AnnotationRecord } from "../../../editor/records/annotation";
import { boxGeometry } from "../../../editor/shapes/box/box";
import { Saver, type SaverBackend, type SaveStep, type ViewStep } from "../workbench/saver";

const RECORD: AnnotationRecord = {
  id: "a",
  geometry: boxGeometry(imageBox(1, 2, 3, 4)),
  classId: "person",
  decision: "undecided",
  confidence: 0.5,
  text: null,
  createdBy: "model",
  origin: { geometry: "model", classId: "model" },
};

function dto(version: number): AnnotationDto {
  return {
    annotationId: "a", captureId: "c", asset: "frame.jpg", kind: "box", box: { x: 1, y: 2, width: 3, height: 4 }, text: null, classId: "person", modelClass: "person",
    decision: "accepted", confidence: 0.5, origin: "model", originLabel: "m", geometryBy: "model", classBy: "model", version, z: 0, deleted: false,
  };
}

/** A backend whose answers the test gives by hand. */
class HeldBackend implements SaverBackend {
  readonly asked: (EditRequest | "undo" | "redo")[] = [];
  readonly looked: string[] = [];
  private readonly waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  version = 4;

  async applyEdits(request: EditRequest) {
    this.asked.push(request);
    await this.hold();
    this.version += 1;
    return { operationId: request.operationId, changeSeq: 1, annotations: [dto(this.version)] };
  }

  /** What an undo or redo is about. */
  turned: { title: string | null; captureIds: string[]; annotations: AnnotationDto[] } = { title: "Accept person", captureIds: ["c"], annotations: [dto(6)] };

  undo = () => this.step("undo");
  redo = () => this.step("redo");

  async answer(): Promise<void> {
    this.waiting.shift()?.resolve();
    await settled();
  }

  async capture(captureId: string): Promise<CaptureDetail> {
    this.looked.push(captureId);
    const captures = new FakeBackend({ captures: 1 }).captures.map(({ detail }) => ({ ...detail, annotations: [dto(this.version)] }));
    return Promise.resolve(captures[0] ?? Promise.reject(new Error("no capture")));
  }

  async refuse(error = new Error("disk full")): Promise<void> {
    this.waiting.shift()?.reject(error);
    await settled();
  }

  private async step(kind: "undo" | "redo") {
    this.asked.push(kind);
    await this.hold();
    return { ...this.turned, canUndo: false, canRedo: false };
  }

  private hold(): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function accept(operationId: string): ViewStep {
  return {
    kind: "apply",
    captureId: "c",
    asset: "frame.jpg",
    title: "Accept person",
    operationId,
    diff: [{ kind: "update", before: RECORD, after: { ...RECORD, decision: "accepted" } }],
  };
}

const undoStep: SaveStep = { ...accept("u"), kind: "undo", diff: [{ kind: "update", before: { ...RECORD, decision: "accepted" }, after: RECORD }] };

describe("the saver", () => {
  it("sends one act after the other, each on the version that the last one made", async () => {
    const backend = new HeldBackend();
    const saver = new Saver(backend);
    saver.know([dto(4)]);
    saver.enqueue(accept("1"));
    saver.enqueue(accept("2"));
    expect(saver.state).toEqual({ kind: "saving", waiting: 2 });
    expect(backend.asked).toHaveLength(1);
    await backend.answer();
    expect(saver.state.kind).toBe("saving");
    await backend.answer();
    expect(saver.state.kind).toBe("saved");
    const versions = backend.asked.map((asked) => (typeof asked === "string" ? null : asked.edits[0]));
    expect(versions).toEqual([
      { kind: "update", annotationId: "a", baseVersion: 4, box: null, classId: null, decision: "accepted" },
      { kind: "update", annotationId: "a", baseVersion: 5, box: null, classId: null, decision: "accepted" },
    ]);
  });

  it("stops at a failure, keeps everything, and goes on from there in order", async () => {
    const backend = new HeldBackend();
    const saver = new Saver(backend);
    saver.enqueue(accept("1"));
    await backend.refuse();
    saver.enqueue(undoStep);
    expect(saver.state).toMatchObject({ kind: "failed", waiting: 2, captureId: "c" });
    expect(backend.asked).toHaveLength(1);
    saver.retry();
    await backend.answer();
    await backend.answer();
    expect(saver.state.kind).toBe("saved");
    // The same operation is sent again under the same id: the backend applies it once.
    expect(backend.asked.map((asked) => (typeof asked === "string" ? asked : asked.operationId))).toEqual(["1", "1", "undo"]);
  });

  it("looks again after a conflict, so that trying again is based on what the library has", async () => {
    const backend = new HeldBackend();
    const saver = new Saver(backend);
    saver.know([dto(4)]);
    saver.enqueue(accept("1"));
    backend.version = 7;
    await backend.refuse(new BackendError({ code: "conflict", message: "changed since", remedy: null, detail: null, position: null }));
    expect(saver.state).toMatchObject({ kind: "failed", waiting: 1, captureId: "c" });
    expect(backend.looked).toEqual(["c"]);
    saver.retry();
    await backend.answer();
    expect(saver.state.kind).toBe("saved");
    expect(backend.asked.map((asked) => (typeof asked === "string" ? null : asked.edits[0]))).toMatchObject([{ baseVersion: 4 }, { baseVersion: 7 }]);
  });

  it("flushes: resolves when all is durable, rejects with the reason when it cannot be", async () => {
    const backend = new HeldBackend();
    const saver = new Saver(backend);
    await saver.flush();
    saver.enqueue(accept("1"));
    let done = false;
    const flushed = saver.flush().then(() => (done = true));
    await settled();
    expect(done).toBe(false);
    await backend.answer();
    await flushed;
    saver.enqueue(accept("2"));
    const failing = expect(saver.flush()).rejects.toThrow("disk full");
    await backend.refuse();
    await failing;
  });

  it("never takes back an act that was not meant: it puts that one back and undoes by an operation of its own", async () => {
    const backend = new HeldBackend();
    const saver = new Saver(backend);
    saver.know([dto(4)]);
    backend.turned = { title: "Tag night", captureIds: ["other"], annotations: [] };
    saver.enqueue(undoStep);
    await backend.answer();
    await backend.answer();
    await backend.answer();
    expect(saver.state.kind).toBe("saved");
    expect(backend.asked.slice(0, 2)).toEqual(["undo", "redo"]);
    expect(backend.asked[2]).toMatchObject({
      title: "Undo: Accept person",
      edits: [{ kind: "update", annotationId: "a", baseVersion: 4, decision: "undecided" }],
    });
  });

  it("reports nothing when the library has nothing to take back here", async () => {
    const backend = new HeldBackend();
    const saver = new Saver(backend);
    const answers: (string | null)[] = [];
    saver.saved.subscribe(({ title }) => answers.push(title));
    backend.turned = { title: null, captureIds: [], annotations: [] };
    saver.enqueue({ kind: "library_undo", captureId: "c" });
    await backend.answer();
    expect(answers).toEqual([null]);
    expect(backend.asked).toEqual(["undo"]);
  });

  it("forgets unsaved acts only when told to", async () => {
    const backend = new HeldBackend();
    const saver = new Saver(backend);
    saver.enqueue(accept("1"));
    await backend.refuse();
    saver.discard();
    expect(saver.state.kind).toBe("saved");
    await saver.flush();
    expect(backend.asked).toHaveLength(1);
  });
});
