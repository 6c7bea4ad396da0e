//! `slice`, `pick`, `pick_capture`.

use muster_domain::{
    id::{CaptureId, PersonId},
    time::UtcMicros,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::json_of_keys;
use crate::selection::{NewPick, Pick, Slice};

/// Saves a slice, in place of one of the same name.
pub async fn save_slice(connection: &mut SqliteConnection, project_key: i64, slice: &Slice) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO slice (slice_id, project_key, name, query, person_id, saved_at_micros)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (project_key, name) DO UPDATE SET query = excluded.query, person_id = excluded.person_id,
             saved_at_micros = excluded.saved_at_micros",
    )
    .bind(slice.slice_id)
    .bind(project_key)
    .bind(&slice.name)
    .bind(&slice.query)
    .bind(slice.person_id.0)
    .bind(slice.saved_at.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Slices of a project, by name.
pub async fn slices(connection: &mut SqliteConnection, project_key: i64) -> sqlx::Result<Vec<Slice>> {
    let rows = sqlx::query(
        "SELECT slice_id, name, query, person_id, saved_at_micros FROM slice WHERE project_key = ? ORDER BY name",
    )
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| Slice {
        slice_id: row.get(0),
        name: row.get(1),
        query: row.get(2),
        person_id: PersonId(row.get(3)),
        saved_at: UtcMicros(row.get(4)),
    };
    Ok(rows.iter().map(read).collect())
}

/// Of the slices of the same project as this one the one that has this name.
pub async fn slice_named(connection: &mut SqliteConnection, slice_id: Uuid, name: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar(
        "SELECT slice_id FROM slice
         WHERE name = ? AND project_key = (SELECT project_key FROM slice WHERE slice_id = ?)",
    )
    .bind(name)
    .bind(slice_id)
    .fetch_optional(connection)
    .await
}

/// Gives a slice another name; false when there is none.
pub async fn rename_slice(connection: &mut SqliteConnection, slice_id: Uuid, name: &str) -> sqlx::Result<bool> {
    let renamed = sqlx::query("UPDATE slice SET name = ? WHERE slice_id = ?").bind(name).bind(slice_id);
    Ok(renamed.execute(connection).await?.rows_affected() > 0)
}

/// Removes a slice; false when there is none.
pub async fn remove_slice(connection: &mut SqliteConnection, slice_id: Uuid) -> sqlx::Result<bool> {
    let removed = sqlx::query("DELETE FROM slice WHERE slice_id = ?").bind(slice_id).execute(connection).await?;
    Ok(removed.rows_affected() > 0)
}

/// Adds a pick with its captures in order.
pub async fn add_pick(
    connection: &mut SqliteConnection,
    project_key: i64,
    pick: &NewPick,
    capture_keys: &[u32],
    now: UtcMicros,
) -> sqlx::Result<()> {
    let pick_key = sqlx::query(
        "INSERT INTO pick (pick_id, project_key, name, query, seed, person_id, made_at_micros)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(pick.pick_id)
    .bind(project_key)
    .bind(&pick.name)
    .bind(&pick.query)
    .bind(pick.seed.map(|seed| seed as i64))
    .bind(pick.person_id.0)
    .bind(now.0)
    .execute(&mut *connection)
    .await?
    .last_insert_rowid();
    sqlx::query(
        "INSERT INTO pick_capture (pick_key, ordinal, capture_key)
         SELECT ?, key, value FROM json_each(?)
         WHERE EXISTS (SELECT 1 FROM capture WHERE capture.row_key = value AND capture.erased_at_micros IS NULL)",
    )
    .bind(pick_key)
    .bind(json_of_keys(capture_keys))
    .execute(connection)
    .await?;
    Ok(())
}

/// Picks of a project, newest first.
pub async fn picks(connection: &mut SqliteConnection, project_key: i64) -> sqlx::Result<Vec<Pick>> {
    let rows = sqlx::query(
        "SELECT pick_id, name, query, seed, person_id, made_at_micros,
             (SELECT count(*) FROM pick_capture WHERE pick_capture.pick_key = pick.row_key)
         FROM pick WHERE project_key = ? ORDER BY row_key DESC",
    )
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| Pick {
        pick_id: row.get(0),
        name: row.get(1),
        query: row.get(2),
        seed: row.get::<Option<i64>, _>(3).map(|seed| seed as u64),
        person_id: PersonId(row.get(4)),
        made_at: UtcMicros(row.get(5)),
        captures: row.get::<i64, _>(6) as u64,
    };
    Ok(rows.iter().map(read).collect())
}

/// The captures of a pick in order; `None` when there is no such pick.
pub async fn pick_captures(connection: &mut SqliteConnection, pick_id: Uuid) -> sqlx::Result<Option<Vec<CaptureId>>> {
    let key: Option<i64> = sqlx::query_scalar("SELECT row_key FROM pick WHERE pick_id = ?")
        .bind(pick_id)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(key) = key else { return Ok(None) };
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "SELECT capture.capture_id FROM pick_capture JOIN capture ON capture.row_key = pick_capture.capture_key
         WHERE pick_capture.pick_key = ? ORDER BY pick_capture.ordinal",
    )
    .bind(key)
    .fetch_all(connection)
    .await?;
    Ok(Some(ids.into_iter().map(CaptureId).collect()))
}

/// The key of the newest pick of a name.
pub async fn pick_named(connection: &mut SqliteConnection, project_key: i64, name: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT row_key FROM pick WHERE project_key = ? AND name = ? ORDER BY row_key DESC LIMIT 1")
        .bind(project_key)
        .bind(name)
        .fetch_optional(connection)
        .await
}

/// The row keys of the captures of a pick in order, without those that were erased; `None` when there is no such pick.
pub async fn pick_rows(connection: &mut SqliteConnection, pick_id: Uuid) -> sqlx::Result<Option<Vec<u32>>> {
    let key: Option<i64> = sqlx::query_scalar("SELECT row_key FROM pick WHERE pick_id = ?")
        .bind(pick_id)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(key) = key else { return Ok(None) };
    let rows = sqlx::query_scalar(
        "SELECT pick_capture.capture_key FROM pick_capture
         JOIN capture ON capture.row_key = pick_capture.capture_key
         WHERE pick_capture.pick_key = ? AND capture.erased_at_micros IS NULL ORDER BY pick_capture.ordinal",
    )
    .bind(key)
    .fetch_all(connection)
    .await?;
    Ok(Some(rows))
}

/// Removes a pick with its list; false when there is none.
pub async fn remove_pick(connection: &mut SqliteConnection, pick_id: Uuid) -> sqlx::Result<bool> {
    sqlx::query("DELETE FROM pick_capture WHERE pick_key = (SELECT row_key FROM pick WHERE pick_id = ?)")
        .bind(pick_id)
        .execute(&mut *connection)
        .await?;
    let removed = sqlx::query("DELETE FROM pick WHERE pick_id = ?").bind(pick_id).execute(connection).await?;
    Ok(removed.rows_affected() > 0)
}
