//! `kept_aside`: what a service sent and this version could not read.

use muster_domain::{digest::Digest, id::CaptureId, time::UtcMicros};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::json_of_blobs;
use crate::aside::{KeptAside, Unread};

/// Keeps a record; the same again changes its reason alone.
pub async fn keep(
    connection: &mut SqliteConnection,
    service_key: i64,
    unread: &Unread,
    now: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO kept_aside (service_key, record_hash, capture_id, record, reason, kept_at_micros)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (service_key, record_hash) DO UPDATE SET reason = excluded.reason",
    )
    .bind(service_key)
    .bind(Digest::of(&unread.record).as_bytes().as_slice())
    .bind(unread.capture_id.map(|id| id.0))
    .bind(unread.record.as_slice())
    .bind(&unread.reason)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets what was kept of these captures, because they can be read by now.
pub async fn settle(connection: &mut SqliteConnection, service_key: i64, ids: &[CaptureId]) -> sqlx::Result<u64> {
    let any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM kept_aside WHERE service_key = ?)")
        .bind(service_key)
        .fetch_one(&mut *connection)
        .await?;
    if !any {
        return Ok(0);
    }
    let settled = sqlx::query(
        "DELETE FROM kept_aside WHERE service_key = ? AND capture_id IN (SELECT unhex(value) FROM json_each(?))",
    )
    .bind(service_key)
    .bind(json_of_blobs(ids.iter().map(CaptureId::as_bytes)))
    .execute(connection)
    .await?;
    Ok(settled.rows_affected())
}

/// Forgets records.
pub async fn remove(connection: &mut SqliteConnection, row_keys: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM kept_aside WHERE row_key IN (SELECT value FROM json_each(?))")
        .bind(row_keys)
        .execute(connection)
        .await?;
    Ok(())
}

/// How many are kept of a service.
pub async fn count(connection: &mut SqliteConnection, service_key: i64) -> sqlx::Result<u64> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM kept_aside WHERE service_key = ?")
        .bind(service_key)
        .fetch_one(connection)
        .await?;
    Ok(count as u64)
}

/// The next records of a service after a key, oldest first.
pub async fn after(
    connection: &mut SqliteConnection,
    service_key: i64,
    row_key: u64,
    limit: u32,
) -> sqlx::Result<Vec<KeptAside>> {
    let rows = sqlx::query(
        "SELECT row_key, capture_id, record, reason, kept_at_micros FROM kept_aside
         WHERE service_key = ? AND row_key > ? ORDER BY row_key LIMIT ?",
    )
    .bind(service_key)
    .bind(row_key as i64)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| KeptAside {
        row_key: row.get::<i64, _>(0) as u64,
        unread: Unread {
            capture_id: row.get::<Option<_>, _>(1).map(CaptureId),
            record: row.get(2),
            reason: row.get(3),
        },
        kept_at: UtcMicros(row.get(4)),
    };
    Ok(rows.iter().map(read).collect())
}
