/** Small parts of the view that need no window. */
import { describe, expect, it } from "vitest";
import type { AnnotationDto, ProjectDto } from "../../../backend/backend";
import { imageBox, viewBox } from "../../../editor/geometry/point";
import { placeBeside } from "../components/placement";
import { withNewClass } from "../workbench/classes";
import { classTableOf, editsOf, isUnmapped, recordOf, recordsOf } from "../workbench/convert";
import { FrameCache, type Frame } from "../workbench/frames";
import { fuzzy } from "../../../shared/fuzzy";
import { differenceOf, differenceOfAll } from "../workbench/reconcile";
import { riskReasons } from "../workbench/risk";
import { verdictOf } from "../workbench/statement";

function dto(part: Partial<AnnotationDto> = {}): AnnotationDto {
  return {
    annotationId: "a", captureId: "c", asset: "cam0.jpg", kind: "box", box: { x: 10.25, y: 20.5, width: 30.125, height: 40 }, text: null, classId: "k1", modelClass: "person",
    decision: "undecided", confidence: 0.6, origin: "model", originLabel: "ssd 1", geometryBy: "model", classBy: "model", version: 3, z: 0, deleted: false, ...part,
  };
}

const PROJECT: ProjectDto = {
  projectId: "p",
  name: "Yard",
  schemaVersion: 2,
  classes: [
    { classId: "k1", name: "person", aliases: [], colour: 1, key: 1, retired: false, count: 8412 },
    { classId: "k2", name: "car", aliases: ["auto"], colour: 3, key: 2, retired: false, count: 12 },
    { classId: "k3", name: "stand", aliases: [], colour: 2, key: 3, retired: true, count: 4 },
  ],
  unmapped: [],
};

describe("conversion", () => {
  it("keeps decimals, and skips what is deleted, has no box, or lies on another asset", () => {
    expect(recordOf(dto())?.geometry.box).toEqual(imageBox(10.25, 20.5, 30.125, 40));
    const rest = [dto({ deleted: true }), dto({ box: null }), dto({ asset: "cam1.jpg" })];
    expect(recordsOf(rest, "cam0.jpg")).toEqual([]);
  });

  it("names what a model found and no class answers to", () => {
    const unmapped = dto({ classId: null, modelClass: "sofa" });
    const record = recordOf(unmapped);
    const table = classTableOf(PROJECT, [unmapped]);
    expect(record && isUnmapped(record)).toBe(true);
    expect(table.name(record?.classId ?? "")).toBe("sofa");
    expect(table.has(record?.classId ?? "")).toBe(false);
    expect(table.has("k3")).toBe(false);
    expect(table.name("k3")).toBe("stand");
    expect(table.forKey(3)).toBeUndefined();
  });

  it("sends only the fields that changed", () => {
    const before = recordOf(dto());
    if (!before) throw new Error("no record");
    const after = { ...before, classId: "k2", decision: "accepted" as const };
    expect(editsOf([{ kind: "update", before, after }], "cam0.jpg", () => 3)).toEqual([
      { kind: "update", annotationId: "a", baseVersion: 3, box: null, classId: "k2", decision: "accepted" },
    ]);
    const box = { x: 10.25, y: 20.5, width: 30.125, height: 40 };
    expect(editsOf([{ kind: "put", after }], "cam0.jpg", () => undefined)).toEqual([
      { kind: "create", annotationId: "a", asset: "cam0.jpg", box, classId: "k2" },
    ]);
    expect(editsOf([{ kind: "put", after }, { kind: "remove", before }], "cam0.jpg", () => 3)).toEqual([
      { kind: "restore", annotationId: "a", baseVersion: 3 },
      { kind: "delete", annotationId: "a", baseVersion: 3 },
    ]);
  });
});

describe("reconciling", () => {
  it("takes over what differs and leaves the rest alone", () => {
    const record = recordOf(dto());
    if (!record) throw new Error("no record");
    const records = new Map([["a", record]]);
    expect(differenceOf(records, [dto({ version: 9, geometryBy: "you" })], "cam0.jpg")).toEqual([]);
    expect(differenceOf(records, [dto({ decision: "accepted" })], "cam0.jpg").map(({ kind }) => kind)).toEqual(["update"]);
    expect(differenceOf(records, [dto({ annotationId: "b" })], "cam0.jpg").map(({ kind }) => kind)).toEqual(["put"]);
    expect(differenceOf(records, [dto({ deleted: true })], "cam0.jpg").map(({ kind }) => kind)).toEqual(["remove"]);
    expect(differenceOfAll(records, [], "cam0.jpg").map(({ kind }) => kind)).toEqual(["remove"]);
  });
});

