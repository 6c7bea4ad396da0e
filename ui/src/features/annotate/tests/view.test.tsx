/** The view with the application in memory: keys and pointer in, durable acts out. */
import { act, cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { BackendProvider } from "../../../backend/context";
import { BackendError } from "../../../backend/errors";
import { FakeBackend } from "../../../backend/fake/fake";
import { NEWEST_FIRST } from "../../../backend/order";
import type { AnnotationDto, CaptureDetail } from "../../../backend/backend";
import { KeymapProvider } from "../../../shared/keys/KeymapProvider";
import { useToasts } from "../../../shared/components/toasts";
import { AnnotateView } from "../AnnotateView";
import { annotateKeys } from "../keys";
import { Workbench } from "../workbench/workbench";

// Machines that build at the same time are slow; these waits end as soon as the thing is there.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 40_000 });

beforeEach(() => {
  HTMLCanvasElement.prototype.getContext = () => null;
  HTMLElement.prototype.setPointerCapture = () => undefined;
  useToasts.setState({ toasts: [] });
});

interface Place {
  readonly backend: FakeBackend;
  readonly workbench: Workbench;
  readonly back: ReturnType<typeof vi.fn>;
  readonly details: () => CaptureDetail[];
  readonly open: () => CaptureDetail;
  readonly annotation: (id: string) => AnnotationDto | undefined;
}

async function place(options: { prepare?: (backend: FakeBackend) => void; query?: string } = {}): Promise<Place> {
  const backend = new FakeBackend({ captures: 6 });
  backend.captures.forEach(({ detail }, at) => {
    detail.annotations = at === 5 ? [] : boxes(detail, backend);
  });
  options.prepare?.(backend);
  const loadFrame = () => Promise.resolve({ element: document.createElement("img"), width: 10, height: 10, close: () => undefined });
  let ids = 0;
  const workbench = new Workbench(backend, { loadFrame, newId: () => `id-${++ids}`, nowMicros: () => 1_000_000 });
  workbench.editor.camera.setViewport({ width: 800, height: 600 });
  const back = vi.fn();
  render(
    <BackendProvider backend={backend}>
      <KeymapProvider actions={annotateKeys} overrides={{}}>
        <AnnotateView query={options.query ?? ""} order={NEWEST_FIRST} captureId={null} onBack={back} workbench={workbench} />
      </KeymapProvider>
    </BackendProvider>,
  );
  await waitFor(() => expect(workbench.state.phase).not.toBe("opening"));
  await act(() => new Promise((resolve) => setTimeout(resolve, 0)));
  const details = (): CaptureDetail[] => backend.captures.map(({ detail }) => detail);
  const open = (): CaptureDetail => details().find(({ captureId }) => captureId === workbench.state.detail?.captureId) ?? fail();
  return { backend, workbench, back, details, open, annotation: (id) => open().annotations.find(({ annotationId }) => annotationId === id) };
}

function fail(): never {
  throw new Error("no capture is open");
}

/** Three proposals and one accepted box on every capture, far apart. */
function boxes(detail: CaptureDetail, backend: FakeBackend): AnnotationDto[] {
  const classId = backend.captures.flatMap(({ detail: { annotations } }) => annotations).find((dto) => dto.classId !== null)?.classId ?? null;
  return [0.3, 0.85, 0.95, null].map((confidence, at) => ({
    annotationId: `${detail.captureId}/${at}`, captureId: detail.captureId, asset: detail.assets[0]?.name ?? "", kind: "box",
    box: { x: 20 + at * 100, y: 30, width: 60, height: 50 }, text: null, classId, modelClass: "person", decision: confidence === null ? "accepted" : "undecided",
    confidence, origin: confidence === null ? "person" : "model", originLabel: "ssd", geometryBy: "model", classBy: "model", version: 1, z: at, deleted: false,
  }));
}

const press = (key: string, more: Partial<KeyboardEventInit> = {}): void => {
  const code = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : key;
  act(() => {
    fireEvent.keyDown(document.activeElement ?? document.body, { key, code, ...more });
    fireEvent.keyUp(document.activeElement ?? document.body, { key, code, ...more });
  });
};

/** A drag on the canvas from and to points of the picture. */
function drag(workbench: Workbench, from: readonly [number, number], to: readonly [number, number]): void {
  const canvas = screen.getByTestId("annotate-canvas");
  const { scale, tx, ty } = workbench.editor.viewFromImage;
  // jsdom has no PointerEvent with coordinates; a MouseEvent of that name carries all that the canvas reads.
  const send = (type: string, [x, y]: readonly [number, number]): void => {
    const init = { bubbles: true, cancelable: true, clientX: x * scale + tx, clientY: y * scale + ty, button: 0 };
    fireEvent(canvas, new MouseEvent(type, init));
  };
  act(() => {
    send("pointerdown", from);
    send("pointermove", to);
    send("pointerup", to);
  });
}

const saved = () => waitFor(() => expect(screen.getByTestId("save-state").dataset["state"]).toBe("saved"));
const rows = () => screen.queryAllByTestId("object-row");

describe("opening", () => {
  it("shows the objects by risk, the riskiest selected, and fetches ahead", async () => {
    const { workbench } = await place();
    expect(screen.getByTestId("queue-position").textContent).toBe("1 of 6");
    expect(rows().map((row) => row.dataset["decision"])).toEqual(["undecided", "undecided", "undecided", "accepted"]);
    expect(rows()[0]?.getAttribute("aria-selected")).toBe("true");
    expect(screen.getByText("3 undecided")).toBeTruthy();
    await waitFor(() => expect(workbench.state.decodedAhead).toBe(4));
    expect(document.activeElement).toBe(screen.getByTestId("annotate-canvas"));
  });

  it("tells where on the screen the picture is", async () => {
    const { workbench } = await place();
    const { dataset } = screen.getByTestId("annotate-canvas");
    await waitFor(() => expect(Number(dataset["scale"])).toBe(workbench.editor.viewFromImage.scale));
    expect(Number(dataset["tx"])).toBe(workbench.editor.viewFromImage.tx);
  });

  it("says what to do when nothing matches", async () => {
    const { back } = await place({ query: "tag:none-has-this" });
    fireEvent.click(screen.getByText("Back to the Library"));
    expect(back).toHaveBeenCalled();
  });
});

describe("deciding by key", () => {
  it("accepts and rejects, each saved as one operation, and goes on by risk", async () => {
    const { open, annotation, workbench } = await place();
    const { captureId } = open();
    press("a");
    expect(workbench.editor.selection.has(`${captureId}/1`)).toBe(true);
    press("x");
    await saved();
    expect(annotation(`${captureId}/0`)?.decision).toBe("accepted");
    expect(annotation(`${captureId}/1`)?.decision).toBe("rejected");
    expect(screen.getAllByTestId("recent-act").map((row) => row.firstChild?.textContent)).toEqual(["Reject person .85", "Accept person .30"]);
    expect(screen.getByTestId("annotate-status").textContent).toContain("2 to undo");
  });

  it("ignores a held key", async () => {
    const { workbench } = await place();
    press("a", { repeat: true });
    expect(workbench.editor.store.history.undoCount).toBe(0);
  });

  it("accepts all above .80 as one act", async () => {
    const { open } = await place();
    expect(screen.getByTestId("accept-above").textContent).toContain("Accept 2 above .80");
    press("A", { shiftKey: true });
    await saved();
    expect(open().annotations.map(({ decision }) => decision)).toEqual(["undecided", "accepted", "accepted", "accepted"]);
    expect(screen.getAllByTestId("recent-act")).toHaveLength(1);
  });

  it("walks with Tab only while the canvas has the focus", async () => {
    const { workbench, open } = await place();
    press("Tab");
    expect(workbench.editor.selection.has(`${open().captureId}/1`)).toBe(true);
    screen.getByTestId("submit-next").focus();
    press("Tab");
    expect(workbench.editor.selection.has(`${open().captureId}/1`)).toBe(true);
  });

  it("sets a class by its number key", async () => {
    const { workbench, annotation, open } = await place();
    const { captureId } = open();
    press("2");
    await saved();
    expect(annotation(`${captureId}/0`)).toMatchObject({ classId: workbench.editor.classes.forKey(2)?.id, decision: "accepted" });
  });
});

describe("the pointer", () => {
  it("draws a box that is in the library once it is called saved", async () => {
    const { open, workbench } = await place();
    press("r");
    expect(screen.getByTestId("tool-box").getAttribute("aria-pressed")).toBe("true");
    drag(workbench, [200, 200], [300, 260]);
    await saved();
    const drawn = open().annotations.at(-1);
    expect(drawn).toMatchObject({ decision: "accepted", origin: "person", deleted: false });
    expect(drawn?.box?.x).toBeCloseTo(200, 3);
    expect(drawn?.box?.width).toBeCloseTo(100, 3);
    press("Delete");
    await saved();
    expect(open().annotations.at(-1)?.deleted).toBe(true);
  });

  it("moves a proposal, which is accepting it", async () => {
    const { workbench, annotation, open } = await place();
    const { captureId } = open();
    drag(workbench, [250, 55], [260, 75]);
    await saved();
    expect(annotation(`${captureId}/2`)).toMatchObject({ decision: "accepted", geometryBy: "person" });
    expect(annotation(`${captureId}/2`)?.box?.y).toBeCloseTo(50, 3);
    expect(annotation(`${captureId}/2`)?.box?.width).toBe(60);
  });
});

describe("undo", () => {
  it("goes through saving, and redo brings back", async () => {
    const { annotation, open } = await place();
    const { captureId } = open();
    press("a");
    press("x");
    await saved();
    press("z", { ctrlKey: true });
    press("z", { ctrlKey: true });
    await saved();
    expect(annotation(`${captureId}/0`)?.decision).toBe("undecided");
    expect(annotation(`${captureId}/1`)?.decision).toBe("undecided");
    press("Z", { ctrlKey: true, shiftKey: true });
    await saved();
    expect(annotation(`${captureId}/0`)?.decision).toBe("accepted");
    expect(annotation(`${captureId}/1`)?.decision).toBe("undecided");
  });

  it("reaches acts of before the capture was opened again, in order, and back", async () => {
    const { annotation, open, workbench } = await place();
    const { captureId } = open();
    press("a");
    press("a");
    await saved();
    press("f");
    await waitFor(() => expect(workbench.state.index).toBe(1));
    press("d");
    await waitFor(() => expect(workbench.state.index).toBe(0));
    await waitFor(() => expect(screen.getAllByTestId("recent-act")).toHaveLength(2));
    expect(workbench.editor.store.history.undoCount).toBe(0);
    press("x");
    press("z", { ctrlKey: true });
    press("z", { ctrlKey: true });
    await saved();
    expect(annotation(`${captureId}/1`)?.decision).toBe("undecided");
    await waitFor(() => expect(workbench.editor.record(`${captureId}/1`)?.decision).toBe("undecided"));
    press("z", { ctrlKey: true });
    await saved();
    expect(annotation(`${captureId}/0`)?.decision).toBe("undecided");
    press("y", { ctrlKey: true });
    press("y", { ctrlKey: true });
    press("y", { ctrlKey: true });
    await saved();
    expect(open().annotations.map(({ decision }) => decision)).toEqual(["accepted", "accepted", "rejected", "accepted"]);
    await waitFor(() => expect(workbench.editor.record(`${captureId}/2`)?.decision).toBe("rejected"));
  });
});

describe("going on", () => {
  it("submits what is accepted and opens the next capture", async () => {
    const { details, workbench } = await place();
    press("Enter", { ctrlKey: true });
    await waitFor(() => expect(workbench.state.index).toBe(1));
    expect(details()[0]?.submission).toMatchObject({ statement: "submitted" });
  });

  it("warns before it states empty while proposals wait", async () => {
    const { details, workbench } = await place({ prepare: (backend) => backend.captures[0]?.detail.annotations.pop() });
    press("Enter", { ctrlKey: true });
    expect(screen.getByTestId("warn-empty").textContent).toContain("3 proposals wait");
    expect(details()[0]?.submission).toBeNull();
    press("a");
    expect(screen.queryByTestId("warn-empty")).toBeNull();
    press("z", { ctrlKey: true });
    press("Enter", { ctrlKey: true });
    await waitFor(() => expect(workbench.state.index).toBe(1));
    expect(details()[0]?.submission).toMatchObject({ statement: "verified_empty" });
  });

  it("says so when a submission is verified-empty", async () => {
    const { details, workbench } = await place({
      prepare: (backend) => {
        const [first] = backend.captures;
        if (first) first.detail.annotations = [];
      },
    });
    expect(screen.getByTestId("submit-next").textContent).toContain("Submit as empty");
    fireEvent.click(screen.getByTestId("submit-next"));
    await waitFor(() => expect(workbench.state.index).toBe(1));
    expect(details()[0]?.submission).toMatchObject({ statement: "verified_empty" });
  });

  it("skips with a reason", async () => {
    const { details, workbench } = await place();
    press("s");
    fireEvent.keyDown(screen.getByText("Blurred, dark or covered"), { key: "2" });
    await waitFor(() => expect(workbench.state.index).toBe(1));
    expect(details()[0]?.submission).toMatchObject({ statement: "skipped", reason: "Nothing to do with this project" });
  });

  it("stays at the end of the queue and says so", async () => {
    const { workbench } = await place();
    for (let step = 0; step < 9; step++) press("f");
    await waitFor(() => expect(workbench.state.index).toBe(5));
    expect(useToasts.getState().toasts.map(({ text }) => text)).toContain("That was the last capture of this queue");
  });
});

describe("a queue that the application no longer keeps", () => {
  const searchElsewhere = async (backend: FakeBackend): Promise<void> => {
    for (let searches = 0; searches < 9; searches++) await backend.search("tag:night", NEWEST_FIRST.sort, null);
  };

  it("is asked for again, and the step goes on from the open capture", async () => {
    const { backend, workbench, details } = await place();
    const ids = details().map(({ captureId }) => captureId);
    press("f");
    await waitFor(() => expect(workbench.state.index).toBe(1));
    backend.arrive(1);
    await searchElsewhere(backend);
    press("f");
    await waitFor(() => expect(workbench.state.detail?.captureId).toBe(ids[2]));
    expect(screen.getByTestId("queue-position").textContent).toBe("4 of 7");
    await searchElsewhere(backend);
    press("d");
    await waitFor(() => expect(workbench.state.detail?.captureId).toBe(ids[1]));
    await searchElsewhere(backend);
    press("Enter", { ctrlKey: true });
    await waitFor(() => expect(workbench.state.detail?.captureId).toBe(ids[2]));
    expect(details().find(({ captureId }) => captureId === ids[1])?.submission).toMatchObject({ statement: "submitted" });
    expect(useToasts.getState().toasts).toEqual([]);
  });

  it("goes on with the next capture that still matches when the open one does not", async () => {
    const { backend, workbench, details } = await place({ query: "decision:undecided" });
    const ids = details().map(({ captureId }) => captureId);
    press("f");
    await waitFor(() => expect(workbench.state.decodedAhead).toBeGreaterThan(2));
    for (let proposal = 0; proposal < 3; proposal++) press("a");
    await saved();
    await searchElsewhere(backend);
    press("f");
    await waitFor(() => expect(workbench.state.detail?.captureId).toBe(ids[2]));
    expect(screen.getByTestId("queue-position").textContent).toBe("2 of 4");
  });

  it("stays where it is when the place cannot be found, so that the next step skips nothing", async () => {
    const { backend, workbench } = await place();
    vi.spyOn(backend, "resolveSelection").mockRejectedValueOnce(new Error("the application is busy"));
    press("f");
    await waitFor(() => expect(useToasts.getState().toasts).toHaveLength(1));
    press("f");
    await waitFor(() => expect(workbench.state.index).toBe(1));
  });
});

describe("when saving fails", () => {
  it("saves after Retry what was changed elsewhere in between", async () => {
    const { backend, annotation, open } = await place();
    const { captureId } = open();
    const [first] = open().annotations;
    if (!first) throw new Error("no annotation");
    open().annotations[0] = { ...first, version: first.version + 3 };
    const apply = vi.spyOn(backend, "applyEdits");
    press("a");
    await waitFor(() => expect(screen.getByTestId("save-state").dataset["state"]).toBe("failed"));
    fireEvent.click(screen.getAllByText("Retry")[0] ?? document.body);
    await saved();
    expect(apply).toHaveBeenCalledTimes(2);
    expect(annotation(`${captureId}/0`)?.decision).toBe("accepted");
  });

  it("says so, keeps the acts, stays on the capture, and saves after Retry", async () => {
    const { backend, workbench, annotation, open } = await place();
    const { captureId } = open();
    const apply = vi.spyOn(backend, "applyEdits").mockRejectedValueOnce(new Error("The disk is full")).mockRejectedValueOnce(new Error("The disk is full"));
    press("a");
    await waitFor(() => expect(screen.getByTestId("save-state").textContent).toContain("1 not saved"));
    expect(screen.getByTestId("save-problem").textContent).toContain("1 act could not be saved");
    press("f");
    await waitFor(() => expect(apply).toHaveBeenCalledTimes(2));
    await waitFor(() => expect(screen.getByTestId("save-state").dataset["state"]).toBe("failed"));
    expect(workbench.state.index).toBe(0);
    expect(workbench.editor.record(`${captureId}/0`)?.decision).toBe("accepted");
    fireEvent.click(screen.getAllByText("Retry")[0] ?? document.body);
    await saved();
    expect(annotation(`${captureId}/0`)?.decision).toBe("accepted");
    expect(screen.queryByTestId("save-problem")).toBeNull();
  });

  it("shows the capture as the library has it when the acts are given up", async () => {
    const { backend, workbench, open } = await place();
    const { captureId } = open();
    vi.spyOn(backend, "applyEdits").mockRejectedValue(new Error("conflict"));
    press("a");
    await waitFor(() => expect(screen.getByTestId("save-problem")).toBeTruthy());
    fireEvent.click(screen.getByText("Give up 1 act"));
    await saved();
    await waitFor(() => expect(workbench.editor.record(`${captureId}/0`)?.decision).toBe("undecided"));
  });
});

describe("classes", () => {
  it("are found by some letters and given with Enter", async () => {
    const { workbench, annotation, open } = await place();
    const { captureId } = open();
    const car = workbench.editor.classes.entries.find(({ name }) => name === "car");
    press("c");
    const input = screen.getByRole("combobox");
    expect(document.activeElement).toBe(input);
    fireEvent.change(input, { target: { value: "car" } });
    fireEvent.keyDown(input, { key: "Enter" });
    await saved();
    expect(screen.queryByTestId("class-popover")).toBeNull();
    expect(annotation(`${captureId}/0`)?.classId).toBe(car?.id);
    expect(document.activeElement).toBe(screen.getByTestId("annotate-canvas"));
  });

  it("are made where they are missing", async () => {
    const { workbench, annotation, open, backend } = await place();
    const { captureId } = open();
    press("c");
    fireEvent.change(screen.getByRole("combobox"), { target: { value: "handcart" } });
    fireEvent.keyDown(screen.getByRole("combobox"), { key: "Enter" });
    await waitFor(() => expect(workbench.editor.classes.entries.some(({ name }) => name === "handcart")).toBe(true));
    await saved();
    const { classes } = await backend.project();
    await waitFor(() => expect(annotation(`${captureId}/0`)?.classId).toBe(classes.find(({ name }) => name === "handcart")?.classId));
  });
});

it("accepts a proposal by making the class that it lacks", async () => {
  const { annotation, open, workbench, backend } = await place({
    prepare: (fake) => {
      for (const { detail } of fake.captures) detail.annotations.forEach((dto) => Object.assign(dto, { classId: null, modelClass: "forklift" }));
    },
  });
  const { captureId } = open();
  const states: string[] = [];
  workbench.saver.changed.subscribe(() => states.push(workbench.saver.state.kind));
  press("x");
  press("a");
  expect(screen.getAllByRole("option")[0]?.textContent).toBe("Make class forklift");
  fireEvent.keyDown(screen.getByRole("combobox"), { key: "Enter" });
  fireEvent.keyDown(screen.getByRole("combobox"), { key: "Enter" });
  await waitFor(() => expect(annotation(`${captureId}/1`)?.decision).toBe("accepted"));
  await saved();
  const made = (await backend.project()).classes.find(({ name }) => name === "forklift");
  expect(open().annotations.map(({ classId }) => classId)).toEqual(Array.from({ length: 4 }, () => made?.classId));
  expect(open().annotations.map(({ decision }) => decision)).toEqual(["rejected", "accepted", "undecided", "accepted"]);
  expect(screen.queryByTestId("class-popover")).toBeNull();
  expect(states).not.toContain("failed");
});

it("starts anew when the open capture is gone: another library may have been opened", async () => {
  const { backend, workbench } = await place();
  press("a");
  await saved();
  const gone = new BackendError({ code: "not_found", message: "there is no such capture", remedy: null, detail: null, position: null });
  vi.spyOn(backend, "capture").mockRejectedValueOnce(gone);
  const search = vi.spyOn(backend, "search");
  await act(() => workbench.comeBack());
  expect(search).toHaveBeenCalledTimes(1);
  expect(workbench.state.phase).toBe("ready");
  expect(workbench.editor.store.history.undoCount).toBe(0);
});

it("opens the capture that was chosen elsewhere, and never tells of the one before", async () => {
  const { backend, workbench, open, details } = await place();
  const before = open().captureId;
  cleanup();
  const chosen = details()[3]?.captureId ?? "";
  const told: string[] = [];
  const Shell = () => {
    const [captureId, setCaptureId] = useState(chosen);
    const onCapture = (openId: string) => {
      told.push(openId);
      setCaptureId(openId);
    };
    return <AnnotateView query="" order={NEWEST_FIRST} captureId={captureId} onBack={() => undefined} onCapture={onCapture} workbench={workbench} />;
  };
  const capture = vi.spyOn(backend, "capture");
  render(
    <BackendProvider backend={backend}>
      <KeymapProvider actions={annotateKeys} overrides={{}}>
        <Shell />
      </KeymapProvider>
    </BackendProvider>,
  );
  await waitFor(() => expect(workbench.state.detail?.captureId).toBe(chosen));
  expect(before).not.toBe(chosen);
  expect(told).toEqual([chosen]);
  expect(screen.getByTestId("queue-position").textContent).toBe("4 of 6");
  press("f");
  await waitFor(() => expect(told).toHaveLength(2));
  await waitFor(() => expect(workbench.state.decodedAhead).toBeGreaterThan(0));
  const asked = capture.mock.calls.length;
  await act(() => new Promise((resolve) => setTimeout(resolve, 50)));
  expect(capture.mock.calls.length).toBe(asked);
});

it("takes over what a model adds to the open capture", async () => {
  const { backend, open, workbench } = await place();
  const detail = open();
  const [first] = detail.annotations;
  if (!first) throw new Error("no annotation");
  detail.annotations.push({ ...first, annotationId: "late", box: { x: 300, y: 200, width: 30, height: 30 } });
  await act(async () => {
    await backend.tagSelection({ captureIds: [detail.captureId] }, "seen", true);
  });
  await waitFor(() => expect(workbench.editor.record("late")).toBeTruthy());
  expect(workbench.editor.store.history.undoCount).toBe(0);
  expect(rows()).toHaveLength(5);
});

it("hides and shows rejected objects, and marks rows from the canvas", async () => {
  const { workbench, open } = await place();
  press("x");
  await saved();
  expect(workbench.editor.visible()).toHaveLength(3);
  press("j");
  expect(workbench.editor.visible()).toHaveLength(4);
  const row = rows().find((each) => each.dataset["annotationId"] === `${open().captureId}/3`);
  fireEvent.click(row ?? document.body);
  expect([...workbench.editor.selection]).toEqual([`${open().captureId}/3`]);
});
