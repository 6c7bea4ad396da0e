//! Offers, captures, assets and the ledger in SQLite.

use muster_domain::{digest::Digest, id::CaptureId, time::UtcMicros};
use muster_protocol::{SignatureText, receipt::Receipt};
use sqlx::{Row, SqliteConnection};

use super::{Commit, Committed, NewCapture, NewOffer};
use crate::{IngestError, limit::OFFER_DAYS, table};

/// Remembers when a capture was first offered.
pub async fn offer(db: &mut SqliteConnection, offer: &NewOffer) -> Result<(), IngestError> {
    let result = sqlx::query(
        "INSERT INTO offer (capture_id, device_key, offered_at_micros) SELECT ?1, ?2, ?3
         WHERE NOT EXISTS (SELECT 1 FROM capture WHERE capture_id = ?1) ON CONFLICT (capture_id) DO NOTHING",
    )
    .bind(offer.capture_id.0)
    .bind(offer.device_key)
    .bind(offer.at.0)
    .execute(&mut *db)
    .await?;
    if result.rows_affected() == 1 {
        sqlx::query("INSERT INTO ledger (capture_id, event, at_micros) VALUES (?, 'offered', ?)")
            .bind(offer.capture_id.0)
            .bind(offer.at.0)
            .execute(db)
            .await?;
    }
    Ok(())
}

/// When this device first offered the capture.
pub async fn offered_at(
    db: &mut SqliteConnection,
    capture_id: CaptureId,
    device_key: i64,
) -> Result<Option<UtcMicros>, IngestError> {
    let at: Option<i64> =
        sqlx::query_scalar("SELECT offered_at_micros FROM offer WHERE capture_id = ? AND device_key = ?")
            .bind(capture_id.0)
            .bind(device_key)
            .fetch_optional(db)
            .await?;
    Ok(at.map(UtcMicros))
}

/// Forgets offers that never were committed.
pub async fn forget_old_offers(db: &mut SqliteConnection, now: UtcMicros) -> Result<u64, IngestError> {
    let before = now.0 - OFFER_DAYS * 86_400_000_000;
    let result = sqlx::query("DELETE FROM offer WHERE offered_at_micros < ?").bind(before).execute(db).await?;
    Ok(result.rows_affected())
}

/// What is committed under an id.
pub async fn find(db: &mut SqliteConnection, capture_id: CaptureId) -> Result<Option<Committed>, IngestError> {
    let row = sqlx::query("SELECT root_hash, receipt_body, receipt_signature FROM capture WHERE capture_id = ?")
        .bind(capture_id.0)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let receipt = Receipt { body: row.try_get(1)?, signature: SignatureText(row.try_get(2)?) };
    Ok(Some(Committed { root_hash: table::digest(row.try_get(0)?)?, receipt }))
}

/// Writes row, assets, ledger and feed event, inside the caller's transaction.
pub async fn commit(db: &mut SqliteConnection, new: &NewCapture) -> Result<Commit, IngestError> {
    if let Some(committed) = find(db, new.capture_id).await? {
        let is_same = committed.root_hash == new.root_hash;
        return Ok(if is_same { Commit::Repeated(committed.receipt) } else { Commit::Conflict });
    }
    let capture_key = insert(db, new).await?;
    for (ordinal, (digest, bytes)) in (0_i64..).zip(&new.assets) {
        sqlx::query("INSERT INTO asset (capture_key, ordinal, blake3, bytes) VALUES (?, ?, ?, ?)")
            .bind(capture_key)
            .bind(ordinal)
            .bind(digest.as_bytes().as_slice())
            .bind(*bytes as i64)
            .execute(&mut *db)
            .await?;
    }
    sqlx::query("DELETE FROM offer WHERE capture_id = ?").bind(new.capture_id.0).execute(&mut *db).await?;
    record(db, new).await?;
    sqlx::query("INSERT INTO feed (capture_key, event) VALUES (?, 'capture')").bind(capture_key).execute(db).await?;
    Ok(Commit::New(new.receipt.clone()))
}

async fn insert(db: &mut SqliteConnection, new: &NewCapture) -> Result<i64, IngestError> {
    Ok(sqlx::query_scalar(
        "INSERT INTO capture (capture_id, device_key, device, site, epoch, seq, version, captured_at_micros,
             uncertainty_micros, offered_at_micros, committed_at_micros, root_hash, manifest, receipt_body,
             receipt_signature)
         VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING capture_key",
    )
    .bind(new.capture_id.0)
    .bind(new.device_key)
    .bind(&new.device)
    .bind(&new.site)
    .bind(new.epoch)
    .bind(new.seq as i64)
    .bind(new.captured_at.0)
    .bind(new.uncertainty_micros)
    .bind(new.offered_at.0)
    .bind(new.committed_at.0)
    .bind(new.root_hash.as_bytes().as_slice())
    .bind(&new.manifest)
    .bind(&new.receipt.body)
    .bind(&new.receipt.signature.0)
    .fetch_one(db)
    .await?)
}

async fn record(db: &mut SqliteConnection, new: &NewCapture) -> Result<(), IngestError> {
    let hash = blake3::Hasher::new().update(&new.ledger_salt).update(new.ledger_payload.as_bytes()).finalize();
    sqlx::query(
        "INSERT INTO ledger (capture_id, event, at_micros, payload, payload_salt, payload_hash)
         VALUES (?, 'committed', ?, ?, ?, ?)",
    )
    .bind(new.capture_id.0)
    .bind(new.committed_at.0)
    .bind(&new.ledger_payload)
    .bind(new.ledger_salt.as_slice())
    .bind(hash.as_bytes().as_slice())
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a committed capture has an asset with this digest.
pub async fn is_asset(db: &mut SqliteConnection, digest: &Digest) -> Result<bool, IngestError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM asset WHERE blake3 = ?)")
        .bind(digest.as_bytes().as_slice())
        .fetch_one(db)
        .await?)
}

/// Every distinct asset, with its size.
pub async fn assets(db: &mut SqliteConnection) -> Result<Vec<(Digest, u64)>, IngestError> {
    let rows = sqlx::query("SELECT DISTINCT blake3, bytes FROM asset ORDER BY blake3").fetch_all(db).await?;
    let asset = |row: sqlx::sqlite::SqliteRow| -> Result<_, IngestError> {
        Ok((table::digest(row.try_get(0)?)?, row.try_get::<i64, _>(1)?.unsigned_abs()))
    };
    rows.into_iter().map(asset).collect()
}

/// How many captures are committed.
pub async fn count(db: &mut SqliteConnection) -> Result<u64, IngestError> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM capture").fetch_one(db).await?;
    Ok(count.unsigned_abs())
}
