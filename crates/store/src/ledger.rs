//! What happened to a capture: append-only, chained by hashes, with payloads that can be erased.

use muster_domain::{
    id::CaptureId,
    ledger::{LedgerEntry, LedgerEvent},
    time::UtcMicros,
};

use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    Library, Result, StoreError,
    table::{self, ledger::LedgerRecord},
};

/// An entry to append.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLedgerEntry {
    /// Of which capture.
    pub capture_id: CaptureId,
    /// What happened.
    pub event: LedgerEvent,
    /// When.
    pub at: UtcMicros,
    /// What a person reads.
    pub payload: Option<serde_json::Value>,
}

/// An entry with its key.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLedgerEntry {
    /// Its key.
    pub row_key: u64,
    /// Of which capture.
    pub capture_id: CaptureId,
    /// The entry.
    pub entry: LedgerEntry,
    /// True when it had a payload once and that was erased.
    pub erased: bool,
}

/// What a verification of the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerCheck {
    /// Entries that were read.
    pub entries: u64,
    /// Entries whose payload was erased.
    pub erased: u64,
    /// Keys of entries whose hash does not follow from what stands there: somebody changed them.
    pub broken: Vec<u64>,
}

const ENTRY_CONTEXT: &str = "muster 2026-11 library ledger entry";
const PAYLOAD_CONTEXT: &str = "muster 2026-11 library ledger payload";
const VERIFY_PAGE: u32 = 10_000;

impl Library {
    /// Appends to the ledger.
    pub async fn append_ledger(&self, entries: &[NewLedgerEntry]) -> Result<()> {
        let mut transaction = self.begin().await?;
        append(&mut transaction, entries).await?;
        self.commit(transaction).await
    }

    /// What happened to a capture, oldest first.
    pub async fn ledger(&self, capture_id: CaptureId) -> Result<Vec<StoredLedgerEntry>> {
        let records = table::ledger::of_capture(&mut *self.read().await?, capture_id).await?;
        records.into_iter().map(stored).collect()
    }

    /// Erases the payloads of a capture's entries, with their salts; the chain still verifies.
    pub async fn erase_ledger_payloads(&self, capture_id: CaptureId) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let erased = table::ledger::erase_payloads(&mut transaction, &[capture_id]).await?;
        self.commit(transaction).await?;
        Ok(erased)
    }

    /// Reads the whole chain and checks each hash.
    pub async fn verify_ledger(&self) -> Result<LedgerCheck> {
        let mut transaction = self.read().await?;
        let mut check = LedgerCheck::default();
        let (mut last_key, mut previous) = (0, None);
        loop {
            let page = table::ledger::after(&mut transaction, last_key, VERIFY_PAGE).await?;
            let Some(last) = page.last() else { return Ok(check) };
            last_key = last.row_key;
            for record in page {
                check.entries += 1;
                check.erased += u64::from(record.payload_hash.is_some() && record.payload.is_none());
                let payload_fits = match (&record.payload, &record.salt) {
                    (Some(payload), Some(salt)) => record.payload_hash == Some(payload_hash(salt, payload)),
                    _ => true,
                };
                if !payload_fits || entry_hash(previous.as_ref(), &record) != record.entry_hash {
                    check.broken.push(record.row_key as u64);
                }
                previous = Some(record.entry_hash);
            }
        }
    }
}

/// Appends inside a transaction that holds the write lock, so that nobody else takes the same place in the chain.
pub(crate) async fn append(connection: &mut SqliteConnection, entries: &[NewLedgerEntry]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut previous = table::ledger::last_hash(connection).await?;
    let mut records = Vec::with_capacity(entries.len());
    for entry in entries {
        let payload = entry.payload.as_ref().map(ToString::to_string);
        // A UUID of version 4 is 122 random bits: more than anybody can try for a payload of few possible values.
        let salt = payload.as_ref().map(|_| Uuid::new_v4().into_bytes());
        let mut record = LedgerRecord {
            row_key: 0,
            capture_id: entry.capture_id,
            event: event_name(entry.event).to_owned(),
            at_micros: entry.at.0,
            payload_hash: salt.as_ref().zip(payload.as_ref()).map(|(salt, payload)| payload_hash(salt, payload)),
            payload,
            salt,
            entry_hash: [0; 32],
        };
        record.entry_hash = entry_hash(previous.as_ref(), &record);
        previous = Some(record.entry_hash);
        records.push(record);
    }
    Ok(table::ledger::append(connection, &records).await?)
}

fn payload_hash(salt: &[u8; 16], payload: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(PAYLOAD_CONTEXT);
    hasher.update(salt);
    hasher.update(payload.as_bytes());
    *hasher.finalize().as_bytes()
}

/// Commits to everything of an entry that stays, and to the entry before it.
fn entry_hash(previous: Option<&[u8; 32]>, record: &LedgerRecord) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(ENTRY_CONTEXT);
    hasher.update(previous.unwrap_or(&[0; 32]));
    hasher.update(record.capture_id.as_bytes());
    hasher.update(&(record.event.len() as u64).to_le_bytes());
    hasher.update(record.event.as_bytes());
    hasher.update(&record.at_micros.to_le_bytes());
    hasher.update(&[u8::from(record.payload_hash.is_some())]);
    hasher.update(record.payload_hash.as_ref().unwrap_or(&[0; 32]));
    *hasher.finalize().as_bytes()
}

fn stored(record: LedgerRecord) -> Result<StoredLedgerEntry> {
    let unreadable = |source| StoreError::unreadable("ledger", source);
    let event = serde_json::from_value(record.event.into()).map_err(unreadable)?;
    let payload = record.payload.as_deref().map(serde_json::from_str).transpose().map_err(unreadable)?;
    Ok(StoredLedgerEntry {
        row_key: record.row_key as u64,
        capture_id: record.capture_id,
        erased: record.payload_hash.is_some() && payload.is_none(),
        entry: LedgerEntry { event, at: UtcMicros(record.at_micros), payload },
    })
}

fn event_name(event: LedgerEvent) -> &'static str {
    match event {
        LedgerEvent::Fired => "fired",
        LedgerEvent::Sealed => "sealed",
        LedgerEvent::Offered => "offered",
        LedgerEvent::Uploaded => "uploaded",
        LedgerEvent::Committed => "committed",
        LedgerEvent::Dropped => "dropped",
        LedgerEvent::Synced => "synced",
        LedgerEvent::Imported => "imported",
        LedgerEvent::ModelRun => "model_run",
        LedgerEvent::Submitted => "submitted",
        LedgerEvent::Exported => "exported",
        LedgerEvent::Erased => "erased",
    }
}
