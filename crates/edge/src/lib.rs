//! The uploader library that any program on a device can embed: triggers fire, the spool keeps, the uploader delivers.
//!
//! ```text
//! TriggerSet ── hit ──> Spool::keep (files, directories and ledger fsynced)
//!                             │
//!                         Uploader ── offer, chunks, commit ──> service
//!                             │  <────── signed receipt ───────────┘
//!                      ledger row ──> deletion
//! ```
//!
//! For every device fired = committed + dropped + pending, at any moment and after any crash. A capture leaves the
//! spool only with the service's signed receipt or with a recorded reason. What happens is told by `tracing` events
//! with a `phase` field: `fired`, `sealed`, `offered`, `chunk_sent`, `commit_sent`, `receipt_verified`, `deleted`.
//!
//! There is no decoder here, no database, and no clock of its own.

mod disk;
mod error;
pub mod identity;
mod ledger;
mod report;
mod spool;
mod upload;

pub use error::{DiskError, EdgeError};
pub use ledger::{DropReason, LedgerHealth};
pub use report::Reporter;
pub use spool::{AssetDraft, Draft, Hardware, Kept, Limits, Pending, Recovery, Spool, SpoolStatus, read_status};
pub use upload::{UploadOptions, Uploader};

/// The client of the protocol, for programs that embed this library.
pub use muster_client as client;
/// A moment as the device's clocks told it.
pub use muster_protocol::manifest::DeviceTime;
