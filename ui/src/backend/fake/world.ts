/** A made-up library: captures of a small fleet, with proposals and decisions. */
import type { AnnotationDto, AssetDto, CaptureDetail, ClassDto, Decision, NamedValue } from "../types";
import type { Random } from "./random";

/** A photo that the development server has, with its boxes. */
export interface DevPhoto {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly { readonly name: string; readonly x: number; readonly y: number; readonly width: number; readonly height: number }[];
}

/** A capture with its picture. */
export interface FakeCapture {
  readonly detail: CaptureDetail;
  readonly picture: string;
}

/** Noon of 20 November 2026, UTC. */
export const NOW_MICROS = Date.UTC(2026, 10, 20, 14, 6, 31, 204) * 1000;

const FLEET = [
  { site: "depot-north", devices: ["yard-cam-01", "yard-cam-02", "yard-cam-03"], trigger: "motion_in_zone", expression: "motion.area > 0.02 && gate.dwell_s > 1.5", share: 45 },
  { site: "depot-east", devices: ["gate-cam-11", "gate-cam-12"], trigger: "motion_in_zone", expression: "motion.area > 0.02 && gate.dwell_s > 1.5", share: 27 },
  { site: "route-07", devices: ["cart-0071", "cart-0072"], trigger: "hard_brake", expression: "imu.accel_mps2.max(duration('2s')) > 6.0", share: 20 },
  { site: "table-lab", devices: ["bench-01"], trigger: "card_on_table", expression: "scale.grams.rise() > 2.0", share: 8 },
] as const;

const SIZES = [[768, 576], [1280, 720], [1152, 864], [864, 1152], [1600, 700]] as const;
const SUBMISSIONS = ["none", "none", "none", "none", "submitted", "submitted", "verified_empty", "skipped"] as const;

