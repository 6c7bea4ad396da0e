//! Writing datasets that training tools read.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult, job::JobDto};

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// COCO instances.
    Coco,
}

/// What to do with the picture files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportMedia {
    /// Copy them beside the labels.
    Copy,
    /// Hard-link them, or copy where that is impossible.
    Link,
    /// Labels only.
    None,
}

/// What to export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// As what.
    pub format: ExportFormat,
    /// Into which folder: new or empty.
    pub out: String,
    /// Which captures; empty for all.
    pub query: String,
    /// Exactly these captures instead.
    pub capture_ids: Option<Vec<String>>,
    /// True to add undecided proposals with their score.
    pub include_proposals: bool,
    /// What to do with the picture files.
    pub media: ExportMedia,
}

/// Starts an export.
pub async fn start_export(app: &App, request: ExportRequest) -> AppResult<JobDto> {
    Err(app.pending())
}
