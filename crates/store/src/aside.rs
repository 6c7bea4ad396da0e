//! Records of a feed that this version cannot read: kept word for word, counted, shown, and tried again.
//!
//! **Limits.** [`MAX_KEPT_ASIDE`] records a service; a service that sends more speaks another language, and sync stops
//! with [`StoreError::TooManyKeptAside`]. **Deletion.** A record goes when its capture arrives in a form that can be
//! read, or when a newer version of Muster reads it.

use muster_domain::{
    id::{CaptureId, ServiceId},
    time::UtcMicros,
};

use crate::{
    Library, Noun, Result, StoreError,
    table::{self, json_of_keys},
};

/// The most records that are kept of one service.
pub const MAX_KEPT_ASIDE: u64 = 10_000;

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Of which capture, where that much could be read.
    pub capture_id: Option<CaptureId>,
    /// The exact bytes.
    pub record: Vec<u8>,
    /// Why not.
    pub reason: String,
}

/// A record that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAside {
    /// Its key: the list is paged by it.
    pub row_key: u64,
    /// The record.
    pub unread: Unread,
    /// When it came first.
    pub kept_at: UtcMicros,
}

impl Library {
    /// How many records of a service are kept aside.
    pub async fn count_aside(&self, service_id: ServiceId) -> Result<u64> {
        let mut transaction = self.read().await?;
        let Some(key) = table::source::service_key(&mut transaction, service_id).await? else { return Ok(0) };
        Ok(table::aside::count(&mut transaction, key).await?)
    }

    /// The next records of a service that are kept aside, after a key ([`KeptAside::row_key`]), oldest first.
    pub async fn aside(&self, service_id: ServiceId, after: u64, limit: u32) -> Result<Vec<KeptAside>> {
        let mut transaction = self.read().await?;
        let key = table::source::service_key(&mut transaction, service_id).await?;
        let key = key.ok_or_else(|| StoreError::unknown(Noun::Service, &service_id))?;
        Ok(table::aside::after(&mut transaction, key, after, limit).await?)
    }

    /// Forgets records that were read after all.
    pub async fn forget_aside(&self, row_keys: &[u64]) -> Result<()> {
        let mut transaction = self.begin().await?;
        table::aside::remove(&mut transaction, &json_of_keys(row_keys)).await?;
        self.commit(transaction).await
    }
}

/// Keeps records inside a transaction, within the limit.
pub(crate) async fn keep(
    connection: &mut sqlx::SqliteConnection,
    service_key: i64,
    records: &[Unread],
    now: UtcMicros,
) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    for unread in records {
        table::aside::keep(connection, service_key, unread, now).await?;
    }
    if table::aside::count(connection, service_key).await? > MAX_KEPT_ASIDE {
        return Err(StoreError::TooManyKeptAside { reason: records[0].reason.clone() });
    }
    Ok(())
}
