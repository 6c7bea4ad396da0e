//! `tag`, `capture_tag`, `annotation_tag`.

use muster_domain::id::{AnnotationId, CaptureId};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{json_of_blobs, json_of_keys};

/// The key of a tag, made where it is new.
pub async fn key(connection: &mut SqliteConnection, name: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO tag (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING row_key",
    )
    .bind(name)
    .fetch_one(connection)
    .await
}

/// Those of the captures that have a tag.
pub async fn having(connection: &mut SqliteConnection, tag_key: i64, keys: &[u32]) -> sqlx::Result<Vec<u32>> {
    sqlx::query_scalar(
        "SELECT capture_key FROM capture_tag
         WHERE tag_key = ? AND capture_key IN (SELECT value FROM json_each(?))",
    )
    .bind(tag_key)
    .bind(json_of_keys(keys))
    .fetch_all(connection)
    .await
}

/// Sets a tag on captures.
pub async fn set(connection: &mut SqliteConnection, tag_key: i64, keys: &[u32]) -> sqlx::Result<()> {
    sqlx::query("INSERT OR IGNORE INTO capture_tag (capture_key, tag_key) SELECT value, ? FROM json_each(?)")
        .bind(tag_key)
        .bind(json_of_keys(keys))
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes a tag off captures.
pub async fn unset(connection: &mut SqliteConnection, tag_key: i64, keys: &[u32]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM capture_tag WHERE tag_key = ? AND capture_key IN (SELECT value FROM json_each(?))")
        .bind(tag_key)
        .bind(json_of_keys(keys))
        .execute(connection)
        .await?;
    Ok(())
}

/// Tags of captures, by capture and name.
pub async fn of_captures(connection: &mut SqliteConnection, keys: &[u32]) -> sqlx::Result<Vec<(u32, String)>> {
    sqlx::query_as(
        "SELECT capture_tag.capture_key, tag.name FROM capture_tag JOIN tag ON tag.row_key = capture_tag.tag_key
         WHERE capture_tag.capture_key IN (SELECT value FROM json_each(?))
         ORDER BY capture_tag.capture_key, tag.name",
    )
    .bind(json_of_keys(keys))
    .fetch_all(connection)
    .await
}

/// Tags in use, by name, with their captures counted.
pub async fn counts(connection: &mut SqliteConnection) -> sqlx::Result<Vec<(String, u64)>> {
    let rows = sqlx::query(
        "SELECT tag.name, count(capture_tag.capture_key) AS captures FROM tag
         LEFT JOIN capture_tag ON capture_tag.tag_key = tag.row_key
         GROUP BY tag.row_key
         HAVING captures > 0 OR EXISTS (SELECT 1 FROM annotation_tag WHERE annotation_tag.tag_key = tag.row_key)
         ORDER BY tag.name",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get::<i64, _>(1) as u64)).collect())
}

/// Of captures that are not erased those that have the tag of this name, or those that have it not, in the order of
/// their keys.
pub async fn captures(
    connection: &mut SqliteConnection,
    name: &str,
    keys: &[u32],
    having: bool,
) -> sqlx::Result<Vec<CaptureId>> {
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar(
        "SELECT capture.capture_id FROM capture
         WHERE capture.row_key IN (SELECT value FROM json_each(?1)) AND capture.erased_at_micros IS NULL
         AND ?2 = EXISTS (SELECT 1 FROM capture_tag WHERE capture_tag.capture_key = capture.row_key
             AND capture_tag.tag_key = (SELECT tag.row_key FROM tag WHERE tag.name = ?3))
         ORDER BY capture.row_key",
    )
    .bind(json_of_keys(keys))
    .bind(having)
    .bind(name)
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(CaptureId).collect())
}

/// An annotation that is not deleted, with its capture.
pub struct Tagged {
    /// Its key.
    pub row_key: i64,
    /// Its id.
    pub annotation_id: AnnotationId,
    /// Its capture's key.
    pub capture_key: u32,
    /// Its capture.
    pub capture_id: CaptureId,
}

/// Of the annotations those that have the tag, or those that have it not; deleted ones are left out.
pub async fn annotations(
    connection: &mut SqliteConnection,
    tag_key: i64,
    ids: &[AnnotationId],
    having: bool,
) -> sqlx::Result<Vec<Tagged>> {
    let rows = sqlx::query(
        "SELECT annotation.row_key, annotation.annotation_id, annotation.capture_key, capture.capture_id
         FROM annotation JOIN capture ON capture.row_key = annotation.capture_key
         WHERE annotation.annotation_id IN (SELECT unhex(value) FROM json_each(?)) AND annotation.deleted = 0
         AND ? = EXISTS (SELECT 1 FROM annotation_tag
             WHERE annotation_tag.annotation_key = annotation.row_key AND annotation_tag.tag_key = ?)",
    )
    .bind(json_of_blobs(ids.iter().map(AnnotationId::as_bytes)))
    .bind(having)
    .bind(tag_key)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| Tagged {
        row_key: row.get(0),
        annotation_id: AnnotationId(row.get(1)),
        capture_key: row.get(2),
        capture_id: CaptureId(row.get(3)),
    };
    Ok(rows.iter().map(read).collect())
}

/// Sets a tag on annotations.
pub async fn set_on_annotations(connection: &mut SqliteConnection, tag_key: i64, keys: &[i64]) -> sqlx::Result<()> {
    sqlx::query("INSERT OR IGNORE INTO annotation_tag (annotation_key, tag_key) SELECT value, ? FROM json_each(?)")
        .bind(tag_key)
        .bind(json_of_keys(keys))
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes a tag off annotations.
pub async fn unset_on_annotations(connection: &mut SqliteConnection, tag_key: i64, keys: &[i64]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM annotation_tag WHERE tag_key = ? AND annotation_key IN (SELECT value FROM json_each(?))")
        .bind(tag_key)
        .bind(json_of_keys(keys))
        .execute(connection)
        .await?;
    Ok(())
}

/// The tags of an annotation, by name.
pub async fn of_annotation(connection: &mut SqliteConnection, annotation_key: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT tag.name FROM annotation_tag JOIN tag ON tag.row_key = annotation_tag.tag_key
         WHERE annotation_tag.annotation_key = ? ORDER BY tag.name",
    )
    .bind(annotation_key)
    .fetch_all(connection)
    .await
}
