//! Feed and snapshot in SQLite.

use futures::{Stream, StreamExt, TryStreamExt};
use muster_domain::{
    id::{CaptureId, DeviceId},
    time::UtcMicros,
};
use muster_protocol::{
    SignatureText,
    feed::{CaptureRecord, Wanted},
    receipt::Receipt,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::Entry;
use crate::{IngestError, table};

/// The position of the last event; 0 when there is none.
pub async fn head(db: &mut SqliteConnection) -> Result<i64, IngestError> {
    Ok(sqlx::query_scalar("SELECT COALESCE(MAX(position), 0) FROM feed").fetch_one(db).await?)
}

/// The events after a position, in order, as many as a reader takes.
pub fn after(db: &mut SqliteConnection, position: i64) -> impl Stream<Item = Result<Entry, IngestError>> {
    sqlx::query(
        "SELECT capture_id, device_id, device, capture.site, version, captured_at_micros, uncertainty_micros,
             offered_at_micros, committed_at_micros, root_hash, manifest, receipt_body, receipt_signature, position
         FROM feed JOIN capture USING (capture_key) JOIN device USING (device_key)
         WHERE position > ? ORDER BY position",
    )
    .bind(position)
    .fetch(db)
    .map(|row| {
        let row = row?;
        Ok(Entry { position: row.try_get(13)?, capture: record(&row)? })
    })
}

/// How many captures are wanted.
pub async fn count(db: &mut SqliteConnection, wanted: &Wanted) -> Result<u64, IngestError> {
    if wanted.is_all() {
        return table::capture::sqlite::count(db).await;
    }
    let [sites, devices] = names(wanted);
    let (from, until) = span(wanted);
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM capture JOIN device USING (device_key)
         WHERE (?1 = '[]' OR capture.site IN (SELECT value FROM json_each(?1)))
         AND (?2 = '[]' OR device IN (SELECT value FROM json_each(?2)))
         AND captured_at_micros >= ?3 AND captured_at_micros < ?4",
    )
    .bind(sites)
    .bind(devices)
    .bind(from)
    .bind(until)
    .fetch_one(db)
    .await?;
    Ok(count.unsigned_abs())
}

/// Every capture that is wanted, in the order of their commits.
pub fn all(db: &mut SqliteConnection, wanted: &Wanted) -> impl Stream<Item = Result<CaptureRecord, IngestError>> {
    let [sites, devices] = names(wanted);
    let (from, until) = span(wanted);
    sqlx::query(
        "SELECT capture_id, device_id, device, capture.site, version, captured_at_micros, uncertainty_micros,
             offered_at_micros, committed_at_micros, root_hash, manifest, receipt_body, receipt_signature
         FROM capture JOIN device USING (device_key)
         WHERE (?1 = '[]' OR capture.site IN (SELECT value FROM json_each(?1)))
         AND (?2 = '[]' OR device IN (SELECT value FROM json_each(?2)))
         AND captured_at_micros >= ?3 AND captured_at_micros < ?4
         ORDER BY capture_key",
    )
    .bind(sites)
    .bind(devices)
    .bind(from)
    .bind(until)
    .fetch(db)
    .map_err(IngestError::from)
    .and_then(|row| std::future::ready(record(&row)))
}

fn names(wanted: &Wanted) -> [String; 2] {
    [&wanted.sites, &wanted.devices].map(|names| serde_json::json!(names).to_string())
}

fn span(wanted: &Wanted) -> (i64, i64) {
    let bound = |at: Option<UtcMicros>, none: i64| at.map_or(none, |at| at.0);
    (bound(wanted.from_micros, i64::MIN), bound(wanted.until_micros, i64::MAX))
}

fn record(row: &SqliteRow) -> Result<CaptureRecord, IngestError> {
    Ok(CaptureRecord {
        capture_id: CaptureId(row.try_get(0)?),
        device_id: DeviceId(row.try_get(1)?),
        device: row.try_get(2)?,
        site: row.try_get(3)?,
        version: row.try_get(4)?,
        captured_at_micros: UtcMicros(row.try_get(5)?),
        uncertainty_micros: row.try_get(6)?,
        offered_at_micros: UtcMicros(row.try_get(7)?),
        committed_at_micros: UtcMicros(row.try_get(8)?),
        root_hash: table::digest(row.try_get(9)?)?,
        manifest: row.try_get(10)?,
        receipt: Receipt { body: row.try_get(11)?, signature: SignatureText(row.try_get(12)?) },
    })
}
