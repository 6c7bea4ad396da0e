//! What can go wrong inside the service. What a client is told is [`crate::http::refusal::Refusal`].

use std::path::{Path, PathBuf};

/// A failure of the service or of a command on its data directory.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The database refused.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date; was it written by a newer muster-ingest? {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The blob store refused.
    #[error("the blob store failed: {0}")]
    Blobs(#[from] object_store::Error),
    /// A file or directory could not be used.
    #[error("cannot {act} {}: {source}", path.display())]
    File {
        /// What was tried.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process serves this directory.
    #[error("another muster-ingest serves {}; stop it first", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The directory holds no service.
    #[error("{} holds no ingest service: there is no {}; start one with `muster-ingest serve --data`", dir.display(), crate::layout::DATABASE)]
    NoService {
        /// The directory.
        dir: PathBuf,
    },
    /// The receipt key cannot be read.
    #[error("{} is not an Ed25519 private key in PEM; restore it from a backup", path.display())]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Entropy(getrandom::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}: {source}; is another service there?")]
    Listen {
        /// The address.
        listen: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A row or record cannot be written as JSON.
    #[error("a record cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The writer ended while the service was running.
    #[error("the writer failed, so nothing can be made durable; the log says why; start the service again")]
    WriterEnded,
    /// The writer has stopped or gave the batch up; its log line says why.
    #[error("the write was not made durable")]
    NotWritten,
}

impl IngestError {
    /// Names the file that an operation failed on.
    pub(crate) fn file(act: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { act, path, source }
    }
}
