/** Edits, undo and redo of the fake backend. */
import { BackendError } from "../errors";
import type { ActDto, AnnotationDto, EditRequest, EditResult, UndoResult } from "../types";
import type { FakeCapture } from "./world";

interface Act {
  readonly operationId: string;
  readonly title: string;
  readonly captureId: string;
  readonly before: readonly AnnotationDto[];
  readonly after: readonly AnnotationDto[];
  readonly atMicros: number;
  undone: boolean;
}

function conflict(message: string): BackendError {
  return new BackendError({ code: "conflict", message, remedy: "Open the capture again to see its newest state.", detail: null, position: null });
}

/** The history of acts over a set of captures. */
export class FakeAnnotations {
  private readonly acts: Act[] = [];
  private sequence = 1;

  constructor(
    private readonly find: (captureId: string) => FakeCapture,
    private readonly now: () => number,
  ) {}

  get changeSeq(): number {
    return this.sequence;
  }

  apply(request: EditRequest): EditResult {
    const capture = this.find(request.captureId).detail;
    const known = this.acts.find((act) => act.operationId === request.operationId);
    if (known !== undefined) return { operationId: request.operationId, changeSeq: this.sequence, annotations: [...known.after] };
    const before: AnnotationDto[] = [];
    const after: AnnotationDto[] = [];
    for (const edit of request.edits) {
      if (edit.kind === "create") {
        const created: AnnotationDto = {
          annotationId: edit.annotationId, captureId: request.captureId, asset: edit.asset, kind: "box", box: edit.box, text: null, classId: edit.classId, modelClass: null, decision: "accepted",
          confidence: null, origin: "person", originLabel: "you", geometryBy: "person", classBy: "person", version: 1, z: capture.annotations.length, deleted: false,
        };
        before.push({ ...created, deleted: true });
        after.push(created);
        continue;
      }
      const last = capture.annotations.find((annotation) => annotation.annotationId === edit.annotationId);
      if (last === undefined || last.version !== edit.baseVersion) throw conflict("The annotation has changed since it was shown");
      before.push(last);
      if (edit.kind === "update") {
        after.push({
          ...last, box: edit.box ?? last.box, classId: edit.classId ?? last.classId, decision: edit.decision ?? "accepted", version: last.version + 1,
          geometryBy: edit.box === null ? last.geometryBy : "person", classBy: edit.classId === null ? last.classBy : "person",
        });
      } else {
        after.push({ ...last, deleted: edit.kind === "delete", version: last.version + 1 });
      }
    }
    this.acts.push({ operationId: request.operationId, title: request.title, captureId: request.captureId, before, after, atMicros: this.now(), undone: false });
    this.put(request.captureId, after);
    return { operationId: request.operationId, changeSeq: this.sequence, annotations: after };
  }

  undo(captureId: string | null): UndoResult {
    const act = this.mine(captureId).findLast((candidate) => !candidate.undone);
    return this.turn(captureId, act, true);
  }

  redo(captureId: string | null): UndoResult {
    const mine = this.mine(captureId);
    const lastDone = mine.findLastIndex((candidate) => !candidate.undone);
    return this.turn(captureId, mine[lastDone + 1], false);
  }

  recent(captureId: string, limit: number): ActDto[] {
    return this.mine(captureId).slice(-limit).reverse().map(({ operationId, title, atMicros, undone }) => ({ operationId, title, atMicros, undone }));
  }

  private mine(captureId: string | null): Act[] {
    return this.acts.filter((act) => captureId === null || act.captureId === captureId);
  }

  private turn(captureId: string | null, act: Act | undefined, undone: boolean): UndoResult {
    let annotations: AnnotationDto[] = [];
    if (act !== undefined) {
      act.undone = undone;
      const current = this.find(act.captureId).detail.annotations;
      annotations = (undone ? act.before : act.after).map((annotation) => {
        const version = current.find((other) => other.annotationId === annotation.annotationId)?.version ?? annotation.version;
        return { ...annotation, version: version + 1 };
      });
      this.put(act.captureId, annotations);
    }
    const mine = this.mine(captureId);
    return {
      title: act?.title ?? null, captureIds: act === undefined ? [] : [act.captureId], annotations,
      canUndo: mine.some((other) => !other.undone), canRedo: mine.at(-1)?.undone ?? false,
    };
  }

  private put(captureId: string, changed: readonly AnnotationDto[]): void {
    const list = this.find(captureId).detail.annotations;
    for (const annotation of changed) {
      const at = list.findIndex((other) => other.annotationId === annotation.annotationId);
      if (at < 0) list.push(annotation);
      else list[at] = annotation;
    }
    this.sequence += 1;
  }
}
