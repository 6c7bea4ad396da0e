/** The application's types: generated from Rust, with shorter names for some, and those of contract.ts until they are. */
export type * from "./generated/bindings";
export type { LedgerLine as LedgerEntry, OriginKind as Origin, RecentAct as ActDto, StatementKind as Statement } from "./generated/bindings";
export type {
  ActResult, AnnotationAct, CacheState, CaptureDetail, ConnectionDto, GridBox, GridGroup, GridItem, GroupBy, Histogram, HistogramField, KeptAside, OfflineSet, Pick, SearchResult, Selection, Slice, SortSpec, UserField, UserFieldType, UserFieldValue, Wanted,
} from "./contract";
