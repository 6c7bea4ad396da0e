/**
 * Types of the calls of issue 3, written by hand after the contract between the packages. A type leaves this file when
 * the generated bindings bring it.
 */
import type * as generated from "./generated/bindings";

/** The order of a result: `captured`, `received`, `risk`, `relevance`, `distance`, `id`, or any field by its name. */
export interface SortSpec {
  by: string;
  descending: boolean;
}

/** What the captures of a result are gathered by. */
export type GroupBy = "site" | "day" | "trigger" | "device" | "duplicate";

/** One group of a result. */
export interface GridGroup {
  /** The place of its first capture. */
  first: number;
  count: number;
  /** What a person reads. */
  label: string;
  /** The value itself; of a day, its date. Empty for captures without a value. */
  value: string;
  /** A query that finds the group in the result; empty where none does. */
  clause: string;
}

/** A search session. */
export type SearchResult = generated.SearchResult & {
  /** Why no capture matches, where that can be said. */
  emptyReason: string | null;
};

/** A box on a thumbnail. */
export type GridBox = generated.GridBox & {
  /** Of the model that proposed it. */
  confidence: number | null;
};

/** One capture in the grid. */
export type GridItem = Omit<generated.GridItem, "boxes"> & { boxes: GridBox[] };

/** A field whose values can be drawn as a histogram. */
export interface HistogramField {
  name: string;
  title: string;
  kind: "number" | "time";
}

/** Counts over the values of a number or time field in a result. Times are microseconds since 1970, UTC. */
export interface Histogram {
  field: string;
  kind: "number" | "time";
  least: number;
  greatest: number;
  /** Equal parts of `least` to `greatest`. */
  bins: number[];
  /** Captures without a value. */
  missing: number;
}

/** Hits of a result, captures, or annotations. Ranges hold both of their ends. */
export type Selection = { searchId: number; ranges: [number, number][]; except: number[] } | { captureIds: string[] } | { annotationIds: string[] };

/** A named, live query. */
export interface Slice {
  sliceId: string;
  name: string;
  query: string;
  count: number;
}

/** A frozen, ordered list of captures. */
export interface Pick {
  pickId: string;
  name: string;
  query: string;
  count: number;
  /** The seed, where chance had a part. */
  seed: number | null;
}

/** The type of a user field. */
export type UserFieldType = "number" | "text" | "boolean" | "date";

/** A field that a person defined. */
export interface UserField {
  name: string;
  type: UserFieldType;
  onAnnotation: boolean;
}

/** A value of a user field. */
export type UserFieldValue = number | string | boolean;

/** Everything about one capture. */
export type CaptureDetail = generated.CaptureDetail & {
  /** What a person wrote about it. */
  note: string | null;
  /** The values of its user fields. */
  fields: generated.NamedValue[];
};

/** What a bulk act changed. */
export interface ActResult {
  changed: number;
  skipped: number;
  operationId: string | null;
}

/** What can be done with many annotations at once. */
export type AnnotationAct = "accept" | "reject" | { class: string } | { tag: string; present: boolean };

/** Which captures of a service are wanted. Empty lists and no bounds are all. */
export interface Wanted {
  sites: string[];
  devices: string[];
  fromMicros: number | null;
  untilMicros: number | null;
}

/** A service that the library syncs from. */
export type ConnectionDto = generated.ConnectionDto & {
  /** Records that this version cannot read and that are kept. */
  keptAside?: number;
  wanted?: Wanted;
  /** Why it failed, for callers. */
  failure?: string | null;
};

/** A record of a service that this version cannot read. */
export interface KeptAside {
  captureId: string | null;
  reason: string;
  bytes: number;
  keptAtMicros: number;
}

/** Captures that are kept on this computer. */
export interface OfflineSet {
  offlineId: string;
  name: string;
  total: number;
  /** How many can be labelled without a network. */
  ready: number;
  bytes: number;
  readyBytes: number;
  madeAtMicros: number;
  /** The job that fetches, while there is one. */
  jobId: string | null;
}

/** The cache of originals. */
export interface CacheState {
  blobs: number;
  bytes: number;
  limitBytes: number;
  /** Kept for working offline. */
  pinnedBytes: number;
}
