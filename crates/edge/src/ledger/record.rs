//! The records of the ledger and their lines.

use std::collections::BTreeMap;

use muster_domain::{digest::Digest, id::CaptureId, time::UtcMicros};
use muster_protocol::{receipt::Receipt, report::TriggerCounts};
use serde::{Deserialize, Serialize};

use super::MAX_LINE_BYTES;

/// Why a capture was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The device stopped between the hit and the sealed capture.
    Interrupted,
    /// It could not be written.
    WriteFailed,
    /// The spool was full of what is worth more.
    SpoolFull,
    /// It made room for what is worth more.
    Evicted,
    /// Its bytes changed on disk.
    Damaged,
    /// Its files were gone at opening.
    Missing,
    /// Its record was lost with a damaged part of the ledger.
    LedgerDamaged,
    /// The service refused it for good.
    Rejected,
    /// The service has another capture of this id.
    Conflict,
    /// The fleet has enough of its kind.
    OverBudget,
}

impl DropReason {
    /// The name, as reported.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::WriteFailed => "write_failed",
            Self::SpoolFull => "spool_full",
            Self::Evicted => "evicted",
            Self::Damaged => "damaged",
            Self::Missing => "missing",
            Self::LedgerDamaged => "ledger_damaged",
            Self::Rejected => "rejected",
            Self::Conflict => "conflict",
            Self::OverBudget => "over_budget",
        }
    }
}

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record {
    /// The ledger starts.
    Epoch { epoch: u32, at: UtcMicros },
    /// The ledger was rewritten: the sums of what is left out.
    Checkpoint {
        epoch: u32,
        seq: u64,
        fired: u64,
        committed: u64,
        dropped: u64,
        dropped_by_reason: BTreeMap<DropReason, u64>,
        triggers: BTreeMap<String, TriggerCounts>,
    },
    /// Behind a checkpoint: a capture that was pending.
    Carried {
        capture_id: CaptureId,
        priority: u8,
        at: UtcMicros,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<u64>,
    },
    /// Behind a checkpoint: a capture that was settled and not yet deleted.
    Undeleted { capture_id: CaptureId },
    /// A trigger fired.
    Fired { capture_id: CaptureId, seq: u64, trigger: String, priority: u8, at: UtcMicros },
    /// A capture of an earlier epoch was found in the spool.
    Adopted { capture_id: CaptureId, trigger: String, at: UtcMicros },
    /// The capture is complete on disk.
    Sealed { capture_id: CaptureId, bytes: u64, root_hash: Digest },
    /// The service holds it; the receipt verified.
    Committed { capture_id: CaptureId, receipt: Receipt },
    /// It was given up.
    Dropped { capture_id: CaptureId, reason: DropReason },
    /// Its files are gone.
    Deleted { capture_id: CaptureId },
    /// Cooldown or sampling held firings back.
    Suppressed { trigger: String, count: u64 },
}

impl Record {
    /// The record as a line.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let json = serde_json::to_vec(self)?;
        let mut line = checksum(&json).into_bytes();
        line.push(b' ');
        line.extend(json);
        line.push(b'\n');
        Ok(line)
    }

    /// The record of a line with its newline; `None` when it is damaged.
    pub(crate) fn decode(line: &[u8]) -> Option<Self> {
        let (sum, json) = line.strip_suffix(b"\n")?.split_at_checked(17)?;
        let is_whole = line.len() <= MAX_LINE_BYTES && sum[16] == b' ' && sum[..16] == *checksum(json).as_bytes();
        is_whole.then(|| serde_json::from_slice(json).ok())?
    }

    /// Its name and the capture that it is about, for messages.
    pub(crate) fn subject(&self) -> (&'static str, CaptureId) {
        match self {
            Self::Carried { capture_id, .. } => ("carried", *capture_id),
            Self::Undeleted { capture_id } => ("undeleted", *capture_id),
            Self::Fired { capture_id, .. } => ("fired", *capture_id),
            Self::Adopted { capture_id, .. } => ("adopted", *capture_id),
            Self::Sealed { capture_id, .. } => ("sealed", *capture_id),
            Self::Committed { capture_id, .. } => ("committed", *capture_id),
            Self::Dropped { capture_id, .. } => ("dropped", *capture_id),
            Self::Deleted { capture_id } => ("deleted", *capture_id),
            Self::Epoch { .. } => ("epoch", CaptureId(uuid::Uuid::nil())),
            Self::Checkpoint { .. } => ("checkpoint", CaptureId(uuid::Uuid::nil())),
            Self::Suppressed { .. } => ("suppressed", CaptureId(uuid::Uuid::nil())),
        }
    }
}

fn checksum(json: &[u8]) -> String {
    Digest::of(json).to_hex()[..16].to_owned()
}
