//! `import` and what hangs on it, `import_file`, `withdrawn_annotation`.

use muster_domain::{
    digest::Digest,
    id::{AnnotationId, CaptureId, JobId, PersonId, ProjectId},
    time::UtcMicros,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{bulk, digest, json_of_blobs, json_of_keys};
use crate::import::{ImportFailure, KnownFile};

/// The reason that a withdrawn capture carries.
const WITHDRAWN: &str = "its import was taken back";

/// An import's row.
pub struct Line {
    /// Its key.
    pub row_key: i64,
    /// Its project's key.
    pub project_key: i64,
    /// Its project.
    pub project_id: ProjectId,
    /// Who imports.
    pub person_id: PersonId,
    /// True once it has ended.
    pub ended: bool,
}

/// Begins an import; one that is known goes on.
pub async fn begin(
    connection: &mut SqliteConnection,
    import_id: JobId,
    project_key: i64,
    person_id: PersonId,
    now: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO import (import_id, project_key, person_id, started_at_micros) VALUES (?, ?, ?, ?)
         ON CONFLICT (import_id) DO NOTHING",
    )
    .bind(import_id.0)
    .bind(project_key)
    .bind(person_id.0)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// An import.
pub async fn line(connection: &mut SqliteConnection, import_id: JobId) -> sqlx::Result<Option<Line>> {
    let row = sqlx::query(
        "SELECT import.row_key, import.project_key, project.project_id, import.person_id, import.ended_at_micros
         FROM import JOIN project ON project.row_key = import.project_key WHERE import.import_id = ?",
    )
    .bind(import_id.0)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Line {
        row_key: row.get(0),
        project_key: row.get(1),
        project_id: ProjectId(row.get(2)),
        person_id: PersonId(row.get(3)),
        ended: row.get::<Option<i64>, _>(4).is_some(),
    }))
}

/// Imports that brought something, have not ended, and whose job does not run or wait any more.
pub async fn abandoned(connection: &mut SqliteConnection) -> sqlx::Result<Vec<JobId>> {
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar(
        "SELECT import.import_id FROM import LEFT JOIN job ON job.job_id = import.import_id
         WHERE import.ended_at_micros IS NULL AND (job.state IS NULL OR job.state NOT IN ('queued', 'running'))
             AND (EXISTS (SELECT 1 FROM import_capture WHERE import_capture.import_key = import.row_key)
                 OR EXISTS (SELECT 1 FROM import_annotation WHERE import_annotation.import_key = import.row_key))",
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(JobId).collect())
}

/// Ends an import.
pub async fn end(connection: &mut SqliteConnection, import_key: i64, now: UtcMicros) -> sqlx::Result<()> {
    sqlx::query("UPDATE import SET ended_at_micros = ? WHERE row_key = ?")
        .bind(now.0)
        .bind(import_key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Captures that it brought or put away, and annotations that it changed on others.
pub async fn size(connection: &mut SqliteConnection, import_key: i64) -> sqlx::Result<(u64, u64)> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM import_capture WHERE import_key = ?1),
             (SELECT count(*) FROM import_annotation WHERE import_key = ?1)",
    )
    .bind(import_key)
    .fetch_one(connection)
    .await?;
    Ok((row.get::<i64, _>(0) as u64, row.get::<i64, _>(1) as u64))
}

/// Notes captures that it brought or put away.
pub async fn note_captures(
    connection: &mut SqliteConnection,
    import_key: i64,
    capture_keys: &[u32],
    brought: bool,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO import_capture (import_key, capture_key, brought) SELECT ?, value, ? FROM json_each(?) WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(import_key)
    .bind(brought)
    .bind(json_of_keys(capture_keys))
    .execute(connection)
    .await?;
    Ok(())
}

/// The captures that it brought, or put away.
pub async fn captures(connection: &mut SqliteConnection, import_key: i64, brought: bool) -> sqlx::Result<Vec<u32>> {
    sqlx::query_scalar("SELECT capture_key FROM import_capture WHERE import_key = ? AND brought = ?")
        .bind(import_key)
        .bind(brought)
        .fetch_all(connection)
        .await
}

/// Those of the captures that it brought.
pub async fn brought_of(
    connection: &mut SqliteConnection,
    import_key: i64,
    capture_keys: &[u32],
) -> sqlx::Result<Vec<u32>> {
    sqlx::query_scalar(
        "SELECT capture_key FROM import_capture
         WHERE import_key = ? AND brought = 1 AND capture_key IN (SELECT value FROM json_each(?))",
    )
    .bind(import_key)
    .bind(json_of_keys(capture_keys))
    .fetch_all(connection)
    .await
}

