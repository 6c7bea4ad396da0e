//! `submission`, `submission_class`, `work_span`.

use muster_domain::{
    id::{CaptureId, ClassId, PersonId, ProjectId, SubmissionId},
    submission::{Statement, Submission, WorkSpan},
    time::UtcMicros,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::json_of_keys;
use crate::StoreError;

/// Keys that a submission refers to.
pub struct Keys {
    /// Its project.
    pub project: i64,
    /// Its layer.
    pub layer: i64,
    /// Its capture.
    pub capture: u32,
    /// The classes that it covers.
    pub classes: Vec<i64>,
}

/// Appends a submission; false when it is known.
pub async fn append(connection: &mut SqliteConnection, submission: &Submission, keys: &Keys) -> sqlx::Result<bool> {
    let reason = match &submission.statement {
        Statement::Submitted | Statement::VerifiedEmpty => None,
        Statement::Skipped { reason } | Statement::Escalated { reason } => Some(reason.as_str()),
    };
    let inserted = sqlx::query(
        "INSERT INTO submission (submission_id, project_key, layer_key, capture_key, person_id, statement, reason,
             schema_version, submitted_at_micros)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (submission_id) DO NOTHING",
    )
    .bind(submission.submission_id.0)
    .bind(keys.project)
    .bind(keys.layer)
    .bind(keys.capture)
    .bind(submission.person_id.0)
    .bind(submission.statement.name())
    .bind(reason)
    .bind(submission.schema_version)
    .bind(submission.submitted_at.0)
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "INSERT OR IGNORE INTO submission_class (submission_key, label_class_key) SELECT ?, value FROM json_each(?)",
    )
    .bind(inserted.last_insert_rowid())
    .bind(json_of_keys(&keys.classes))
    .execute(connection)
    .await?;
    Ok(true)
}

/// Submissions about captures in a project, oldest first; in one layer where it is given.
pub async fn of_captures(
    connection: &mut SqliteConnection,
    project_key: i64,
    layer: Option<&str>,
    capture_keys: &[u32],
) -> Result<Vec<(u32, Submission)>, StoreError> {
    let rows = sqlx::query(
        "SELECT submission.*, project.project_id, layer.name AS layer, capture.capture_id,
             (SELECT json_group_array(hex(label_class.class_id)) FROM submission_class
              JOIN label_class ON label_class.row_key = submission_class.label_class_key
              WHERE submission_class.submission_key = submission.row_key) AS classes
         FROM submission
         JOIN project ON project.row_key = submission.project_key
         JOIN layer ON layer.row_key = submission.layer_key
         JOIN capture ON capture.row_key = submission.capture_key
         WHERE submission.capture_key IN (SELECT value FROM json_each(?1)) AND submission.project_key = ?2
         AND (?3 IS NULL OR layer.name = ?3)
         ORDER BY submission.row_key",
    )
    .bind(json_of_keys(capture_keys))
    .bind(project_key)
    .bind(layer)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((row.get("capture_key"), read(row)?))).collect()
}

fn read(row: &SqliteRow) -> Result<Submission, StoreError> {
    let reason = || row.get::<Option<String>, _>("reason").unwrap_or_default();
    let classes: Vec<Uuid> = serde_json::from_str(row.get("classes"))
        .map_err(|source| StoreError::unreadable("submission_class", source))?;
    Ok(Submission {
        submission_id: SubmissionId(row.get("submission_id")),
        project_id: ProjectId(row.get("project_id")),
        layer: row.get("layer"),
        capture_id: CaptureId(row.get("capture_id")),
        person_id: PersonId(row.get("person_id")),
        statement: match row.get::<&str, _>("statement") {
            "submitted" => Statement::Submitted,
            "verified_empty" => Statement::VerifiedEmpty,
            "skipped" => Statement::Skipped { reason: reason() },
            // The table's CHECK knows four names.
            _ => Statement::Escalated { reason: reason() },
        },
        schema_version: row.get("schema_version"),
        classes_covered: classes.into_iter().map(ClassId).collect(),
        submitted_at: UtcMicros(row.get("submitted_at_micros")),
    })
}

/// Name of the latest statement in the main layer about each capture that has one.
pub async fn latest_names(
    connection: &mut SqliteConnection,
    project_key: i64,
    capture_keys: &[u32],
) -> sqlx::Result<Vec<(u32, String)>> {
    // With max(), SQLite takes the other columns from the row that has it.
    let rows = sqlx::query(
        "SELECT submission.capture_key, submission.statement, max(submission.row_key)
         FROM submission JOIN layer ON layer.row_key = submission.layer_key
         WHERE submission.capture_key IN (SELECT value FROM json_each(?)) AND submission.project_key = ?
         AND layer.name = 'main'
         GROUP BY submission.capture_key",
    )
    .bind(json_of_keys(capture_keys))
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Appends a span of work.
pub async fn append_span(
    connection: &mut SqliteConnection,
    span: &WorkSpan,
    project_key: i64,
    capture_key: u32,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO work_span (person_id, project_key, capture_key, started_at_micros, ended_at_micros,
             input_events, proposals_shown)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(span.person_id.0)
    .bind(project_key)
    .bind(capture_key)
    .bind(span.started_at.0)
    .bind(span.ended_at.0.max(span.started_at.0))
    .bind(span.input_events)
    .bind(span.proposals_shown)
    .execute(connection)
    .await?;
    Ok(())
}

/// Spans of work that ended after a moment, oldest first.
pub async fn spans(
    connection: &mut SqliteConnection,
    project_key: i64,
    since: UtcMicros,
) -> sqlx::Result<Vec<WorkSpan>> {
    let rows = sqlx::query(
        "SELECT work_span.*, project.project_id, capture.capture_id FROM work_span
         JOIN project ON project.row_key = work_span.project_key
         JOIN capture ON capture.row_key = work_span.capture_key
         WHERE work_span.project_key = ? AND work_span.ended_at_micros > ? ORDER BY work_span.row_key",
    )
    .bind(project_key)
    .bind(since.0)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| WorkSpan {
        person_id: PersonId(row.get("person_id")),
        project_id: ProjectId(row.get("project_id")),
        capture_id: CaptureId(row.get("capture_id")),
        started_at: UtcMicros(row.get("started_at_micros")),
        ended_at: UtcMicros(row.get("ended_at_micros")),
        input_events: row.get("input_events"),
        proposals_shown: row.get("proposals_shown"),
    };
    Ok(rows.iter().map(read).collect())
}
