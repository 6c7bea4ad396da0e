/** The application's types: generated from Rust, with shorter names for some. */
export type * from "./generated/bindings";
export type {
  KeptAsideDto as KeptAside, LedgerLine as LedgerEntry, OfflineDto as OfflineSet, OriginKind as Origin, RecentAct as ActDto, StatementKind as Statement, WantedDto as Wanted,
} from "./generated/bindings";
