//! Room in the spool: eviction by value, and the quarantine's own bound.

use muster_domain::id::CaptureId;

use super::{Spool, capture_dir};
use crate::{EdgeError, disk, ledger::DropReason};

impl Spool {
    /// Makes room for a capture by giving up what is worth less. False when what is there is worth more.
    pub(super) fn make_room(&self, bytes: u64, priority: u8) -> Result<bool, EdgeError> {
        // A capture larger than the whole spool would empty it for nothing.
        if bytes > self.limits.max_bytes {
            return Ok(false);
        }
        loop {
            let free = disk::free_bytes(&self.root)?.saturating_sub(self.limits.min_free_bytes);
            let victim = {
                let inner = self.inner();
                let state = inner.ledger.state();
                if state.sealed_bytes() + bytes <= self.limits.max_bytes && bytes <= free {
                    return Ok(true);
                }
                state
                    .pending
                    .iter()
                    .filter(|(_, waiting)| waiting.sealed_bytes.is_some() && waiting.priority <= priority)
                    .min_by_key(|(capture_id, waiting)| (waiting.priority, waiting.fired_at, **capture_id))
                    .map(|(capture_id, _)| *capture_id)
            };
            match victim {
                Some(victim) => self.give_up(victim, DropReason::Evicted)?,
                None => return Ok(false),
            }
        }
    }

    /// Moves the files of a capture that was given up to where a person can look at them.
    pub(super) fn quarantine(&self, capture_id: CaptureId) -> Result<(), EdgeError> {
        let from = capture_dir(&self.root, capture_id);
        let quarantine = self.root.join("quarantine");
        let to = quarantine.join(capture_id.to_string());
        if disk::size(&from)?.is_none() {
            return Ok(());
        }
        disk::remove_tree(&to)?;
        disk::rename(&from, &to)?;
        let mut kept = Vec::new();
        for entry in disk::list(&quarantine)? {
            let mut bytes = 0;
            for file in disk::list(&entry)? {
                bytes += disk::size(&file)?.unwrap_or_default();
            }
            kept.push((disk::changed(&entry)?, bytes, entry));
        }
        kept.sort();
        let mut total: u64 = kept.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, entry) in kept {
            if total <= self.limits.max_bytes / 10 {
                break;
            }
            disk::remove_tree(&entry)?;
            total -= bytes;
        }
        Ok(())
    }
}
