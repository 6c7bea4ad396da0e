//! `thumbnail` in `thumbs.db`.

use muster_domain::digest::Digest;
use sqlx::{Row, SqliteConnection};

use super::{digest, json_of_blobs};

/// Makes the table where it is missing.
pub async fn prepare(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS thumbnail (
             digest BLOB NOT NULL CHECK (length(digest) = 32),
             size_px INTEGER NOT NULL,
             picture BLOB NOT NULL,
             PRIMARY KEY (digest, size_px)
         ) STRICT",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One thumbnail.
pub async fn get(connection: &mut SqliteConnection, digest: &Digest, size_px: u32) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("SELECT picture FROM thumbnail WHERE digest = ? AND size_px = ?")
        .bind(digest.as_bytes().as_slice())
        .bind(size_px)
        .fetch_optional(connection)
        .await
}

/// Saves one thumbnail.
pub async fn put(connection: &mut SqliteConnection, digest: &Digest, size_px: u32, picture: &[u8]) -> sqlx::Result<()> {
    sqlx::query("INSERT OR REPLACE INTO thumbnail (digest, size_px, picture) VALUES (?, ?, ?)")
        .bind(digest.as_bytes().as_slice())
        .bind(size_px)
        .bind(picture)
        .execute(connection)
        .await?;
    Ok(())
}

/// Those of the digests that have a thumbnail of this size.
pub async fn present(connection: &mut SqliteConnection, digests: &[Digest], size_px: u32) -> sqlx::Result<Vec<Digest>> {
    let rows = sqlx::query(
        "SELECT digest FROM thumbnail
         WHERE digest IN (SELECT unhex(value) FROM json_each(?)) AND size_px = ?",
    )
    .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
    .bind(size_px)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| digest(row.get(0))).collect()
}

/// Removes every size of these.
pub async fn remove(connection: &mut SqliteConnection, digests: &[Digest]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM thumbnail WHERE digest IN (SELECT unhex(value) FROM json_each(?))")
        .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Count and bytes.
pub async fn usage(connection: &mut SqliteConnection) -> sqlx::Result<(u64, u64)> {
    let row =
        sqlx::query("SELECT count(*), coalesce(sum(length(picture)), 0) FROM thumbnail").fetch_one(connection).await?;
    Ok((row.get::<i64, _>(0) as u64, row.get::<i64, _>(1) as u64))
}
