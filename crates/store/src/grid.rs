//! The light rows that a grid of thumbnails draws.

use std::collections::{BTreeMap, HashMap};

use muster_domain::{
    annotation::Decision,
    capture::{Asset, AssetKind, MediaPlace},
    digest::Digest,
    geometry::BoundingBox,
    id::{AnnotationId, CaptureId, ClassId, ProjectId},
    time::UtcMicros,
};

use crate::{
    Library, Result,
    capture::in_order,
    change::statement_name,
    project::project_key,
    table::{self, capture::CaptureLine},
};

/// A cell of the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridRow {
    /// The library's integer key.
    pub row_key: u32,
    /// The capture.
    pub capture_id: CaptureId,
    /// When it was captured.
    pub captured_at: UtcMicros,
    /// The site's name; `None` for imports.
    pub site: Option<String>,
    /// The device's name; `None` for imports.
    pub device: Option<String>,
    /// The trigger's name; `None` for imports.
    pub trigger: Option<String>,
    /// The first picture, else the first asset.
    pub cover: Option<GridAsset>,
    /// How many assets there are.
    pub assets: u32,
    /// The latest statement's name; `none` when nobody made one.
    pub submission: &'static str,
    /// Tags, by name.
    pub tags: Vec<String>,
    /// Annotations of the cover that have an extent, lowest first.
    pub boxes: Vec<GridBox>,
}

/// The asset that a cell shows.
#[derive(Debug, Clone, PartialEq)]
pub struct GridAsset {
    /// Its name in the capture.
    pub name: String,
    /// What it is.
    pub kind: AssetKind,
    /// BLAKE3 of its bytes.
    pub digest: Digest,
    /// Width of the upright picture, px.
    pub width_px: Option<u32>,
    /// Height of the upright picture, px.
    pub height_px: Option<u32>,
    /// Where the bytes are.
    pub place: MediaPlace,
}

/// A box on a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct GridBox {
    /// The annotation.
    pub annotation_id: AnnotationId,
    /// Bounds of its geometry.
    pub bounds: BoundingBox,
    /// Its class in the schema, if it has one.
    pub class_id: Option<ClassId>,
    /// The model's own class name, if a model made it.
    pub model_class: Option<String>,
    /// What a person decided.
    pub decision: Decision,
    /// The model's confidence, if a model made it.
    pub confidence: Option<f64>,
}

impl Library {
    /// The cells of these captures, in this order; erased ones are left out. Boxes are those of the main layer.
    pub async fn captures_page(&self, project_id: ProjectId, row_keys: &[u32]) -> Result<Vec<GridRow>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let lines = table::capture::lines(&mut transaction, row_keys).await?;
        let mut rows: BTreeMap<u32, GridRow> = lines.into_iter().map(|line| (line.row_key, bare_row(line))).collect();
        for (key, asset) in table::asset::of_captures(&mut transaction, row_keys).await? {
            if let Some(row) = rows.get_mut(&key) {
                row.add(asset);
            }
        }
        for (key, tag) in table::tag::of_captures(&mut transaction, row_keys).await? {
            if let Some(row) = rows.get_mut(&key) {
                row.tags.push(tag);
            }
        }
        for (key, name) in table::submission::latest_names(&mut transaction, project_key, row_keys).await? {
            if let Some(row) = rows.get_mut(&key) {
                row.submission = statement_name(&name);
            }
        }
        let classes = table::project::class_keys(&mut transaction, project_key).await?;
        let classes: HashMap<i64, ClassId> = classes.into_iter().map(|(class_id, key)| (key, class_id)).collect();
        for line in table::annotation::lines(&mut transaction, project_key, row_keys).await? {
            let Some(row) = rows.get_mut(&line.capture_key) else { continue };
            let on_cover = row.cover.as_ref().is_some_and(|cover| cover.name == line.asset) && line.layer == "main";
            if let (true, Some(bounds)) = (on_cover, line.bounds) {
                row.boxes.push(GridBox {
                    annotation_id: line.annotation_id,
                    bounds,
                    class_id: line.label_class_key.and_then(|key| classes.get(&key).copied()),
                    model_class: line.model_class,
                    decision: line.decision,
                    confidence: line.confidence,
                });
            }
        }
        Ok(in_order(row_keys, rows.into_values().collect(), |row| row.row_key))
    }
}

fn bare_row(line: CaptureLine) -> GridRow {
    let (device, site) = line.device.map_or((None, None), |(_, device, site)| (Some(device), Some(site)));
    GridRow {
        row_key: line.row_key,
        capture_id: line.capture_id,
        captured_at: line.captured_at,
        site,
        device,
        trigger: line.trigger.map(|(name, ..)| name),
        cover: None,
        assets: 0,
        submission: "none",
        tags: Vec::new(),
        boxes: Vec::new(),
    }
}

impl GridRow {
    fn add(&mut self, asset: Asset) {
        self.assets += 1;
        let better = match &self.cover {
            None => true,
            Some(cover) => cover.kind != AssetKind::Image && asset.kind() == AssetKind::Image,
        };
        if better {
            self.cover = Some(GridAsset {
                kind: asset.kind(),
                name: asset.name,
                digest: asset.digest,
                width_px: asset.width_px,
                height_px: asset.height_px,
                place: asset.place,
            });
        }
    }
}
