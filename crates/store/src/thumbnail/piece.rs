//! Pieces of pictures: crops, strips of frames, tiles. Derived, made when somebody looks at them.
//!
//! **Limits.** [`MAX_BYTES`]; beyond it the oldest go. **Layout.** `pieces.db`, one table by digest and name of the
//! piece. **Deletion.** With the captures that show it, or the whole file.

use std::path::Path;

use muster_domain::digest::Digest;
use sqlx::SqlitePool;

use super::{Derived, open_derived};
use crate::{Result, table};

/// The most bytes that pieces take on disk.
pub const MAX_BYTES: u64 = 8 << 30;
/// How many of the oldest are removed at once.
const REMOVED_AT_ONCE: u32 = 256;

/// The pieces of a library.
#[derive(Debug, Clone)]
pub struct Pieces {
    pool: SqlitePool,
}

/// A piece to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPiece {
    /// BLAKE3 of the original.
    pub digest: Digest,
    /// Its name among the pieces of the original: `tile/0/3/5`.
    pub what: String,
    /// The encoded picture.
    pub picture: Vec<u8>,
}

impl Pieces {
    pub(super) async fn open(path: &Path) -> Result<Self> {
        Ok(Self { pool: open_derived(path, Derived::Pieces).await? })
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// The encoded piece, if there is one.
    pub async fn get(&self, digest: &Digest, what: &str) -> Result<Option<Vec<u8>>> {
        Ok(table::thumbnail::piece(&mut *self.pool.acquire().await?, digest, what).await?)
    }

    /// Saves several in one transaction, and removes the oldest where there are too many.
    pub async fn put(&self, pieces: &[NewPiece]) -> Result<()> {
        self.put_within(pieces, MAX_BYTES).await
    }

    /// Like [`Self::put`], within so many bytes.
    pub async fn put_within(&self, pieces: &[NewPiece], max_bytes: u64) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for piece in pieces {
            table::thumbnail::put_piece(&mut transaction, &piece.digest, &piece.what, &piece.picture).await?;
        }
        while table::thumbnail::used_bytes(&mut transaction).await? > max_bytes {
            if table::thumbnail::remove_oldest_pieces(&mut transaction, REMOVED_AT_ONCE).await? == 0 {
                break;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Removes every piece of these originals.
    pub async fn remove(&self, digests: &[Digest]) -> Result<()> {
        Ok(table::thumbnail::remove_pieces(&mut *self.pool.acquire().await?, digests).await?)
    }

    /// The bytes that they take on disk.
    pub async fn used_bytes(&self) -> Result<u64> {
        Ok(table::thumbnail::used_bytes(&mut *self.pool.acquire().await?).await?)
    }
}
