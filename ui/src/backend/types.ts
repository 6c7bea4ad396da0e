/** The application's types: generated from Rust, with shorter names for some. */
export type * from "./generated/bindings";
export type { LedgerLine as LedgerEntry, OriginKind as Origin, RecentAct as ActDto, StatementKind as Statement } from "./generated/bindings";
