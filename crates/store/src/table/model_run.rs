//! `model_run`.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{json_of_keys, origin};
use crate::model_run::{ModelRun, RunCount, RunStatus};

/// Writes a run, in place of an earlier one. True when there was one.
pub async fn write(
    connection: &mut SqliteConnection,
    run: &ModelRun,
    (capture_key, setting_key, project_key): (u32, i64, i64),
) -> sqlx::Result<bool> {
    let (status, proposals, error) = match &run.status {
        RunStatus::Done { proposals } => ("done", *proposals, None),
        RunStatus::Empty => ("empty", 0, None),
        RunStatus::Failed { error } => ("failed", 0, Some(error.as_str())),
    };
    let known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM model_run WHERE capture_key = ? AND model_setting_key = ? AND project_key = ?)",
    )
    .bind(capture_key)
    .bind(setting_key)
    .bind(project_key)
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO model_run (capture_key, model_setting_key, project_key, status, proposals, error, job_id,
             ran_at_micros)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (capture_key, model_setting_key, project_key) DO UPDATE SET status = excluded.status,
             proposals = excluded.proposals, error = excluded.error, job_id = excluded.job_id,
             ran_at_micros = excluded.ran_at_micros",
    )
    .bind(capture_key)
    .bind(setting_key)
    .bind(project_key)
    .bind(status)
    .bind(proposals)
    .bind(error)
    .bind(run.job_id.map(|job_id| job_id.0))
    .bind(run.ran_at.0)
    .execute(connection)
    .await?;
    Ok(known)
}

/// The next captures on which a setting has not run; those on which it failed too, where that is asked.
pub async fn captures_without(
    connection: &mut SqliteConnection,
    (project_key, setting_key): (i64, Option<i64>),
    after: u32,
    limit: u32,
    retry_failed: bool,
) -> sqlx::Result<Vec<u32>> {
    sqlx::query_scalar(
        "SELECT capture.row_key FROM capture
         WHERE capture.row_key > ?1 AND capture.erased_at_micros IS NULL AND NOT EXISTS (
             SELECT 1 FROM model_run WHERE model_run.capture_key = capture.row_key
             AND model_run.model_setting_key = ?2 AND model_run.project_key = ?3
             AND (model_run.status <> 'failed' OR NOT ?4)
         )
         ORDER BY capture.row_key LIMIT ?5",
    )
    .bind(after)
    .bind(setting_key)
    .bind(project_key)
    .bind(retry_failed)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Models that ran on captures and could read them.
pub async fn models_on(
    connection: &mut SqliteConnection,
    project_key: i64,
    capture_keys: &[u32],
) -> sqlx::Result<Vec<(u32, String)>> {
    sqlx::query_as(
        "SELECT DISTINCT model_run.capture_key, model_setting.model FROM model_run
         JOIN model_setting ON model_setting.row_key = model_run.model_setting_key
         WHERE model_run.capture_key IN (SELECT value FROM json_each(?)) AND model_run.project_key = ?
         AND model_run.status <> 'failed'
         ORDER BY model_run.capture_key, model_setting.model",
    )
    .bind(json_of_keys(capture_keys))
    .bind(project_key)
    .fetch_all(connection)
    .await
}

/// Runs of a project by setting.
pub async fn counts(connection: &mut SqliteConnection, project_key: i64) -> sqlx::Result<Vec<RunCount>> {
    let rows = sqlx::query(
        "SELECT model, version, model_hash, parameters_hash, prompt,
             sum(status = 'done') AS done, sum(status = 'empty') AS empty, sum(status = 'failed') AS failed
         FROM model_run JOIN model_setting ON model_setting.row_key = model_run.model_setting_key
         WHERE model_run.project_key = ? GROUP BY model_setting.row_key ORDER BY model_setting.row_key",
    )
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| {
        Ok(RunCount {
            setting: origin::read_setting(row)?,
            done: row.get::<i64, _>("done") as u64,
            empty: row.get::<i64, _>("empty") as u64,
            failed: row.get::<i64, _>("failed") as u64,
        })
    };
    rows.iter().map(read).collect()
}

/// Captures that a setting ran on, among these (a JSON array of keys) or everywhere.
pub async fn captures_of(
    connection: &mut SqliteConnection,
    (project_key, setting_key): (i64, i64),
    capture_keys: Option<&str>,
) -> sqlx::Result<Vec<u32>> {
    sqlx::query_scalar(
        "SELECT capture_key FROM model_run WHERE model_setting_key = ?1 AND project_key = ?2
         AND (?3 IS NULL OR capture_key IN (SELECT value FROM json_each(?3)))",
    )
    .bind(setting_key)
    .bind(project_key)
    .bind(capture_keys)
    .fetch_all(connection)
    .await
}

/// Removes the runs of a setting on these captures.
pub async fn remove(
    connection: &mut SqliteConnection,
    (project_key, setting_key): (i64, i64),
    capture_keys: &[u32],
) -> sqlx::Result<u64> {
    let removed = sqlx::query(
        "DELETE FROM model_run WHERE model_setting_key = ? AND project_key = ?
         AND capture_key IN (SELECT value FROM json_each(?))",
    )
    .bind(setting_key)
    .bind(project_key)
    .bind(json_of_keys(capture_keys))
    .execute(connection)
    .await?;
    Ok(removed.rows_affected())
}