function drawPicture(random: Random, width: number, height: number, boxes: readonly AnnotationDto[]): string {
  const sky = random.pick(["#8fa3b5", "#b9c0c7", "#54606b", "#c9b9a2"]);
  const ground = random.pick(["#5d6b4c", "#6f6a62", "#4d5256", "#7b6a58"]);
  const horizon = Math.round(height * (0.3 + random.next() * 0.25));
  const shapes = boxes.flatMap(({ box }) => {
    if (box === null) return [];
    const fill = random.pick(["#2d3436", "#7b3f3f", "#38506b", "#d8d3c8", "#86602c"]);
    return [`<rect x="${box.x.toFixed(0)}" y="${box.y.toFixed(0)}" width="${box.width.toFixed(0)}" height="${box.height.toFixed(0)}" rx="${(box.width / 4).toFixed(0)}" fill="${fill}"/>`];
  });
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="${ground}"/>` +
    `<rect width="${width}" height="${horizon}" fill="${sky}"/><path d="M${width * 0.42} ${horizon}L${width * 0.58} ${horizon}L${width * 0.9} ${height}L${width * 0.1} ${height}Z" fill="#3c3f42"/>${shapes.join("")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Moments of a made-up video side by side: something crosses the road. */
export function drawStrip(width: number, height: number, frames: number): string {
  const moments = Array.from({ length: frames }, (_, at) => {
    const left = at * width;
    const x = left + (width * 0.8 * at) / frames;
    return `<rect x="${left}" width="${width}" height="${height}" fill="#6f6a62"/><rect x="${left}" width="${width}" height="${height * 0.4}" fill="#8fa3b5"/><rect x="${x}" y="${height * 0.45}" width="${width * 0.2}" height="${height * 0.35}" rx="8" fill="#7b3f3f"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width * frames}" height="${height}" viewBox="0 0 ${width * frames} ${height}">${moments.join("")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function annotation(random: Random, captureId: string, classDto: ClassDto | undefined, modelClass: string, box: AnnotationDto["box"], decision: Decision, z: number): AnnotationDto {
  return {
    annotationId: random.id(),
    captureId,
    asset: "frame.jpg",
    kind: "box",
    box,
    text: null,
    classId: classDto?.classId ?? null,
    modelClass,
    decision,
    confidence: Math.round((0.3 + 0.69 * Math.sqrt(random.next())) * 1000) / 1000,
    origin: "model",
    originLabel: "ssd-mobilenet 1",
    geometryBy: "model",
    classBy: "model",
    version: 1,
    z,
    deleted: false,
  };
}

function inventBoxes(random: Random, width: number, height: number): DevPhoto["boxes"] {
  return Array.from({ length: random.below(7) }, () => {
    const name = random.pick(["person", "person", "person", "car", "car", "truck", "bicycle", "traffic light"]);
    const tall = name === "person" || name === "traffic light";
    const h = height * (0.08 + random.next() * 0.3);
    const w = tall ? h * 0.42 : h * 1.6;
    return { name, x: random.next() * (width - w), y: height * 0.3 + random.next() * (height * 0.7 - h), width: w, height: h };
  });
}

function ledgerOf(trigger: string, atMicros: number, proposals: number, random: Random): CaptureDetail["ledger"] {
  const late = random.next() < 0.15;
  const seconds = late ? 166 : 14;
  return [
    { event: "fired", atMicros, text: `${trigger} v3` },
    { event: "sealed", atMicros: atMicros + 7e6, text: "1 asset, 412 kB" },
    { event: "offered", atMicros: atMicros + 9e6, text: "need 2 of 2 chunks" },
    { event: "uploaded", atMicros: atMicros + seconds * 1e6, text: late ? "paused 98 s: metered link" : "412 kB" },
    { event: "committed", atMicros: atMicros + (seconds + 1) * 1e6, text: "receipt 9f3c…e1, key 7" },
    { event: "synced", atMicros: atMicros + (seconds + 2) * 1e6, text: "to this library" },
    { event: "model run", atMicros: atMicros + (seconds + 8) * 1e6, text: `ssd-mobilenet 1: ${proposals} proposals` },
  ];
}

function valuesOf(trigger: string, random: Random): NamedValue[] {
  const value = (name: string, number: number): NamedValue => ({ name, value: number.toFixed(3), number });
  if (trigger === "hard_brake") return [value("imu.accel_mps2", 6 + random.next() * 4), value("gnss.speed_mps", 8 + random.next() * 9)];
  if (trigger === "card_on_table") return [value("scale.grams", 2 + random.next() * 3)];
  return [value("motion.area", 0.02 + random.next() * 0.1), value("gate.dwell_s", 1.5 + random.next() * 2)];
}

const IMU: AssetDto = { name: "imu.parquet", stream: "imu", mediaType: "application/vnd.apache.parquet", bytes: 24_000, widthPx: 0, heightPx: 0, durationMicros: 12e6, local: true };

/** Makes one capture. `age` counts from the newest. */
export function makeCapture(random: Random, classes: readonly ClassDto[], photo: DevPhoto | undefined, age: number, isVideo = false): FakeCapture {
  let roll = random.below(100);
  const place = FLEET.find((entry) => (roll -= entry.share) < 0) ?? FLEET[0];
  const [width, height] = photo === undefined ? random.pick(SIZES) : [photo.width, photo.height];
  const captureId = random.id();
  const submission = random.pick(SUBMISSIONS);
  const decided = submission === "submitted";
  const found = photo?.boxes ?? inventBoxes(random, width, height);
  const annotations = found.slice(0, 24).map((box, index) => {
    const classDto = classes.find((entry) => entry.name === box.name || entry.aliases.includes(box.name));
    const decision: Decision = decided ? (random.next() < 0.9 ? "accepted" : "rejected") : random.next() < 0.2 ? "accepted" : "undecided";
    return annotation(random, captureId, classDto, box.name, { x: box.x, y: box.y, width: box.width, height: box.height }, decision, index);
  });
  const atMicros = NOW_MICROS - age * 23 * 60e6 - random.below(20 * 60) * 1e6;
  const still: AssetDto = { name: "frame.jpg", stream: "cam0", mediaType: "image/jpeg", bytes: 412_000, widthPx: width, heightPx: height, durationMicros: null, local: true };
  const asset: AssetDto = isVideo ? { ...still, name: "clip.mp4", mediaType: "video/mp4", bytes: 3_900_000, durationMicros: 8e6 } : still;
  const values = valuesOf(place.trigger, random);
  return {
    picture: photo === undefined ? drawPicture(random, width, height, annotations) : `/dev-media/${photo.path}`,
    detail: {
      captureId,
      site: place.site,
      device: random.pick(place.devices),
      sourcePath: null,
      capturedAtMicros: atMicros,
      uncertaintyMicros: 40_000,
      receivedAtMicros: atMicros + 15e6,
      trigger: { name: place.trigger, version: 3, expression: place.expression, values },
      signals: [...values, { name: "lux", value: "340", number: 340 }, { name: "firmware", value: "4.2.1", number: null }],
      assets: place.trigger === "hard_brake" ? [asset, IMU] : [asset],
      tags: random.next() < 0.1 ? ["night"] : [],
      submission: submission === "none" ? null : { statement: submission, reason: submission === "skipped" ? "blurred" : null, person: "Ada", atMicros: atMicros + 3600e6 },
      annotations,
      modelRuns: [{ model: "ssd-mobilenet", version: "1", outcome: annotations.length > 0 ? "done" : "empty", proposals: annotations.length }],
      ledger: ledgerOf(place.trigger, atMicros, annotations.length, random),
      note: null,
      fields: [],
    },
  };
}

/** The classes that the made-up project begins with. */
export function makeClasses(random: Random): ClassDto[] {
  const names = ["person", "car", "truck", "bus", "bicycle", "queen", "king", "jack"];
  const colours = [1, 3, 4, 2, 7, 5, 8, 10];
  return names.map((name, index) => ({ classId: random.id(), name, aliases: [], colour: colours[index] ?? 1, key: index + 1, retired: false, count: 0 }));
}
