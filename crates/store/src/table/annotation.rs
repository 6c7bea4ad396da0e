//! `annotation`: the rows, in full for editing and in part for grids and queries.

use std::collections::HashMap;

use muster_domain::{
    annotation::{Annotation, Decision, FieldOrigins},
    geometry::{BoundingBox, Geometry},
    id::{AnnotationId, CaptureId, ClassId, ProjectId, TrackId},
    origin::Origin,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    bulk, json_of_blobs, json_of_keys,
    origin::{self, Hand},
};
use crate::StoreError;

/// The version at which each field changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldVersions {
    /// Geometry.
    pub geometry: u32,
    /// Class.
    pub class: u32,
    /// Attributes.
    pub attributes: u32,
    /// Decision.
    pub decision: u32,
}

/// An annotation with its keys.
pub struct Stored {
    /// Its capture's key.
    pub capture_key: u32,
    /// The annotation.
    pub annotation: Annotation,
    /// The version at which each field changed last.
    pub field_versions: FieldVersions,
}

const SELECT: &str = "SELECT annotation.*, project.project_id, layer.name AS layer, capture.capture_id,
         label_class.class_id
     FROM annotation
     JOIN project ON project.row_key = annotation.project_key
     JOIN layer ON layer.row_key = annotation.layer_key
     JOIN capture ON capture.row_key = annotation.capture_key
     LEFT JOIN label_class ON label_class.row_key = annotation.label_class_key ";

fn selected(condition: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe([SELECT, condition].concat())
}

/// Annotations by id, tombstones too.
pub async fn by_ids(connection: &mut SqliteConnection, ids: &[AnnotationId]) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query(selected("WHERE annotation.annotation_id IN (SELECT unhex(value) FROM json_each(?))"))
        .bind(json_of_blobs(ids.iter().map(AnnotationId::as_bytes)))
        .fetch_all(&mut *connection)
        .await?;
    read_all(connection, &rows).await
}

/// Annotations of captures in a project, lowest first; of one layer where it is given.
pub async fn of_captures(
    connection: &mut SqliteConnection,
    project_key: i64,
    layer: Option<&str>,
    with_deleted: bool,
    capture_keys: &[u32],
) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query(selected(
        "WHERE annotation.capture_key IN (SELECT value FROM json_each(?)) AND annotation.project_key = ?
         AND (?3 IS NULL OR layer.name = ?3) AND annotation.deleted <= ?4
         ORDER BY annotation.capture_key, annotation.z, annotation.row_key",
    ))
    .bind(json_of_keys(capture_keys))
    .bind(project_key)
    .bind(layer)
    .bind(with_deleted)
    .fetch_all(&mut *connection)
    .await?;
    read_all(connection, &rows).await
}

/// Annotations without a class whose model class is one of these spellings (a JSON array).
pub async fn unmapped(
    connection: &mut SqliteConnection,
    project_key: i64,
    names: &str,
    limit: u32,
) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query(selected(
        "WHERE annotation.project_key = ? AND annotation.label_class_key IS NULL AND annotation.deleted = 0
         AND annotation.model_class IN (SELECT value FROM json_each(?))
         ORDER BY annotation.row_key LIMIT ?",
    ))
    .bind(project_key)
    .bind(names)
    .bind(limit)
    .fetch_all(&mut *connection)
    .await?;
    read_all(connection, &rows).await
}

async fn read_all(connection: &mut SqliteConnection, rows: &[SqliteRow]) -> Result<Vec<Stored>, StoreError> {
    const KEYS: [&str; 4] = ["origin_key", "geometry_origin_key", "class_origin_key", "attributes_origin_key"];
    let mut keys = std::collections::HashSet::new();
    for row in rows {
        keys.extend(KEYS.iter().filter_map(|column| row.get::<Option<i64>, _>(*column)));
    }
    let hands = if keys.is_empty() { HashMap::new() } else { origin::load(connection, keys).await? };
    rows.iter().map(|row| read(row, &hands)).collect()
}

