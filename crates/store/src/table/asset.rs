//! `asset`: the files of a capture.

use muster_domain::{
    capture::{Asset, MediaPlace},
    digest::Digest,
    id::CaptureId,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{bulk, digest, json_of_blobs, json_of_keys};

/// An asset to insert.
pub struct AssetRecord<'a> {
    /// The capture.
    pub capture_key: u32,
    /// Its place in the capture.
    pub ordinal: u32,
    /// What it is.
    pub asset: &'a Asset,
    /// The import root of a referenced one.
    pub import_root_key: Option<i64>,
}

/// Inserts assets.
pub async fn insert(connection: &mut SqliteConnection, records: &[AssetRecord<'_>]) -> sqlx::Result<()> {
    const COLUMNS: usize = 12;
    for chunk in records.chunks(bulk::rows_per_statement(COLUMNS)) {
        let sql = bulk::values(
            "INSERT INTO asset (capture_key, ordinal, name, stream, media_type, bytes, digest, width_px, height_px,
                 duration_micros, import_root_key, relative_path)",
            COLUMNS,
            chunk.len(),
            "",
        );
        let mut query = sqlx::query(sql);
        for record in chunk {
            let asset = record.asset;
            let relative_path = match &asset.place {
                MediaPlace::Stored => None,
                MediaPlace::Referenced { relative_path, .. } => Some(relative_path.as_str()),
            };
            query = query
                .bind(record.capture_key)
                .bind(record.ordinal)
                .bind(&asset.name)
                .bind(&asset.stream)
                .bind(&asset.media_type)
                .bind(asset.bytes as i64)
                .bind(asset.digest.as_bytes().as_slice())
                .bind(asset.width_px)
                .bind(asset.height_px)
                .bind(asset.duration_micros)
                .bind(record.import_root_key)
                .bind(relative_path);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// The assets of captures, by capture and place.
pub async fn of_captures(connection: &mut SqliteConnection, keys: &[u32]) -> sqlx::Result<Vec<(u32, Asset)>> {
    let rows = sqlx::query(
        "SELECT asset.capture_key, asset.name, asset.stream, asset.media_type, asset.bytes, asset.digest,
             asset.width_px, asset.height_px, asset.duration_micros, import_root.name AS root, asset.relative_path
         FROM asset LEFT JOIN import_root ON import_root.row_key = asset.import_root_key
         WHERE asset.capture_key IN (SELECT value FROM json_each(?))
         ORDER BY asset.capture_key, asset.ordinal",
    )
    .bind(json_of_keys(keys))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((row.get("capture_key"), read(row)?))).collect()
}

/// The asset that stands for a capture: its first picture, else its first video.
pub async fn cover(connection: &mut SqliteConnection, capture_id: CaptureId) -> sqlx::Result<Option<Asset>> {
    let row = sqlx::query(
        "SELECT asset.name, asset.stream, asset.media_type, asset.bytes, asset.digest, asset.width_px, asset.height_px,
             asset.duration_micros, import_root.name AS root, asset.relative_path
         FROM capture JOIN asset ON asset.capture_key = capture.row_key
             LEFT JOIN import_root ON import_root.row_key = asset.import_root_key
         WHERE capture.capture_id = ? AND (asset.media_type LIKE 'image/%' OR asset.media_type LIKE 'video/%')
         ORDER BY asset.media_type LIKE 'video/%', asset.ordinal LIMIT 1",
    )
    .bind(capture_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

/// One asset of a capture.
pub async fn by_name(
    connection: &mut SqliteConnection,
    capture_id: CaptureId,
    name: &str,
) -> sqlx::Result<Option<Asset>> {
    let row = sqlx::query(
        "SELECT asset.name, asset.stream, asset.media_type, asset.bytes, asset.digest, asset.width_px, asset.height_px,
             asset.duration_micros, import_root.name AS root, asset.relative_path
         FROM capture JOIN asset ON asset.capture_key = capture.row_key
             LEFT JOIN import_root ON import_root.row_key = asset.import_root_key
         WHERE capture.capture_id = ? AND asset.name = ?",
    )
    .bind(capture_id.as_bytes().as_slice())
    .bind(name)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> sqlx::Result<Asset> {
    let place = match row.get::<Option<String>, _>("root") {
        Some(root) => MediaPlace::Referenced { root, relative_path: row.get("relative_path") },
        None => MediaPlace::Stored,
    };
    Ok(Asset {
        name: row.get("name"),
        stream: row.get("stream"),
        media_type: row.get("media_type"),
        bytes: row.get::<i64, _>("bytes") as u64,
        digest: digest(row.get("digest"))?,
        width_px: row.get("width_px"),
        height_px: row.get("height_px"),
        duration_micros: row.get("duration_micros"),
        place,
    })
}

/// Sets the dimensions of a picture; true when there is such an asset.
pub async fn set_dimensions(
    connection: &mut SqliteConnection,
    capture_key: u32,
    name: &str,
    (width_px, height_px): (u32, u32),
) -> sqlx::Result<bool> {
    let changed = sqlx::query("UPDATE asset SET width_px = ?, height_px = ? WHERE capture_key = ? AND name = ?")
        .bind(width_px)
        .bind(height_px)
        .bind(capture_key)
        .bind(name)
        .execute(connection)
        .await?;
    Ok(changed.rows_affected() > 0)
}

/// Digests of stored assets of these captures.
pub async fn stored_digests(connection: &mut SqliteConnection, keys: &[u32]) -> sqlx::Result<Vec<Digest>> {
    let rows = sqlx::query(
        "SELECT DISTINCT digest FROM asset
         WHERE capture_key IN (SELECT value FROM json_each(?))",
    )
    .bind(json_of_keys(keys))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| digest(row.get(0))).collect()
}

/// Those of the digests that no asset has.
pub async fn unused(connection: &mut SqliteConnection, digests: &[Digest]) -> sqlx::Result<Vec<Digest>> {
    let rows =
        sqlx::query("SELECT unhex(value) FROM json_each(?) WHERE unhex(value) NOT IN (SELECT digest FROM asset)")
            .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
            .fetch_all(connection)
            .await?;
    rows.iter().map(|row| digest(row.get(0))).collect()
}

/// Names of the assets of captures.
pub async fn names(connection: &mut SqliteConnection, keys: &[u32]) -> sqlx::Result<Vec<(u32, String)>> {
    sqlx::query_as("SELECT capture_key, name FROM asset WHERE capture_key IN (SELECT value FROM json_each(?))")
        .bind(json_of_keys(keys))
        .fetch_all(connection)
        .await
}
