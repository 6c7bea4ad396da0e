//! `offline_set`, `offline_capture`: captures whose originals are kept on this machine.

use muster_domain::{digest::Digest, id::PersonId, time::UtcMicros};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::{digest, json_of_blobs, json_of_keys};
use crate::offline::{NewOfflineSet, OfflineSet};

/// Adds a set; captures that are erased by now are left out.
pub async fn add(
    connection: &mut SqliteConnection,
    set: &NewOfflineSet,
    row_keys: &[u32],
    now: UtcMicros,
) -> sqlx::Result<()> {
    let key = sqlx::query(
        "INSERT INTO offline_set (offline_id, name, query, person_id, made_at_micros) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(set.offline_id)
    .bind(&set.name)
    .bind(&set.query)
    .bind(set.person_id.0)
    .bind(now.0)
    .execute(&mut *connection)
    .await?
    .last_insert_rowid();
    sqlx::query(
        "INSERT OR IGNORE INTO offline_capture (offline_key, capture_key)
         SELECT ?, row_key FROM capture
         WHERE row_key IN (SELECT value FROM json_each(?)) AND erased_at_micros IS NULL",
    )
    .bind(key)
    .bind(json_of_keys(row_keys))
    .execute(connection)
    .await?;
    Ok(())
}

/// The key of a set.
pub async fn key(connection: &mut SqliteConnection, offline_id: Uuid) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT row_key FROM offline_set WHERE offline_id = ?")
        .bind(offline_id)
        .fetch_optional(connection)
        .await
}

/// All sets, newest first, with how much of each is here.
pub async fn all(connection: &mut SqliteConnection) -> sqlx::Result<Vec<OfflineSet>> {
    // A capture is ready when nothing of it that a service holds is missing on this disk.
    let rows = sqlx::query(
        "SELECT offline_id, name, query, person_id, made_at_micros,
             (SELECT count(*) FROM offline_capture WHERE offline_key = offline_set.row_key) AS captures,
             (SELECT count(*) FROM offline_capture WHERE offline_key = offline_set.row_key AND NOT EXISTS (
                 SELECT 1 FROM asset WHERE asset.capture_key = offline_capture.capture_key
                 AND asset.import_root_key IS NULL
                 AND NOT EXISTS (SELECT 1 FROM blob WHERE blob.digest = asset.digest))) AS ready,
             (SELECT coalesce(sum(bytes), 0) FROM (
                 SELECT DISTINCT asset.digest, asset.bytes FROM offline_capture
                 JOIN asset ON asset.capture_key = offline_capture.capture_key
                 WHERE offline_key = offline_set.row_key AND asset.import_root_key IS NULL)) AS bytes,
             (SELECT coalesce(sum(blob.bytes), 0) FROM blob WHERE blob.digest IN (
                 SELECT asset.digest FROM offline_capture
                 JOIN asset ON asset.capture_key = offline_capture.capture_key
                 WHERE offline_key = offline_set.row_key)) AS ready_bytes
         FROM offline_set ORDER BY row_key DESC",
    )
    .fetch_all(connection)
    .await?;
    let count = |row: &SqliteRow, column: &str| row.get::<i64, _>(column) as u64;
    let read = |row: &SqliteRow| OfflineSet {
        offline_id: row.get("offline_id"),
        name: row.get("name"),
        query: row.get("query"),
        person_id: PersonId(row.get("person_id")),
        made_at: UtcMicros(row.get("made_at_micros")),
        captures: count(row, "captures"),
        ready: count(row, "ready"),
        bytes: count(row, "bytes"),
        ready_bytes: count(row, "ready_bytes"),
    };
    Ok(rows.iter().map(read).collect())
}

/// What of a set is missing on this disk: captures after a key with each of their stored assets, by capture.
pub async fn missing(
    connection: &mut SqliteConnection,
    offline_key: i64,
    after: u32,
    limit: u32,
) -> sqlx::Result<Vec<(u32, Digest, u64)>> {
    let rows = sqlx::query(
        "SELECT asset.capture_key, asset.digest, asset.bytes FROM (
             SELECT capture_key FROM offline_capture WHERE offline_key = ?1 AND capture_key > ?2
             AND EXISTS (SELECT 1 FROM asset WHERE asset.capture_key = offline_capture.capture_key
                 AND asset.import_root_key IS NULL
                 AND NOT EXISTS (SELECT 1 FROM blob WHERE blob.digest = asset.digest))
             ORDER BY capture_key LIMIT ?3) AS waiting
         JOIN asset ON asset.capture_key = waiting.capture_key
         WHERE asset.import_root_key IS NULL
         AND NOT EXISTS (SELECT 1 FROM blob WHERE blob.digest = asset.digest)
         ORDER BY asset.capture_key, asset.ordinal",
    )
    .bind(offline_key)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((row.get(0), digest(row.get(1))?, row.get::<i64, _>(2) as u64))).collect()
}

/// Captures of a set after a key.
pub async fn captures(
    connection: &mut SqliteConnection,
    offline_key: i64,
    after: u32,
    limit: u32,
) -> sqlx::Result<Vec<u32>> {
    sqlx::query_scalar(
        "SELECT capture_key FROM offline_capture WHERE offline_key = ? AND capture_key > ?
         ORDER BY capture_key LIMIT ?",
    )
    .bind(offline_key)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Removes a set.
pub async fn remove(connection: &mut SqliteConnection, offline_key: i64) -> sqlx::Result<()> {
    for sql in ["DELETE FROM offline_capture WHERE offline_key = ?", "DELETE FROM offline_set WHERE row_key = ?"] {
        sqlx::query(sql).bind(offline_key).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Pins every blob that a set needs, and no other.
pub async fn pin_what_is_needed(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query(
        "WITH needed AS (
             SELECT asset.digest FROM offline_capture JOIN asset ON asset.capture_key = offline_capture.capture_key
             WHERE asset.import_root_key IS NULL)
         UPDATE blob SET pinned = NOT pinned WHERE pinned <> (digest IN (SELECT digest FROM needed))",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Pins those of these blobs that a set needs.
pub async fn pin_new(connection: &mut SqliteConnection, digests: &[Digest]) -> sqlx::Result<()> {
    let any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM offline_set)").fetch_one(&mut *connection).await?;
    if !any {
        return Ok(());
    }
    sqlx::query(
        "UPDATE blob SET pinned = 1
         WHERE digest IN (SELECT unhex(value) FROM json_each(?)) AND EXISTS (
             SELECT 1 FROM asset JOIN offline_capture ON offline_capture.capture_key = asset.capture_key
             WHERE asset.digest = blob.digest)",
    )
    .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
    .execute(connection)
    .await?;
    Ok(())
}
