//! Thumbnails by digest and size: derived, in a database file of their own; and [`piece`]s beside them.
//!
//! **Limits.** None of its own; a picture is a few kilobytes. **Layout.** `thumbs.db`, one table. **Deletion.** With the
//! captures that show it, or the whole file: it is made again from the originals. A file of another schema version is
//! removed, not migrated.

pub mod piece;

use std::{collections::HashSet, path::Path};

use muster_domain::{capture::Asset, digest::Digest, id::CaptureId};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use self::piece::Pieces;
use crate::{BUSY_TIMEOUT, Library, Result, StoreError, table};

/// The file's own schema version.
const VERSION: i32 = 0;
/// A thumbnail fills one or two pages, and a new file is made of these.
const PAGE_BYTES: u32 = 8192;
/// Requests of a grid that are answered at once.
const CONNECTIONS: u32 = 4;

/// The thumbnails of a library.
#[derive(Debug, Clone)]
pub struct Thumbnails {
    pool: SqlitePool,
    pieces: Pieces,
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
        let pool = open_derived(path, Derived::Thumbnails).await?;
        let pieces = Pieces::open(&path.with_file_name("pieces.db")).await?;
        Ok(Self { pool, pieces })
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
        self.pieces.close().await;
    }

    /// Crops, strips and tiles.
    pub fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// The smallest thumbnail of at least this size, else the largest there is, with its size.
    pub async fn nearest(&self, digest: &Digest, size_px: u32) -> Result<Option<(u32, Vec<u8>)>> {
        Ok(table::thumbnail::nearest(&mut *self.pool.acquire().await?, digest, size_px).await?)
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

    /// Removes every size and every piece of these.
    pub async fn remove(&self, digests: &[Digest]) -> Result<()> {
        table::thumbnail::remove(&mut *self.pool.acquire().await?, digests).await?;
        self.pieces.remove(digests).await
    }

    /// How many there are, and their bytes.
    pub async fn usage(&self) -> Result<(u64, u64)> {
        Ok(table::thumbnail::usage(&mut *self.pool.acquire().await?).await?)
    }
}

impl Library {
    /// The asset that stands for a capture, from one indexed read: its first picture, else its first video.
    pub async fn cover(&self, capture_id: CaptureId) -> Result<Option<Asset>> {
        Ok(table::asset::cover(&mut *self.read_connection().await?, capture_id).await?)
    }

    /// One asset of a capture by its name, from one indexed read.
    pub async fn asset(&self, capture_id: CaptureId, name: &str) -> Result<Option<Asset>> {
        Ok(table::asset::by_name(&mut *self.read_connection().await?, capture_id, name).await?)
    }
}

/// A file of derived pictures.
#[derive(Debug, Clone, Copy)]
enum Derived {
    Thumbnails,
    Pieces,
}

/// Opens a file of derived pictures. What is damaged or of another version is made anew; nobody has to mend it by hand.
async fn open_derived(path: &Path, what: Derived) -> Result<SqlitePool> {
    match attempt(path, what).await {
        Ok(Some(pool)) => return Ok(pool),
        Ok(None) => {}
        Err(StoreError::Damaged { .. } | StoreError::NotALibrary { .. }) => {
            tracing::warn!(file = %path.display(), "derived pictures are damaged and are made anew");
        }
        Err(error) => return Err(error),
    }
    std::fs::remove_file(path).map_err(|source| StoreError::Io { act: "remove", path: path.to_owned(), source })?;
    let again = attempt(path, what).await?;
    again.ok_or_else(|| StoreError::NotALibrary { path: path.to_owned() })
}

async fn attempt(path: &Path, what: Derived) -> Result<Option<SqlitePool>> {
    let failed = |source| StoreError::of_sql(path, source);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(PAGE_BYTES)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).idle_timeout(None).connect_with(options).await;
    let pool = pool.map_err(failed)?;
    let mut connection = pool.acquire().await.map_err(failed)?;
    if table::thumbnail::version(&mut connection).await.map_err(failed)? != VERSION {
        drop(connection);
        pool.close().await;
        return Ok(None);
    }
    let prepared = match what {
        Derived::Thumbnails => table::thumbnail::prepare(&mut connection).await,
        Derived::Pieces => table::thumbnail::prepare_pieces(&mut connection).await,
    };
    prepared.map_err(failed)?;
    drop(connection);
    Ok(Some(pool))
}
