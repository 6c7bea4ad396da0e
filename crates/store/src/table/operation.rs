//! `operation`, `operation_capture`, `undo_entry`.

use muster_domain::{
    id::{JobId, OperationId, PersonId, ProjectId, ServiceId},
    operation::Actor,
    time::UtcMicros,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::json_of_keys;
use crate::operation::{ActLine, OperationLine};

/// An operation to append.
pub struct Record<'a> {
    /// Its id.
    pub operation_id: OperationId,
    /// Its project.
    pub project_key: Option<i64>,
    /// Who.
    pub actor: &'a Actor,
    /// When.
    pub at: UtcMicros,
    /// What a person reads.
    pub title: &'a str,
    /// `annotations`, `tag` or `schema`.
    pub kind: &'static str,
    /// How much it touched.
    pub changes: u32,
    /// The diff as JSON; none for model output.
    pub diff: Option<String>,
    /// The operation that it takes back or repeats.
    pub undoes_key: Option<i64>,
}

/// An operation as it stands in the table.
pub struct Stored {
    /// Its key.
    pub row_key: i64,
    /// Its id.
    pub operation_id: OperationId,
    /// Its project.
    pub project_id: Option<ProjectId>,
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: UtcMicros,
    /// What a person reads.
    pub title: String,
    /// The diff as JSON.
    pub diff: Option<String>,
    /// The operation that it takes back or repeats.
    pub undoes: Option<OperationId>,
}

/// Kind and id of an actor.
fn actor_columns(actor: &Actor) -> (&'static str, Uuid) {
    match actor {
        Actor::Person { person_id } => ("person", person_id.0),
        Actor::Job { job_id } => ("job", job_id.0),
        Actor::Sync { service_id } => ("sync", service_id.0),
    }
}

fn read_actor(row: &SqliteRow) -> Actor {
    let id: Uuid = row.get("actor_id");
    match row.get::<&str, _>("actor_kind") {
        "person" => Actor::Person { person_id: PersonId(id) },
        "job" => Actor::Job { job_id: JobId(id) },
        // The table's CHECK knows three names.
        _ => Actor::Sync { service_id: ServiceId(id) },
    }
}

/// Appends an operation; its key.
pub async fn append(connection: &mut SqliteConnection, record: &Record<'_>) -> sqlx::Result<i64> {
    let (actor_kind, actor_id) = actor_columns(record.actor);
    let inserted = sqlx::query(
        "INSERT INTO operation (operation_id, project_key, actor_kind, actor_id, at_micros, title, kind, changes,
             diff, undoes_key)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(record.operation_id.0)
    .bind(record.project_key)
    .bind(actor_kind)
    .bind(actor_id)
    .bind(record.at.0)
    .bind(record.title)
    .bind(record.kind)
    .bind(record.changes)
    .bind(record.diff.as_deref())
    .bind(record.undoes_key)
    .execute(connection)
    .await?;
    Ok(inserted.last_insert_rowid())
}

/// Notes the captures whose annotations an operation changed.
pub async fn note_captures(
    connection: &mut SqliteConnection,
    operation_key: i64,
    capture_keys: &[u32],
) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO operation_capture (capture_key, operation_key) SELECT value, ? FROM json_each(?)")
        .bind(operation_key)
        .bind(json_of_keys(capture_keys))
        .execute(connection)
        .await?;
    Ok(())
}

/// The key of an operation.
pub async fn key(connection: &mut SqliteConnection, operation_id: OperationId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT row_key FROM operation WHERE operation_id = ?")
        .bind(operation_id.0)
        .fetch_optional(connection)
        .await
}

/// An operation by its key.
pub async fn get(connection: &mut SqliteConnection, row_key: i64) -> sqlx::Result<Stored> {
    let row = sqlx::query(
        "SELECT operation.*, project.project_id, undone.operation_id AS undoes
         FROM operation
         LEFT JOIN project ON project.row_key = operation.project_key
         LEFT JOIN operation AS undone ON undone.row_key = operation.undoes_key
         WHERE operation.row_key = ?",
    )
    .bind(row_key)
    .fetch_one(connection)
    .await?;
    Ok(Stored {
        row_key: row.get("row_key"),
        operation_id: OperationId(row.get("operation_id")),
        project_id: row.get::<Option<_>, _>("project_id").map(ProjectId),
        actor: read_actor(&row),
        at: UtcMicros(row.get("at_micros")),
        title: row.get("title"),
        diff: row.get("diff"),
        undoes: row.get::<Option<_>, _>("undoes").map(OperationId),
    })
}

