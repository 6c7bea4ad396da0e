//! What the records of a ledger add up to.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{id::CaptureId, ledger::LedgerCounts, time::UtcMicros};
use muster_protocol::report::TriggerCounts;

use super::{DropReason, Record};
use crate::EdgeError;

/// The widest hole in the sequence that damaged records may explain.
const MAX_HOLE: u64 = 100_000;

/// A capture that is neither committed nor dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Its trigger's priority.
    pub priority: u8,
    /// When it fired.
    pub fired_at: UtcMicros,
    /// Its size in the spool, once it is sealed.
    pub sealed_bytes: Option<u64>,
}

/// The sums: fired = committed + dropped + pending, whatever was applied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LedgerState {
    pub epoch: u32,
    pub seq: u64,
    pub fired: u64,
    pub committed: u64,
    pub dropped: u64,
    pub pending: BTreeMap<CaptureId, Waiting>,
    /// Settled, but their files may still be there.
    pub undeleted: BTreeSet<CaptureId>,
    /// Sequence numbers whose records were damaged.
    pub missing: BTreeSet<u64>,
    pub triggers: BTreeMap<String, TriggerCounts>,
    pub dropped_by_reason: BTreeMap<DropReason, u64>,
}

impl LedgerState {
    pub(crate) fn new(epoch: u32) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// Whether a record follows from those before it.
    pub(crate) fn check(&self, record: &Record) -> Result<(), EdgeError> {
        let fits = match record {
            Record::Fired { capture_id, seq, .. } => {
                let is_next = *seq > self.seq && *seq - self.seq <= MAX_HOLE;
                (is_next || self.missing.contains(seq)) && !self.knows(capture_id)
            }
            Record::Adopted { capture_id, .. } | Record::Carried { capture_id, .. } => !self.knows(capture_id),
            Record::Sealed { capture_id, .. } => {
                self.pending.get(capture_id).is_some_and(|waiting| waiting.sealed_bytes.is_none())
            }
            Record::Committed { capture_id, .. } => {
                self.pending.get(capture_id).is_some_and(|waiting| waiting.sealed_bytes.is_some())
            }
            Record::Dropped { capture_id, .. } => self.pending.contains_key(capture_id),
            Record::Deleted { capture_id } => self.undeleted.contains(capture_id),
            Record::Undeleted { .. } | Record::Suppressed { .. } => true,
            // These two begin a ledger and nothing else.
            Record::Epoch { .. } | Record::Checkpoint { .. } => false,
        };
        if fits {
            return Ok(());
        }
        let (record, capture_id) = record.subject();
        Err(EdgeError::Misfit { record, capture_id })
    }

    /// Adds a record that [`LedgerState::check`] has passed.
    pub(crate) fn apply(&mut self, record: &Record) {
        match record {
            Record::Epoch { epoch, .. } => self.epoch = *epoch,
            Record::Checkpoint { epoch, seq, fired, committed, dropped, dropped_by_reason, triggers } => {
                *self = Self {
                    epoch: *epoch,
                    seq: *seq,
                    fired: *fired,
                    committed: *committed,
                    dropped: *dropped,
                    dropped_by_reason: dropped_by_reason.clone(),
                    triggers: triggers.clone(),
                    ..Self::default()
                };
            }
            Record::Carried { capture_id, priority, at, bytes } => {
                let waiting = Waiting { priority: *priority, fired_at: *at, sealed_bytes: *bytes };
                self.pending.insert(*capture_id, waiting);
            }
            Record::Undeleted { capture_id } => {
                self.undeleted.insert(*capture_id);
            }
            Record::Fired { capture_id, seq, trigger, priority, at } => {
                self.missing.remove(seq);
                if *seq > self.seq {
                    self.missing.extend(self.seq + 1..*seq);
                    self.seq = *seq;
                }
                self.wait(*capture_id, trigger, *priority, *at);
            }
            Record::Adopted { capture_id, trigger, at } => self.wait(*capture_id, trigger, 0, *at),
            Record::Sealed { capture_id, bytes, .. } => {
                if let Some(waiting) = self.pending.get_mut(capture_id) {
                    waiting.sealed_bytes = Some(*bytes);
                }
            }
            Record::Committed { capture_id, .. } => {
                self.committed += u64::from(self.settle(capture_id));
            }
            Record::Dropped { capture_id, reason } => {
                let settled = u64::from(self.settle(capture_id));
                self.dropped += settled;
                *self.dropped_by_reason.entry(*reason).or_default() += settled;
            }
            Record::Deleted { capture_id } => {
                self.undeleted.remove(capture_id);
            }
            Record::Suppressed { trigger, count } => {
                self.triggers.entry(trigger.clone()).or_default().suppressed += count;
            }
        }
    }

    /// The counts as reported; they always add up.
    pub(crate) fn counts(&self) -> LedgerCounts {
        LedgerCounts {
            fired: self.fired,
            committed: self.committed,
            dropped: self.dropped,
            pending: self.pending.len() as u64,
            suppressed: self.triggers.values().map(|counts| counts.suppressed).sum(),
        }
    }

    /// Bytes of the sealed captures.
    pub(crate) fn sealed_bytes(&self) -> u64 {
        self.pending.values().filter_map(|waiting| waiting.sealed_bytes).sum()
    }

    /// The shortest ledger that adds up to this state.
    pub(crate) fn checkpoint(&self) -> Vec<Record> {
        let sums = Record::Checkpoint {
            epoch: self.epoch,
            seq: self.seq,
            fired: self.fired,
            committed: self.committed,
            dropped: self.dropped,
            dropped_by_reason: self.dropped_by_reason.clone(),
            triggers: self.triggers.clone(),
        };
        let carried = self.pending.iter().map(|(capture_id, waiting)| Record::Carried {
            capture_id: *capture_id,
            priority: waiting.priority,
            at: waiting.fired_at,
            bytes: waiting.sealed_bytes,
        });
        let undeleted = self.undeleted.iter().map(|capture_id| Record::Undeleted { capture_id: *capture_id });
        std::iter::once(sums).chain(carried).chain(undeleted).collect()
    }

    fn knows(&self, capture_id: &CaptureId) -> bool {
        self.pending.contains_key(capture_id) || self.undeleted.contains(capture_id)
    }

    fn wait(&mut self, capture_id: CaptureId, trigger: &str, priority: u8, fired_at: UtcMicros) {
        self.fired += 1;
        self.triggers.entry(trigger.into()).or_default().fired += 1;
        self.pending.insert(capture_id, Waiting { priority, fired_at, sealed_bytes: None });
    }

    fn settle(&mut self, capture_id: &CaptureId) -> bool {
        let was_pending = self.pending.remove(capture_id).is_some();
        if was_pending {
            self.undeleted.insert(*capture_id);
        }
        was_pending
    }
}
