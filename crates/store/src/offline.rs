//! Taking captures offline: their originals are fetched, pinned, and spared by eviction until they are let go.
//!
//! **Limits.** A set lists up to [`MAX_OFFLINE`] captures; what is pinned counts toward the cache's limit but is never
//! evicted for it. **Deletion.** Letting a set go unpins what no other set needs; eviction takes it when it needs room.
//! Only blobs of sets are pinned: [`crate::blob::Blobs::pin`] is for tests and tools.

use muster_domain::{digest::Digest, id::PersonId, time::UtcMicros};
use uuid::Uuid;

use crate::{Library, Noun, Result, StoreError, table};

/// The most captures of one set.
pub const MAX_OFFLINE: usize = 200_000;

/// A set to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOfflineSet {
    /// Its id, made by the caller.
    pub offline_id: Uuid,
    /// What people call it.
    pub name: String,
    /// The query that it came from.
    pub query: Option<String>,
    /// Who wants it.
    pub person_id: PersonId,
}

/// Captures whose originals are kept on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineSet {
    /// Its id.
    pub offline_id: Uuid,
    /// What people call it.
    pub name: String,
    /// The query that it came from.
    pub query: Option<String>,
    /// Who wanted it.
    pub person_id: PersonId,
    /// When.
    pub made_at: UtcMicros,
    /// How many captures it lists.
    pub captures: u64,
    /// How many of them have everything on this disk.
    pub ready: u64,
    /// The size of their originals.
    pub bytes: u64,
    /// How much of that is on this disk.
    pub ready_bytes: u64,
}

/// An original that is not on this disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingOriginal {
    /// Of which capture.
    pub row_key: u32,
    /// The original.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
}

impl Library {
    /// Lists captures to be kept on this machine, and pins what of them is here.
    pub async fn take_offline(&self, set: &NewOfflineSet, row_keys: &[u32]) -> Result<()> {
        if row_keys.len() > MAX_OFFLINE {
            return Err(StoreError::TooManyOffline { asked: row_keys.len() });
        }
        let mut transaction = self.begin().await?;
        table::offline::add(&mut transaction, set, row_keys, self.now()).await?;
        table::offline::pin_what_is_needed(&mut transaction).await?;
        self.commit(transaction).await
    }

    /// All sets, newest first, with how much of each is here.
    pub async fn offline_sets(&self) -> Result<Vec<OfflineSet>> {
        Ok(table::offline::all(&mut *self.read().await?).await?)
    }

    /// Originals of a set that are not on this disk, of the next `limit` such captures after a row key.
    pub async fn missing_offline(&self, offline_id: Uuid, after: u32, limit: u32) -> Result<Vec<MissingOriginal>> {
        let mut transaction = self.read().await?;
        let key = table::offline::key(&mut transaction, offline_id).await?;
        let key = key.ok_or_else(|| StoreError::unknown(Noun::OfflineSet, &offline_id))?;
        let missing = table::offline::missing(&mut transaction, key, after, limit).await?;
        Ok(missing.into_iter().map(|(row_key, digest, bytes)| MissingOriginal { row_key, digest, bytes }).collect())
    }

    /// The next row keys of a set.
    pub async fn offline_rows(&self, offline_id: Uuid, after: u32, limit: u32) -> Result<Vec<u32>> {
        let mut transaction = self.read().await?;
        let key = table::offline::key(&mut transaction, offline_id).await?;
        let key = key.ok_or_else(|| StoreError::unknown(Noun::OfflineSet, &offline_id))?;
        Ok(table::offline::captures(&mut transaction, key, after, limit).await?)
    }

    /// Lets a set go: what no other set needs may be evicted again.
    pub async fn release_offline(&self, offline_id: Uuid) -> Result<()> {
        let mut transaction = self.begin().await?;
        let key = table::offline::key(&mut transaction, offline_id).await?;
        let key = key.ok_or_else(|| StoreError::unknown(Noun::OfflineSet, &offline_id))?;
        table::offline::remove(&mut transaction, key).await?;
        table::offline::pin_what_is_needed(&mut transaction).await?;
        self.commit(transaction).await
    }
}
