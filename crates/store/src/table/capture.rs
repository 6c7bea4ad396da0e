//! `capture`, `capture_manifest`: the rows themselves.

use muster_domain::{
    digest::Digest,
    id::{CaptureId, DeviceId},
    time::UtcMicros,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{bulk, digest, json_of_blobs, json_of_keys};
use crate::capture::StoredManifest;

/// What is known about a capture that comes again.
pub struct Known {
    /// Its id.
    pub capture_id: CaptureId,
    /// Its key.
    pub row_key: u32,
    /// The service's version of its row.
    pub service_version: Option<u32>,
    /// True when it was erased here.
    pub erased: bool,
    /// The hash of its manifest, where it was asked for and there is one.
    pub root_hash: Option<Digest>,
}

/// Those of the ids that are known, without the hashes of their manifests: those lie in another table, a page or more
/// each, and only what is delivered again asks for them.
pub async fn known(connection: &mut SqliteConnection, ids: &[CaptureId]) -> sqlx::Result<Vec<Known>> {
    let rows = sqlx::query(
        "SELECT capture_id, row_key, service_version, erased_at_micros IS NOT NULL, NULL FROM capture
         WHERE capture_id IN (SELECT unhex(value) FROM json_each(?))",
    )
    .bind(json_of_blobs(ids.iter().map(CaptureId::as_bytes)))
    .fetch_all(connection)
    .await?;
    rows.iter().map(read_known).collect()
}

/// Those of the ids that are known, with the hashes of their manifests.
pub async fn known_with_hashes(connection: &mut SqliteConnection, ids: &[CaptureId]) -> sqlx::Result<Vec<Known>> {
    let rows = sqlx::query(
        "SELECT capture.capture_id, capture.row_key, capture.service_version, capture.erased_at_micros IS NOT NULL,
             capture_manifest.root_hash
         FROM capture LEFT JOIN capture_manifest ON capture_manifest.capture_key = capture.row_key
         WHERE capture.capture_id IN (SELECT unhex(value) FROM json_each(?))",
    )
    .bind(json_of_blobs(ids.iter().map(CaptureId::as_bytes)))
    .fetch_all(connection)
    .await?;
    rows.iter().map(read_known).collect()
}

fn read_known(row: &SqliteRow) -> sqlx::Result<Known> {
    Ok(Known {
        capture_id: CaptureId(row.get(0)),
        row_key: row.get(1),
        service_version: row.get(2),
        erased: row.get(3),
        root_hash: row.get::<Option<&[u8]>, _>(4).map(digest).transpose()?,
    })
}

/// The highest row key that was ever given.
pub async fn highest_key(connection: &mut SqliteConnection) -> sqlx::Result<u32> {
    let key: Option<u32> =
        sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'capture'").fetch_optional(connection).await?;
    Ok(key.unwrap_or(0))
}

/// A row to insert, with keys in place of names.
pub struct CaptureRecord {
    /// Its key.
    pub row_key: u32,
    /// Its id.
    pub capture_id: CaptureId,
    /// The service that delivered it.
    pub service_key: Option<i64>,
    /// The service's version of the row.
    pub service_version: Option<u32>,
    /// The device and site.
    pub device: Option<(i64, i64)>,
    /// The import root and the path below it.
    pub import: Option<(i64, String)>,
    /// The estimate.
    pub captured_at: UtcMicros,
    /// Its uncertainty.
    pub uncertainty_micros: i64,
    /// When it was received.
    pub received_at: UtcMicros,
    /// The trigger.
    pub trigger_rule_key: Option<i64>,
    /// The values that fired it, as JSON.
    pub trigger_values: Option<String>,
    /// The signals, as JSON; none where there are none.
    pub signals: Option<String>,
}

/// Inserts new captures.
pub async fn insert(connection: &mut SqliteConnection, records: &[CaptureRecord]) -> sqlx::Result<()> {
    const COLUMNS: usize = 14;
    for chunk in records.chunks(bulk::rows_per_statement(COLUMNS)) {
        let sql = bulk::values(
            "INSERT INTO capture (row_key, capture_id, service_key, service_version, device_key, site_key,
                 import_root_key, relative_path, captured_at_micros, uncertainty_micros, received_at_micros,
                 trigger_rule_key, trigger_values, signals)",
            COLUMNS,
            chunk.len(),
            "",
        );
        let mut query = sqlx::query(sql);
        for record in chunk {
            query = query
                .bind(record.row_key)
                .bind(record.capture_id.0)
                .bind(record.service_key)
                .bind(record.service_version)
                .bind(record.device.map(|(device, _)| device))
                .bind(record.device.map(|(_, site)| site))
                .bind(record.import.as_ref().map(|(root, _)| *root))
                .bind(record.import.as_ref().map(|(_, path)| path.as_str()))
                .bind(record.captured_at.0)
                .bind(record.uncertainty_micros)
                .bind(record.received_at.0)
                .bind(record.trigger_rule_key)
                .bind(record.trigger_values.as_deref())
                .bind(record.signals.as_deref());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Revises the row of a synced capture. Its manifest never changes, so neither do its assets and signals.
pub async fn revise(connection: &mut SqliteConnection, record: &CaptureRecord, receipt: &str) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE capture SET service_key = ?, service_version = ?, device_key = ?, site_key = ?,
             captured_at_micros = ?, uncertainty_micros = ?, received_at_micros = ?
         WHERE row_key = ?",
    )
    .bind(record.service_key)
    .bind(record.service_version)
    .bind(record.device.map(|(device, _)| device))
    .bind(record.device.map(|(_, site)| site))
    .bind(record.captured_at.0)
    .bind(record.uncertainty_micros)
    .bind(record.received_at.0)
    .bind(record.row_key)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE capture_manifest SET receipt = ? WHERE capture_key = ?")
        .bind(receipt)
        .bind(record.row_key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Inserts manifests: key, hash, the exact bytes, the receipt.
pub async fn insert_manifests(
    connection: &mut SqliteConnection,
    manifests: &[(u32, Digest, &str, &str)],
) -> sqlx::Result<()> {
    const COLUMNS: usize = 4;
    for chunk in manifests.chunks(bulk::rows_per_statement(COLUMNS)) {
        let sql = bulk::values(
            "INSERT INTO capture_manifest (capture_key, root_hash, manifest, receipt)",
            COLUMNS,
            chunk.len(),
            "",
        );
        let mut query = sqlx::query(sql);
        for (key, root_hash, manifest, receipt) in chunk {
            query = query.bind(key).bind(root_hash.as_bytes().as_slice()).bind(*manifest).bind(*receipt);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// The manifest of a capture.
pub async fn manifest(
    connection: &mut SqliteConnection,
    capture_id: CaptureId,
) -> sqlx::Result<Option<StoredManifest>> {
    let row = sqlx::query(
        "SELECT capture_manifest.manifest, capture_manifest.root_hash, capture_manifest.receipt
         FROM capture_manifest JOIN capture ON capture.row_key = capture_manifest.capture_key
         WHERE capture.capture_id = ?",
    )
    .bind(capture_id.0)
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok(StoredManifest { manifest: row.get(0), root_hash: digest(row.get(1))?, receipt: row.get(2) }))
        .transpose()
}

/// Captures at paths: below their import root, or in full.
pub async fn at_paths(connection: &mut SqliteConnection, paths: &[String]) -> sqlx::Result<Vec<(String, CaptureId)>> {
    let json: serde_json::Value = paths.iter().map(String::as_str).collect();
    let rows: Vec<(String, uuid::Uuid)> = sqlx::query_as(
        "SELECT wanted.value, capture.capture_id
         FROM json_each(?) AS wanted
         JOIN import_root
         JOIN capture ON capture.import_root_key = import_root.row_key AND capture.relative_path = iif(
             substr(wanted.value, 1, length(import_root.path) + 1) = import_root.path || '/',
             substr(wanted.value, length(import_root.path) + 2), wanted.value)
         WHERE capture.erased_at_micros IS NULL",
    )
    .bind(json.to_string())
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(path, id)| (path, CaptureId(id))).collect())
}

/// The ids of captures that are not erased, in the order of their keys.
pub async fn ids(connection: &mut SqliteConnection, keys: &[u32]) -> sqlx::Result<Vec<CaptureId>> {
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar(
        "SELECT capture_id FROM capture
         WHERE row_key IN (SELECT value FROM json_each(?)) AND erased_at_micros IS NULL ORDER BY row_key",
    )
    .bind(json_of_keys(keys))
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(CaptureId).collect())
}

/// The key of a capture that is not erased.
pub async fn key(connection: &mut SqliteConnection, capture_id: CaptureId) -> sqlx::Result<Option<u32>> {
    sqlx::query_scalar("SELECT row_key FROM capture WHERE capture_id = ? AND erased_at_micros IS NULL")
        .bind(capture_id.0)
        .fetch_optional(connection)
        .await
}

/// The next keys after one, ascending, of captures that are not erased.
pub async fn keys_after(connection: &mut SqliteConnection, after: u32, limit: u32) -> sqlx::Result<Vec<u32>> {
    sqlx::query_scalar(
        "SELECT row_key FROM capture WHERE row_key > ? AND erased_at_micros IS NULL ORDER BY row_key LIMIT ?",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// A capture's row with names in place of keys.
pub struct CaptureLine {
    /// Its key.
    pub row_key: u32,
    /// Its id.
    pub capture_id: CaptureId,
    /// The device, its name and its site.
    pub device: Option<(DeviceId, String, String)>,
    /// The time zone of its site.
    pub time_zone: Option<String>,
    /// The import root and the path below it.
    pub import: Option<(String, String)>,
    /// The estimate.
    pub captured_at: UtcMicros,
    /// Its uncertainty.
    pub uncertainty_micros: i64,
    /// When it was received.
    pub received_at: UtcMicros,
    /// Degrees north and east.
    pub place: Option<(f64, f64)>,
    /// The trigger: name, version, expression, values as JSON.
    pub trigger: Option<(String, u32, String, Option<String>)>,
    /// The signals as JSON.
    pub signals: Option<String>,
}

/// The rows of captures that are not erased, in the order of their keys.
pub async fn lines(connection: &mut SqliteConnection, keys: &[u32]) -> sqlx::Result<Vec<CaptureLine>> {
    let rows = sqlx::query(
        "SELECT capture.row_key, capture.capture_id, device.device_id, device.name AS device, site.name AS site,
             site.time_zone,
             import_root.name AS import_root, capture.relative_path, capture.captured_at_micros,
             capture.uncertainty_micros, capture.received_at_micros, trigger_rule.name AS trigger_name,
             trigger_rule.version AS trigger_version, trigger_rule.expression, capture.trigger_values, capture.signals,
             capture.latitude, capture.longitude
         FROM capture
         LEFT JOIN device ON device.row_key = capture.device_key
         LEFT JOIN site ON site.row_key = capture.site_key
         LEFT JOIN import_root ON import_root.row_key = capture.import_root_key
         LEFT JOIN trigger_rule ON trigger_rule.row_key = capture.trigger_rule_key
         WHERE capture.row_key IN (SELECT value FROM json_each(?)) AND capture.erased_at_micros IS NULL
         ORDER BY capture.row_key",
    )
    .bind(json_of_keys(keys))
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(read_line).collect())
}

fn read_line(row: &SqliteRow) -> CaptureLine {
    let device =
        row.get::<Option<_>, _>("device_id").map(|device_id| (DeviceId(device_id), row.get("device"), row.get("site")));
    let import = row.get::<Option<_>, _>("import_root").map(|root| (root, row.get("relative_path")));
    let trigger = row
        .get::<Option<_>, _>("trigger_name")
        .map(|name| (name, row.get("trigger_version"), row.get("expression"), row.get("trigger_values")));
    CaptureLine {
        row_key: row.get("row_key"),
        capture_id: CaptureId(row.get("capture_id")),
        device,
        time_zone: row.get("time_zone"),
        import,
        captured_at: UtcMicros(row.get("captured_at_micros")),
        uncertainty_micros: row.get("uncertainty_micros"),
        received_at: UtcMicros(row.get("received_at_micros")),
        place: row.get::<Option<f64>, _>("latitude").zip(row.get("longitude")),
        trigger,
        signals: row.get("signals"),
    }
}

/// Makes tombstones of captures.
pub async fn erase(connection: &mut SqliteConnection, keys: &[u32], reason: &str, now: UtcMicros) -> sqlx::Result<()> {
    // Children first. An operation keeps its row and loses its diff; a submission says nothing about the picture.
    const CHILDREN: [&str; 10] = [
        "DELETE FROM annotation_tag WHERE annotation_key IN (SELECT row_key FROM annotation
         WHERE capture_key IN (SELECT value FROM json_each(?)))",
        "DELETE FROM annotation_field WHERE annotation_key IN (SELECT row_key FROM annotation
         WHERE capture_key IN (SELECT value FROM json_each(?)))",
        "DELETE FROM annotation WHERE capture_key IN (SELECT value FROM json_each(?))",
        "DELETE FROM offline_capture WHERE capture_key IN (SELECT value FROM json_each(?))",
        "DELETE FROM capture_tag WHERE capture_key IN (SELECT value FROM json_each(?))",
        "DELETE FROM capture_field WHERE capture_key IN (SELECT value FROM json_each(?))",
        "DELETE FROM capture_note WHERE capture_key IN (SELECT value FROM json_each(?))",
        "DELETE FROM import_file WHERE capture_key IN (SELECT value FROM json_each(?))",
        "DELETE FROM capture_manifest WHERE capture_key IN (SELECT value FROM json_each(?))",
        "DELETE FROM model_run WHERE capture_key IN (SELECT value FROM json_each(?))",
    ];
    let keys = json_of_keys(keys);
    for sql in CHILDREN {
        sqlx::query(sql).bind(&keys).execute(&mut *connection).await?;
    }
    sqlx::query(
        "UPDATE operation SET diff = NULL WHERE diff IS NOT NULL AND row_key IN (
             SELECT operation_key FROM operation_capture WHERE capture_key IN (SELECT value FROM json_each(?)))",
    )
    .bind(&keys)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM asset WHERE capture_key IN (SELECT value FROM json_each(?))")
        .bind(&keys)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE capture SET import_root_key = NULL, relative_path = NULL, trigger_values = NULL, signals = NULL,
             latitude = NULL, longitude = NULL, erased_at_micros = ?, erased_reason = ?
         WHERE row_key IN (SELECT value FROM json_each(?))",
    )
    .bind(now.0)
    .bind(reason)
    .bind(&keys)
    .execute(connection)
    .await?;
    Ok(())
}

/// Overwrites what is deleted from now on with zeros, or stops doing so.
pub async fn secure_delete(connection: &mut SqliteConnection, on: bool) -> sqlx::Result<()> {
    let sql = if on { "PRAGMA secure_delete = ON" } else { "PRAGMA secure_delete = OFF" };
    sqlx::query(sql).execute(connection).await?;
    Ok(())
}

/// Moves the write-ahead log into the database and empties it, so that it holds nothing that was erased.
pub async fn empty_wal(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await?;
    Ok(())
}