fn read(row: &SqliteRow, hands: &HashMap<i64, Hand>) -> Result<Stored, StoreError> {
    let hand = |key: i64| hands.get(&key).ok_or_else(|| StoreError::unreadable("annotation", "an origin is missing"));
    let made_by = hand(row.get("origin_key"))?.origin(row.get("confidence"), row.get("source_id"));
    let field = |key: &str, confidence: &str, source_id: &str| match row.get::<Option<i64>, _>(key) {
        None => Ok::<Origin, StoreError>(made_by.clone()),
        Some(key) => Ok(hand(key)?.origin(row.get(confidence), row.get(source_id))),
    };
    let field_origins = FieldOrigins {
        geometry: field("geometry_origin_key", "geometry_confidence", "geometry_source_id")?,
        class: field("class_origin_key", "class_confidence", "class_source_id")?,
        attributes: field("attributes_origin_key", "attributes_confidence", "attributes_source_id")?,
    };
    let attributes = match row.get::<Option<&str>, _>("attributes") {
        None => std::collections::BTreeMap::new(),
        Some(json) => serde_json::from_str(json).map_err(|source| StoreError::unreadable("annotation", source))?,
    };
    let annotation = Annotation {
        annotation_id: AnnotationId(row.get("annotation_id")),
        project_id: ProjectId(row.get("project_id")),
        layer: row.get("layer"),
        capture_id: CaptureId(row.get("capture_id")),
        asset: row.get("asset"),
        frame_index: row.get("frame_index"),
        geometry: read_geometry(row)?,
        class_id: row.get::<Option<_>, _>("class_id").map(ClassId),
        model_class: row.get("model_class"),
        schema_version: row.get("schema_version"),
        attributes,
        track_id: row.get::<Option<_>, _>("track_id").map(TrackId),
        z: row.get("z"),
        origin: made_by,
        field_origins,
        decision: decision(row.get("decision")),
        version: row.get("version"),
        deleted: row.get("deleted"),
    };
    Ok(Stored {
        capture_key: row.get("capture_key"),
        annotation,
        field_versions: FieldVersions {
            geometry: row.get("geometry_version"),
            class: row.get("class_version"),
            attributes: row.get("attributes_version"),
            decision: row.get("decision_version"),
        },
    })
}

fn read_geometry(row: &SqliteRow) -> Result<Geometry, StoreError> {
    match row.get::<Option<&str>, _>("geometry") {
        Some(json) => serde_json::from_str(json).map_err(|source| StoreError::unreadable("annotation", source)),
        None => Ok(Geometry::Box(BoundingBox {
            x: row.get("x"),
            y: row.get("y"),
            width: row.get("width"),
            height: row.get("height"),
        })),
    }
}

/// The decision of a code.
pub fn decision(code: i64) -> Decision {
    // The table's CHECK knows three codes.
    usize::try_from(code).ok().and_then(|code| Decision::ALL.get(code)).copied().unwrap_or(Decision::Undecided)
}

/// The code of a decision.
pub fn decision_code(decision: Decision) -> i64 {
    match decision {
        Decision::Undecided => 0,
        Decision::Accepted => 1,
        Decision::Rejected => 2,
    }
}

/// A row to write, with keys in place of ids.
pub struct Record<'a> {
    /// What to write.
    pub annotation: &'a Annotation,
    /// The version at which each field changed last.
    pub field_versions: FieldVersions,
    /// Its project.
    pub project_key: i64,
    /// Its layer.
    pub layer_key: i64,
    /// Its capture.
    pub capture_key: u32,
    /// Its class.
    pub label_class_key: Option<i64>,
    /// Who made it.
    pub origin_key: i64,
    /// Who set geometry, class and attributes, where that is somebody else.
    pub field_origin_keys: [Option<i64>; 3],
}

const COLUMNS: usize = 37;
const INSERT: &str = "INSERT INTO annotation (annotation_id, project_key, layer_key, capture_key, asset, frame_index,
    kind, geometry, x, y, width, height, label_class_key, model_class, schema_version, attributes, track_id, z,
    origin_key, confidence, source_id, geometry_origin_key, geometry_confidence, geometry_source_id,
    class_origin_key, class_confidence, class_source_id, attributes_origin_key, attributes_confidence,
    attributes_source_id, decision, version, geometry_version, class_version, attributes_version, decision_version,
    deleted)";
const UPSERT: &str = "ON CONFLICT (annotation_id) DO UPDATE SET
    kind = excluded.kind, geometry = excluded.geometry, x = excluded.x, y = excluded.y, width = excluded.width,
    height = excluded.height, label_class_key = excluded.label_class_key, model_class = excluded.model_class,
    schema_version = excluded.schema_version, attributes = excluded.attributes, track_id = excluded.track_id,
    z = excluded.z, origin_key = excluded.origin_key, confidence = excluded.confidence,
    source_id = excluded.source_id, geometry_origin_key = excluded.geometry_origin_key,
    geometry_confidence = excluded.geometry_confidence, geometry_source_id = excluded.geometry_source_id,
    class_origin_key = excluded.class_origin_key, class_confidence = excluded.class_confidence,
    class_source_id = excluded.class_source_id, attributes_origin_key = excluded.attributes_origin_key,
    attributes_confidence = excluded.attributes_confidence, attributes_source_id = excluded.attributes_source_id,
    decision = excluded.decision, version = excluded.version, geometry_version = excluded.geometry_version,
    class_version = excluded.class_version, attributes_version = excluded.attributes_version,
    decision_version = excluded.decision_version, deleted = excluded.deleted";

