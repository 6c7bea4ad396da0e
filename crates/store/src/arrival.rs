//! How batches of captures become rows, from sync and from imports alike.

use std::collections::{HashMap, HashSet};

use muster_domain::{
    capture::{Capture, CaptureSource, MediaPlace, TriggerHit},
    field::FieldValue,
    id::{CaptureId, DeviceId},
    ledger::LedgerEvent,
    time::UtcMicros,
};
use sqlx::SqliteConnection;

use crate::{
    Noun, Result, StoreError,
    capture::{SyncedCapture, Upserted},
    ledger::{NewLedgerEntry, append},
    table::{
        self,
        asset::AssetRecord,
        capture::{CaptureRecord, Known},
    },
};

/// A capture on its way into the library.
pub(crate) struct Arrival<'a> {
    /// What it says.
    pub capture: &'a Capture,
    /// The service's key, and what it gave with the capture; `None` for an import.
    pub synced: Option<(i64, &'a SyncedCapture)>,
}

/// What a batch did, and the keys of what is new.
pub(crate) struct Written {
    pub upserted: Upserted,
    pub fresh: HashMap<CaptureId, u32>,
}

/// Writes a batch inside a transaction: what is new, what was revised, and nothing of what is known.
pub(crate) async fn write_batch(
    connection: &mut SqliteConnection,
    arrivals: &[Arrival<'_>],
    now: UtcMicros,
) -> Result<Written> {
    let ids: Vec<CaptureId> = arrivals.iter().map(|arrival| arrival.capture.capture_id).collect();
    let known = table::capture::known_with_hashes(connection, &ids).await?;
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
    let fresh = fresh.iter().map(|arrival| arrival.capture.capture_id).zip(changed.iter().copied()).collect();
    for (row_key, arrival, synced) in revised {
        let record = sources.record(connection, row_key, arrival).await?;
        table::capture::revise(connection, &record, &synced.receipt).await?;
        changed.push(row_key);
    }
    for device_key in sources.renamed {
        table::change::bump_device(connection, device_key).await?;
    }
    upserted.change_seq = table::change::bump(connection, &changed).await?;
    Ok(Written { upserted, fresh })
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
    let (mut assets, mut manifests) = (Vec::new(), Vec::new());
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
        if let Some((_, synced)) = arrival.synced {
            manifests.push((row_key, synced.root_hash, synced.manifest.as_str(), synced.receipt.as_str()));
        }
        let event = if arrival.synced.is_some() { LedgerEvent::Synced } else { LedgerEvent::Imported };
        ledger.push(NewLedgerEntry { capture_id: capture.capture_id, event, at: now, payload: None });
    }
    table::capture::insert(connection, &records).await?;
    table::capture::insert_manifests(connection, &manifests).await?;
    table::asset::insert(connection, &assets).await?;
    append(connection, &ledger).await?;
    Ok(keys)
}

/// The signals as JSON, which has no word for a number that is none.
fn signals_json(capture: &Capture) -> Result<Option<String>> {
    if capture.signals.is_empty() {
        return Ok(None);
    }
    let odd = |value: &FieldValue| value.as_number().is_some_and(|number| !number.is_finite());
    if let Some((name, _)) = capture.signals.iter().find(|(_, value)| odd(value)) {
        return Err(StoreError::SignalNotANumber { capture_id: capture.capture_id, name: name.clone() });
    }
    let json = serde_json::to_string(&capture.signals);
    json.map(Some).map_err(|source| StoreError::unreadable("capture", source))
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
            signals: signals_json(capture)?,
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

    async fn device(&mut self, connection: &mut SqliteConnection, device_id: DeviceId, name: &str) -> Result<i64> {
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
