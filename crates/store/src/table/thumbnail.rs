//! `thumbnail` in `thumbs.db` and `piece` in `pieces.db`.

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

/// The schema version of the file.
pub async fn version(connection: &mut SqliteConnection) -> sqlx::Result<i32> {
    sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await
}

/// The smallest of at least this size, else the largest.
pub async fn nearest(
    connection: &mut SqliteConnection,
    digest: &Digest,
    size_px: u32,
) -> sqlx::Result<Option<(u32, Vec<u8>)>> {
    let row = sqlx::query(
        "SELECT size_px, picture FROM thumbnail WHERE digest = ?1
         ORDER BY size_px < ?2, CASE WHEN size_px < ?2 THEN -size_px ELSE size_px END LIMIT 1",
    )
    .bind(digest.as_bytes().as_slice())
    .bind(size_px)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}

/// Makes the table of pieces where it is missing. Its row keys rise, so that the oldest have the lowest.
pub async fn prepare_pieces(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS piece (
             row_key INTEGER PRIMARY KEY,
             digest BLOB NOT NULL CHECK (length(digest) = 32),
             what TEXT NOT NULL,
             picture BLOB NOT NULL,
             UNIQUE (digest, what)
         ) STRICT",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One piece.
pub async fn piece(connection: &mut SqliteConnection, digest: &Digest, what: &str) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("SELECT picture FROM piece WHERE digest = ? AND what = ?")
        .bind(digest.as_bytes().as_slice())
        .bind(what)
        .fetch_optional(connection)
        .await
}

/// Saves one piece.
pub async fn put_piece(
    connection: &mut SqliteConnection,
    digest: &Digest,
    what: &str,
    picture: &[u8],
) -> sqlx::Result<()> {
    sqlx::query("INSERT OR REPLACE INTO piece (digest, what, picture) VALUES (?, ?, ?)")
        .bind(digest.as_bytes().as_slice())
        .bind(what)
        .bind(picture)
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes every piece of these.
pub async fn remove_pieces(connection: &mut SqliteConnection, digests: &[Digest]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM piece WHERE digest IN (SELECT unhex(value) FROM json_each(?))")
        .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
        .execute(connection)
        .await?;
    Ok(())
}

/// The bytes of the pages that are in use.
pub async fn used_bytes(connection: &mut SqliteConnection) -> sqlx::Result<u64> {
    let mut pragma = [0i64; 3];
    for (value, sql) in pragma.iter_mut().zip(["PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size"]) {
        *value = sqlx::query_scalar(sql).fetch_one(&mut *connection).await?;
    }
    Ok(((pragma[0] - pragma[1]).max(0) * pragma[2]) as u64)
}

/// Removes the oldest pieces; how many.
pub async fn remove_oldest_pieces(connection: &mut SqliteConnection, count: u32) -> sqlx::Result<u64> {
    let removed =
        sqlx::query("DELETE FROM piece WHERE row_key IN (SELECT row_key FROM piece ORDER BY row_key LIMIT ?)")
            .bind(count)
            .execute(connection)
            .await?;
    Ok(removed.rows_affected())
}
