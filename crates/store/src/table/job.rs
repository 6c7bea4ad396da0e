//! `job`.

use muster_domain::{id::JobId, time::UtcMicros};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    StoreError,
    job::{Job, JobEnd, JobState, NewJob, Progress},
};

/// Queues a job; one that is known stays as it is.
pub async fn queue(connection: &mut SqliteConnection, job: &NewJob, now: UtcMicros) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO job (job_id, kind, parameters, state, created_at_micros) VALUES (?, ?, ?, 'queued', ?)
         ON CONFLICT (job_id) DO NOTHING",
    )
    .bind(job.job_id.0)
    .bind(&job.kind)
    .bind(job.parameters.to_string())
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the oldest job that waits, or whose lease ran out: of some kinds (a JSON array), or this very one.
pub async fn claim(
    connection: &mut SqliteConnection,
    kinds: Option<&str>,
    job_id: Option<JobId>,
    owner: &str,
    (now, until): (UtcMicros, UtcMicros),
) -> Result<Option<Job>, StoreError> {
    let row = sqlx::query(
        "UPDATE job SET state = 'running', owner = ?1, lease_until_micros = ?2, heartbeat_at_micros = ?3,
             started_at_micros = coalesce(started_at_micros, ?3)
         WHERE row_key = (
             SELECT row_key FROM job
             WHERE (state = 'queued' OR (state = 'running' AND lease_until_micros < ?3))
             AND (?4 IS NULL OR kind IN (SELECT value FROM json_each(?4)))
             AND (?5 IS NULL OR job_id = ?5)
             ORDER BY row_key LIMIT 1
         )
         RETURNING *",
    )
    .bind(owner)
    .bind(until.0)
    .bind(now.0)
    .bind(kinds)
    .bind(job_id.map(|job_id| job_id.0))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Renews a lease and saves progress. `None` when the job is not this owner's; else whether to cancel.
pub async fn heartbeat(
    connection: &mut SqliteConnection,
    job_id: JobId,
    owner: &str,
    (now, until): (UtcMicros, UtcMicros),
    progress: &Progress,
) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar(
        "UPDATE job SET heartbeat_at_micros = ?, lease_until_micros = ?, done = ?, total = ?,
             cursor = coalesce(?, cursor)
         WHERE job_id = ? AND owner = ? AND state = 'running'
         RETURNING cancel_requested",
    )
    .bind(now.0)
    .bind(until.0)
    .bind(progress.done as i64)
    .bind(progress.total.map(|total| total as i64))
    .bind(progress.cursor.as_ref().map(ToString::to_string))
    .bind(job_id.0)
    .bind(owner)
    .fetch_optional(connection)
    .await
}

/// Ends a job; false when it is not this owner's.
pub async fn finish(
    connection: &mut SqliteConnection,
    job_id: JobId,
    owner: &str,
    end: &JobEnd,
    now: UtcMicros,
) -> sqlx::Result<bool> {
    let (state, outcome, error) = match end {
        JobEnd::Done(outcome) => ("done", Some(outcome.to_string()), None),
        JobEnd::Failed(error) => ("failed", None, Some(error.as_str())),
        JobEnd::Cancelled => ("cancelled", None, None),
    };
    let ended = sqlx::query(
        "UPDATE job SET state = ?, outcome = ?, error = ?, ended_at_micros = ?, owner = NULL,
             lease_until_micros = NULL
         WHERE job_id = ? AND owner = ? AND state = 'running'",
    )
    .bind(state)
    .bind(outcome)
    .bind(error)
    .bind(now.0)
    .bind(job_id.0)
    .bind(owner)
    .execute(connection)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Asks to cancel; false when there is no such job. One that waits, or that nobody works on any more, ends at once.
pub async fn cancel(connection: &mut SqliteConnection, job_id: JobId, now: UtcMicros) -> sqlx::Result<bool> {
    sqlx::query(
        "UPDATE job SET state = 'cancelled', ended_at_micros = ?1, owner = NULL, lease_until_micros = NULL
         WHERE job_id = ?2 AND (state = 'queued' OR (state = 'running' AND lease_until_micros < ?1))",
    )
    .bind(now.0)
    .bind(job_id.0)
    .execute(&mut *connection)
    .await?;
    let asked =
        sqlx::query("UPDATE job SET cancel_requested = 1 WHERE job_id = ?").bind(job_id.0).execute(connection).await?;
    Ok(asked.rows_affected() > 0)
}

/// One job.
pub async fn get(connection: &mut SqliteConnection, job_id: JobId) -> Result<Option<Job>, StoreError> {
    let row = sqlx::query("SELECT * FROM job WHERE job_id = ?").bind(job_id.0).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

/// Jobs, newest first.
pub async fn newest(connection: &mut SqliteConnection, limit: u32) -> Result<Vec<Job>, StoreError> {
    let rows = sqlx::query("SELECT * FROM job ORDER BY row_key DESC LIMIT ?").bind(limit).fetch_all(connection).await?;
    rows.iter().map(read).collect()
}

fn read(row: &SqliteRow) -> Result<Job, StoreError> {
    let json = |text: &str| serde_json::from_str(text).map_err(|source| StoreError::unreadable("job", source));
    let optional = |column: &str| row.get::<Option<&str>, _>(column).map(json).transpose();
    Ok(Job {
        job_id: JobId(row.get("job_id")),
        kind: row.get("kind"),
        parameters: json(row.get("parameters"))?,
        state: match row.get::<&str, _>("state") {
            "queued" => JobState::Queued,
            "running" => JobState::Running,
            "done" => JobState::Done,
            "failed" => JobState::Failed,
            // The table's CHECK knows five names.
            _ => JobState::Cancelled,
        },
        created_at: UtcMicros(row.get("created_at_micros")),
        started_at: row.get::<Option<i64>, _>("started_at_micros").map(UtcMicros),
        ended_at: row.get::<Option<i64>, _>("ended_at_micros").map(UtcMicros),
        owner: row.get("owner"),
        lease_until: row.get::<Option<i64>, _>("lease_until_micros").map(UtcMicros),
        cancel_requested: row.get("cancel_requested"),
        done: row.get::<i64, _>("done") as u64,
        total: row.get::<Option<i64>, _>("total").map(|total| total as u64),
        cursor: optional("cursor")?,
        outcome: optional("outcome")?,
        error: row.get("error"),
    })
}
