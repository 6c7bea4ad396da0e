//! What `muster doctor` asks of a library.

use std::path::PathBuf;

use muster_domain::digest::Digest;

use crate::{Library, Result, ledger::LedgerCheck};

/// How thoroughly blobs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobCheck {
    /// Presence and size of all.
    Sizes,
    /// Presence and size of all, and the bytes of about this many.
    Sample(u32),
    /// The bytes of all.
    All,
}

/// Rows of the main tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Captures that are not erased.
    pub captures: u64,
    /// Captures that were erased.
    pub erased_captures: u64,
    /// Their assets.
    pub assets: u64,
    /// Annotations that are not deleted.
    pub annotations: u64,
    /// Of these, proposals that nobody has decided on.
    pub proposals: u64,
    /// Operations.
    pub operations: u64,
    /// Submissions.
    pub submissions: u64,
    /// Blobs on this disk.
    pub blobs: u64,
    /// Their size.
    pub blob_bytes: u64,
    /// The present change sequence.
    pub change_seq: u64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// What SQLite's integrity check says; empty when all is well.
    pub integrity: Vec<String>,
    /// Rows whose foreign key leads nowhere.
    pub foreign_keys: Vec<String>,
    /// Blobs that should be there and are not.
    pub missing_blobs: Vec<Digest>,
    /// Blobs whose size or bytes are wrong.
    pub damaged_blobs: Vec<Digest>,
    /// Blobs that were hashed.
    pub blobs_hashed: u64,
    /// Blob files that no row knows.
    pub unlisted_blobs: Vec<PathBuf>,
    /// Files that a crash left half written.
    pub orphan_files: Vec<PathBuf>,
    /// What the ledger's chain says.
    pub ledger: LedgerCheck,
    /// Rows of the main tables.
    pub counts: Counts,
}

impl CheckReport {
    /// True when nothing needs mending.
    pub fn is_sound(&self) -> bool {
        self.integrity.is_empty()
            && self.foreign_keys.is_empty()
            && self.missing_blobs.is_empty()
            && self.damaged_blobs.is_empty()
            && self.ledger.broken.is_empty()
    }
}

/// What sweeping did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Half-written files that were removed.
    pub orphan_files: u64,
    /// Blob files that were listed again.
    pub adopted_blobs: u64,
    /// Rows of blobs that are gone or damaged; sync fetches them again.
    pub dropped_rows: u64,
}

impl Library {
    /// Rows of the main tables.
    pub async fn counts(&self) -> Result<Counts> {
        todo!()
    }
    /// Checks the database, the blobs and the ledger.
    pub async fn check(&self, blobs: BlobCheck) -> Result<CheckReport> {
        todo!()
    }
    /// Removes what crashes left behind and lists blobs that no row knew.
    pub async fn sweep(&self) -> Result<Swept> {
        todo!()
    }
}