/// Hides captures with their annotations; erased ones stay as they are. Those that were hidden.
pub async fn withdraw(
    connection: &mut SqliteConnection,
    capture_keys: &[u32],
    now: UtcMicros,
) -> sqlx::Result<Vec<(u32, CaptureId)>> {
    let rows: Vec<(u32, uuid::Uuid)> = sqlx::query_as(
        "UPDATE capture SET erased_at_micros = ?, erased_reason = ?, withdrawn = 1
         WHERE row_key IN (SELECT value FROM json_each(?)) AND erased_at_micros IS NULL
         RETURNING row_key, capture_id",
    )
    .bind(now.0)
    .bind(WITHDRAWN)
    .bind(json_of_keys(capture_keys))
    .fetch_all(&mut *connection)
    .await?;
    let hidden = json_of_keys(rows.iter().map(|(key, _)| *key));
    sqlx::query(
        "INSERT INTO withdrawn_annotation (annotation_key)
         SELECT row_key FROM annotation
         WHERE capture_key IN (SELECT value FROM json_each(?)) AND deleted = 0",
    )
    .bind(&hidden)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE annotation SET deleted = 1
         WHERE capture_key IN (SELECT value FROM json_each(?)) AND deleted = 0",
    )
    .bind(&hidden)
    .execute(connection)
    .await?;
    Ok(rows.into_iter().map(|(key, id)| (key, CaptureId(id))).collect())
}

/// Those of the captures that are withdrawn.
pub async fn withdrawn(connection: &mut SqliteConnection, ids: &[CaptureId]) -> sqlx::Result<Vec<u32>> {
    sqlx::query_scalar(
        "SELECT row_key FROM capture
         WHERE withdrawn = 1 AND capture_id IN (SELECT unhex(value) FROM json_each(?))",
    )
    .bind(json_of_blobs(ids.iter().map(CaptureId::as_bytes)))
    .fetch_all(connection)
    .await
}

/// Brings withdrawn captures back as they were; others stay as they are. Those that came back.
pub async fn bring_back(
    connection: &mut SqliteConnection,
    capture_keys: &[u32],
) -> sqlx::Result<Vec<(u32, CaptureId)>> {
    let rows: Vec<(u32, uuid::Uuid)> = sqlx::query_as(
        "UPDATE capture SET erased_at_micros = NULL, erased_reason = NULL, withdrawn = 0
         WHERE row_key IN (SELECT value FROM json_each(?)) AND withdrawn = 1
         RETURNING row_key, capture_id",
    )
    .bind(json_of_keys(capture_keys))
    .fetch_all(&mut *connection)
    .await?;
    let back = json_of_keys(rows.iter().map(|(key, _)| *key));
    sqlx::query(
        "UPDATE annotation SET deleted = 0
         WHERE capture_key IN (SELECT value FROM json_each(?))
             AND row_key IN (SELECT annotation_key FROM withdrawn_annotation)",
    )
    .bind(&back)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM withdrawn_annotation WHERE annotation_key IN (
             SELECT row_key FROM annotation WHERE capture_key IN (SELECT value FROM json_each(?)))",
    )
    .bind(&back)
    .execute(connection)
    .await?;
    Ok(rows.into_iter().map(|(key, id)| (key, CaptureId(id))).collect())
}

/// Those of the captures on which nobody has left a mark: no statement, tag, note, field or act.
pub async fn untouched(connection: &mut SqliteConnection, capture_keys: &[u32]) -> sqlx::Result<Vec<u32>> {
    sqlx::query_scalar(
        "SELECT value FROM json_each(?) AS wanted
         WHERE NOT EXISTS (SELECT 1 FROM submission WHERE submission.capture_key = wanted.value)
             AND NOT EXISTS (SELECT 1 FROM capture_tag WHERE capture_tag.capture_key = wanted.value)
             AND NOT EXISTS (SELECT 1 FROM capture_note WHERE capture_note.capture_key = wanted.value)
             AND NOT EXISTS (SELECT 1 FROM operation_capture WHERE operation_capture.capture_key = wanted.value)",
    )
    .bind(json_of_keys(capture_keys))
    .fetch_all(connection)
    .await
}

