//! The ingest service: receives captures from devices, makes them durable, and feeds desktops.
//!
//! # Limits
//!
//! | what | limit | beyond it |
//! | --- | --- | --- |
//! | manifest | [`muster_protocol::manifest::MAX_MANIFEST_BYTES`] | reject, permanent |
//! | manifests in an offer | [`muster_protocol::offer::MAX_OFFERS`], and [`limit::OFFER_BYTES`] together | 413 |
//! | chunk | [`muster_protocol::manifest::MAX_CHUNK_BYTES`] | 413 |
//! | other bodies | [`limit::JSON_BYTES`] | 413 |
//! | request headers | complete within [`limit::HEADER_TIME`] | the connection closes |
//! | bodies | a piece within [`limit::PIECE_TIME`], and [`limit::MIN_BYTES_PER_S`] after [`limit::GRACE_TIME`] | 408 |
//! | answers | a reader that takes nothing for [`limit::READER_TIME`] | the connection closes |
//! | handling | [`limit::REQUEST_TIME`], a commit [`limit::COMMIT_TIME`] | 503 |
//! | connections, requests at once | [`limit::CONNECTIONS`], [`limit::REQUESTS`] | wait, 503 |
//! | requests of one device at once | [`limit::DEVICE_REQUESTS`] | 429 |
//!
//! # Layout on disk
//!
//! ```text
//! DIR/
//!   lock              held by the one serving process
//!   schema.lock       held for a moment by each process that opens the database
//!   ingest.db         SQLite, WAL, synchronous=FULL: everything but the bytes of assets
//!   keys/receipt.pem  the Ed25519 key that signs receipts, mode 0600
//!   blobs/aa/<64 hex digits>      chunks and assets by BLAKE3; a one-chunk asset is its chunk
//!   blobs/aa/<64 hex digits>#1    being written; not a blob until it is renamed
//! ```
//!
//! A blob is written to its `#` name, hashed on the way, fsynced, renamed and its directory fsynced. A commit checks that
//! every blob is there, syncs their directories, then writes row, ledger and feed event in one transaction; only then does
//! the receipt leave. So whatever a crash leaves behind is either complete or unreferenced.
//!
//! # Deletion rule
//!
//! - `#` files go when the service starts: no process is writing them.
//! - Chunks of an asset that was assembled from several go once its capture is committed, unless they are an asset themselves.
//!   Those that a stop or crash leaves behind stay, and `muster-ingest fsck` lists them.
//! - Offers that were not committed go after [`limit::OFFER_DAYS`] days. Their chunks stay; `muster-ingest fsck` lists them.
//! - Assets, captures, ledger and feed stay.

pub mod blobs;
pub mod clock;
pub mod commit;
pub mod entropy;
pub mod error;
pub mod fsck;
pub mod http;
pub mod ingest;
pub mod keys;
pub mod layout;
pub mod limit;
pub mod metrics;
pub mod nonces;
pub mod serve;
pub mod table;
pub mod token;
pub mod unread;
pub mod writer;

pub use error::IngestError;
