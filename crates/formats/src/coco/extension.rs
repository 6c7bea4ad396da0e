//! The `muster` blocks: what Muster knows and COCO has no field for.

use muster_domain::{
    digest::Digest,
    id::{AnnotationId, CaptureId, ClassId, PersonId},
    time::UtcMicros,
};
use serde::{Deserialize, Serialize};

/// `annotations[].muster`: where an annotation comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnotationExtension {
    /// The library's id.
    pub annotation_id: AnnotationId,
    /// Who made it: `person`, `model`, `import` or `rule`.
    pub origin: String,
    /// `undecided` or `accepted`; rejected ones are never exported.
    pub decision: String,
    /// Who set the geometry last.
    pub geometry_origin: String,
    /// Who set the class last.
    pub class_origin: String,
    /// The model, if one made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelExtension>,
    /// The model's confidence, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// The person who made it or changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The annotation's version in the library.
    pub version: u32,
}

/// The model behind an annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelExtension {
    /// Its id.
    pub name: String,
    /// Its version.
    pub version: String,
    /// BLAKE3 of manifest and files.
    pub hash: Digest,
}

/// `images[].muster`: which capture a picture is, and what people said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageExtension {
    /// The library's id.
    pub capture_id: CaptureId,
    /// The asset's name in the capture.
    pub asset: String,
    /// `submitted`, `verified_empty`, …; `none` when nobody said anything: such a picture without annotations is not
    /// known to be empty.
    pub submission: String,
    /// BLAKE3 of the original bytes.
    pub blake3: Digest,
    /// When it was captured.
    pub captured_at_micros: UtcMicros,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// By which device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Which trigger fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
}

/// `info.muster`: what the dataset was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetExtension {
    /// The version of Muster.
    pub muster_version: String,
    /// The project's name.
    pub project: String,
    /// The version of its schema.
    pub schema_version: u32,
    /// The query that chose the captures.
    pub query: String,
    /// True when undecided proposals are in it.
    pub includes_proposals: bool,
    /// When it was written.
    pub exported_at_micros: UtcMicros,
    /// The classes behind the categories.
    pub classes: Vec<ClassExtension>,
}

/// A class behind a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassExtension {
    /// The category's id in this file.
    pub category_id: i64,
    /// The class's id, stable for ever.
    pub class_id: ClassId,
    /// Its name.
    pub name: String,
    /// Other names that it answers to.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Its colour in the palette.
    pub colour: u8,
}
