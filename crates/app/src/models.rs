//! The models that are at hand.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult};

/// A model and whether it can run here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelDto {
    /// Its id in its manifest.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub role: String,
    /// The licence of its code.
    pub licence_code: String,
    /// The licence of its weights.
    pub licence_weights: String,
    /// Where it comes from.
    pub source: String,
    /// True when all its files are here and have the right hash.
    pub installed: bool,
    /// What to do when it is not.
    pub remedy: Option<String>,
    /// How many classes it knows.
    pub classes: u32,
    /// The size of its files.
    pub bytes: u64,
}

/// The models that are at hand.
pub async fn models(app: &App) -> AppResult<Vec<ModelDto>> {
    Err(app.pending())
}
