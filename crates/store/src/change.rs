//! What changed since an index last looked, and the flat rows that queries are evaluated on.

use std::collections::{BTreeMap, HashMap};

use muster_domain::{
    digest::Digest,
    field::FieldValue,
    id::ProjectId,
    query::row::{AnnotationRow, CaptureRow, content_of},
    submission::Statement,
};
use sqlx::SqliteConnection;

use crate::{
    Library, Result,
    capture::{in_order, read_signals},
    project::project_key,
    table::{self, annotation::Line, capture::CaptureLine},
};

/// One step of catching up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Captures that are new or changed, as they are now.
    pub rows: Vec<CaptureRow>,
    /// Row keys of captures that were erased.
    pub removed: Vec<u32>,
    /// Everything up to here is in `rows` and `removed`; ask again from here.
    pub max_seq: u64,
    /// True when there is more at once.
    pub more: bool,
}

impl Library {
    /// What changed after `after_seq`, at most `limit` captures, as of now. Annotations are those of `project_id`.
    pub async fn changed_rows(&self, project_id: ProjectId, after_seq: u64, limit: u32) -> Result<Changes> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let changed = table::change::after(&mut transaction, after_seq, limit).await?;
        let numbers: HashMap<u32, u64> = changed.iter().map(|change| (change.row_key, change.seq)).collect();
        let live: Vec<u32> = changed.iter().filter(|change| !change.erased).map(|change| change.row_key).collect();
        let mut rows = read_rows(&mut transaction, project_key, &live).await?;
        for row in &mut rows {
            row.change_seq = numbers.get(&row.row_key).copied().unwrap_or(after_seq);
        }
        Ok(Changes {
            rows: in_order(&live, rows, |row| row.row_key),
            removed: changed.iter().filter(|change| change.erased).map(|change| change.row_key).collect(),
            max_seq: changed.last().map_or(after_seq, |change| change.seq),
            more: changed.len() == limit as usize,
        })
    }

    /// The rows of these captures, in this order; erased ones are left out.
    pub async fn rows(&self, project_id: ProjectId, row_keys: &[u32]) -> Result<Vec<CaptureRow>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let change_seq = table::change::latest(&mut transaction).await?;
        let mut rows = read_rows(&mut transaction, project_key, row_keys).await?;
        for row in &mut rows {
            row.change_seq = change_seq;
        }
        Ok(in_order(row_keys, rows, |row| row.row_key))
    }

    /// The change sequence now: an index that contains it misses nothing.
    pub async fn change_seq(&self) -> Result<u64> {
        Ok(table::change::latest(&mut *self.read().await?).await?)
    }
}

/// Rows by key, with a fixed number of queries however many there are.
async fn read_rows(connection: &mut SqliteConnection, project_key: i64, keys: &[u32]) -> Result<Vec<CaptureRow>> {
    let lines = table::capture::lines(connection, keys).await?;
    let mut rows: BTreeMap<u32, CaptureRow> = BTreeMap::new();
    for line in lines {
        rows.insert(line.row_key, bare_row(line)?);
    }
    add_capture_facts(connection, keys, &mut rows).await?;
    add_project_facts(connection, project_key, keys, &mut rows).await?;
    add_annotations(connection, project_key, keys, &mut rows).await?;
    Ok(rows.into_values().collect())
}

fn bare_row(line: CaptureLine) -> Result<CaptureRow> {
    let (device, site) = line.device.map_or((None, None), |(_, device, site)| (Some(device), Some(site)));
    Ok(CaptureRow {
        row_key: line.row_key,
        change_seq: 0,
        capture_id: line.capture_id,
        site,
        device,
        trigger: line.trigger.map(|(name, ..)| name),
        streams: Vec::new(),
        media: Vec::new(),
        paths: line.import.into_iter().map(|(_, path)| path).collect(),
        time_zone: line.time_zone,
        content: None,
        captured_at: line.captured_at,
        received_at: line.received_at,
        width_px: None,
        height_px: None,
        duration_s: None,
        latitude: line.place.map(|(latitude, _)| latitude),
        longitude: line.place.map(|(_, longitude)| longitude),
        signals: read_signals(line.signals.as_deref())?,
        user_fields: BTreeMap::new(),
        tags: Vec::new(),
        submission: "none",
        model_runs: Vec::new(),
        text: Vec::new(),
        annotations: Vec::new(),
    })
}