/// An annotation that an import made or changed.
pub struct Footprint {
    /// Which.
    pub annotation_id: AnnotationId,
    /// Of the content that it left behind.
    pub fingerprint: i64,
    /// What it is on the other side; none: not there.
    pub other: Option<String>,
    /// True while the import is taken back.
    pub taken_back: bool,
    /// The import.
    pub import_key: i64,
}

/// What the latest import that was there left on each of these annotations.
pub async fn footprints_on(connection: &mut SqliteConnection, ids: &[AnnotationId]) -> sqlx::Result<Vec<Footprint>> {
    let rows = sqlx::query(
        "SELECT annotation.annotation_id, import_annotation.fingerprint, NULL, import_annotation.taken_back,
             max(import_annotation.import_key)
         FROM annotation JOIN import_annotation ON import_annotation.annotation_key = annotation.row_key
         WHERE annotation.annotation_id IN (SELECT unhex(value) FROM json_each(?))
         GROUP BY annotation.row_key",
    )
    .bind(json_of_blobs(ids.iter().map(AnnotationId::as_bytes)))
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(read_footprint).collect())
}

/// What an import left: at most `limit` annotations after a key, with that key.
pub async fn footprints(
    connection: &mut SqliteConnection,
    import_key: i64,
    taken_back: bool,
    after: i64,
    limit: u32,
) -> sqlx::Result<Vec<(i64, Footprint)>> {
    let rows = sqlx::query(
        "SELECT annotation.annotation_id, import_annotation.fingerprint, import_annotation.other,
             import_annotation.taken_back, import_annotation.import_key, annotation.row_key
         FROM import_annotation JOIN annotation ON annotation.row_key = import_annotation.annotation_key
         WHERE import_annotation.import_key = ? AND import_annotation.taken_back = ?
             AND import_annotation.annotation_key > ?
         ORDER BY import_annotation.annotation_key LIMIT ?",
    )
    .bind(import_key)
    .bind(taken_back)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(|row| (row.get(5), read_footprint(row))).collect())
}

fn read_footprint(row: &SqliteRow) -> Footprint {
    Footprint {
        annotation_id: AnnotationId(row.get(0)),
        fingerprint: row.get(1),
        other: row.get(2),
        taken_back: row.get(3),
        import_key: row.get(4),
    }
}

