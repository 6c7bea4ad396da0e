//! `capture_note`: what people write about a capture.

use muster_domain::{
    id::{CaptureId, PersonId},
    time::UtcMicros,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{bulk, json_of_blobs, json_of_keys};
use crate::note::Note;

/// The notes of captures: capture key and text.
pub async fn of_captures(connection: &mut SqliteConnection, keys: &[u32]) -> sqlx::Result<Vec<(u32, String)>> {
    sqlx::query_as("SELECT capture_key, text FROM capture_note WHERE capture_key IN (SELECT value FROM json_each(?))")
        .bind(json_of_keys(keys))
        .fetch_all(connection)
        .await
}

/// The note on a capture, with who wrote it and when.
pub async fn get(connection: &mut SqliteConnection, capture_key: u32) -> sqlx::Result<Option<Note>> {
    let row = sqlx::query("SELECT text, person_id, written_at_micros FROM capture_note WHERE capture_key = ?")
        .bind(capture_key)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| Note { text: row.get(0), person_id: PersonId(row.get(1)), written_at: UtcMicros(row.get(2)) }))
}

/// A capture that is not erased, with the text on it.
pub struct Noted {
    /// Its key.
    pub capture_key: u32,
    /// Its id.
    pub capture_id: CaptureId,
    /// The text, if there is one.
    pub text: Option<String>,
}

/// Captures that are not erased, with their notes.
pub async fn on(connection: &mut SqliteConnection, ids: &[CaptureId]) -> sqlx::Result<Vec<Noted>> {
    let rows = sqlx::query(
        "SELECT capture.row_key, capture.capture_id, capture_note.text
         FROM capture LEFT JOIN capture_note ON capture_note.capture_key = capture.row_key
         WHERE capture.capture_id IN (SELECT unhex(value) FROM json_each(?)) AND capture.erased_at_micros IS NULL",
    )
    .bind(json_of_blobs(ids.iter().map(CaptureId::as_bytes)))
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| Noted { capture_key: row.get(0), capture_id: CaptureId(row.get(1)), text: row.get(2) };
    Ok(rows.iter().map(read).collect())
}

/// Writes notes in place of what was there.
pub async fn write(
    connection: &mut SqliteConnection,
    notes: &[(u32, &str)],
    person_id: PersonId,
    now: UtcMicros,
) -> sqlx::Result<()> {
    const COLUMNS: usize = 4;
    for chunk in notes.chunks(bulk::rows_per_statement(COLUMNS)) {
        let head = "INSERT OR REPLACE INTO capture_note (capture_key, text, person_id, written_at_micros)";
        let mut query = sqlx::query(bulk::values(head, COLUMNS, chunk.len(), ""));
        for (key, text) in chunk {
            query = query.bind(*key).bind(*text).bind(person_id.0).bind(now.0);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Removes notes.
pub async fn remove(connection: &mut SqliteConnection, keys: &[u32]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM capture_note WHERE capture_key IN (SELECT value FROM json_each(?))")
        .bind(json_of_keys(keys))
        .execute(connection)
        .await?;
    Ok(())
}
