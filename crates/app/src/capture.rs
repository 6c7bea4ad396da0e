//! One capture in full, and its pictures.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    annotate::{AnnotationDto, SubmissionDto},
    app::App,
    error::AppResult,
};

/// Everything about one capture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CaptureDetail {
    /// Its id.
    pub capture_id: String,
    /// Where; `None` for imports.
    pub site: Option<String>,
    /// By which device; `None` for imports.
    pub device: Option<String>,
    /// The path below the import root; `None` for captures of devices.
    pub source_path: Option<String>,
    /// When it was captured.
    pub captured_at_micros: i64,
    /// How sure that is.
    pub uncertainty_micros: i64,
    /// When it was received.
    pub received_at_micros: i64,
    /// The rule that fired.
    pub trigger: Option<TriggerDto>,
    /// Signal values at the hit.
    pub signals: Vec<NamedValue>,
    /// Its files.
    pub assets: Vec<AssetDto>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The latest statement.
    pub submission: Option<SubmissionDto>,
    /// Its annotations, deleted ones left out.
    pub annotations: Vec<AnnotationDto>,
    /// What models did with it.
    pub model_runs: Vec<ModelRunDto>,
    /// What happened to it.
    pub ledger: Vec<LedgerLine>,
}

/// The rule that fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TriggerDto {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// The CEL expression.
    pub expression: String,
    /// The values that it read.
    pub values: Vec<NamedValue>,
}

/// A name and its value, for display and as a number where it is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NamedValue {
    /// The name.
    pub name: String,
    /// As a person would type it.
    pub value: String,
    /// As a number.
    pub number: Option<f64>,
}

/// One file of a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AssetDto {
    /// Its name.
    pub name: String,
    /// The sensor.
    pub stream: String,
    /// IANA media type.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// Width of the upright picture; 0 when unknown.
    pub width_px: u32,
    /// Height of the upright picture; 0 when unknown.
    pub height_px: u32,
    /// The length of a video or series.
    pub duration_micros: Option<i64>,
    /// True when the bytes are on this machine.
    pub local: bool,
}

/// One model on one capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelRunDto {
    /// The model's id.
    pub model: String,
    /// Its version.
    pub version: String,
    /// How it went.
    pub outcome: ModelRunOutcome,
    /// How many proposals it made.
    pub proposals: u32,
}

/// How a model run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ModelRunOutcome {
    /// It made proposals.
    Done,
    /// It saw nothing.
    Empty,
    /// It could not run.
    Failed,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LedgerLine {
    /// What happened.
    pub event: String,
    /// When.
    pub at_micros: i64,
    /// In words.
    pub text: String,
}

/// Everything about one capture.
pub async fn capture(app: &App, capture_id: String) -> AppResult<CaptureDetail> {
    Err(app.pending())
}