describe("the verdict", () => {
  const accepted = recordOf(dto({ annotationId: "b", decision: "accepted" }));
  const undecided = recordOf(dto());
  if (!accepted || !undecided) throw new Error("no record");

  it("is verified-empty without accepted objects, and doubtful while proposals wait", () => {
    expect(verdictOf([], new Map(), "cam0.jpg")).toMatchObject({ statement: "verified_empty", doubtful: false });
    expect(verdictOf([undecided], new Map(), "cam0.jpg")).toMatchObject({ statement: "verified_empty", doubtful: true });
    expect(verdictOf([undecided, accepted], new Map(), "cam0.jpg")).toMatchObject({ statement: "submitted", accepted: 1, undecided: 1 });
  });

  it("counts other assets and kinds", () => {
    const known = new Map([
      ["caption", dto({ annotationId: "caption", box: null, decision: "accepted" })],
      ["gone", dto({ annotationId: "gone", asset: "cam1.jpg", decision: "accepted", deleted: true })],
    ]);
    expect(verdictOf([], known, "cam0.jpg")).toMatchObject({ statement: "submitted", accepted: 1 });
  });
});

describe("class search", () => {
  const names = ["person", "person, sitting", "pedestrian signal", "camper van", "car"];
  it.each([
    ["pe", ["person", "person, sitting", "pedestrian signal", "camper van"]],
    ["car", ["car", "camper van"]],
    ["sig", ["pedestrian signal", "person, sitting"]],
    ["van", ["camper van"]],
    ["xyz", []],
  ])("finds %s", (typed, found) => {
    expect(fuzzy(names, typed, (name) => name).map(({ item }) => item)).toEqual(found);
  });

  it("lists all in their order when nothing is typed", () => {
    expect(fuzzy(names, " ", (name) => name).map(({ item }) => item)).toEqual(names);
  });

  it("makes a new class with the first free colour and key", () => {
    const request = withNewClass(PROJECT, "sofa");
    expect(request.baseVersion).toBe(2);
    expect(request.classes).toHaveLength(4);
    expect(request.classes[3]).toEqual({ classId: null, name: "sofa", aliases: [], colour: 4, key: 4, retired: false });
    expect(request.classes[0]).not.toHaveProperty("count");
  });
});

describe("risk reasons", () => {
  it("tell overlap, border, size and missing class", () => {
    const table = classTableOf(PROJECT, []);
    const at = (id: string, x: number, width: number, part: Partial<AnnotationDto> = {}) =>
      recordOf(dto({ annotationId: id, box: { x, y: 100, width, height: 100 }, ...part }));
    const records = [
      at("twin", 100, 100),
      at("other", 105, 100, { decision: "accepted", classId: "k2" }),
      at("border", 0, 60),
      at("small", 600, 2),
      at("none", 400, 60, { classId: null, modelClass: "sofa" }),
      at("fine", 700, 60),
    ].flatMap((record) => record ?? []);
    expect(Object.fromEntries(riskReasons(records, { width: 1000, height: 1000 }, table))).toEqual({
      twin: "overlaps car",
      border: "at the border",
      small: "small",
      none: "no class yet",
    });
  });
});

describe("decoded pictures", () => {
  it("stay few: what is no longer wanted is closed, also when it arrives late", async () => {
    const closed: string[] = [];
    const late = new Map<string, (frame: Frame) => void>();
    const cache = new FrameCache((url) => new Promise((resolve) => late.set(url, resolve)));
    const arrive = (url: string): void => late.get(url)?.({ element: document.createElement("img"), width: 1, height: 1, close: () => closed.push(url) });
    const urls = ["1", "2", "3", "4", "5", "6", "7"];
    const frames = urls.map((url) => cache.get(url));
    for (const url of urls.slice(0, 6)) arrive(url);
    cache.keep(["1", "2", "3", "4", "5", "6"]);
    expect(cache.size).toBe(5);
    arrive("7");
    await Promise.all(frames);
    expect(closed.sort()).toEqual(["6", "7"]);
  });
});

describe("the place of a popover", () => {
  const popover = { width: 270, height: 200 };
  const canvas = { width: 1000, height: 700 };
  const overlaps = (object: ReturnType<typeof viewBox>, { left, top }: { left: number; top: number }): boolean =>
    left < object.x + object.width && object.x < left + popover.width && top < object.y + object.height && object.y < top + popover.height;

  it.each([
    ["left", viewBox(50, 300, 100, 100)],
    ["right", viewBox(880, 300, 100, 100)],
    ["wide above", viewBox(10, 20, 980, 300)],
    ["wide below", viewBox(10, 400, 980, 280)],
    ["corner", viewBox(900, 650, 90, 40)],
  ])("keeps off an object at the %s", (_, object) => {
    const place = placeBeside(object, popover, canvas);
    expect(overlaps(object, place)).toBe(false);
    expect(place.left).toBeGreaterThanOrEqual(0);
    expect(place.left + popover.width).toBeLessThanOrEqual(canvas.width);
    expect(place.top).toBeGreaterThanOrEqual(0);
    expect(place.top + popover.height).toBeLessThanOrEqual(canvas.height);
  });
});
