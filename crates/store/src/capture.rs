//! Captures and their assets: from sync, from an import, and back.

use std::collections::{BTreeMap, HashMap};

use muster_domain::{
    capture::{Capture, CaptureSource, TriggerHit},
    digest::Digest,
    field::FieldValue,
    id::{CaptureId, ServiceId},
    ledger::LedgerEvent,
    time::UtcMicros,
};
use sqlx::SqliteConnection;

use crate::{
    Library, Noun, Result, StoreError,
    arrival::{Arrival, write_batch},
    delivery::{Delivery, SyncedProposal},
    ledger::{NewLedgerEntry, append},
    table::{
        self,
        capture::{CaptureLine, Known},
    },
};

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
    /// What models on the device saw.
    pub proposals: Vec<SyncedProposal>,
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
    /// Proposals that came with new captures.
    pub proposals: u32,
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
    /// Like [`Self::deliver`], of captures alone.
    pub async fn upsert_captures(
        &self,
        service_id: ServiceId,
        batch: &[SyncedCapture],
        cursor: Option<&str>,
    ) -> Result<Upserted> {
        self.deliver(&Delivery { service_id, project_id: None, captures: batch, unread: &[], cursor }).await
    }

    /// Writes what a person imported, in one transaction; what is known already changes nothing. The import roots must
    /// be there ([`Self::set_import_root`]).
    pub async fn insert_imported(&self, batch: &[Capture]) -> Result<Upserted> {
        let arrivals: Vec<Arrival<'_>> = batch.iter().map(|capture| Arrival { capture, synced: None }).collect();
        let mut transaction = self.begin().await?;
        let written = write_batch(&mut transaction, &arrivals, self.now()).await?;
        self.commit(transaction).await?;
        Ok(written.upserted)
    }

    /// The capture, unless it is unknown or erased.
    pub async fn capture(&self, capture_id: CaptureId) -> Result<Option<StoredCapture>> {
        let mut transaction = self.read().await?;
        let Some(key) = table::capture::key(&mut transaction, capture_id).await? else { return Ok(None) };
        Ok(read_captures(&mut transaction, &[key]).await?.pop())
    }

    /// The captures of these row keys in this order; erased ones are left out.
    pub async fn captures(&self, row_keys: &[u32]) -> Result<Vec<StoredCapture>> {
        let mut transaction = self.read().await?;
        let captures = read_captures(&mut transaction, row_keys).await?;
        Ok(in_order(row_keys, captures, |capture| capture.row_key))
    }

    /// The row key of each id that is known, in no order; erased captures are known with `None`.
    pub async fn known(&self, ids: &[CaptureId]) -> Result<Vec<(CaptureId, Option<u32>)>> {
        let known = table::capture::known(&mut *self.read().await?, ids).await?;
        Ok(known.into_iter().map(|known| (known.capture_id, (!known.erased).then_some(known.row_key))).collect())
    }

    /// The next row keys after `after`, ascending, of captures that are not erased.
    pub async fn row_keys(&self, after: u32, limit: u32) -> Result<Vec<u32>> {
        Ok(table::capture::keys_after(&mut *self.read().await?, after, limit).await?)
    }

    /// The manifest and receipt of a synced capture.
    pub async fn manifest(&self, capture_id: CaptureId) -> Result<Option<StoredManifest>> {
        Ok(table::capture::manifest(&mut *self.read().await?, capture_id).await?)
    }

    /// Sets the dimensions of a picture that came without them.
    pub async fn set_dimensions(
        &self,
        capture_id: CaptureId,
        asset: &str,
        width_px: u32,
        height_px: u32,
    ) -> Result<()> {
        let mut transaction = self.begin().await?;
        let key = live_key(&mut transaction, capture_id).await?;
        if !table::asset::set_dimensions(&mut transaction, key, asset, (width_px, height_px)).await? {
            return Err(StoreError::unknown(Noun::Asset, &asset));
        }
        table::change::bump(&mut transaction, &[key]).await?;
        self.commit(transaction).await
    }

    /// Digests of stored assets of these captures that are not on this disk, for fetching on demand.
    pub async fn missing_blobs(&self, row_keys: &[u32]) -> Result<Vec<Digest>> {
        Ok(table::blob::missing(&mut *self.read().await?, row_keys).await?)
    }

    /// Removes everything that these captures said: assets, the blobs and thumbnails that nothing else needs,
    /// annotations, payloads of operations and ledger entries. Tombstones with the reason stay. Unknown and erased
    /// captures are passed over, so that it can be repeated.
    pub async fn erase(&self, capture_ids: &[CaptureId], reason: &str) -> Result<Erased> {
        let mut transaction = self.begin().await?;
        // A withdrawn capture has everything that it said, and loses it like any other.
        let withdrawn = table::import::withdrawn(&mut transaction, capture_ids).await?;
        table::import::bring_back(&mut transaction, &withdrawn).await?;
        let known = table::capture::known(&mut transaction, capture_ids).await?;
        let known: Vec<Known> = known.into_iter().filter(|known| !known.erased).collect();
        let keys: Vec<u32> = known.iter().map(|known| known.row_key).collect();
        let digests = table::asset::stored_digests(&mut transaction, &keys).await?;
        table::capture::secure_delete(&mut transaction, true).await?;
        let erased = erase_rows(&mut transaction, &known, reason, self.now()).await;
        table::capture::secure_delete(&mut transaction, false).await?;
        erased?;
        let unused = table::asset::unused(&mut transaction, &digests).await?;
        // Off the list in the same transaction: a crash before the files go leaves files that `sweep` removes, because
        // no asset has them.
        table::blob::unlist(&mut transaction, &unused).await?;
        table::change::bump(&mut transaction, &keys).await?;
        self.commit(transaction).await?;
        self.blobs().remove(&unused).await?;
        self.thumbnails().remove(&unused).await?;
        table::capture::empty_wal(&mut *self.write_connection().await?).await?;
        Ok(Erased { captures: keys.len() as u32, blobs: unused.len() as u32 })
    }
}

