//! Opening a spool after whatever happened: files and ledger are brought together, and nothing is lost in silence.
//!
//! | files | ledger | settled as |
//! | --- | --- | --- |
//! | whole, in staging | fired | renamed and sealed |
//! | whole | fired | sealed (the crash fell between rename and record) |
//! | in staging | nothing | removed: the hit never counted |
//! | whole | fired, sealed | as it is |
//! | damaged | fired | dropped: damaged, files to quarantine |
//! | none | fired | dropped: interrupted |
//! | none | fired, sealed | dropped: missing |
//! | any | settled, not deleted | deleted |
//! | whole | nothing, its sequence number is new or lost | fired, sealed (the record was torn off or damaged) |
//! | whole | nothing, its sequence number is settled | deleted |
//! | whole | nothing, another epoch | adopted: counted as fired in this epoch |
//! | none | a hole in the sequence | fired, dropped: ledger damaged |

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use muster_domain::{digest::Digest, id::CaptureId, time::UtcMicros};
use muster_protocol::manifest::Manifest;
use uuid::Uuid;

use super::{asset_name, capture_dir};
use crate::{
    EdgeError, disk,
    ledger::{DropReason, Ledger, LedgerHealth, Record},
};

/// What opening a spool settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// The state of the ledger's file.
    pub ledger: LedgerHealth,
    /// Captures whose last record was written now.
    pub resealed: u64,
    /// Captures that the ledger did not know.
    pub adopted: u64,
    /// Captures given up now.
    pub dropped: u64,
    /// Captures that were settled before and are deleted now.
    pub deleted: u64,
}

/// What lies in `captures`.
pub(super) struct Found {
    captures: BTreeMap<CaptureId, Option<Whole>>,
    staged: Vec<(PathBuf, Option<CaptureId>)>,
}

/// A capture whose files are all there with their sizes.
struct Whole {
    manifest: Manifest,
    root_hash: Digest,
    bytes: u64,
}

impl Found {
    pub(super) fn newest_epoch(&self) -> Option<u32> {
        self.captures.values().flatten().map(|whole| whole.manifest.epoch).max()
    }
}

/// Looks at every capture.
pub(super) fn scan(root: &Path) -> Result<Found, EdgeError> {
    let mut captures = BTreeMap::new();
    for entry in disk::list(&root.join("captures"))? {
        // Whatever else lies there is not ours to touch.
        if let Some(capture_id) = id_of(&entry) {
            captures.insert(capture_id, inspect(&entry, capture_id)?);
        }
    }
    let staged = disk::list(&root.join("staging"))?.into_iter().map(|entry| (entry.clone(), id_of(&entry))).collect();
    Ok(Found { captures, staged })
}

fn id_of(entry: &Path) -> Option<CaptureId> {
    entry.file_name()?.to_str()?.parse().ok()
}

/// Sizes are checked at opening; digests when the bytes are read for upload, so that a full spool opens at once.
fn inspect(dir: &Path, capture_id: CaptureId) -> Result<Option<Whole>, EdgeError> {
    let Some(bytes) = disk::read(&dir.join("manifest.json"))? else { return Ok(None) };
    let Ok(manifest) = Manifest::parse(&bytes) else { return Ok(None) };
    let mut total = bytes.len() as u64;
    for (index, asset) in manifest.assets.iter().enumerate() {
        if disk::size(&dir.join(asset_name(index)))? != Some(asset.bytes) {
            return Ok(None);
        }
        total += asset.bytes;
    }
    let root_hash = Manifest::root_hash(&bytes);
    Ok((manifest.capture_id == capture_id).then_some(Whole { manifest, root_hash, bytes: total }))
}

/// Brings files and ledger together.
pub(super) fn settle(
    root: &Path,
    ledger: &mut Ledger,
    mut found: Found,
    health: LedgerHealth,
    now: UtcMicros,
) -> Result<Recovery, EdgeError> {
    let mut settling = Settling { root, ledger, now, recovery: Recovery { ledger: health, ..Recovery::default() } };
    for (entry, capture_id) in std::mem::take(&mut found.staged) {
        if let Some(capture_id) = capture_id
            && settling.ledger.state().pending.contains_key(&capture_id)
            && !found.captures.contains_key(&capture_id)
            && let Some(whole) = inspect(&entry, capture_id)?
        {
            disk::rename(&entry, &capture_dir(root, capture_id))?;
            found.captures.insert(capture_id, Some(whole));
        } else {
            disk::remove_tree(&entry)?;
        }
    }
    let lost: Vec<CaptureId> =
        settling.ledger.state().pending.keys().filter(|id| !found.captures.contains_key(id)).copied().collect();
    for (capture_id, whole) in found.captures {
        settling.capture(capture_id, whole)?;
    }
    for capture_id in lost {
        let was_sealed = settling.ledger.state().pending.get(&capture_id).is_some_and(|w| w.sealed_bytes.is_some());
        let reason = if was_sealed { DropReason::Missing } else { DropReason::Interrupted };
        settling.give_up(capture_id, reason)?;
    }
    settling.fill_holes()?;
    settling.delete_settled()?;
    Ok(settling.recovery)
}

