//! `annotation`, as bulk acts see it: decision and class of many rows at once, read and written by their keys alone.

use muster_domain::{
    annotation::Decision,
    id::{AnnotationId, CaptureId, ClassId},
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    annotation::{decision, decision_code},
    json_of_blobs, json_of_keys,
};

/// How an annotation stands.
pub struct Stood {
    /// Its key.
    pub row_key: i64,
    /// Its id.
    pub annotation_id: AnnotationId,
    /// Its capture's key.
    pub capture_key: u32,
    /// Its capture.
    pub capture_id: CaptureId,
    /// Its version.
    pub version: u32,
    /// What a person decided.
    pub decision: Decision,
    /// Its class.
    pub class_id: Option<ClassId>,
    /// The hand that set the class, where that is not the one that made the annotation: key, confidence, id in a file.
    pub class_hand: Option<(i64, Option<f64>, Option<String>)>,
    /// The version of the schema that its class was set under.
    pub schema_version: u32,
}

const SELECT: &str = "SELECT annotation.row_key, annotation.annotation_id, annotation.capture_key, capture.capture_id,
         annotation.version, annotation.decision, label_class.class_id, annotation.class_origin_key,
         annotation.class_confidence, annotation.class_source_id, annotation.schema_version
     FROM annotation
     JOIN capture ON capture.row_key = annotation.capture_key
     LEFT JOIN label_class ON label_class.row_key = annotation.label_class_key ";

fn selected(condition: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe([SELECT, condition].concat())
}

fn read(row: &SqliteRow) -> Stood {
    Stood {
        row_key: row.get(0),
        annotation_id: AnnotationId(row.get(1)),
        capture_key: row.get(2),
        capture_id: CaptureId(row.get(3)),
        version: row.get(4),
        decision: decision(row.get(5)),
        class_id: row.get::<Option<_>, _>(6).map(ClassId),
        class_hand: row.get::<Option<i64>, _>(7).map(|key| (key, row.get(8), row.get(9))),
        schema_version: row.get(10),
    }
}

/// Those of the annotations that are in the project and not deleted.
pub async fn of(connection: &mut SqliteConnection, project_key: i64, ids: &[AnnotationId]) -> sqlx::Result<Vec<Stood>> {
    let rows = sqlx::query(selected(
        "WHERE annotation.annotation_id IN (SELECT unhex(value) FROM json_each(?))
         AND annotation.project_key = ? AND annotation.deleted = 0",
    ))
    .bind(json_of_blobs(ids.iter().map(AnnotationId::as_bytes)))
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(read).collect())
}

/// What nobody decided on these captures, in the main layer.
pub async fn undecided_on(
    connection: &mut SqliteConnection,
    project_key: i64,
    capture_keys: &[u32],
) -> sqlx::Result<Vec<Stood>> {
    let rows = sqlx::query(selected(
        "WHERE annotation.capture_key IN (SELECT value FROM json_each(?)) AND annotation.project_key = ?
         AND annotation.deleted = 0 AND annotation.decision = 0
         AND annotation.layer_key = (SELECT layer.row_key FROM layer
             WHERE layer.project_key = annotation.project_key AND layer.name = 'main')",
    ))
    .bind(json_of_keys(capture_keys))
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(read).collect())
}

/// Gives annotations a decision, and a version more.
pub async fn decide(connection: &mut SqliteConnection, keys: &[i64], decision: Decision) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE annotation SET
             decision = ?1, decision_version = iif(decision = ?1, decision_version, version + 1), version = version + 1
         WHERE row_key IN (SELECT value FROM json_each(?2))",
    )
    .bind(decision_code(decision))
    .bind(json_of_keys(keys))
    .execute(connection)
    .await?;
    Ok(())
}

/// A class with the hand that set it.
pub struct ClassColumns<'a> {
    /// The class.
    pub label_class_key: Option<i64>,
    /// The hand, where that is not the one that made the annotation.
    pub origin_key: Option<i64>,
    /// The hand's confidence.
    pub confidence: Option<f64>,
    /// The hand's id in a file.
    pub source_id: Option<&'a str>,
    /// The version of the schema.
    pub schema_version: u32,
}

/// Gives annotations a class and a decision, and a version more.
pub async fn classify(
    connection: &mut SqliteConnection,
    keys: &[i64],
    decision: Decision,
    class: &ClassColumns<'_>,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE annotation SET
             decision = ?1, decision_version = iif(decision = ?1, decision_version, version + 1),
             label_class_key = ?2, class_origin_key = ?3, class_confidence = ?4, class_source_id = ?5,
             schema_version = ?6, class_version = version + 1, version = version + 1
         WHERE row_key IN (SELECT value FROM json_each(?7))",
    )
    .bind(decision_code(decision))
    .bind(class.label_class_key)
    .bind(class.origin_key)
    .bind(class.confidence)
    .bind(class.source_id)
    .bind(class.schema_version)
    .bind(json_of_keys(keys))
    .execute(connection)
    .await?;
    Ok(())
}
