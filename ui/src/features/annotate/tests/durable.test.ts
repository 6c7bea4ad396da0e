/** Whatever a person does, in whatever order: what is saved is what is seen. */
import { expect, it } from "vitest";
import { FakeBackend } from "../../../backend/fake/fake";
import { NEWEST_FIRST } from "../../../backend/order";
import { setClass } from "../../../editor/acts/classify";
import { acceptAbove, decide, remove } from "../../../editor/acts/decide";
import { selectNeighbour } from "../../../editor/acts/traverse";
import { viewPoint } from "../../../editor/geometry/point";
import type { AnnotationRecord } from "../../../editor/records/annotation";
import { recordsOf } from "../workbench/convert";
import { Workbench } from "../workbench/workbench";

/** A small seeded generator (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function bench(backend: FakeBackend): Workbench {
  let ids = 0;
  const loadFrame = () => Promise.resolve({ element: document.createElement("img"), width: 10, height: 10, close: () => undefined });
  const workbench = new Workbench(backend, { loadFrame, newId: () => `made-${++ids}`, nowMicros: () => 0 });
  workbench.editor.camera.setViewport({ width: 800, height: 600 });
  return workbench;
}

function drag(workbench: Workbench, random: () => number): void {
  const input = (x: number, y: number) => ({ at: viewPoint(x, y), button: 0, shift: false, ctrl: false });
  const [from, to] = [input(random() * 800, random() * 600), input(random() * 800, random() * 600)];
  workbench.editor.pointerDown(from);
  workbench.editor.pointerMove(to);
  if (random() < 0.15) workbench.editor.cancel();
  workbench.editor.pointerUp(to);
}

async function act(workbench: Workbench, backend: FakeBackend, random: () => number): Promise<void> {
  const { editor } = workbench;
  const classes = editor.classes.entries;
  switch (Math.floor(random() * 12)) {
    case 0:
    case 1:
      editor.setTool("box");
      drag(workbench, random);
      break;
    case 2:
    case 3:
      editor.setTool("select");
      drag(workbench, random);
      break;
    case 4:
      selectNeighbour(editor, 1);
      decide(editor, random() < 0.5 ? "accepted" : "rejected");
      break;
    case 5:
      selectNeighbour(editor, -1);
      remove(editor);
      break;
    case 6:
      selectNeighbour(editor, 1);
      setClass(editor, classes[Math.floor(random() * classes.length)]?.id ?? "");
      break;
    case 7:
      acceptAbove(editor, random());
      break;
    case 8:
    case 9:
      workbench.undo();
      break;
    case 10:
      workbench.redo();
      break;
    default:
      // Elsewhere: another capture and back, or an act on a capture that is not open.
      if (random() < 0.5) await workbench.go(workbench.state.index === 0 ? 1 : -1);
      else await backend.tagSelection({ captureIds: [backend.captures.at(-1)?.detail.captureId ?? ""] }, "night", random() < 0.5);
  }
  if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 0));
}

const facts = (records: Iterable<AnnotationRecord>) =>
  [...records]
    .map(({ id, geometry: { box }, classId, decision }) => ({ id, box, classId, decision }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

it.each(Array.from({ length: 12 }, (_, at) => at + 1))("saves what is seen, sequence %i", async (seed) => {
  const random = randomNumbers(seed);
  const backend = new FakeBackend({ captures: 4 });
  const workbench = bench(backend);
  const steps: string[] = [];
  workbench.saver.saved.subscribe(({ step }) => steps.push(step.kind));
  await workbench.open({ query: "", order: NEWEST_FIRST, captureId: null });
  for (let step = 0; step < 60; step++) await act(workbench, backend, random);
  expect(await workbench.flushed()).toBe(true);
  expect(steps.filter((kind) => kind === "apply").length).toBeGreaterThan(8);
  expect(steps.some((kind) => kind.endsWith("undo"))).toBe(true);
  const { detail, asset } = workbench.state;
  const stored = await backend.capture(detail?.captureId ?? "");
  expect(facts(workbench.editor.store.saved.values())).toEqual(facts(recordsOf(stored.annotations, asset?.name ?? "")));
});
