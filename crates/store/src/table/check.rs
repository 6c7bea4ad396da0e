//! Questions about the whole database.

use sqlx::{Row, SqliteConnection};

use crate::check::Counts;

/// What SQLite's integrity check says, without its `ok`.
pub async fn integrity(connection: &mut SqliteConnection) -> sqlx::Result<Vec<String>> {
    let lines: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(connection).await?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// Rows whose foreign key leads nowhere.
pub async fn foreign_keys(connection: &mut SqliteConnection) -> sqlx::Result<Vec<String>> {
    let rows = sqlx::query("PRAGMA foreign_key_check").fetch_all(connection).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let (table, parent): (String, String) = (row.get(0), row.get(2));
            let key: Option<i64> = row.get(1);
            format!("{table} {} refers to a {parent} that is not there", key.unwrap_or_default())
        })
        .collect())
}

/// Rows of the main tables.
pub async fn counts(connection: &mut SqliteConnection) -> sqlx::Result<Counts> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM capture WHERE erased_at_micros IS NULL) AS captures,
             (SELECT count(*) FROM capture WHERE erased_at_micros IS NOT NULL) AS erased_captures,
             (SELECT count(*) FROM asset) AS assets,
             (SELECT count(*) FROM annotation WHERE deleted = 0) AS annotations,
             (SELECT count(*) FROM annotation JOIN origin ON origin.row_key = annotation.origin_key
              WHERE deleted = 0 AND decision = 0 AND origin.kind = 'model') AS proposals,
             (SELECT count(*) FROM operation) AS operations,
             (SELECT count(*) FROM submission) AS submissions,
             (SELECT count(*) FROM blob) AS blobs,
             (SELECT coalesce(sum(bytes), 0) FROM blob) AS blob_bytes,
             (SELECT coalesce(max(change_seq), 0) FROM capture_change) AS change_seq",
    )
    .fetch_one(connection)
    .await?;
    let count = |column: &str| row.get::<i64, _>(column) as u64;
    Ok(Counts {
        captures: count("captures"),
        erased_captures: count("erased_captures"),
        assets: count("assets"),
        annotations: count("annotations"),
        proposals: count("proposals"),
        operations: count("operations"),
        submissions: count("submissions"),
        blobs: count("blobs"),
        blob_bytes: count("blob_bytes"),
        change_seq: count("change_seq"),
    })
}