async fn erase_rows(connection: &mut SqliteConnection, known: &[Known], reason: &str, now: UtcMicros) -> Result<()> {
    let ids: Vec<CaptureId> = known.iter().map(|known| known.capture_id).collect();
    let keys: Vec<u32> = known.iter().map(|known| known.row_key).collect();
    table::capture::erase(connection, &keys, reason, now).await?;
    table::ledger::erase_payloads(connection, &ids).await?;
    let entries: Vec<NewLedgerEntry> = ids
        .into_iter()
        .map(|capture_id| NewLedgerEntry {
            capture_id,
            event: LedgerEvent::Erased,
            at: now,
            payload: Some(serde_json::json!({ "reason": reason })),
        })
        .collect();
    append(connection, &entries).await
}

/// The key of a capture that is neither unknown nor erased.
pub(crate) async fn live_key(connection: &mut SqliteConnection, capture_id: CaptureId) -> Result<u32> {
    let key = table::capture::key(connection, capture_id).await?;
    key.ok_or_else(|| StoreError::unknown(Noun::Capture, &capture_id))
}

/// Puts what was read back into the order that was asked for.
pub(crate) fn in_order<T>(row_keys: &[u32], items: Vec<T>, key_of: impl Fn(&T) -> u32) -> Vec<T> {
    let mut by_key: HashMap<u32, T> = items.into_iter().map(|item| (key_of(&item), item)).collect();
    row_keys.iter().filter_map(|key| by_key.remove(key)).collect()
}

/// Captures by key, in the order of their keys.
async fn read_captures(connection: &mut SqliteConnection, keys: &[u32]) -> Result<Vec<StoredCapture>> {
    let lines = table::capture::lines(connection, keys).await?;
    let mut captures: BTreeMap<u32, StoredCapture> = BTreeMap::new();
    for line in lines {
        captures.insert(line.row_key, StoredCapture::of(line)?);
    }
    for (key, asset) in table::asset::of_captures(connection, keys).await? {
        if let Some(stored) = captures.get_mut(&key) {
            stored.capture.assets.push(asset);
        }
    }
    for (key, tag) in table::tag::of_captures(connection, keys).await? {
        if let Some(stored) = captures.get_mut(&key) {
            stored.tags.push(tag);
        }
    }
    Ok(captures.into_values().collect())
}

/// Signals out of their column.
pub(crate) fn read_signals(json: Option<&str>) -> Result<BTreeMap<String, FieldValue>> {
    let Some(json) = json else { return Ok(BTreeMap::new()) };
    serde_json::from_str(json).map_err(|source| StoreError::unreadable("capture", source))
}

impl StoredCapture {
    fn of(line: CaptureLine) -> Result<Self> {
        let source = match (line.device, line.import) {
            (Some((device_id, device, site)), _) => CaptureSource::Device { device_id, device, site },
            (None, Some((root, relative_path))) => CaptureSource::Import { root, relative_path },
            (None, None) => return Err(StoreError::unreadable("capture", "it comes from nowhere")),
        };
        let trigger = match line.trigger {
            None => None,
            Some((name, version, expression, values)) => {
                let values: BTreeMap<String, FieldValue> = match values {
                    None => BTreeMap::new(),
                    Some(json) => {
                        serde_json::from_str(&json).map_err(|source| StoreError::unreadable("capture", source))?
                    }
                };
                Some(TriggerHit { name, version, expression, values })
            }
        };
        let capture = Capture {
            capture_id: line.capture_id,
            source,
            captured_at: line.captured_at,
            uncertainty_micros: line.uncertainty_micros,
            received_at: line.received_at,
            trigger,
            signals: read_signals(line.signals.as_deref())?,
            assets: Vec::new(),
        };
        Ok(Self { row_key: line.row_key, capture, tags: Vec::new() })
    }
}
