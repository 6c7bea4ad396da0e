//! Search sessions: a query's sorted result, its pages, facets and completion.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{annotate::Decision, app::App, error::AppResult};

/// The order of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Latest captured first.
    CapturedDesc,
    /// Earliest captured first.
    CapturedAsc,
    /// Latest received first.
    ReceivedDesc,
    /// Least sure proposals first.
    Risk,
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
}

/// The shape of the whole result, so that rows and scroll bar are exact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GridLayout {
    /// Width / height × 100 of each capture's first picture, rounded.
    pub aspects: Vec<u32>,
    /// Where each UTC day begins, for results in order of capture time; empty for other orders.
    pub days: Vec<DayStart>,
}

/// The first capture of a day in a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DayStart {
    /// Its place in the result.
    pub first: u32,
    /// When it was captured.
    pub captured_at_micros: i64,
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

/// Runs a query and keeps its result for paging.
pub async fn search(app: &App, query: String, sort: Sort) -> AppResult<SearchResult> {
    Err(app.pending())
}

/// A page of at most 500.
pub async fn grid_page(app: &App, search_id: u32, offset: u32, limit: u32) -> AppResult<Vec<GridItem>> {
    Err(app.pending())
}

/// The shape of the whole result.
pub async fn grid_layout(app: &App, search_id: u32) -> AppResult<GridLayout> {
    Err(app.pending())
}

/// Where a capture is in a result.
pub async fn index_of(app: &App, search_id: u32, capture_id: String) -> AppResult<Option<u32>> {
    Err(app.pending())
}

/// Counts over a result.
pub async fn facets(app: &App, search_id: u32) -> AppResult<Vec<Facet>> {
    Err(app.pending())
}

/// 20 bins over the lowest undecided confidence of each capture.
pub async fn confidence_histogram(app: &App, search_id: u32) -> AppResult<Vec<u32>> {
    Err(app.pending())
}

/// What could be typed at the cursor (in characters).
pub async fn complete_query(app: &App, text: String, cursor: u32) -> AppResult<Vec<Completion>> {
    Err(app.pending())
}

/// How many captures match now and are not in the result.
pub async fn new_matches(app: &App, search_id: u32) -> AppResult<u32> {
    Err(app.pending())
}

/// The captures at these places of a result.
pub async fn resolve_selection(app: &App, search_id: u32, indices: Vec<u32>) -> AppResult<Vec<String>> {
    Err(app.pending())
}
