//! Captures and their assets: from sync, from an import, and back.

use std::collections::{BTreeMap, HashMap, HashSet};

use muster_domain::{
    capture::{Capture, CaptureSource, MediaPlace, TriggerHit},
    digest::Digest,
    field::FieldValue,
    id::{CaptureId, ServiceId},
    ledger::LedgerEvent,
    time::UtcMicros,
};
use sqlx::SqliteConnection;

use crate::{
    Library, Noun, Result, StoreError,
    ledger::{NewLedgerEntry, append},
    table::{
        self,
        asset::AssetRecord,
        capture::{CaptureLine, CaptureRecord, Known},
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
        let mut transaction = self.begin().await?;
        let service_key = table::source::service_key(&mut transaction, service_id).await?;
        let service_key = service_key.ok_or_else(|| StoreError::unknown(Noun::Service, &service_id))?;
        let arrivals: Vec<Arrival<'_>> = batch
            .iter()
            .map(|synced| Arrival { capture: &synced.capture, synced: Some((service_key, synced)) })
            .collect();
        let upserted = write_batch(&mut transaction, &arrivals, self.now()).await?;
        if cursor.is_some() {
            table::source::set_cursor(&mut transaction, service_id, cursor, self.now()).await?;
        }
        self.commit(transaction).await?;
        Ok(upserted)
    }

    /// Writes what a person imported, in one transaction; what is known already changes nothing. The import roots must
    /// be there ([`Self::set_import_root`]).
    pub async fn insert_imported(&self, batch: &[Capture]) -> Result<Upserted> {
        let arrivals: Vec<Arrival<'_>> = batch.iter().map(|capture| Arrival { capture, synced: None }).collect();
        let mut transaction = self.begin().await?;
        let upserted = write_batch(&mut transaction, &arrivals, self.now()).await?;
        self.commit(transaction).await?;
        Ok(upserted)
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

/// A capture on its way into the library.
struct Arrival<'a> {
    capture: &'a Capture,
    synced: Option<(i64, &'a SyncedCapture)>,
}

async fn write_batch(connection: &mut SqliteConnection, arrivals: &[Arrival<'_>], now: UtcMicros) -> Result<Upserted> {
    let ids: Vec<CaptureId> = arrivals.iter().map(|arrival| arrival.capture.capture_id).collect();
    let known = table::capture::known(connection, &ids).await?;
    let known: HashMap<CaptureId, Known> = known.into_iter().map(|known| (known.capture_id, known)).collect();
    let mut upserted = Upserted::default();
    let (mut fresh, mut revised) = (Vec::new(), Vec::new());
    for arrival in latest_of_each(arrivals) {
        match (known.get(&arrival.capture.capture_id), arrival.synced) {
            (None, _) => fresh.push(arrival),
            (Some(known), Some((_, synced))) if known.root_hash.is_some_and(|hash| hash != synced.root_hash) => {
                upserted.conflicts.push(known.capture_id);
            }
            (Some(known), Some((_, synced))) if !known.erased && known.service_version < Some(synced.version) => {
                revised.push((known.row_key, arrival, synced));
            }
            _ => upserted.unchanged += 1,
        }
    }
    upserted.inserted = fresh.len() as u32;
    upserted.updated = revised.len() as u32;
    let mut sources = Sources::default();
    let mut changed = insert_fresh(connection, &mut sources, &fresh, now).await?;
    for (row_key, arrival, synced) in revised {
        let record = sources.record(connection, row_key, arrival).await?;
        table::capture::revise(connection, &record, &synced.receipt).await?;
        changed.push(row_key);
    }
    for device_key in sources.renamed {
        table::change::bump_device(connection, device_key).await?;
    }
    upserted.change_seq = table::change::bump(connection, &changed).await?;
    Ok(upserted)
}

/// Of several arrivals of one capture the one of the highest version, in the order of first arrival.
fn latest_of_each<'a, 'b>(arrivals: &'b [Arrival<'a>]) -> Vec<&'b Arrival<'a>> {
    let version = |arrival: &Arrival<'_>| arrival.synced.map(|(_, synced)| synced.version);
    let mut order: Vec<&Arrival<'_>> = Vec::with_capacity(arrivals.len());
    let mut places: HashMap<CaptureId, usize> = HashMap::with_capacity(arrivals.len());
    for arrival in arrivals {
        match places.get(&arrival.capture.capture_id) {
            None => {
                places.insert(arrival.capture.capture_id, order.len());
                order.push(arrival);
            }
            Some(place) if version(order[*place]) < version(arrival) => order[*place] = arrival,
            Some(_) => {}
        }
    }
    order
}

async fn insert_fresh(
    connection: &mut SqliteConnection,
    sources: &mut Sources,
    fresh: &[&Arrival<'_>],
    now: UtcMicros,
) -> Result<Vec<u32>> {
    let first_key = table::capture::highest_key(connection).await? + 1;
    let keys: Vec<u32> = (first_key..).take(fresh.len()).collect();
    let mut records = Vec::with_capacity(fresh.len());
    let (mut assets, mut signals, mut manifests) = (Vec::new(), Vec::new(), Vec::new());
    let mut ledger = Vec::with_capacity(fresh.len());
    for (row_key, arrival) in keys.iter().copied().zip(fresh) {
        records.push(sources.record(connection, row_key, arrival).await?);
        let capture = arrival.capture;
        for (ordinal, asset) in (0..).zip(&capture.assets) {
            let import_root_key = match &asset.place {
                MediaPlace::Stored => None,
                MediaPlace::Referenced { root, .. } => Some(sources.import_root(connection, root).await?),
            };
            assets.push(AssetRecord { capture_key: row_key, ordinal, asset, import_root_key });
        }
        for (name, value) in &capture.signals {
            if value.as_number().is_some_and(f64::is_nan) {
                let (capture_id, name) = (capture.capture_id, name.clone());
                return Err(StoreError::SignalNotANumber { capture_id, name });
            }
            signals.push((row_key, name.as_str(), value));
        }
        if let Some((_, synced)) = arrival.synced {
            manifests.push((row_key, synced.root_hash, synced.manifest.as_str(), synced.receipt.as_str()));
        }
        let event = if arrival.synced.is_some() { LedgerEvent::Synced } else { LedgerEvent::Imported };
        ledger.push(NewLedgerEntry { capture_id: capture.capture_id, event, at: now, payload: None });
    }
    table::capture::insert(connection, &records).await?;
    table::capture::insert_manifests(connection, &manifests).await?;
    table::asset::insert(connection, &assets).await?;
    table::asset::insert_signals(connection, &signals).await?;
    append(connection, &ledger).await?;
    Ok(keys)
}

/// Keys of sites, devices, triggers and import roots, remembered for one transaction.
#[derive(Default)]
struct Sources {
    sites: HashMap<String, i64>,
    devices: HashMap<(uuid::Uuid, String), i64>,
    triggers: HashMap<(String, u32, String), i64>,
    import_roots: HashMap<String, i64>,
    renamed: HashSet<i64>,
}

impl Sources {
    async fn record(
        &mut self,
        connection: &mut SqliteConnection,
        row_key: u32,
        arrival: &Arrival<'_>,
    ) -> Result<CaptureRecord> {
        let capture = arrival.capture;
        let (mut device_and_site, mut import) = (None, None);
        match &capture.source {
            CaptureSource::Device { device_id, device, site } => {
                let device_key = self.device(connection, *device_id, device).await?;
                device_and_site = Some((device_key, self.site(connection, site).await?));
            }
            CaptureSource::Import { root, relative_path } => {
                import = Some((self.import_root(connection, root).await?, relative_path.clone()));
            }
        }
        let (mut trigger_rule_key, mut trigger_values) = (None, None);
        if let Some(hit) = &capture.trigger {
            trigger_rule_key = Some(self.trigger(connection, hit).await?);
            let json = serde_json::to_string(&hit.values);
            trigger_values = Some(json.map_err(|source| StoreError::unreadable("capture", source))?);
        }
        Ok(CaptureRecord {
            row_key,
            capture_id: capture.capture_id,
            service_key: arrival.synced.map(|(service_key, _)| service_key),
            service_version: arrival.synced.map(|(_, synced)| synced.version),
            device: device_and_site,
            import,
            captured_at: capture.captured_at,
            uncertainty_micros: capture.uncertainty_micros,
            received_at: capture.received_at,
            trigger_rule_key,
            trigger_values,
        })
    }

    async fn site(&mut self, connection: &mut SqliteConnection, name: &str) -> Result<i64> {
        if let Some(key) = self.sites.get(name) {
            return Ok(*key);
        }
        let key = table::source::site(connection, name).await?;
        self.sites.insert(name.to_owned(), key);
        Ok(key)
    }

    async fn device(
        &mut self,
        connection: &mut SqliteConnection,
        device_id: muster_domain::id::DeviceId,
        name: &str,
    ) -> Result<i64> {
        let identity = (device_id.0, name.to_owned());
        if let Some(key) = self.devices.get(&identity) {
            return Ok(*key);
        }
        let (key, renamed) = table::source::device(connection, device_id, name).await?;
        if renamed {
            self.renamed.insert(key);
        }
        self.devices.insert(identity, key);
        Ok(key)
    }

    async fn trigger(&mut self, connection: &mut SqliteConnection, hit: &TriggerHit) -> Result<i64> {
        let identity = (hit.name.clone(), hit.version, hit.expression.clone());
        if let Some(key) = self.triggers.get(&identity) {
            return Ok(*key);
        }
        let key = table::source::trigger(connection, &hit.name, hit.version, &hit.expression).await?;
        self.triggers.insert(identity, key);
        Ok(key)
    }

    async fn import_root(&mut self, connection: &mut SqliteConnection, name: &str) -> Result<i64> {
        if let Some(key) = self.import_roots.get(name) {
            return Ok(*key);
        }
        let key = table::source::import_root(connection, name).await?;
        let key = key.ok_or_else(|| StoreError::unknown(Noun::ImportRoot, &name))?;
        self.import_roots.insert(name.to_owned(), key);
        Ok(key)
    }
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
    for (key, name, value) in table::asset::signals(connection, keys).await? {
        if let Some(stored) = captures.get_mut(&key) {
            stored.capture.signals.insert(name, value);
        }
    }
    for (key, tag) in table::tag::of_captures(connection, keys).await? {
        if let Some(stored) = captures.get_mut(&key) {
            stored.tags.push(tag);
        }
    }
    Ok(captures.into_values().collect())
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
            signals: BTreeMap::new(),
            assets: Vec::new(),
        };
        Ok(Self { row_key: line.row_key, capture, tags: Vec::new() })
    }
}
