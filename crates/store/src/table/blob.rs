//! `blob`: which originals are on this disk.

use muster_domain::{digest::Digest, time::UtcMicros};
use sqlx::{Row, SqliteConnection};

use super::{bulk, digest, json_of_blobs, json_of_keys};

/// Lists blobs; those that are listed already are marked as used now.
pub async fn list(connection: &mut SqliteConnection, blobs: &[(Digest, u64)], now: UtcMicros) -> sqlx::Result<()> {
    const COLUMNS: usize = 4;
    for chunk in blobs.chunks(bulk::rows_per_statement(COLUMNS)) {
        let sql = bulk::values(
            "INSERT INTO blob (digest, bytes, stored_at_micros, used_at_micros)",
            COLUMNS,
            chunk.len(),
            "ON CONFLICT (digest) DO UPDATE SET bytes = excluded.bytes, used_at_micros = excluded.used_at_micros",
        );
        let mut query = sqlx::query(sql);
        for (digest, bytes) in chunk {
            query = query.bind(digest.as_bytes().as_slice()).bind(*bytes as i64).bind(now.0).bind(now.0);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Takes blobs off the list.
pub async fn unlist(connection: &mut SqliteConnection, digests: &[Digest]) -> sqlx::Result<u64> {
    let removed = sqlx::query("DELETE FROM blob WHERE digest IN (SELECT unhex(value) FROM json_each(?))")
        .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
        .execute(connection)
        .await?;
    Ok(removed.rows_affected())
}

/// Pins blobs or lets them go.
pub async fn pin(connection: &mut SqliteConnection, digests: &[Digest], pinned: bool) -> sqlx::Result<u64> {
    let changed = sqlx::query("UPDATE blob SET pinned = ? WHERE digest IN (SELECT unhex(value) FROM json_each(?))")
        .bind(pinned)
        .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
        .execute(connection)
        .await?;
    Ok(changed.rows_affected())
}

/// Marks blobs as used.
pub async fn touch(connection: &mut SqliteConnection, digests: &[Digest], now: UtcMicros) -> sqlx::Result<()> {
    sqlx::query("UPDATE blob SET used_at_micros = ? WHERE digest IN (SELECT unhex(value) FROM json_each(?))")
        .bind(now.0)
        .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Count, bytes and pinned bytes.
pub async fn usage(connection: &mut SqliteConnection) -> sqlx::Result<(u64, u64, u64)> {
    let row = sqlx::query(
        "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(CASE WHEN pinned THEN bytes END), 0) FROM blob",
    )
    .fetch_one(connection)
    .await?;
    Ok((row.get::<i64, _>(0) as u64, row.get::<i64, _>(1) as u64, row.get::<i64, _>(2) as u64))
}

/// Every listed blob with its size.
pub async fn all(connection: &mut SqliteConnection) -> sqlx::Result<Vec<(Digest, u64)>> {
    let rows = sqlx::query("SELECT digest, bytes FROM blob ORDER BY row_key").fetch_all(connection).await?;
    rows.iter().map(|row| Ok((digest(row.get(0))?, row.get::<i64, _>(1) as u64))).collect()
}

/// Unpinned blobs that a service can give again, least recently used first, after a moment and key of that order: each
/// with that moment and key.
pub async fn evictable(
    connection: &mut SqliteConnection,
    after: (i64, i64),
    limit: u32,
) -> sqlx::Result<Vec<(Digest, u64, (i64, i64))>> {
    let rows = sqlx::query(
        "SELECT digest, bytes, used_at_micros, row_key FROM blob
         WHERE pinned = 0 AND (used_at_micros, row_key) > (?, ?) AND EXISTS (
             SELECT 1 FROM asset
             JOIN capture ON capture.row_key = asset.capture_key
             JOIN service ON service.row_key = capture.service_key
             WHERE asset.digest = blob.digest AND service.removed_at_micros IS NULL AND asset.import_root_key IS NULL
         )
         ORDER BY used_at_micros, row_key LIMIT ?",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((digest(row.get(0))?, row.get::<i64, _>(1) as u64, (row.get(2), row.get(3))))).collect()
}

/// Those of the digests that a service can give again.
pub async fn at_services(connection: &mut SqliteConnection, digests: &[Digest]) -> sqlx::Result<Vec<Digest>> {
    let rows = sqlx::query(
        "SELECT unhex(value) FROM json_each(?) WHERE unhex(value) IN (
             SELECT asset.digest FROM asset
             JOIN capture ON capture.row_key = asset.capture_key
             JOIN service ON service.row_key = capture.service_key
             WHERE service.removed_at_micros IS NULL AND asset.import_root_key IS NULL
         )",
    )
    .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| digest(row.get(0))).collect()
}

/// Digests of stored assets of these captures that are not listed.
pub async fn missing(connection: &mut SqliteConnection, capture_keys: &[u32]) -> sqlx::Result<Vec<Digest>> {
    let rows = sqlx::query(
        "SELECT DISTINCT asset.digest FROM asset
         WHERE asset.capture_key IN (SELECT value FROM json_each(?)) AND asset.import_root_key IS NULL
         AND NOT EXISTS (SELECT 1 FROM blob WHERE blob.digest = asset.digest)",
    )
    .bind(json_of_keys(capture_keys))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| digest(row.get(0))).collect()
}
