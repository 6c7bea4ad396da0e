//! What waits for the uploader, and reading it with the suspicion that disks deserve.

use std::{cmp::Reverse, collections::HashMap};

use bytes::Bytes;
use muster_domain::{digest::Digest, id::CaptureId, time::UtcMicros};
use muster_protocol::manifest::{MAX_CHUNK_BYTES, Manifest};

use super::{Spool, asset_name, capture_dir};
use crate::{EdgeError, disk};

/// A sealed capture that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Which.
    pub capture_id: CaptureId,
    /// Its trigger's priority.
    pub priority: u8,
    /// When it fired.
    pub fired_at: UtcMicros,
}

/// Where the chunks of a sealed capture are.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub capture_id: CaptureId,
    /// The exact manifest.
    pub manifest: String,
    pub root_hash: Digest,
    places: HashMap<Digest, Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    asset: usize,
    offset: u64,
    bytes: u64,
}

impl Spool {
    /// The sealed captures that wait, most valuable first, then oldest; at most `limit` of those that `wanted` takes.
    pub fn queue(&self, limit: usize, wanted: impl Fn(&CaptureId) -> bool) -> Vec<Pending> {
        let inner = self.inner();
        let mut waiting: Vec<Pending> = inner
            .ledger
            .state()
            .pending
            .iter()
            .filter(|(capture_id, waiting)| waiting.sealed_bytes.is_some() && wanted(capture_id))
            .map(|(capture_id, waiting)| Pending {
                capture_id: *capture_id,
                priority: waiting.priority,
                fired_at: waiting.fired_at,
            })
            .collect();
        drop(inner);
        waiting.sort_unstable_by_key(|pending| (Reverse(pending.priority), pending.fired_at, pending.capture_id));
        waiting.truncate(limit);
        waiting
    }

    /// True while a capture is neither committed nor dropped.
    pub fn is_pending(&self, capture_id: CaptureId) -> bool {
        self.inner().ledger.state().pending.contains_key(&capture_id)
    }

    /// Captures that are neither committed nor dropped.
    pub fn pending_count(&self) -> u64 {
        self.inner().ledger.state().pending.len() as u64
    }

    /// Reads the manifest of a sealed capture.
    pub(crate) fn load(&self, capture_id: CaptureId) -> Result<Sealed, EdgeError> {
        let path = capture_dir(&self.root, capture_id).join("manifest.json");
        let damaged = |reason| EdgeError::Damaged { capture_id, path: path.clone(), reason };
        let bytes = disk::read(&path)?.ok_or_else(|| damaged("it is gone"))?;
        let manifest = Manifest::parse(&bytes).map_err(|_| damaged("it is no manifest"))?;
        if manifest.capture_id != capture_id {
            return Err(damaged("it is about another capture"));
        }
        let mut places = HashMap::new();
        for (asset, description) in manifest.assets.iter().enumerate() {
            for (index, chunk) in description.chunks.iter().enumerate() {
                let offset = index as u64 * MAX_CHUNK_BYTES;
                places.insert(chunk.blake3, Place { asset, offset, bytes: chunk.bytes });
            }
        }
        let root_hash = Manifest::root_hash(&bytes);
        let manifest = String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8"))?;
        Ok(Sealed { capture_id, manifest, root_hash, places })
    }

    /// Reads one chunk and proves that it is what was sealed: a flipped bit never leaves the device as truth.
    pub(crate) fn chunk(&self, sealed: &Sealed, digest: &Digest) -> Result<Option<Bytes>, EdgeError> {
        let Some(place) = sealed.places.get(digest) else { return Ok(None) };
        let path = capture_dir(&self.root, sealed.capture_id).join(asset_name(place.asset));
        let bytes = disk::read_part(&path, place.offset, place.bytes)?;
        if Digest::of(&bytes) == *digest {
            return Ok(Some(bytes.into()));
        }
        Err(EdgeError::Damaged { capture_id: sealed.capture_id, path, reason: "its bytes have changed" })
    }
}
