//! `user_field`, `capture_field`, `annotation_field`.

use muster_domain::{
    field::{FieldType, FieldValue, UserField},
    id::CaptureId,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::{bulk, json_of_blobs, json_of_keys};

fn type_of(name: &str) -> FieldType {
    // The table's CHECK knows their names alone.
    FieldType::from_name(name).unwrap_or(FieldType::Text)
}

/// Defines a field.
pub async fn define(connection: &mut SqliteConnection, field: &UserField) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO user_field (name, field_type, on_annotation) VALUES (?, ?, ?)")
        .bind(&field.name)
        .bind(field.field_type.name())
        .bind(field.on_annotation)
        .execute(connection)
        .await?;
    Ok(())
}

/// A field's key and type.
pub async fn find(
    connection: &mut SqliteConnection,
    name: &str,
    on_annotation: bool,
) -> sqlx::Result<Option<(i64, FieldType)>> {
    let row: Option<(i64, String)> =
        sqlx::query_as("SELECT row_key, field_type FROM user_field WHERE on_annotation = ? AND name = ?")
            .bind(on_annotation)
            .bind(name)
            .fetch_optional(connection)
            .await?;
    Ok(row.map(|(key, field_type)| (key, type_of(&field_type))))
}

/// All fields, by name.
pub async fn all(connection: &mut SqliteConnection) -> sqlx::Result<Vec<UserField>> {
    let rows: Vec<(String, String, bool)> =
        sqlx::query_as("SELECT name, field_type, on_annotation FROM user_field ORDER BY name, on_annotation")
            .fetch_all(connection)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(name, field_type, on_annotation)| UserField { name, field_type: type_of(&field_type), on_annotation })
        .collect())
}

/// What a field sits on.
#[derive(Clone, Copy)]
pub enum Place {
    /// A capture.
    Capture,
    /// An annotation.
    Annotation,
}

/// Number and text of a value.
fn columns(value: &FieldValue) -> (Option<f64>, Option<&str>) {
    match value {
        FieldValue::Number(number) => (Some(*number), None),
        FieldValue::Boolean(flag) => (Some(f64::from(u8::from(*flag))), None),
        FieldValue::Text(text) => (None, Some(text.as_str())),
    }
}

/// A capture that is not erased, or an annotation that is not deleted, with its value of a field.
pub struct Valued {
    /// Its id.
    pub id: Uuid,
    /// Its key.
    pub row_key: i64,
    /// The capture's key.
    pub capture_key: u32,
    /// The capture.
    pub capture_id: CaptureId,
    /// The value.
    pub value: Option<FieldValue>,
}

/// The values that captures or annotations have in a field. Unknown and deleted ones are left out.
pub async fn values(
    connection: &mut SqliteConnection,
    place: Place,
    field_key: i64,
    ids: &[Uuid],
) -> sqlx::Result<Vec<Valued>> {
    let sql = match place {
        Place::Capture => {
            "SELECT capture.capture_id, capture.row_key, user_field.field_type, capture_field.number,
                 capture_field.text, capture.row_key, capture.capture_id
             FROM capture
             JOIN user_field ON user_field.row_key = ?1
             LEFT JOIN capture_field ON capture_field.capture_key = capture.row_key
                 AND capture_field.user_field_key = ?1
             WHERE capture.capture_id IN (SELECT unhex(value) FROM json_each(?2))
             AND capture.erased_at_micros IS NULL"
        }
        Place::Annotation => {
            "SELECT annotation.annotation_id, annotation.row_key, user_field.field_type, annotation_field.number,
                 annotation_field.text, capture.row_key, capture.capture_id
             FROM annotation
             JOIN capture ON capture.row_key = annotation.capture_key
             JOIN user_field ON user_field.row_key = ?1
             LEFT JOIN annotation_field ON annotation_field.annotation_key = annotation.row_key
                 AND annotation_field.user_field_key = ?1
             WHERE annotation.annotation_id IN (SELECT unhex(value) FROM json_each(?2)) AND annotation.deleted = 0"
        }
    };
    let ids = json_of_blobs(ids.iter().map(Uuid::as_bytes));
    let rows = sqlx::query(sql).bind(field_key).bind(ids).fetch_all(connection).await?;
    let read = |row: &SqliteRow| {
        let set = row.get::<Option<f64>, _>(3).is_some() || row.get::<Option<&str>, _>(4).is_some();
        Valued {
            id: row.get(0),
            row_key: row.get(1),
            capture_key: row.get(5),
            capture_id: CaptureId(row.get(6)),
            value: set.then(|| read_value(row)),
        }
    };
    Ok(rows.iter().map(read).collect())
}