/// Writes annotations, new or changed.
pub async fn write(connection: &mut SqliteConnection, records: &[Record<'_>]) -> Result<(), StoreError> {
    for chunk in records.chunks(bulk::rows_per_statement(COLUMNS)) {
        let mut query = sqlx::query(bulk::values(INSERT, COLUMNS, chunk.len(), UPSERT));
        for record in chunk {
            query = bind(query, record)?;
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bind<'q>(query: Query<'q>, record: &Record<'q>) -> Result<Query<'q>, StoreError> {
    let unreadable = |source| StoreError::unreadable("annotation", source);
    let annotation = record.annotation;
    let geometry = match &annotation.geometry {
        // A box is its bounds: four numbers, kept to the last bit.
        Geometry::Box(_) => None,
        other => Some(serde_json::to_string(other).map_err(unreadable)?),
    };
    let bounds = annotation.geometry.bounds();
    let attributes = (!annotation.attributes.is_empty()).then(|| serde_json::to_string(&annotation.attributes));
    let attributes = attributes.transpose().map_err(unreadable)?;
    let (_, confidence, source_id) = Hand::of(&annotation.origin);
    let mut query = query
        .bind(annotation.annotation_id.0)
        .bind(record.project_key)
        .bind(record.layer_key)
        .bind(record.capture_key)
        .bind(&annotation.asset)
        .bind(annotation.frame_index)
        .bind(annotation.geometry.kind())
        .bind(geometry)
        .bind(bounds.map(|bounds| bounds.x))
        .bind(bounds.map(|bounds| bounds.y))
        .bind(bounds.map(|bounds| bounds.width))
        .bind(bounds.map(|bounds| bounds.height))
        .bind(record.label_class_key)
        .bind(annotation.model_class.as_deref())
        .bind(annotation.schema_version)
        .bind(attributes)
        .bind(annotation.track_id.map(|track_id| track_id.0))
        .bind(annotation.z)
        .bind(record.origin_key)
        .bind(confidence)
        .bind(source_id);
    let origins = &annotation.field_origins;
    let fields = [&origins.geometry, &origins.class, &origins.attributes];
    for (key, origin) in record.field_origin_keys.iter().zip(fields) {
        let (_, confidence, source_id) = Hand::of(origin);
        query = match key {
            Some(key) => query.bind(*key).bind(confidence).bind(source_id),
            None => query.bind(None::<i64>).bind(None::<f64>).bind(None::<&str>),
        };
    }
    Ok(query
        .bind(decision_code(annotation.decision))
        .bind(annotation.version)
        .bind(record.field_versions.geometry)
        .bind(record.field_versions.class)
        .bind(record.field_versions.attributes)
        .bind(record.field_versions.decision)
        .bind(annotation.deleted))
}

/// An annotation as queries and grids see it.
pub struct Line {
    /// Its key.
    pub row_key: i64,
    /// Its capture.
    pub capture_key: u32,
    /// Its id.
    pub annotation_id: AnnotationId,
    /// Its class.
    pub label_class_key: Option<i64>,
    /// The model's own class name.
    pub model_class: Option<String>,
    /// What a person decided.
    pub decision: Decision,
    /// Who made it.
    pub origin: String,
    /// The model's id.
    pub model: Option<String>,
    /// The model's confidence.
    pub confidence: Option<f64>,
    /// The kind of its geometry.
    pub kind: String,
    /// Its bounds.
    pub bounds: Option<BoundingBox>,
    /// Its layer.
    pub layer: String,
    /// Its asset.
    pub asset: String,
    /// The text of a caption.
    pub text: Option<String>,
}

/// Annotations of captures in a project that are not deleted, by capture, lowest first.
pub async fn lines(
    connection: &mut SqliteConnection,
    project_key: i64,
    capture_keys: &[u32],
) -> sqlx::Result<Vec<Line>> {
    let rows = sqlx::query(
        "SELECT annotation.row_key, annotation.capture_key, annotation.annotation_id, annotation.label_class_key,
             annotation.model_class, annotation.decision, origin.kind AS origin, model_setting.model,
             annotation.confidence, annotation.kind, x, y, width, height, layer.name AS layer, annotation.asset,
             CASE annotation.kind WHEN 'caption' THEN annotation.geometry ->> '$.text' END AS text
         FROM annotation
         JOIN origin ON origin.row_key = annotation.origin_key
         LEFT JOIN model_setting ON model_setting.row_key = origin.model_setting_key
         JOIN layer ON layer.row_key = annotation.layer_key
         WHERE annotation.capture_key IN (SELECT value FROM json_each(?))
         AND annotation.project_key = ? AND annotation.deleted = 0
         ORDER BY annotation.capture_key, annotation.z, annotation.row_key",
    )
    .bind(json_of_keys(capture_keys))
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(read_line).collect())
}

fn read_line(row: &SqliteRow) -> Line {
    let bounds = row.get::<Option<f64>, _>(10).map(|x| BoundingBox {
        x,
        y: row.get(11),
        width: row.get(12),
        height: row.get(13),
    });
    Line {
        row_key: row.get(0),
        capture_key: row.get(1),
        annotation_id: AnnotationId(row.get(2)),
        label_class_key: row.get(3),
        model_class: row.get(4),
        decision: decision(row.get(5)),
        origin: row.get(6),
        model: row.get(7),
        confidence: row.get(8),
        kind: row.get(9),
        bounds,
        layer: row.get(14),
        asset: row.get(15),
        text: row.get(16),
    }
}

/// Removes undecided proposals that a setting made of a capture, but for those with these ids (a JSON array).
/// Returns how many.
pub async fn remove_stale_proposals(
    connection: &mut SqliteConnection,
    (project_key, capture_key): (i64, u32),
    model_setting_key: i64,
    keep: &[AnnotationId],
) -> sqlx::Result<u64> {
    let keys: Vec<i64> = sqlx::query_scalar(
        "SELECT annotation.row_key FROM annotation JOIN origin ON origin.row_key = annotation.origin_key
         WHERE annotation.capture_key = ? AND annotation.project_key = ? AND origin.model_setting_key = ?
         AND annotation.decision = 0 AND annotation.deleted = 0 AND annotation.geometry_origin_key IS NULL
         AND annotation.class_origin_key IS NULL AND annotation.attributes_origin_key IS NULL
         AND annotation.annotation_id NOT IN (SELECT unhex(value) FROM json_each(?))",
    )
    .bind(capture_key)
    .bind(project_key)
    .bind(model_setting_key)
    .bind(json_of_blobs(keep.iter().map(AnnotationId::as_bytes)))
    .fetch_all(&mut *connection)
    .await?;
    remove(connection, &keys).await
}

/// Undecided proposals that a setting made, in captures (a JSON array of keys) or everywhere.
pub async fn proposals_of_setting(
    connection: &mut SqliteConnection,
    project_key: i64,
    model_setting_key: i64,
    capture_keys: Option<&str>,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT annotation.row_key FROM model_run
         JOIN annotation ON annotation.capture_key = model_run.capture_key
         JOIN origin ON origin.row_key = annotation.origin_key
         WHERE model_run.model_setting_key = ?1 AND model_run.project_key = ?2
         AND (?3 IS NULL OR model_run.capture_key IN (SELECT value FROM json_each(?3)))
         AND annotation.project_key = ?2 AND origin.model_setting_key = ?1
         AND annotation.decision = 0 AND annotation.deleted = 0 AND annotation.geometry_origin_key IS NULL
         AND annotation.class_origin_key IS NULL AND annotation.attributes_origin_key IS NULL",
    )
    .bind(model_setting_key)
    .bind(project_key)
    .bind(capture_keys)
    .fetch_all(connection)
    .await
}

/// Removes rows for good: only proposals that nobody decided on.
pub async fn remove(connection: &mut SqliteConnection, keys: &[i64]) -> sqlx::Result<u64> {
    if keys.is_empty() {
        return Ok(0);
    }
    let keys = json_of_keys(keys);
    for sql in [
        "DELETE FROM annotation_tag WHERE annotation_key IN (SELECT value FROM json_each(?))",
        "DELETE FROM annotation_field WHERE annotation_key IN (SELECT value FROM json_each(?))",
    ] {
        sqlx::query(sql).bind(&keys).execute(&mut *connection).await?;
    }
    let removed = sqlx::query("DELETE FROM annotation WHERE row_key IN (SELECT value FROM json_each(?))")
        .bind(&keys)
        .execute(connection)
        .await?;
    Ok(removed.rows_affected())
}

/// Those of the annotations that are not deleted.
pub async fn live(connection: &mut SqliteConnection, ids: &[AnnotationId]) -> sqlx::Result<Vec<AnnotationId>> {
    let live: Vec<uuid::Uuid> = sqlx::query_scalar(
        "SELECT annotation_id FROM annotation
         WHERE annotation_id IN (SELECT unhex(value) FROM json_each(?)) AND deleted = 0",
    )
    .bind(json_of_blobs(ids.iter().map(AnnotationId::as_bytes)))
    .fetch_all(connection)
    .await?;
    Ok(live.into_iter().map(AnnotationId).collect())
}

/// The keys of an annotation and its capture.
pub async fn keys(connection: &mut SqliteConnection, annotation_id: AnnotationId) -> sqlx::Result<Option<(i64, u32)>> {
    sqlx::query_as("SELECT row_key, capture_key FROM annotation WHERE annotation_id = ?")
        .bind(annotation_id.0)
        .fetch_optional(connection)
        .await
}
