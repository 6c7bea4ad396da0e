/** What the Annotate view shows besides the editor itself. */
import type { ActDto, AnnotationDto, AssetDto, CaptureDetail, ProjectDto } from "../../../backend/backend";
import type { Frame } from "./frames";
import type { SaveState } from "./saver";

export interface WorkbenchState {
  /** `empty`: the query matches no capture. `failed`: see `error`. */
  readonly phase: "opening" | "ready" | "empty" | "failed";
  readonly error: unknown;
  readonly project: ProjectDto | null;
  readonly total: number;
  /** The place of the open capture in the queue; null when the query does not match it. */
  readonly index: number | null;
  readonly detail: CaptureDetail | null;
  readonly asset: AssetDto | null;
  /** The decoded picture, null until it is there. */
  readonly frame: Frame | null;
  readonly frameError: unknown;
  readonly save: SaveState;
  /** What is known of each annotation beyond its record: who made it, who set what. */
  readonly annotations: ReadonlyMap<string, AnnotationDto>;
  /** Acts on this capture that the history of the view does not hold, newest first. */
  readonly earlierActs: readonly ActDto[];
  readonly decodedAhead: number;
  /** A statement is on its way. */
  readonly stating: boolean;
}

export const OPENING: WorkbenchState = {
  phase: "opening",
  error: null,
  project: null,
  total: 0,
  index: null,
  detail: null,
  asset: null,
  frame: null,
  frameError: null,
  save: { kind: "saved" },
  annotations: new Map(),
  earlierActs: [],
  decodedAhead: 0,
  stating: false,
};
