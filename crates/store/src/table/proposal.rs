//! `annotation` and `model_run` as sync fills them: many rows that are alike, so only what differs is bound.

use muster_domain::{geometry::BoundingBox, id::AnnotationId, time::UtcMicros};
use sqlx::SqliteConnection;

use super::bulk;

/// A proposal to insert: a box that nobody has decided on.
pub struct ProposalRecord<'a> {
    /// Its id.
    pub annotation_id: AnnotationId,
    /// Its capture.
    pub capture_key: u32,
    /// The asset's name.
    pub asset: &'a str,
    /// Where.
    pub bounds: BoundingBox,
    /// Its class.
    pub label_class_key: Option<i64>,
    /// The model's own class name.
    pub model_class: &'a str,
    /// Its place in the stack.
    pub z: u32,
    /// The model.
    pub origin_key: i64,
    /// 0 to 1.
    pub confidence: f64,
}

/// Inserts new proposals into a project and layer, under the schema's version.
pub async fn insert(
    connection: &mut SqliteConnection,
    (project_key, layer_key, schema_version): (i64, i64, u32),
    records: &[ProposalRecord<'_>],
) -> sqlx::Result<()> {
    const GROUP: &str = "(?,?,?,?,?,?,'box',?,?,?,?,?,?,?,?,?,0,1,1,1,1,1)";
    const BOUND: usize = 15;
    for chunk in records.chunks(bulk::rows_per_statement(BOUND)) {
        let sql = bulk::groups(
            "INSERT INTO annotation (project_key, layer_key, schema_version, annotation_id, capture_key, asset, kind,
                 x, y, width, height, label_class_key, model_class, z, origin_key, confidence, decision, version,
                 geometry_version, class_version, attributes_version, decision_version)",
            GROUP,
            chunk.len(),
        );
        let mut query = sqlx::query(sql);
        for record in chunk {
            query = query
                .bind(project_key)
                .bind(layer_key)
                .bind(schema_version)
                .bind(record.annotation_id.0)
                .bind(record.capture_key)
                .bind(record.asset)
                .bind(record.bounds.x)
                .bind(record.bounds.y)
                .bind(record.bounds.width)
                .bind(record.bounds.height)
                .bind(record.label_class_key)
                .bind(record.model_class)
                .bind(record.z)
                .bind(record.origin_key)
                .bind(record.confidence);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// A run to note.
pub struct RunRecord {
    /// The capture.
    pub capture_key: u32,
    /// The model.
    pub setting_key: i64,
    /// How many proposals it made.
    pub proposals: u32,
}

/// Notes runs that are new.
pub async fn insert_runs(
    connection: &mut SqliteConnection,
    project_key: i64,
    runs: &[RunRecord],
    now: UtcMicros,
) -> sqlx::Result<()> {
    const GROUP: &str = "(?,?,'done',?,?,?)";
    const BOUND: usize = 5;
    for chunk in runs.chunks(bulk::rows_per_statement(BOUND)) {
        let sql = bulk::groups(
            "INSERT INTO model_run (project_key, ran_at_micros, status, capture_key, model_setting_key, proposals)",
            GROUP,
            chunk.len(),
        );
        let mut query = sqlx::query(sql);
        for run in chunk {
            query = query.bind(project_key).bind(now.0).bind(run.capture_key).bind(run.setting_key).bind(run.proposals);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
