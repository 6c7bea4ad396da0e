//! The spool: captures on disk between the hit and the receipt.
//!
//! **Limits**: `max_bytes` of sealed captures and `min_free_bytes` left on the file system ([`Limits`]); a capture that
//! does not fit makes room by giving up what is worth less (lower priority first, then older), each with a record, or is
//! itself given up as `spool_full`. Quarantine holds at most a tenth of `max_bytes`; its oldest leaves first.
//!
//! **Layout on disk**
//! ```text
//! DIR/lock                     held by the one process that writes here
//! DIR/ledger                   what happened to every hit, see the ledger module
//! DIR/staging/<capture id>/    being written; emptied at opening
//! DIR/captures/<capture id>/   sealed: manifest.json (the exact bytes) and asset-0, asset-1, … in its order
//! DIR/quarantine/<capture id>/ given up as damaged, refused or in conflict: for people, never uploaded
//! ```
//! No name in it comes from a user.
//!
//! **Deletion rule**: a capture's files go only after its `committed` or `dropped` record is durable, and the `deleted`
//! record is written only after the directory that held them is fsynced.
//!
//! **Order of a capture**: files into staging, fsync each → staging directory, fsync → `fired` record, fsync → rename →
//! `captures` directory, fsync → `sealed` record, fsync. A crash anywhere in between is settled at opening
//! ([`Recovery`]): before the `fired` record the hit does not count and its files are removed, after it the capture is
//! finished from what is in staging, so that a process that is killed loses no hit that it counted.

mod draft;
mod queue;
mod recover;
mod room;

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use muster_domain::{
    capture::TriggerHit,
    id::CaptureId,
    ledger::LedgerCounts,
    time::{Clock, UtcMicros},
};
use muster_protocol::{manifest::Manifest, receipt::Receipt, report::TriggerCounts};
use tokio::sync::Notify;
use uuid::Uuid;

pub use draft::{AssetDraft, Draft, Hardware};
pub use queue::Pending;
pub(crate) use queue::Sealed;
pub use recover::Recovery;

use crate::{
    EdgeError, disk,
    ledger::{self, DropReason, Ledger, LedgerState, Record},
};

/// How much of the device's disk the spool may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of sealed captures.
    pub max_bytes: u64,
    /// Bytes that stay free on the file system.
    pub min_free_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 4 << 30, min_free_bytes: 512 << 20 }
    }
}

/// What came of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The capture.
    pub capture_id: CaptureId,
    /// Its place in the epoch.
    pub seq: u64,
    /// True when it is on disk for good; false when the spool is full of what is worth more, and the hit is dropped.
    pub is_sealed: bool,
}

/// A hit with the number that it gets in the ledger.
struct Numbered {
    capture_id: CaptureId,
    seq: u64,
    epoch: u32,
    trigger: TriggerHit,
}

/// How the spool stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SpoolStatus {
    /// The ledger's epoch.
    pub epoch: u32,
    /// The highest sequence number.
    pub seq: u64,
    /// fired = committed + dropped + pending.
    pub counts: LedgerCounts,
    /// Captures given up, by reason.
    pub dropped_by_reason: BTreeMap<&'static str, u64>,
    /// Hits and suppressed hits by trigger.
    pub triggers: BTreeMap<String, TriggerCounts>,
    /// Bytes of sealed captures.
    pub spool_bytes: u64,
    /// Free bytes on the file system.
    pub free_bytes: u64,
    /// When the oldest pending capture fired.
    pub oldest_pending_at: Option<UtcMicros>,
}

/// An open spool. All methods block on the disk; call them from a blocking thread.
pub struct Spool {
    root: PathBuf,
    limits: Limits,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    turn: Mutex<()>,
    sealed: Notify,
    _lock: File,
}

struct Inner {
    ledger: Ledger,
    suppressed: BTreeMap<String, u64>,
}

