//! `user_field`, `capture_field`, `annotation_field`.

use muster_domain::field::{FieldType, FieldValue, UserField};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::json_of_keys;

/// The type's name in the table.
pub fn type_name(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::Number => "number",
        FieldType::Text => "text",
        FieldType::Boolean => "boolean",
        FieldType::Date => "date",
    }
}

fn type_of(name: &str) -> FieldType {
    match name {
        "number" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        // The table's CHECK knows four names.
        _ => FieldType::Text,
    }
}

/// Defines a field.
pub async fn define(connection: &mut SqliteConnection, field: &UserField) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO user_field (name, field_type, on_annotation) VALUES (?, ?, ?)")
        .bind(&field.name)
        .bind(type_name(field.field_type))
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

/// Sets or clears a field of one row.
pub async fn set(
    connection: &mut SqliteConnection,
    place: Place,
    (row_key, field_key): (i64, i64),
    value: Option<&FieldValue>,
) -> sqlx::Result<()> {
    let Some(value) = value else {
        let sql = match place {
            Place::Capture => "DELETE FROM capture_field WHERE capture_key = ? AND user_field_key = ?",
            Place::Annotation => "DELETE FROM annotation_field WHERE annotation_key = ? AND user_field_key = ?",
        };
        sqlx::query(sql).bind(row_key).bind(field_key).execute(connection).await?;
        return Ok(());
    };
    let (number, text) = match value {
        FieldValue::Number(number) => (Some(*number), None),
        FieldValue::Boolean(flag) => (Some(f64::from(u8::from(*flag))), None),
        FieldValue::Text(text) => (None, Some(text.as_str())),
    };
    let sql = match place {
        Place::Capture => {
            "INSERT OR REPLACE INTO capture_field (capture_key, user_field_key, number, text) VALUES (?, ?, ?, ?)"
        }
        Place::Annotation => {
            "INSERT OR REPLACE INTO annotation_field (annotation_key, user_field_key, number, text)
             VALUES (?, ?, ?, ?)"
        }
    };
    sqlx::query(sql).bind(row_key).bind(field_key).bind(number).bind(text).execute(connection).await?;
    Ok(())
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
    let value = match (type_of(row.get(2)), row.get::<Option<f64>, _>(3)) {
        (FieldType::Boolean, Some(number)) => FieldValue::Boolean(number != 0.0),
        (_, Some(number)) => FieldValue::Number(number),
        (_, None) => FieldValue::Text(row.get(4)),
    };
    (row.get(0), row.get(1), value)
}
