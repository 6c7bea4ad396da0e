//! `capture_change`: which captures changed, in the order in which they last did.

use sqlx::{Row, SqliteConnection};

use super::json_of_keys;

/// Gives each capture a new, higher number. Returns the highest.
pub async fn bump(connection: &mut SqliteConnection, capture_keys: &[u32]) -> sqlx::Result<u64> {
    // Replacing deletes the old number; AUTOINCREMENT never gives one twice.
    sqlx::query("INSERT OR REPLACE INTO capture_change (capture_key) SELECT value FROM json_each(?)")
        .bind(json_of_keys(capture_keys))
        .execute(&mut *connection)
        .await?;
    latest(connection).await
}

/// Gives every capture of a device a new number, because the device has another name.
pub async fn bump_device(connection: &mut SqliteConnection, device_key: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO capture_change (capture_key)
         SELECT row_key FROM capture WHERE device_key = ? AND erased_at_micros IS NULL",
    )
    .bind(device_key)
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives every capture of a site a new number, because the site keeps another time zone.
pub async fn bump_site(connection: &mut SqliteConnection, site: &str) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO capture_change (capture_key)
         SELECT row_key FROM capture
         WHERE site_key = (SELECT row_key FROM site WHERE name = ?) AND erased_at_micros IS NULL",
    )
    .bind(site)
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives every capture with annotations of these classes a new number, because a class has another name.
pub async fn bump_classes(connection: &mut SqliteConnection, label_class_keys: &[i64]) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO capture_change (capture_key)
         SELECT DISTINCT capture_key FROM annotation
         WHERE label_class_key IN (SELECT value FROM json_each(?)) AND deleted = 0",
    )
    .bind(json_of_keys(label_class_keys))
    .execute(connection)
    .await?;
    Ok(())
}

/// The highest number.
pub async fn latest(connection: &mut SqliteConnection) -> sqlx::Result<u64> {
    let seq: i64 =
        sqlx::query_scalar("SELECT coalesce(max(change_seq), 0) FROM capture_change").fetch_one(connection).await?;
    Ok(seq as u64)
}

/// A change: number, row key, and whether the capture was erased.
pub struct Change {
    /// Its number.
    pub seq: u64,
    /// The capture.
    pub row_key: u32,
    /// True when the capture was erased.
    pub erased: bool,
}

/// The next changes after a number, in order.
pub async fn after(connection: &mut SqliteConnection, after_seq: u64, limit: u32) -> sqlx::Result<Vec<Change>> {
    let rows = sqlx::query(
        "SELECT capture_change.change_seq, capture_change.capture_key, capture.erased_at_micros IS NOT NULL
         FROM capture_change JOIN capture ON capture.row_key = capture_change.capture_key
         WHERE capture_change.change_seq > ? ORDER BY capture_change.change_seq LIMIT ?",
    )
    .bind(after_seq as i64)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .iter()
        .map(|row| Change { seq: row.get::<i64, _>(0) as u64, row_key: row.get(1), erased: row.get(2) })
        .collect())
}
