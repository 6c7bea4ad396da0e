//! The library on disk: one SQLite database, a blob cache, thumbnails, and the locks between processes.
//!
//! **Limits.** A library holds up to 2³² − 1 captures (row keys are `u32` in indexes), a capture up to 64 assets;
//! calls that take a batch are made for about [`MAX_BATCH`] captures, because each is one transaction. One process writes at a time: the others wait up to [`BUSY_TIMEOUT`] and
//! then get [`StoreError::Busy`]. The library must lie on a local disk: SQLite's write-ahead log needs shared memory,
//! which network file systems do not give; [`Library::warnings`] says so where it sees one.
//!
//! **Layout.**
//! ```text
//! library.db       the truth: SQLite, WAL, synchronous=FULL
//! blobs/aa/bb…     the truth, or a cache of the service's: originals by BLAKE3 (aa: first two digits, then the other 62)
//! blobs/tmp/       files that are being written; what a crash left there is removed by `Library::sweep`
//! thumbs.db        derived: thumbnails by digest and size
//! pieces.db        derived: crops, strips and tiles, at most 8 GB
//! index/           derived: the search index (owned by `muster-index`)
//! snapshots/       copies of library.db, one before each migration, and those that were asked for
//! imports/         what imports unpack while they run; the next import removes what a crash left there
//! locks/           files that processes lock; their content means nothing
//! ```
//!
//! **Durability.** What returns `Ok` is on disk: the write-ahead log is fsynced at each commit, a blob is written under
//! a temporary name, fsynced, renamed, and its directory fsynced.
//!
//! **Deletion.** Rows of `operation`, `submission` and `ledger` are never deleted. An annotation that a person made or
//! decided becomes a tombstone; only proposals that nobody decided are removed, when their run is forgotten. A capture
//! is removed by [`Library::erase`] alone: its row stays as a tombstone with the reason, everything it said goes. A blob
//! is removed when no capture that is left needs it, or when the cache is over its limit, it is not pinned, and a
//! service can give it again.
//!
//! **Processes.** The window, the command line and sync open the same library at once; SQLite is the only thing that
//! they all write. One of them, the holder of [`Library::elect_index_maintainer`], maintains the derived index from
//! [`Library::changed_rows`].

pub mod annotation;
mod apply;
mod arrival;
pub mod aside;
pub mod blob;
pub mod capture;
pub mod change;
pub mod check;
pub mod delivery;
pub mod error;
pub mod field;
pub mod grid;
pub mod import;
pub mod job;
pub mod ledger;
pub mod library;
pub mod lock;
mod lookup;
pub mod mark;
pub mod model_run;
pub mod note;
pub mod offline;
pub mod operation;
pub mod project;
pub mod selection;
pub mod service;
pub mod setting;
pub mod site;
pub mod snapshot;
pub mod submission;
mod table;
pub mod tag;
pub mod thumbnail;

pub use error::{Noun, StoreError};
pub use library::{BUSY_TIMEOUT, Library, MAX_BATCH};

/// What every function of this crate returns.
pub type Result<T> = std::result::Result<T, StoreError>;
