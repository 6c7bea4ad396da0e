/** Crops and the map of the fake backend. */
import { BackendError } from "../errors";
import type { CropItem } from "../types";
import { NONE, type MapPicture, type MapView } from "../map";
import type { MapLegendEntry, MapSelection } from "../types";
import type { AnnotationAct, AnnotationDto, SortSpec } from "../types";
import type { FakeCaptures } from "./captures";
import type { FakeSearch } from "./search";

/** Captures whose annotations are listed: more would only be repetitions. */
const CAPTURES_AT_MOST = 5_000;
/** Points that are drawn one by one. */
const POINTS_AT_MOST = 50_000;

interface CropSession {
  readonly crops: { readonly key: number; readonly annotationId: string }[];
}

/** A number from 0 to 1 that depends on `key` alone. */
function noise(key: number, salt: number): number {
  const mixed = Math.imul(Math.imul(key + 1, 2654435761) ^ Math.imul(salt + 7, 40503), 2246822519) >>> 0;
  return mixed / 0x1_0000_0000;
}

function isInside(x: number, y: number, polygon: readonly (readonly [number, number])[]): boolean {
  let inside = false;
  polygon.forEach(([ax, ay], at) => {
    const [bx, by] = polygon[(at + 1) % polygon.length] ?? [ax, ay];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

/** Sessions of annotations count downwards, so that they are never taken for sessions of captures. */
export class FakeExplore {
  private readonly sessions = new Map<number, CropSession>();
  private nextId = 4_000_000_000;
  isMapReady = false;

  constructor(
    private readonly all: FakeCaptures,
    private readonly searches: FakeSearch,
    private readonly nameOf: (classId: string | null, modelClass: string | null) => string,
  ) {}

  open(query: string, sort: SortSpec): { searchId: number; total: number } {
    const wanted = /(?:^|\s)class:([^\s]+)/.exec(query)?.[1]?.split(",");
    const decision = /(?:^|\s)decision:(\w+)/.exec(query)?.[1];
    const found: { key: number; annotation: AnnotationDto }[] = [];
    for (const key of this.searches.matching(query).subarray(0, CAPTURES_AT_MOST)) {
      for (const annotation of this.all.at(key).detail.annotations) {
        const isWanted = wanted === undefined || wanted.includes(this.nameOf(annotation.classId, annotation.modelClass));
        if (!annotation.deleted && annotation.box !== null && isWanted && (decision === undefined || annotation.decision === decision)) found.push({ key, annotation });
      }
    }
    const value = ({ key, annotation }: { key: number; annotation: AnnotationDto }) =>
      sort.by === "conf" ? (annotation.confidence ?? 0) : sort.by === "box_height" ? (annotation.box?.height ?? 0) : this.all.timeOf(key);
    found.sort((a, b) => (value(a) - value(b)) * (sort.descending ? -1 : 1));
    const searchId = this.nextId++;
    this.sessions.set(searchId, { crops: found.map(({ key, annotation }) => ({ key, annotationId: annotation.annotationId })) });
    return { searchId, total: found.length };
  }

  isCropSession(searchId: number): boolean {
    return this.sessions.has(searchId);
  }

  page(searchId: number, offset: number, limit: number): CropItem[] {
    const session = this.sessions.get(searchId);
    if (session === undefined) throw new BackendError({ code: "not_found", message: "The search is no longer kept", remedy: "Search again.", detail: null, position: null });
    return session.crops.slice(offset, offset + limit).map(({ key, annotationId }, position) => {
      const { detail } = this.all.at(key);
      const annotation = detail.annotations.find((candidate) => candidate.annotationId === annotationId) as AnnotationDto;
      const [asset] = detail.assets;
      const { classId, modelClass, confidence, decision, origin, version, kind, text } = annotation;
      return {
        index: offset + position, annotationId, captureId: detail.captureId, asset: asset?.name ?? "", ...(annotation.box ?? { x: 0, y: 0, width: 1, height: 1 }), kind, classId,
        unmappedClass: classId === null ? modelClass : null, confidence, decision, origin, version, pictureWidthPx: asset?.widthPx ?? 0, pictureHeightPx: asset?.heightPx ?? 0, text,
      };
    });
  }

  /** The edits that an act means, by capture. */
  edits(searchId: number, ranges: readonly (readonly [number, number])[], act: AnnotationAct) {
    const byCapture = new Map<string, { kind: "update"; annotationId: string; baseVersion: number; box: null; classId: string | null; decision: "accepted" | "rejected" }[]>();
    for (const [first, last] of ranges) {
      for (const crop of this.page(searchId, first, last - first + 1)) {
        const classId = typeof act === "object" && "class" in act ? act.class : null;
        const edit = { kind: "update", annotationId: crop.annotationId, baseVersion: crop.version, box: null, classId, decision: act === "reject" ? "rejected" : "accepted" } as const;
        byCapture.set(crop.captureId, [...(byCapture.get(crop.captureId) ?? []), edit]);
      }
    }
    return byCapture;
  }

  private place(key: number): { x: number; y: number } {
    const { detail } = this.all.at(this.all.repeated + (key % Math.max(1, this.all.made.length)));
    const cluster = (detail.site ?? "").length + detail.annotations.length * 3;
    const turn = cluster * 2.4;
    const spread = 0.6 + noise(cluster, 3);
    const angle = noise(key, 1) * Math.PI * 2;
    const radius = spread * Math.sqrt(-2 * Math.log(1 - 0.999 * noise(key, 2)));
    return { x: Math.cos(turn) * 6 + Math.cos(angle) * radius, y: Math.sin(turn) * 4 + Math.sin(angle) * radius };
  }

  legend(searchId: number, field: string): MapLegendEntry[] {
    return this.searches.count(this.searches.session(searchId).keys, field).slice(0, 20).map(({ value, count }) => ({ value, count, classId: null }));
  }

  view(searchId: number, view: MapView): MapPicture {
    const { keys } = this.searches.session(searchId);
    const hits = new Map<number, number>();
    keys.forEach((key, at) => hits.set(key, at));
    const values = view.colourBy === null ? [] : this.legend(searchId, view.colourBy).map((entry) => entry.value);
    const colourOf = (key: number) => {
      const { detail } = this.all.at(this.all.repeated + (key % Math.max(1, this.all.made.length)));
      const value = view.colourBy === "class" ? this.nameOf(detail.annotations[0]?.classId ?? null, detail.annotations[0]?.modelClass ?? null) : (detail.site ?? "");
      const at = values.indexOf(value);
      return at < 0 ? NONE : at;
    };
    const inside: number[] = [];
    for (let key = 0; key < this.all.total; key += 1) {
      const { x, y } = this.place(key);
      if (x >= view.left && x <= view.right && y >= view.top && y <= view.bottom) inside.push(key);
    }
    if (inside.length > POINTS_AT_MOST) {
      const count = view.columns * view.rows;
      const density = { kind: "density", all: new Uint32Array(count), inResult: new Uint32Array(count), colour: new Uint32Array(count).fill(NONE) } as const;
      for (const key of inside) {
        const { x, y } = this.place(key);
        const column = Math.min(view.columns - 1, Math.floor(((x - view.left) / (view.right - view.left)) * view.columns));
        const row = Math.min(view.rows - 1, Math.floor(((y - view.top) / (view.bottom - view.top)) * view.rows));
        const cell = row * view.columns + column;
        density.all[cell] = (density.all[cell] ?? 0) + 1;
        if (hits.has(key)) density.inResult[cell] = (density.inResult[cell] ?? 0) + 1;
        density.colour[cell] = colourOf(key);
      }
      return density;
    }
    return {
      kind: "points",
      x: Float32Array.from(inside, (key) => this.place(key).x),
      y: Float32Array.from(inside, (key) => this.place(key).y),
      hit: Uint32Array.from(inside, (key) => hits.get(key) ?? NONE),
      colour: Uint32Array.from(inside, colourOf),
    };
  }

  select(searchId: number, polygon: readonly (readonly [number, number])[]): MapSelection {
    const ranges: [number, number][] = [];
    let count = 0;
    this.searches.session(searchId).keys.forEach((key, at) => {
      const { x, y } = this.place(key);
      if (!isInside(x, y, polygon)) return;
      count += 1;
      const last = ranges.at(-1);
      if (last !== undefined && last[1] === at - 1) last[1] = at;
      else ranges.push([at, at]);
    });
    return { ranges, count };
  }
}
