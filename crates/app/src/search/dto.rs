//! What searches take and give.

use muster_domain::{
    capture::AssetKind,
    query::{SortField, SortSpec as DomainSort},
};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    annotate::{Decision, OriginKind},
    error::{AppError, AppResult},
};

/// The order of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SortSpec {
    /// `captured`, `received`, `risk`, `relevance`, `distance`, `id`, or any field by its name (`conf`, `signal.motion`).
    pub by: String,
    /// Greatest first.
    pub descending: bool,
}

impl SortSpec {
    /// Latest captured first.
    pub fn latest() -> Self {
        Self { by: "captured".into(), descending: true }
    }

    /// Earliest captured first.
    pub fn earliest() -> Self {
        Self { by: "captured".into(), descending: false }
    }

    pub(super) fn parsed(&self) -> AppResult<DomainSort> {
        let by = SortField::from_name(&self.by).ok_or_else(|| {
            AppError::invalid(format!("nothing can be sorted by {:?}", self.by))
                .with_remedy("sort by captured, received, risk, relevance, distance, id, or a field such as conf")
        })?;
        Ok(DomainSort { by, descending: self.descending })
    }
}

/// By what the captures of a result are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// By site.
    Site,
    /// By the day on the clocks of the site.
    Day,
    /// By trigger.
    Trigger,
    /// By device.
    Device,
    /// By duplicates.
    Duplicate,
}

impl From<GroupBy> for muster_index::GroupBy {
    fn from(group: GroupBy) -> Self {
        match group {
            GroupBy::Site => Self::Site,
            GroupBy::Day => Self::Day,
            GroupBy::Trigger => Self::Trigger,
            GroupBy::Device => Self::Device,
            GroupBy::Duplicate => Self::Duplicate,
        }
    }
}

/// One group of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GridGroup {
    /// The place of its first capture.
    pub first: u32,
    /// How many captures.
    pub count: u32,
    /// What a person reads; empty for captures without a value.
    pub label: String,
    /// The value itself; of a day, its date. Empty for captures without a value.
    pub value: String,
    /// A query that finds the group in the result; empty where none does.
    pub clause: String,
}

/// A search session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SearchResult {
    /// Names the session in later calls.
    pub search_id: u32,
    /// How many captures match.
    pub total: u32,
    /// How long it took.
    pub elapsed_ms: f64,
    /// The change that the result contains.
    pub change_seq: u64,
    /// The query as Muster understood it.
    pub normalized: String,
    /// Why nothing matches, where that can be said.
    pub empty_reason: Option<String>,
}

/// One capture in the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GridItem {
    /// Its place in the result.
    pub index: u32,
    /// Its id.
    pub capture_id: String,
    /// The library's integer key.
    pub row_key: u32,
    /// Width of its first picture.
    pub width_px: u32,
    /// Height of its first picture.
    pub height_px: u32,
    /// What its first asset is.
    pub media_kind: MediaKind,
    /// The length of a video or series.
    pub duration_micros: Option<i64>,
    /// When it was captured.
    pub captured_at_micros: i64,
    /// Where.
    pub site: Option<String>,
    /// By which device.
    pub device: Option<String>,
    /// Which trigger fired.
    pub trigger: Option<String>,
    /// The latest statement's name, or `none`.
    pub submission: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its boxes.
    pub boxes: Vec<GridBox>,
    /// Proposals that wait.
    pub undecided: u32,
}

/// What an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A moving picture.
    Video,
    /// A time series.
    Series,
}

/// A box on a thumbnail, in pixels of the upright picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GridBox {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Its class, once mapped.
    pub class_id: Option<String>,
    /// What a person decided.
    pub decision: Decision,
    /// The model's confidence, if a model made it.
    pub confidence: Option<f64>,
}

/// The counts of one field over a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Facet {
    /// The field's name in a query.
    pub field: String,
    /// Its title.
    pub title: String,
    /// Its values, most frequent first.
    pub values: Vec<FacetValue>,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FacetValue {
    /// As it is typed in a query.
    pub value: String,
    /// Captures that have it.
    pub count: u32,
    /// The class, where the facet is about classes and the value is one of the schema.
    pub class_id: Option<String>,
}

/// Something to type next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// What it is.
    pub kind: CompletionKind,
    /// What the person reads.
    pub label: String,
    /// What replaces the characters from `start` to `end`.
    pub insert: String,
    /// The first character to replace.
    pub start: u32,
    /// One past the last character to replace.
    pub end: u32,
    /// Captures that have the value, where known.
    pub count: Option<u32>,
    /// A word of explanation.
    pub hint: Option<String>,
}

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CompletionKind {
    /// A field's name.
    Field,
    /// A field's value.
    Value,
    /// Plain text.
    Text,
}

/// A field whose values can be drawn as a histogram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct HistogramField {
    /// Its name in a query.
    pub name: String,
    /// What a person reads.
    pub title: String,
    /// What its values are.
    pub kind: HistogramKind,
}

/// What the values of a histogram are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum HistogramKind {
    /// Numbers.
    Number,
    /// Microseconds since 1970, UTC.
    Time,
}

/// How the values of a field are spread over a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Histogram {
    /// The field's name in a query.
    pub field: String,
    /// What its values are.
    pub kind: HistogramKind,
    /// The least value.
    pub least: f64,
    /// The greatest value.
    pub greatest: f64,
    /// Captures with a value in each of the equal parts of `least` to `greatest`; a capture counts once in a part.
    pub bins: Vec<u32>,
    /// Captures without a value.
    pub missing: u32,
}

/// An annotation as a result of its own, with what its picture needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CropItem {
    /// Its place in the result.
    pub index: u32,
    /// Its id.
    pub annotation_id: String,
    /// The capture that it is on.
    pub capture_id: String,
    /// The asset that it is on.
    pub asset: String,
    /// Left edge, px of the upright picture; the whole picture for annotations without an extent.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// The kind of its geometry.
    pub kind: String,
    /// Its class, once mapped.
    pub class_id: Option<String>,
    /// The class of a model that the schema does not know.
    pub unmapped_class: Option<String>,
    /// The model's confidence, if a model made it.
    pub confidence: Option<f64>,
    /// What a person decided.
    pub decision: Decision,
    /// Who made it.
    pub origin: OriginKind,
    /// Its version: the base of an edit.
    pub version: u32,
    /// Width of the picture.
    pub picture_width_px: u32,
    /// Height of the picture.
    pub picture_height_px: u32,
    /// The text of a caption or of a line that was read.
    pub text: Option<String>,
}

impl From<AssetKind> for MediaKind {
    fn from(kind: AssetKind) -> Self {
        match kind {
            AssetKind::Image => Self::Image,
            AssetKind::Video => Self::Video,
            AssetKind::Series => Self::Series,
        }
    }
}