impl Spool {
    /// Opens a spool, making it when there is none, and settles what the last process left unfinished.
    pub fn open(root: &Path, limits: Limits, clock: Arc<dyn Clock>) -> Result<(Self, Recovery), EdgeError> {
        for dir in [root.to_path_buf(), root.join("staging"), root.join("captures"), root.join("quarantine")] {
            disk::make_dir(&dir)?;
        }
        let lock = disk::lock(&root.join("lock"))?.ok_or_else(|| EdgeError::Locked { path: root.into() })?;
        let found = recover::scan(root)?;
        // Seconds of the clock tell epochs apart even when the ledger that knew the last one is lost.
        let seconds = u32::try_from(clock.now().0 / 1_000_000).unwrap_or(u32::MAX);
        let new_epoch = found.newest_epoch().map_or(seconds, |epoch| seconds.max(epoch.saturating_add(1)));
        let (mut ledger, health) = Ledger::open(&root.join("ledger"), new_epoch, clock.now())?;
        let recovery = recover::settle(root, &mut ledger, found, health, clock.now())?;
        compact(&mut ledger);
        let inner = Mutex::new(Inner { ledger, suppressed: BTreeMap::new() });
        Ok((
            Self { root: root.into(), limits, clock, inner, turn: Mutex::new(()), sealed: Notify::new(), _lock: lock },
            recovery,
        ))
    }

    /// Counts a hit and keeps its capture: on return files, directories and ledger are on disk for good.
    ///
    /// A hit that cannot be written still counts as fired, and as dropped with the reason.
    pub fn keep(
        &self,
        trigger: TriggerHit,
        priority: u8,
        draft: Draft,
        hardware: &Hardware,
    ) -> Result<Kept, EdgeError> {
        // One capture at a time: numbers are given out in the order of their records.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let capture_id = CaptureId(Uuid::now_v7());
        let (seq, epoch) = {
            let inner = self.inner();
            (inner.ledger.state().seq + 1, inner.ledger.state().epoch)
        };
        let fired = Record::Fired { capture_id, seq, trigger: trigger.name.clone(), priority, at: self.clock.now() };
        let staged = self.stage(Numbered { capture_id, seq, epoch, trigger }, priority, draft, hardware);
        self.append(&fired)?;
        tracing::info!(phase = "fired", %capture_id, seq, "a trigger fired");
        let sealed = staged.and_then(|staged| match staged {
            Some(sealed) => self.seal(capture_id, &sealed).map(|()| true),
            None => self.give_up(capture_id, DropReason::SpoolFull).map(|()| false),
        });
        if sealed.is_err()
            && let Err(second) = self.give_up(capture_id, DropReason::WriteFailed)
        {
            // The first error is the one to tell; the next opening finds a hit without a capture and settles it.
            tracing::error!(%capture_id, error = %second, "the failed capture could not be recorded as dropped");
        }
        Ok(Kept { capture_id, seq, is_sealed: sealed? })
    }

    /// Counts a firing that was held back. It is written with the next hit or report.
    pub fn suppressed(&self, trigger: &str) {
        *self.inner().suppressed.entry(trigger.into()).or_default() += 1;
    }

    /// Waits until a capture is sealed (or was since the last call).
    pub async fn wait_for_sealed(&self) {
        self.sealed.notified().await;
    }

    /// Records that the service holds a capture, then deletes it. The receipt has to be verified.
    pub fn commit(&self, capture_id: CaptureId, receipt: Receipt) -> Result<(), EdgeError> {
        self.append(&Record::Committed { capture_id, receipt })?;
        self.delete(capture_id)
    }

    /// Gives up a capture: a durable record first, then its files go (to quarantine, where a person may want them).
    pub fn give_up(&self, capture_id: CaptureId, reason: DropReason) -> Result<(), EdgeError> {
        self.append(&Record::Dropped { capture_id, reason })?;
        tracing::warn!(%capture_id, reason = reason.name(), "a capture was given up");
        if matches!(reason, DropReason::Damaged | DropReason::Rejected | DropReason::Conflict) {
            self.quarantine(capture_id)?;
        }
        self.delete(capture_id)
    }

    /// How the spool stands.
    pub fn status(&self) -> Result<SpoolStatus, EdgeError> {
        let mut inner = self.inner();
        // The watermark covers what is durable, so what was suppressed since the last hit becomes durable now.
        if inner.flush_suppressed()? {
            inner.ledger.sync()?;
        }
        status_of(&self.root, inner.ledger.state())
    }

