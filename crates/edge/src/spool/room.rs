//! Room in the spool: eviction by value, and the quarantine's own bound.

use muster_domain::id::CaptureId;

use super::{Spool, capture_dir};
use crate::{EdgeError, disk, ledger::DropReason};

impl Spool {
    /// Makes room for a capture by giving up what is worth less. False when what is there is worth more, or when
    /// giving it all up would still not be enough; then nothing is given up.
    pub(super) fn make_room(&self, bytes: u64, priority: u8) -> Result<bool, EdgeError> {
        loop {
            let free = disk::free_bytes(&self.root)?;
            let Some(victim) = ({
                let inner = self.inner();
                let state = inner.ledger.state();
                let worth_less = || state.pending.iter().filter(|(_, waiting)| waiting.priority <= priority);
                let fits = |gain: u64| {
                    (state.sealed_bytes() - gain).saturating_add(bytes) <= self.limits.max_bytes
                        && bytes <= free.saturating_add(gain).saturating_sub(self.limits.min_free_bytes)
                };
                if fits(0) {
                    return Ok(true);
                }
                if !fits(worth_less().filter_map(|(_, waiting)| waiting.sealed_bytes).sum()) {
                    return Ok(false);
                }
                worth_less()
                    .filter(|(_, waiting)| waiting.sealed_bytes.is_some())
                    .min_by_key(|(capture_id, waiting)| (waiting.priority, waiting.fired_at, **capture_id))
                    .map(|(capture_id, _)| *capture_id)
            }) else {
                return Ok(false);
            };
            self.evict(victim)?;
        }
    }

    fn evict(&self, victim: CaptureId) -> Result<(), EdgeError> {
        match self.give_up(victim, DropReason::Evicted) {
            // The uploader settled it since it was chosen: its room is free all the same.
            Err(EdgeError::Misfit { .. }) if !self.is_pending(victim) => Ok(()),
            other => other,
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

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use muster_domain::{
        capture::TriggerHit,
        id::DeviceId,
        time::{UtcMicros, WallClock},
    };
    use muster_protocol::{SignatureText, manifest::DeviceTime, receipt::Receipt};

    use super::*;
    use crate::{AssetDraft, Draft, Hardware, Limits};

    #[test]
    fn a_victim_that_was_delivered_meanwhile_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(dir.path(), Limits::default(), Arc::new(WallClock)).unwrap();
        let at = DeviceTime { wall_micros: UtcMicros(1), monotonic_micros: 1, uncertainty_micros: 1 };
        let asset = AssetDraft {
            name: "a.jpg".into(),
            stream: "a".into(),
            media_type: "image/jpeg".into(),
            bytes: b"picture".as_slice().into(),
            width_px: None,
            height_px: None,
            duration_micros: None,
        };
        let draft =
            Draft { started: at, ended: at, signals: BTreeMap::new(), proposals: Vec::new(), assets: vec![asset] };
        let hardware = Hardware {
            device_id: DeviceId(uuid::Uuid::from_u128(1)),
            site: "depot".into(),
            boot_id: "b".into(),
            agent_version: "t".into(),
        };
        let trigger = TriggerHit { name: "m".into(), version: 1, expression: "m > 0".into(), values: BTreeMap::new() };
        let victim = spool.keep(trigger, 0, draft, &hardware).unwrap().capture_id;
        // What the uploader does between the choice and the eviction.
        spool.commit(victim, Receipt { body: "{}".into(), signature: SignatureText(String::new()) }).unwrap();
        spool.evict(victim).unwrap();
        let counts = spool.status().unwrap().counts;
        assert_eq!((counts.fired, counts.committed, counts.dropped), (1, 1, 0));
    }
}