async fn add_capture_facts(
    connection: &mut SqliteConnection,
    keys: &[u32],
    rows: &mut BTreeMap<u32, CaptureRow>,
) -> Result<()> {
    let mut digests: HashMap<u32, Vec<Digest>> = HashMap::new();
    for (key, asset) in table::asset::of_captures(connection, keys).await? {
        let Some(row) = rows.get_mut(&key) else { continue };
        digests.entry(key).or_default().push(asset.digest);
        let duration_s = asset.duration_micros.map(|micros| micros as f64 / 1e6);
        row.duration_s = row.duration_s.into_iter().chain(duration_s).reduce(f64::max);
        if row.width_px.is_none() && asset.width_px.is_some() {
            (row.width_px, row.height_px) = (asset.width_px, asset.height_px);
        }
        let kind = asset.kind().name();
        if !row.media.contains(&kind) {
            row.media.push(kind);
        }
        if !asset.stream.is_empty() && !row.streams.contains(&asset.stream) {
            row.streams.push(asset.stream);
        }
        // The path of an import ends in the asset's name.
        if !row.paths.iter().any(|path| path.ends_with(&asset.name)) {
            row.paths.push(asset.name);
        }
    }
    for (key, digests) in digests {
        if let Some(row) = rows.get_mut(&key) {
            row.content = content_of(&digests);
        }
    }
    for (key, name, value) in table::field::of_captures(connection, keys).await? {
        if let Some(row) = rows.get_mut(&(key as u32)) {
            row.user_fields.insert(name, value);
        }
    }
    for (key, tag) in table::tag::of_captures(connection, keys).await? {
        if let Some(row) = rows.get_mut(&key) {
            row.tags.push(tag);
        }
    }
    for (key, text) in table::note::of_captures(connection, keys).await? {
        if let Some(row) = rows.get_mut(&key) {
            row.text.push(text);
        }
    }
    Ok(())
}

async fn add_project_facts(
    connection: &mut SqliteConnection,
    project_key: i64,
    keys: &[u32],
    rows: &mut BTreeMap<u32, CaptureRow>,
) -> Result<()> {
    for (key, model) in table::model_run::models_on(connection, project_key, keys).await? {
        if let Some(row) = rows.get_mut(&key) {
            row.model_runs.push(model);
        }
    }
    for (key, name) in table::submission::latest_names(connection, project_key, keys).await? {
        if let Some(row) = rows.get_mut(&key) {
            row.submission = statement_name(&name);
        }
    }
    Ok(())
}

/// The static name of a statement, as rows carry it.
pub(crate) fn statement_name(name: &str) -> &'static str {
    Statement::NAMES.into_iter().find(|known| *known == name).unwrap_or("none")
}

async fn add_annotations(
    connection: &mut SqliteConnection,
    project_key: i64,
    keys: &[u32],
    rows: &mut BTreeMap<u32, CaptureRow>,
) -> Result<()> {
    let names = table::project::class_names(connection, project_key).await?;
    let names: HashMap<i64, String> = names.into_iter().map(|(key, _, name)| (key, name)).collect();
    let mut fields: HashMap<i64, BTreeMap<String, FieldValue>> = HashMap::new();
    for (annotation_key, name, value) in table::field::of_annotations_on(connection, keys).await? {
        fields.entry(annotation_key).or_default().insert(name, value);
    }
    for line in table::annotation::lines(connection, project_key, keys).await? {
        if let Some(row) = rows.get_mut(&line.capture_key) {
            let user_fields = fields.remove(&line.row_key).unwrap_or_default();
            row.annotations.push(annotation_row(line, &names, user_fields));
        }
    }
    Ok(())
}

fn annotation_row(
    line: Line,
    names: &HashMap<i64, String>,
    user_fields: BTreeMap<String, FieldValue>,
) -> AnnotationRow {
    let class = line.label_class_key.and_then(|key| names.get(&key).cloned());
    AnnotationRow {
        annotation_id: line.annotation_id,
        class: class.or(line.model_class).unwrap_or_default(),
        decision: line.decision,
        origin: origin_kind(&line.origin),
        model: line.model,
        confidence: line.confidence,
        kind: geometry_kind(&line.kind),
        width_px: line.bounds.map(|bounds| bounds.width),
        height_px: line.bounds.map(|bounds| bounds.height),
        layer: line.layer,
        text: line.text,
        user_fields,
    }
}

// Rows carry static names; the tables' CHECKs know the same ones.
fn origin_kind(name: &str) -> &'static str {
    ["person", "model", "import"].into_iter().find(|known| *known == name).unwrap_or("rule")
}

fn geometry_kind(name: &str) -> &'static str {
    const KINDS: [&str; 8] = ["box", "rotated_box", "polygon", "polyline", "mask", "keypoints", "caption", "interval"];
    KINDS.into_iter().find(|known| *known == name).unwrap_or("classification")
}