/// Notes what an import, or taking it back, left on annotations. The first `other` of an import stays: that is what was
/// there before it.
pub async fn leave(connection: &mut SqliteConnection, import_key: i64, footprints: &[Footprint]) -> sqlx::Result<()> {
    for footprint in footprints {
        sqlx::query(
            "INSERT INTO import_annotation (annotation_key, import_key, fingerprint, other, taken_back)
             SELECT row_key, ?2, ?3, ?4, ?5 FROM annotation WHERE annotation_id = ?1
             ON CONFLICT (annotation_key, import_key) DO UPDATE SET fingerprint = excluded.fingerprint,
                 other = iif(import_annotation.taken_back = excluded.taken_back, import_annotation.other,
                     excluded.other),
                 taken_back = excluded.taken_back",
        )
        .bind(footprint.annotation_id.0)
        .bind(import_key)
        .bind(footprint.fingerprint)
        .bind(footprint.other.as_deref())
        .bind(footprint.taken_back)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Notes files that could not be used.
pub async fn fail(connection: &mut SqliteConnection, import_key: i64, failures: &[ImportFailure]) -> sqlx::Result<()> {
    const COLUMNS: usize = 3;
    for chunk in failures.chunks(bulk::rows_per_statement(COLUMNS)) {
        let sql = bulk::values(
            "INSERT INTO import_failure (import_key, path, reason)",
            COLUMNS,
            chunk.len(),
            "ON CONFLICT (import_key, path) DO UPDATE SET reason = excluded.reason",
        );
        let mut query = sqlx::query(sql);
        for failure in chunk {
            query = query.bind(import_key).bind(&failure.path).bind(&failure.reason);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// How many files an import could not use, and some of them.
pub async fn failures(
    connection: &mut SqliteConnection,
    import_id: JobId,
    offset: u32,
    limit: u32,
) -> sqlx::Result<(u64, Vec<ImportFailure>)> {
    let total: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM import_failure JOIN import ON import.row_key = import_failure.import_key
         WHERE import.import_id = ?",
    )
    .bind(import_id.0)
    .fetch_one(&mut *connection)
    .await?;
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT path, reason FROM import_failure JOIN import ON import.row_key = import_failure.import_key
         WHERE import.import_id = ? ORDER BY path LIMIT ? OFFSET ?",
    )
    .bind(import_id.0)
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?;
    Ok((total as u64, rows.into_iter().map(|(path, reason)| ImportFailure { path, reason }).collect()))
}

/// Remembers when files were changed last.
pub async fn set_modified(connection: &mut SqliteConnection, files: &[(u32, i64)]) -> sqlx::Result<()> {
    const COLUMNS: usize = 2;
    for chunk in files.chunks(bulk::rows_per_statement(COLUMNS)) {
        let sql = bulk::values(
            "INSERT INTO import_file (capture_key, modified_at_micros)",
            COLUMNS,
            chunk.len(),
            "ON CONFLICT (capture_key) DO UPDATE SET modified_at_micros = excluded.modified_at_micros",
        );
        let mut query = sqlx::query(sql);
        for (capture_key, modified_micros) in chunk {
            query = query.bind(*capture_key).bind(*modified_micros);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Sets where captures were taken: key, degrees north and east.
pub async fn set_places(connection: &mut SqliteConnection, places: &[(u32, f64, f64)]) -> sqlx::Result<()> {
    for (key, latitude, longitude) in places {
        sqlx::query("UPDATE capture SET latitude = ?, longitude = ? WHERE row_key = ?")
            .bind(latitude)
            .bind(longitude)
            .bind(key)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The files of a root that the library has, by path.
pub async fn known_files(connection: &mut SqliteConnection, root: &str) -> sqlx::Result<Vec<KnownFile>> {
    let rows = sqlx::query(
        "SELECT capture.row_key, capture.capture_id, capture.relative_path, asset.name, asset.digest, asset.bytes,
             import_file.modified_at_micros, asset.import_root_key IS NOT NULL
         FROM import_root
         JOIN capture ON capture.import_root_key = import_root.row_key
         JOIN asset ON asset.capture_key = capture.row_key AND asset.ordinal = 0
         LEFT JOIN import_file ON import_file.capture_key = capture.row_key
         WHERE import_root.name = ? AND capture.erased_at_micros IS NULL
         ORDER BY capture.relative_path, capture.row_key",
    )
    .bind(root)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| {
        Ok(KnownFile {
            row_key: row.get(0),
            capture_id: CaptureId(row.get(1)),
            relative_path: row.get(2),
            asset: row.get(3),
            digest: digest(row.get(4))?,
            bytes: row.get::<i64, _>(5) as u64,
            modified_micros: row.get(6),
            referenced: row.get(7),
        })
    };
    rows.iter().map(read).collect()
}

/// The captures that have these bytes: digest, capture and the asset's name.
pub async fn with_bytes(
    connection: &mut SqliteConnection,
    digests: &[Digest],
) -> sqlx::Result<Vec<(Digest, CaptureId, String)>> {
    let rows = sqlx::query(
        "SELECT asset.digest, capture.capture_id, asset.name
         FROM asset JOIN capture ON capture.row_key = asset.capture_key
         WHERE asset.digest IN (SELECT unhex(value) FROM json_each(?)) AND capture.erased_at_micros IS NULL
         ORDER BY asset.row_key",
    )
    .bind(json_of_blobs(digests.iter().map(Digest::as_bytes)))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((digest(row.get(0))?, CaptureId(row.get(1)), row.get(2)))).collect()
}

/// Those of the annotations that are there, with their captures.
pub async fn annotations_there(
    connection: &mut SqliteConnection,
    ids: &[AnnotationId],
) -> sqlx::Result<Vec<(AnnotationId, CaptureId)>> {
    let rows: Vec<(uuid::Uuid, uuid::Uuid)> = sqlx::query_as(
        "SELECT annotation.annotation_id, capture.capture_id
         FROM annotation JOIN capture ON capture.row_key = annotation.capture_key
         WHERE annotation.annotation_id IN (SELECT unhex(value) FROM json_each(?))",
    )
    .bind(json_of_blobs(ids.iter().map(AnnotationId::as_bytes)))
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(annotation, capture)| (AnnotationId(annotation), CaptureId(capture))).collect())
}

/// Those of the sizes, bytes, that some asset has.
pub async fn sizes(connection: &mut SqliteConnection, sizes: &[u64]) -> sqlx::Result<Vec<u64>> {
    let rows: Vec<i64> =
        sqlx::query_scalar("SELECT DISTINCT bytes FROM asset WHERE bytes IN (SELECT value FROM json_each(?))")
            .bind(json_of_keys(sizes))
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().map(|bytes| bytes as u64).collect())
}
