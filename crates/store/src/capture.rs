//! Captures and their assets: from sync, from an import, and back.

use muster_domain::{
    capture::Capture,
    digest::Digest,
    id::{CaptureId, ServiceId},
};

use crate::{Library, Result};

/// A capture as a service delivered it.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncedCapture {
    /// What the manifest and the service's estimates say. Its source must be a device.
    pub capture: Capture,
    /// The service's version of the row; a lower one than the library's changes nothing.
    pub version: u32,
    /// The exact bytes that the device sent.
    pub manifest: String,
    /// Their hash.
    pub root_hash: Digest,
    /// The receipt, verbatim.
    pub receipt: String,
}

/// What a batch did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upserted {
    /// Captures that are new.
    pub inserted: u32,
    /// Captures whose row was revised.
    pub updated: u32,
    /// Captures that were known at this version or a later one, and captures that were erased here.
    pub unchanged: u32,
    /// Captures whose id is known with another manifest: the library's stays.
    pub conflicts: Vec<CaptureId>,
    /// The change sequence after the batch.
    pub change_seq: u64,
}

/// A capture with its key.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCapture {
    /// The library's integer key.
    pub row_key: u32,
    /// The capture.
    pub capture: Capture,
    /// Its tags.
    pub tags: Vec<String>,
}

/// What the service gave with a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredManifest {
    /// The exact bytes that the device sent.
    pub manifest: String,
    /// Their hash.
    pub root_hash: Digest,
    /// The receipt, verbatim.
    pub receipt: String,
}

/// What an erasure removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Captures whose data is gone.
    pub captures: u32,
    /// Blobs that no capture needs any more.
    pub blobs: u32,
}

impl Library {
    /// Writes what a service delivered, and its cursor, in one transaction. At most [`crate::MAX_BATCH`] captures.
    /// A capture that was erased here stays erased; one whose id is known with another manifest is a conflict.
    pub async fn upsert_captures(
        &self,
        service_id: ServiceId,
        batch: &[SyncedCapture],
        cursor: Option<&str>,
    ) -> Result<Upserted> {
        todo!()
    }
    /// Writes what a person imported, in one transaction; what is known already changes nothing.
    pub async fn insert_imported(&self, batch: &[Capture]) -> Result<Upserted> {
        todo!()
    }
    /// The capture, unless it is unknown or erased.
    pub async fn capture(&self, capture_id: CaptureId) -> Result<Option<StoredCapture>> {
        todo!()
    }
    /// The captures of these row keys in this order; erased ones are left out.
    pub async fn captures(&self, row_keys: &[u32]) -> Result<Vec<StoredCapture>> {
        todo!()
    }
    /// The row key of each id that is known, in no order; erased captures are known with `None`.
    pub async fn known(&self, ids: &[CaptureId]) -> Result<Vec<(CaptureId, Option<u32>)>> {
        todo!()
    }
    /// The next row keys after `after`, ascending, of captures that are not erased.
    pub async fn row_keys(&self, after: u32, limit: u32) -> Result<Vec<u32>> {
        todo!()
    }
    /// The manifest and receipt of a synced capture.
    pub async fn manifest(&self, capture_id: CaptureId) -> Result<Option<StoredManifest>> {
        todo!()
    }
    /// Sets the dimensions of a picture that came without them.
    pub async fn set_dimensions(
        &self,
        capture_id: CaptureId,
        asset: &str,
        width_px: u32,
        height_px: u32,
    ) -> Result<()> {
        todo!()
    }
    /// Removes everything that these captures said: assets, blobs and thumbnails that nothing else needs, annotations,
    /// payloads. Tombstones with the reason stay. What must not be done twice can be: it changes nothing.
    pub async fn erase(&self, capture_ids: &[CaptureId], reason: &str) -> Result<Erased> {
        todo!()
    }
    /// Digests of stored assets that are not on this disk, of these captures (all assets), for fetching on demand.
    pub async fn missing_blobs(&self, row_keys: &[u32]) -> Result<Vec<Digest>> {
        todo!()
    }
}
