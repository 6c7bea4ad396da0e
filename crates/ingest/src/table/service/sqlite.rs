//! The service's identity and keys in SQLite.

use muster_domain::{id::ServiceId, time::UtcMicros};
use muster_protocol::auth::PublicKey;
use sqlx::{Row, SqliteConnection};

use super::Identity;
use crate::IngestError;

/// Reads the identity; the first start writes the given one.
pub async fn claim(db: &mut SqliteConnection, new: Identity, now: UtcMicros) -> Result<Identity, IngestError> {
    sqlx::query(
        "INSERT INTO service (singleton, service_id, feed_epoch, created_at_micros) VALUES (1, ?, ?, ?)
         ON CONFLICT (singleton) DO NOTHING",
    )
    .bind(new.service_id.0)
    .bind(new.feed_epoch)
    .bind(now.0)
    .execute(&mut *db)
    .await?;
    let row = sqlx::query("SELECT service_id, feed_epoch FROM service").fetch_one(db).await?;
    Ok(Identity { service_id: ServiceId(row.try_get(0)?), feed_epoch: row.try_get(1)? })
}

/// Adds a receipt key that is not there yet.
pub async fn add_key(db: &mut SqliteConnection, key: &PublicKey, now: UtcMicros) -> Result<(), IngestError> {
    sqlx::query(
        "INSERT INTO receipt_key (key_id, public_key, created_at_micros) VALUES (?, ?, ?)
         ON CONFLICT (key_id) DO NOTHING",
    )
    .bind(&key.key_id)
    .bind(&key.public_key)
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(())
}

/// Present and former keys, newest first.
pub async fn keys(db: &mut SqliteConnection) -> Result<Vec<PublicKey>, IngestError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT key_id, public_key FROM receipt_key ORDER BY created_at_micros DESC, key_id")
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|(key_id, public_key)| PublicKey { key_id, public_key }).collect())
}