/// Operations before a key, newest first; of a project and of none, where one is given.
pub async fn recent(
    connection: &mut SqliteConnection,
    project_key: Option<i64>,
    before: i64,
    limit: u32,
) -> sqlx::Result<Vec<OperationLine>> {
    let rows = sqlx::query(
        "SELECT operation.row_key, operation.operation_id, operation.actor_kind, operation.actor_id,
             operation.at_micros, operation.title, operation.changes, project.project_id,
             undone.operation_id AS undoes, coalesce(last.undoes_key = operation.row_key, 0) AS is_undone
         FROM operation
         LEFT JOIN project ON project.row_key = operation.project_key
         LEFT JOIN operation AS undone ON undone.row_key = operation.undoes_key
         LEFT JOIN undo_entry ON undo_entry.operation_key = operation.row_key
         -- Of an act that stands taken back, the last step is an undo, which names the act; a redo names that undo.
         LEFT JOIN operation AS last ON last.row_key = undo_entry.last_key
         WHERE operation.row_key < ?1
         AND (?2 IS NULL OR operation.project_key IS NULL OR operation.project_key = ?2)
         ORDER BY operation.row_key DESC LIMIT ?3",
    )
    .bind(before)
    .bind(project_key)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| OperationLine {
        row_key: row.get::<i64, _>("row_key") as u64,
        operation_id: OperationId(row.get("operation_id")),
        project_id: row.get::<Option<_>, _>("project_id").map(ProjectId),
        actor: read_actor(row),
        at: UtcMicros(row.get("at_micros")),
        title: row.get("title"),
        changes: row.get("changes"),
        undoes: row.get::<Option<_>, _>("undoes").map(OperationId),
        undone: row.get("is_undone"),
    };
    Ok(rows.iter().map(read).collect())
}

/// Which end of a person's acts to look at.
#[derive(Clone, Copy)]
pub enum End {
    /// The latest that is done.
    Undo,
    /// The earliest that is undone.
    Redo,
}

/// The act that an undo or redo is about, of those on one capture alone or of all: its key, and the operation that took
/// it back or repeated it last. An act that touched other captures too is never taken back from one of them.
pub async fn next(
    connection: &mut SqliteConnection,
    end: End,
    project_key: i64,
    person_id: PersonId,
    capture_key: Option<u32>,
) -> sqlx::Result<Option<(i64, Option<i64>)>> {
    let sql = match end {
        End::Undo => {
            "SELECT operation_key, last_key FROM undo_entry
             WHERE person_id = ?1 AND state = 1 AND (project_key IS NULL OR project_key = ?2)
               AND (?3 IS NULL OR (
                   operation_key IN (SELECT operation_key FROM operation_capture WHERE capture_key = ?3)
                   AND joined_key IS NULL
                   AND NOT EXISTS (SELECT 1 FROM undo_entry AS part WHERE part.joined_key = undo_entry.operation_key)
                   AND NOT EXISTS (SELECT 1 FROM operation_capture AS other
                       WHERE other.operation_key = undo_entry.operation_key AND other.capture_key <> ?3)))
             ORDER BY operation_key DESC LIMIT 1"
        }
        End::Redo => {
            "SELECT operation_key, last_key FROM undo_entry
             WHERE person_id = ?1 AND state = 2 AND (project_key IS NULL OR project_key = ?2)
               AND (?3 IS NULL OR (
                   operation_key IN (SELECT operation_key FROM operation_capture WHERE capture_key = ?3)
                   AND joined_key IS NULL
                   AND NOT EXISTS (SELECT 1 FROM undo_entry AS part WHERE part.joined_key = undo_entry.operation_key)
                   AND NOT EXISTS (SELECT 1 FROM operation_capture AS other
                       WHERE other.operation_key = undo_entry.operation_key AND other.capture_key <> ?3)))
             ORDER BY operation_key LIMIT 1"
        }
    };
    sqlx::query_as(sql).bind(person_id.0).bind(project_key).bind(capture_key).fetch_optional(connection).await
}

