//! A COCO instances dataset in memory, checked.

use std::{collections::BTreeMap, fmt};

use muster_domain::{field::FieldValue, geometry::BoundingBox};
use serde::{Deserialize, Serialize};

use super::extension::{AnnotationExtension, DatasetExtension, ImageExtension};

/// An id as the file has it: a whole number, or a text in files of some tools.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CocoId {
    /// The usual.
    Number(i64),
    /// Written by some tools.
    Text(String),
}

impl CocoId {
    /// The number, also of a text that is one.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

impl fmt::Display for CocoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The `info` section.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CocoInfo {
    /// A sentence about the dataset.
    #[serde(default)]
    pub description: String,
    /// Muster's own block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muster: Option<DatasetExtension>,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CocoImage {
    /// Unique in the file.
    pub id: CocoId,
    /// With forward slashes, relative to the pictures' folder.
    pub file_name: String,
    /// Width, px; `None` where the file does not say.
    pub width_px: Option<u32>,
    /// Height, px; `None` where the file does not say.
    pub height_px: Option<u32>,
    /// Muster's own block.
    pub muster: Option<ImageExtension>,
}

/// One category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CocoCategory {
    /// Unique in the file.
    pub id: CocoId,
    /// The class's name.
    pub name: String,
    /// A group of categories; often empty.
    pub supercategory: String,
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct CocoAnnotation {
    /// Unique in the file.
    pub id: CocoId,
    /// Its picture.
    pub image_id: CocoId,
    /// Its category.
    pub category_id: CocoId,
    /// The box around it, px.
    pub bounds: BoundingBox,
    /// Its outline, where there is one.
    pub segmentation: Segmentation,
    /// Area, px².
    pub area: f64,
    /// True for a group of objects under one outline.
    pub is_crowd: bool,
    /// The confidence of an undecided proposal.
    pub score: Option<f64>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, FieldValue>,
    /// Muster's own block.
    pub muster: Option<AnnotationExtension>,
}

/// An outline as COCO knows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Segmentation {
    /// The box is all there is.
    #[default]
    None,
    /// One or several separate parts, without holes; `[x, y]` pairs.
    Polygons(Vec<Vec<[f64; 2]>>),
    /// A bitmap, run lengths column by column, starting with zeros.
    Mask {
        /// Width, px.
        width_px: u32,
        /// Height, px.
        height_px: u32,
        /// Alternating run lengths of zeros and ones.
        counts: Vec<u32>,
        /// True when the file spells the counts as a text.
        compressed: bool,
    },
}