struct Settling<'a> {
    root: &'a Path,
    ledger: &'a mut Ledger,
    now: UtcMicros,
    recovery: Recovery,
}

impl Settling<'_> {
    fn capture(&mut self, capture_id: CaptureId, whole: Option<Whole>) -> Result<(), EdgeError> {
        let state = self.ledger.state();
        if let Some(waiting) = state.pending.get(&capture_id) {
            return match whole {
                None => self.give_up(capture_id, DropReason::Damaged),
                Some(_) if waiting.sealed_bytes.is_some() => Ok(()),
                Some(whole) => {
                    self.recovery.resealed += 1;
                    self.seal(capture_id, &whole)
                }
            };
        }
        if state.undeleted.contains(&capture_id) {
            return Ok(());
        }
        let Some(whole) = whole else {
            // Nothing says what it was: to quarantine, so that it is neither counted nor lost.
            return self.set_aside(capture_id);
        };
        let Manifest { epoch, seq, trigger, .. } = &whole.manifest;
        let trigger = trigger.name.clone();
        if *epoch == state.epoch && *seq <= state.seq && !state.missing.contains(seq) {
            disk::remove_tree(&capture_dir(self.root, capture_id))?;
            self.recovery.deleted += 1;
            return Ok(());
        }
        let record = if *epoch == state.epoch {
            Record::Fired { capture_id, seq: *seq, trigger, priority: 0, at: whole.manifest.started.wall_micros }
        } else {
            Record::Adopted { capture_id, trigger, at: whole.manifest.started.wall_micros }
        };
        self.ledger.push(&record)?;
        self.recovery.adopted += 1;
        self.seal(capture_id, &whole)
    }

    fn seal(&mut self, capture_id: CaptureId, whole: &Whole) -> Result<(), EdgeError> {
        self.ledger.push(&Record::Sealed { capture_id, bytes: whole.bytes, root_hash: whole.root_hash })
    }

    fn give_up(&mut self, capture_id: CaptureId, reason: DropReason) -> Result<(), EdgeError> {
        self.recovery.dropped += 1;
        self.ledger.push(&Record::Dropped { capture_id, reason })?;
        if reason == DropReason::Damaged { self.set_aside(capture_id) } else { Ok(()) }
    }

    fn set_aside(&mut self, capture_id: CaptureId) -> Result<(), EdgeError> {
        let to: PathBuf = self.root.join("quarantine").join(capture_id.to_string());
        disk::remove_tree(&to)?;
        Ok(disk::rename(&capture_dir(self.root, capture_id), &to)?)
    }

    /// Hits whose records were damaged and whose captures are not there: they fired, and are gone.
    fn fill_holes(&mut self) -> Result<(), EdgeError> {
        for seq in self.ledger.state().missing.clone() {
            let capture_id = CaptureId(Uuid::now_v7());
            let trigger = "unknown".into();
            self.ledger.push(&Record::Fired { capture_id, seq, trigger, priority: 0, at: self.now })?;
            self.give_up(capture_id, DropReason::LedgerDamaged)?;
        }
        Ok(())
    }

    fn delete_settled(&mut self) -> Result<(), EdgeError> {
        // What was decided above has to be durable before the files go.
        self.ledger.sync()?;
        let settled: Vec<CaptureId> = self.ledger.state().undeleted.iter().copied().collect();
        for capture_id in &settled {
            let dir = capture_dir(self.root, *capture_id);
            if disk::size(&dir)?.is_some() {
                disk::remove_tree(&dir)?;
                self.recovery.deleted += 1;
            }
        }
        disk::sync_dir(&self.root.join("captures"))?;
        for capture_id in settled {
            self.ledger.push(&Record::Deleted { capture_id })?;
        }
        self.ledger.sync()
    }
}
