//! Letting models propose annotations.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult, job::JobDto};

/// What to pre-label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PrelabelRequest {
    /// The model's id; empty for the default models.
    pub model: String,
    /// Which captures; empty for all.
    pub query: String,
    /// Exactly these captures instead.
    pub capture_ids: Option<Vec<String>>,
    /// Proposals below are not kept.
    pub min_confidence: f64,
}

/// Starts a pre-labelling job.
pub async fn start_prelabel(app: &App, request: PrelabelRequest) -> AppResult<JobDto> {
    Err(app.pending())
}
