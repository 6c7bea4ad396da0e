//! Versioned wire types between device, ingest service and desktop: JSON + raw bytes under `/v1`.
//!
//! | call | who | what |
//! | --- | --- | --- |
//! | `POST /v1/enrol` | device | one-use token + public key → device id |
//! | `POST /v1/challenge`, `POST /v1/token` | device | nonce; signed nonce → short-lived bearer and the server's signed time |
//! | `POST /v1/offers` | device | up to [`offer::MAX_OFFERS`] manifests → have, need or reject, each |
//! | `PUT /v1/chunks/{blake3}` | device | raw bytes, any order, idempotent |
//! | `POST /v1/captures/{id}/commit` | device | → signed receipt |
//! | `POST /v1/device/report` | device | health and ledger watermark |
//! | `GET /v1/keys` | anyone | the receipt keys |
//! | `GET /v1/changes?cursor=&wait=` | desktop | the feed, long poll |
//! | `GET /v1/snapshot` | desktop | every capture as NDJSON, then the feed goes on at its cursor |
//! | `GET /v1/blobs/{blake3}` | desktop | bytes, with ranges |
//! | `GET /v1/devices` | desktop | the fleet: every device with its last report |
//!
//! Manifests and receipts travel and are stored as the exact bytes that were hashed or signed: parse, never re-serialise.

pub mod auth;
pub mod error;
pub mod feed;
pub mod fleet;
pub mod manifest;
pub mod offer;
pub mod receipt;
pub mod report;
mod signing;

pub use signing::{SignatureText, Verdict};
