//! Questions about the whole database.

use sqlx::{Row, SqliteConnection};

use crate::check::Counts;

/// What SQLite's integrity check says, without its `ok`.
pub async fn integrity(connection: &mut SqliteConnection) -> sqlx::Result<Vec<String>> {
    let lines: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(connection).await?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// What SQLite's quick check says, without its `ok`: it leaves the indexes out.
pub async fn quick(connection: &mut SqliteConnection) -> sqlx::Result<Vec<String>> {
    let lines: Vec<String> = sqlx::query_scalar("PRAGMA quick_check").fetch_all(connection).await?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// Makes every index anew from its table.
pub async fn reindex(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("REINDEX").execute(connection).await?;
    Ok(())
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
        "SELECT (SELECT coalesce(sum(captures), 0) FROM capture_count) AS captures,
             (SELECT count(*) FROM capture) AS rows,
             (SELECT count(*) FROM asset) AS assets,
             (SELECT coalesce(sum(annotations), 0) FROM annotation_count) AS annotations,
             (SELECT coalesce(sum(annotations), 0) FROM annotation_count
              JOIN origin ON origin.row_key = annotation_count.origin_key
              WHERE decision = 0 AND origin.kind = 'model') AS proposals,
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
        erased_captures: count("rows").saturating_sub(count("captures")),
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

/// Counters that differ from what they count; a text each.
pub async fn wrong_counters(connection: &mut SqliteConnection) -> sqlx::Result<Vec<String>> {
    let captures: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT service_key, max(kept), max(found) FROM (
             SELECT service_key, captures AS kept, 0 AS found FROM capture_count
             UNION ALL
             SELECT coalesce(service_key, 0), 0, count(*) FROM capture WHERE erased_at_micros IS NULL GROUP BY 1
         ) GROUP BY service_key HAVING max(kept) <> max(found)",
    )
    .fetch_all(&mut *connection)
    .await?;
    let annotations: Vec<(i64, String, i64, i64)> = sqlx::query_as(
        "SELECT label_class_key, model_class, max(kept), max(found) FROM (
             SELECT project_key, label_class_key, model_class, origin_key, decision, annotations AS kept, 0 AS found
             FROM annotation_count
             UNION ALL
             SELECT project_key, coalesce(label_class_key, 0),
                 iif(label_class_key IS NULL, coalesce(model_class, ''), ''), origin_key, decision, 0, count(*)
             FROM annotation WHERE deleted = 0 GROUP BY 1, 2, 3, 4, 5
         ) GROUP BY project_key, label_class_key, model_class, origin_key, decision HAVING max(kept) <> max(found)",
    )
    .fetch_all(connection)
    .await?;
    let of_service =
        |(key, kept, found)| format!("the counter of service {key} says {kept} captures, there are {found}");
    let of_class = |(key, name, kept, found)| {
        format!("the counter of class {key} {name:?} says {kept} annotations, there are {found}")
    };
    Ok(captures.into_iter().map(of_service).chain(annotations.into_iter().map(of_class)).collect())
}

/// Counts everything again.
pub async fn recount(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    for sql in [
        "DELETE FROM capture_count",
        "INSERT INTO capture_count (service_key, captures)
         SELECT coalesce(service_key, 0), count(*) FROM capture WHERE erased_at_micros IS NULL GROUP BY 1",
        "DELETE FROM annotation_count",
        "INSERT INTO annotation_count (project_key, label_class_key, model_class, origin_key, decision, annotations)
         SELECT project_key, coalesce(label_class_key, 0),
             iif(label_class_key IS NULL, coalesce(model_class, ''), ''), origin_key, decision, count(*)
         FROM annotation WHERE deleted = 0 GROUP BY 1, 2, 3, 4, 5",
    ] {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    Ok(())
}
