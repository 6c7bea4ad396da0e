//! Thumbnails by digest and size: derived, in a database file of their own.
//!
//! **Limits.** None of its own; a picture is a few kilobytes. **Layout.** `thumbs.db`, one table. **Deletion.** With the
//! captures that show it, or the whole file: it is made again from the originals.

use std::{collections::HashSet, path::Path};

use muster_domain::digest::Digest;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{BUSY_TIMEOUT, Result, StoreError, table};

/// The thumbnails of a library.
#[derive(Debug, Clone)]
pub struct Thumbnails {
    pool: SqlitePool,
}

/// A thumbnail to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewThumbnail {
    /// BLAKE3 of the original.
    pub digest: Digest,
    /// The longer side that was asked for, px.
    pub size_px: u32,
    /// The encoded picture.
    pub picture: Vec<u8>,
}

impl Thumbnails {
    pub(crate) async fn open(path: &Path) -> Result<Self> {
        match Self::attempt(path).await {
            // What is derived is made anew; nobody has to mend it by hand.
            Err(StoreError::Damaged { .. } | StoreError::NotALibrary { .. }) => {
                tracing::warn!(file = %path.display(), "the thumbnails are damaged and are made anew");
                std::fs::remove_file(path).map_err(|source| StoreError::Io {
                    act: "remove",
                    path: path.to_owned(),
                    source,
                })?;
                Self::attempt(path).await
            }
            other => other,
        }
    }

    async fn attempt(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT);
        let opened = SqlitePoolOptions::new().max_connections(3).idle_timeout(None).connect_with(options).await;
        let pool = opened.map_err(|source| StoreError::of_sql(path, source))?;
        let thumbnails = Self { pool };
        let mut connection = thumbnails.pool.acquire().await?;
        let prepared = table::thumbnail::prepare(&mut connection).await;
        prepared.map_err(|source| StoreError::of_sql(path, source))?;
        Ok(thumbnails)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// The encoded picture, if there is one.
    pub async fn get(&self, digest: &Digest, size_px: u32) -> Result<Option<Vec<u8>>> {
        Ok(table::thumbnail::get(&mut *self.pool.acquire().await?, digest, size_px).await?)
    }

    /// Saves several in one transaction.
    pub async fn put(&self, thumbnails: &[NewThumbnail]) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for thumbnail in thumbnails {
            table::thumbnail::put(&mut transaction, &thumbnail.digest, thumbnail.size_px, &thumbnail.picture).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Those of the digests that have no thumbnail of this size, in order.
    pub async fn missing(&self, digests: &[Digest], size_px: u32) -> Result<Vec<Digest>> {
        let present = table::thumbnail::present(&mut *self.pool.acquire().await?, digests, size_px).await?;
        let present: HashSet<Digest> = present.into_iter().collect();
        Ok(digests.iter().filter(|digest| !present.contains(digest)).copied().collect())
    }

    /// Removes every size of these.
    pub async fn remove(&self, digests: &[Digest]) -> Result<()> {
        Ok(table::thumbnail::remove(&mut *self.pool.acquire().await?, digests).await?)
    }

    /// How many there are, and their bytes.
    pub async fn usage(&self) -> Result<(u64, u64)> {
        Ok(table::thumbnail::usage(&mut *self.pool.acquire().await?).await?)
    }
}