/// Sets or clears a field of many rows.
pub async fn set_many(
    connection: &mut SqliteConnection,
    place: Place,
    field_key: i64,
    values: &[(i64, Option<&FieldValue>)],
) -> sqlx::Result<()> {
    const COLUMNS: usize = 4;
    let (insert, delete) = match place {
        Place::Capture => (
            "INSERT OR REPLACE INTO capture_field (capture_key, user_field_key, number, text)",
            "DELETE FROM capture_field WHERE user_field_key = ? AND capture_key IN (SELECT value FROM json_each(?))",
        ),
        Place::Annotation => (
            "INSERT OR REPLACE INTO annotation_field (annotation_key, user_field_key, number, text)",
            "DELETE FROM annotation_field
             WHERE user_field_key = ? AND annotation_key IN (SELECT value FROM json_each(?))",
        ),
    };
    let cleared = values.iter().filter(|(_, value)| value.is_none()).map(|(key, _)| *key);
    let cleared = json_of_keys(cleared);
    if cleared != "[]" {
        sqlx::query(delete).bind(field_key).bind(cleared).execute(&mut *connection).await?;
    }
    let set: Vec<(i64, &FieldValue)> = values.iter().filter_map(|(key, value)| Some((*key, (*value)?))).collect();
    for chunk in set.chunks(bulk::rows_per_statement(COLUMNS)) {
        let mut query = sqlx::query(bulk::values(insert, COLUMNS, chunk.len(), ""));
        for (key, value) in chunk {
            let (number, text) = columns(value);
            query = query.bind(*key).bind(field_key).bind(number).bind(text);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Removes a field with all its values; false when there is none.
pub async fn remove(connection: &mut SqliteConnection, name: &str, on_annotation: bool) -> sqlx::Result<bool> {
    let Some((key, _)) = find(connection, name, on_annotation).await? else { return Ok(false) };
    for sql in [
        "INSERT OR REPLACE INTO capture_change (capture_key)
         SELECT capture_key FROM capture_field WHERE user_field_key = ?1
         UNION SELECT annotation.capture_key FROM annotation_field
             JOIN annotation ON annotation.row_key = annotation_field.annotation_key WHERE user_field_key = ?1",
        "DELETE FROM capture_field WHERE user_field_key = ?1",
        "DELETE FROM annotation_field WHERE user_field_key = ?1",
        "DELETE FROM user_field WHERE row_key = ?1",
    ] {
        sqlx::query(sql).bind(key).execute(&mut *connection).await?;
    }
    Ok(true)
}

/// Fields of captures: capture key, name, value.
pub async fn of_captures(
    connection: &mut SqliteConnection,
    keys: &[u32],
) -> sqlx::Result<Vec<(i64, String, FieldValue)>> {
    let rows = sqlx::query(
        "SELECT capture_field.capture_key, user_field.name, user_field.field_type, number, text
         FROM capture_field JOIN user_field ON user_field.row_key = capture_field.user_field_key
         WHERE capture_field.capture_key IN (SELECT value FROM json_each(?))",
    )
    .bind(json_of_keys(keys))
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(read).collect())
}

/// Fields of the annotations of captures: annotation key, name, value.
pub async fn of_annotations_on(
    connection: &mut SqliteConnection,
    capture_keys: &[u32],
) -> sqlx::Result<Vec<(i64, String, FieldValue)>> {
    let rows = sqlx::query(
        "SELECT annotation_field.annotation_key, user_field.name, user_field.field_type, number, text
         FROM annotation
         JOIN annotation_field ON annotation_field.annotation_key = annotation.row_key
         JOIN user_field ON user_field.row_key = annotation_field.user_field_key
         WHERE annotation.capture_key IN (SELECT value FROM json_each(?))",
    )
    .bind(json_of_keys(capture_keys))
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(read).collect())
}

fn read(row: &SqliteRow) -> (i64, String, FieldValue) {
    (row.get(0), row.get(1), read_value(row))
}

/// The value in the columns type, number and text at places 2, 3 and 4.
fn read_value(row: &SqliteRow) -> FieldValue {
    match (type_of(row.get(2)), row.get::<Option<f64>, _>(3)) {
        (FieldType::Boolean, Some(number)) => FieldValue::Boolean(number != 0.0),
        (_, Some(number)) => FieldValue::Number(number),
        (_, None) => FieldValue::Text(row.get(4)),
    }
}