/// A new act of a person: it can be taken back, and what was taken back before can no longer be repeated.
pub async fn push(
    connection: &mut SqliteConnection,
    operation_key: i64,
    project_key: Option<i64>,
    person_id: PersonId,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE undo_entry SET state = 3
         WHERE person_id = ?1 AND state = 2 AND (?2 IS NULL OR project_key IS NULL OR project_key = ?2)",
    )
    .bind(person_id.0)
    .bind(project_key)
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO undo_entry (operation_key, project_key, person_id, state) VALUES (?, ?, ?, 1)")
        .bind(operation_key)
        .bind(project_key)
        .bind(person_id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes that an act goes on with an earlier one.
pub async fn join(connection: &mut SqliteConnection, operation_key: i64, first_key: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE undo_entry SET joined_key = (
             SELECT coalesce(first.joined_key, first.operation_key) FROM undo_entry AS first
             WHERE first.operation_key = ?2)
         WHERE operation_key = ?1",
    )
    .bind(operation_key)
    .bind(first_key)
    .execute(connection)
    .await?;
    Ok(())
}

/// The first part of an act.
pub async fn first_of(connection: &mut SqliteConnection, operation_key: i64) -> sqlx::Result<i64> {
    let first: Option<i64> =
        sqlx::query_scalar("SELECT coalesce(joined_key, operation_key) FROM undo_entry WHERE operation_key = ?")
            .bind(operation_key)
            .fetch_optional(connection)
            .await?;
    Ok(first.unwrap_or(operation_key))
}

/// The parts of the act that one of them belongs to, with the operation that took each back or repeated it last, in the
/// order in which they are to be taken back or repeated. An act that stands alone is its only part.
pub async fn joined(
    connection: &mut SqliteConnection,
    end: End,
    operation_key: i64,
) -> sqlx::Result<Vec<(i64, Option<i64>)>> {
    let first_key = first_of(connection, operation_key).await?;
    let sql = match end {
        End::Undo => {
            "SELECT operation_key, last_key FROM undo_entry
             WHERE state = 1 AND (operation_key = ?1 OR joined_key = ?1) ORDER BY operation_key DESC"
        }
        End::Redo => {
            "SELECT operation_key, last_key FROM undo_entry
             WHERE state = 2 AND (operation_key = ?1 OR joined_key = ?1) ORDER BY operation_key"
        }
    };
    sqlx::query_as(sql).bind(first_key).fetch_all(connection).await
}

/// The latest acts on a capture, newest first, with whether each is taken back: operation id, title, time.
pub async fn on_capture(connection: &mut SqliteConnection, capture_key: u32, limit: u32) -> sqlx::Result<Vec<ActLine>> {
    let rows = sqlx::query(
        "SELECT operation.operation_id, operation.title, operation.at_micros,
             coalesce(last.undoes_key = operation.row_key, 0)
         FROM operation_capture
         JOIN operation ON operation.row_key = operation_capture.operation_key
         LEFT JOIN undo_entry ON undo_entry.operation_key = operation.row_key
         LEFT JOIN operation AS last ON last.row_key = undo_entry.last_key
         WHERE operation_capture.capture_key = ? AND operation.undoes_key IS NULL
         ORDER BY operation.row_key DESC LIMIT ?",
    )
    .bind(capture_key)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| ActLine {
        operation_id: OperationId(row.get(0)),
        title: row.get(1),
        at: UtcMicros(row.get(2)),
        undone: row.get(3),
    };
    Ok(rows.iter().map(read).collect())
}

/// What became of an act.
#[derive(Clone, Copy)]
pub enum Fate {
    /// Repeated: done again.
    Done,
    /// Taken back.
    Undone,
    /// Out of reach.
    OutOfReach,
}

/// Notes what became of an act, and by which operation.
pub async fn settle(
    connection: &mut SqliteConnection,
    operation_key: i64,
    fate: Fate,
    by: Option<i64>,
) -> sqlx::Result<()> {
    let state = match fate {
        Fate::Done => 1,
        Fate::Undone => 2,
        Fate::OutOfReach => 3,
    };
    sqlx::query("UPDATE undo_entry SET state = ?, last_key = coalesce(?, last_key) WHERE operation_key = ?")
        .bind(state)
        .bind(by)
        .bind(operation_key)
        .execute(connection)
        .await?;
    Ok(())
}
