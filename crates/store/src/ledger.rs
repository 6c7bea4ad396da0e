//! What happened to a capture: append-only, chained by hashes, with payloads that can be erased.

use muster_domain::{
    id::CaptureId,
    ledger::{LedgerEntry, LedgerEvent},
    time::UtcMicros,
};

use crate::{Library, Result};

/// An entry to append.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLedgerEntry {
    /// Of which capture.
    pub capture_id: CaptureId,
    /// What happened.
    pub event: LedgerEvent,
    /// When.
    pub at: UtcMicros,
    /// What a person reads.
    pub payload: Option<serde_json::Value>,
}

/// An entry with its key.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLedgerEntry {
    /// Its key.
    pub row_key: u64,
    /// Of which capture.
    pub capture_id: CaptureId,
    /// The entry.
    pub entry: LedgerEntry,
    /// True when it had a payload once and that was erased.
    pub erased: bool,
}

/// What a verification of the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerCheck {
    /// Entries that were read.
    pub entries: u64,
    /// Entries whose payload was erased.
    pub erased: u64,
    /// Keys of entries whose hash does not follow from what stands there: somebody changed them.
    pub broken: Vec<u64>,
}

impl Library {
    /// Appends to the ledger.
    pub async fn append_ledger(&self, entries: &[NewLedgerEntry]) -> Result<()> {
        todo!()
    }
    /// What happened to a capture, oldest first.
    pub async fn ledger(&self, capture_id: CaptureId) -> Result<Vec<StoredLedgerEntry>> {
        todo!()
    }
    /// Erases the payloads of a capture's entries, with their salts; the chain still verifies.
    pub async fn erase_ledger_payloads(&self, capture_id: CaptureId) -> Result<u64> {
        todo!()
    }
    /// Reads the whole chain and checks each hash.
    pub async fn verify_ledger(&self) -> Result<LedgerCheck> {
        todo!()
    }
}
