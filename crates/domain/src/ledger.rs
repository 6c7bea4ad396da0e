//! What happened to a capture: an append-only record on every station of its way.

use serde::{Deserialize, Serialize};

use crate::time::UtcMicros;

/// A station on the way of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerEvent {
    /// The trigger fired and its row was durable.
    Fired,
    /// The capture was complete and fsynced on the device.
    Sealed,
    /// The device told the service about it.
    Offered,
    /// All bytes were at the service.
    Uploaded,
    /// The service wrote row and feed event and signed the receipt.
    Committed,
    /// The device gave it up, with a reason.
    Dropped,
    /// It arrived in a library.
    Synced,
    /// A person imported it.
    Imported,
    /// A model ran on it.
    ModelRun,
    /// A person made a statement about it.
    Submitted,
    /// It was part of an export.
    Exported,
    /// Its data was erased; this row stays.
    Erased,
}

/// One line of the ledger. The payload can be erased; its salted hash stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// What happened.
    pub event: LedgerEvent,
    /// When.
    pub at: UtcMicros,
    /// What a person reads; `None` once it is erased.
    pub payload: Option<serde_json::Value>,
}

/// The counts that a device reports at a watermark; they add up or the ledger is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LedgerCounts {
    /// Hits whose row is durable.
    pub fired: u64,
    /// Captures with a verified receipt.
    pub committed: u64,
    /// Captures given up, each with a reason.
    pub dropped: u64,
    /// Captures that still wait.
    pub pending: u64,
    /// Hits held back by cooldown or sampling; not part of `fired`.
    pub suppressed: u64,
}

impl LedgerCounts {
    /// fired = committed + dropped + pending.
    pub fn adds_up(&self) -> bool {
        let sum = self.committed.checked_add(self.dropped).and_then(|sum| sum.checked_add(self.pending));
        sum == Some(self.fired)
    }
}

#[cfg(test)]
mod tests {
    use super::LedgerCounts;

    #[test]
    fn counts_that_overflow_do_not_add_up() {
        let sound = LedgerCounts { fired: 6, committed: 3, dropped: 2, pending: 1, suppressed: 9 };
        assert!(sound.adds_up());
        assert!(!LedgerCounts { fired: 7, ..sound }.adds_up());
        assert!(!LedgerCounts { committed: u64::MAX, fired: 2, ..sound }.adds_up());
    }
}
