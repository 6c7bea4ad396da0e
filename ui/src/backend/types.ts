/** The application's types: generated from Rust, with shorter names for some, and those of contract.ts until they are. */
export type * from "./generated/bindings";
export type { LedgerLine as LedgerEntry, OriginKind as Origin, RecentAct as ActDto, StatementKind as Statement } from "./generated/bindings";
export type {
  ActResult, AnnotationAct, CaptureDetail, GridBox, GridGroup, GridItem, GroupBy, Histogram, HistogramField, Pick, SearchResult, Selection, Slice, SortSpec, UserField, UserFieldType, UserFieldValue,
} from "./contract";