    /// Writes the files of a hit into staging; gives its `sealed` record, or nothing when there is no room.
    fn stage(
        &self,
        hit: Numbered,
        priority: u8,
        draft: Draft,
        hardware: &Hardware,
    ) -> Result<Option<Record>, EdgeError> {
        let capture_id = hit.capture_id;
        let prepared = draft::prepare(hit, draft, hardware)?;
        let bytes = prepared.bytes();
        if !self.make_room(bytes, priority)? {
            return Ok(None);
        }
        prepared.write(&self.root)?;
        let root_hash = Manifest::root_hash(&prepared.manifest);
        Ok(Some(Record::Sealed { capture_id, bytes, root_hash }))
    }

    fn seal(&self, capture_id: CaptureId, sealed: &Record) -> Result<(), EdgeError> {
        disk::rename(&staging_dir(&self.root, capture_id), &capture_dir(&self.root, capture_id))?;
        self.append(sealed)?;
        tracing::info!(phase = "sealed", %capture_id, "a capture is on disk");
        self.sealed.notify_one();
        // The capture is durable already: a ledger that stays long for now takes nothing from it.
        compact(&mut self.inner().ledger);
        Ok(())
    }

    /// Appends a record, and what was suppressed before it, and makes them durable.
    fn append(&self, record: &Record) -> Result<(), EdgeError> {
        let mut inner = self.inner();
        inner.flush_suppressed()?;
        inner.ledger.push(record)?;
        inner.ledger.sync()
    }

    /// Removes the files of a settled capture.
    fn delete(&self, capture_id: CaptureId) -> Result<(), EdgeError> {
        disk::remove_tree(&staging_dir(&self.root, capture_id))?;
        disk::remove_tree(&capture_dir(&self.root, capture_id))?;
        disk::sync_dir(&self.root.join("captures"))?;
        // Not synced: should the record be lost, the next opening deletes what is already gone.
        self.inner().ledger.push(&Record::Deleted { capture_id })?;
        tracing::info!(phase = "deleted", %capture_id, "the device's copy is gone");
        Ok(())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic while the lock was held leaves the ledger as it is on disk; every change to it is one call.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Appends the suppressed firings; true when there were any.
    fn flush_suppressed(&mut self) -> Result<bool, EdgeError> {
        let any = !self.suppressed.is_empty();
        while let Some((trigger, count)) = self.suppressed.pop_first() {
            self.ledger.push(&Record::Suppressed { trigger, count })?;
        }
        Ok(any)
    }
}

/// How a spool stands, read from the outside without disturbing the process that has it; `None` when there is none.
pub fn read_status(root: &Path) -> Result<Option<SpoolStatus>, EdgeError> {
    ledger::peek(&root.join("ledger"))?.map(|state| status_of(root, &state)).transpose()
}

/// Shortens the ledger if it can. One that cannot be used any more says so at its next record.
fn compact(ledger: &mut Ledger) {
    if let Err(error) = ledger.compact_if_long() {
        tracing::error!(%error, "the ledger could not be shortened; trying again after the next capture");
    }
}

fn status_of(root: &Path, state: &LedgerState) -> Result<SpoolStatus, EdgeError> {
    Ok(SpoolStatus {
        epoch: state.epoch,
        seq: state.seq,
        counts: state.counts(),
        dropped_by_reason: state.dropped_by_reason.iter().map(|(reason, count)| (reason.name(), *count)).collect(),
        triggers: state.triggers.clone(),
        spool_bytes: state.sealed_bytes(),
        free_bytes: disk::free_bytes(root)?,
        oldest_pending_at: state.pending.values().map(|waiting| waiting.fired_at).min(),
    })
}

fn staging_dir(root: &Path, capture_id: CaptureId) -> PathBuf {
    root.join("staging").join(capture_id.to_string())
}

fn capture_dir(root: &Path, capture_id: CaptureId) -> PathBuf {
    root.join("captures").join(capture_id.to_string())
}

fn asset_name(index: usize) -> String {
    format!("asset-{index}")
}
