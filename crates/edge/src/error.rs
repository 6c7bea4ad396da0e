//! What can go wrong on a device.

use std::{io, path::PathBuf};

use muster_client::ClientError;
use muster_domain::id::CaptureId;

/// The file system refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {cause}", .path.display())]
pub struct DiskError {
    /// What was tried.
    pub action: &'static str,
    /// On which file.
    pub path: PathBuf,
    /// Why.
    pub cause: io::Error,
}

/// Why the edge could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// The file system refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Another process has the spool.
    #[error("another process uses the spool {}; stop it, or give this one another directory", .path.display())]
    Locked {
        /// The spool's directory.
        path: PathBuf,
    },
    /// An fsync of the ledger failed: what is on disk is unknown until the spool is opened again.
    #[error("the ledger {} could not be synced; restart to find out what is on disk", .path.display())]
    LedgerPoisoned {
        /// The ledger.
        path: PathBuf,
    },
    /// A record that does not follow from the records before it.
    #[error("the ledger has no place for {record} of capture {capture_id}")]
    Misfit {
        /// Which record.
        record: &'static str,
        /// Of which capture.
        capture_id: CaptureId,
    },
    /// A capture or record could not be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// What was to be sealed breaks a rule of the protocol.
    #[error("the capture breaks a rule of the protocol: {0}")]
    Manifest(#[from] muster_protocol::manifest::ManifestError),
    /// The bytes of a sealed capture are not those that were sealed.
    #[error("capture {capture_id} is damaged: {}: {reason}", .path.display())]
    Damaged {
        /// Which.
        capture_id: CaptureId,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What came as a receipt is none.
    #[error("the receipt of capture {capture_id} proves nothing, and the capture stays: {cause}")]
    Receipt {
        /// Which.
        capture_id: CaptureId,
        /// Why.
        cause: muster_protocol::receipt::InvalidReceipt,
    },
    /// The device's key file is not a key.
    #[error("{} is not a device key; if it is lost, remove it and enrol this device anew", .path.display())]
    BadKey {
        /// The file.
        path: PathBuf,
    },
    /// The device's enrolment file does not parse.
    #[error("{} does not parse ({reason}); remove it to enrol again with the same key", .path.display())]
    BadEnrolment {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No randomness for a key.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The service, or the way to it.
    #[error(transparent)]
    Service(#[from] ClientError),
    /// A blocking task ended early: the process is stopping.
    #[error("the work was cancelled because the process stops")]
    Cancelled,
}
