//! The light rows that a grid of thumbnails draws.

use muster_domain::{
    annotation::Decision,
    capture::{AssetKind, MediaPlace},
    digest::Digest,
    geometry::BoundingBox,
    id::{AnnotationId, CaptureId, ClassId, ProjectId},
    time::UtcMicros,
};

use crate::{Library, Result};

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
    /// The cells of these captures, in this order; erased ones are left out.
    pub async fn captures_page(&self, project_id: ProjectId, row_keys: &[u32]) -> Result<Vec<GridRow>> {
        todo!()
    }
}
