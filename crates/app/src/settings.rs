//! What a person has set: name, theme, keys, limits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult};

/// The settings of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The name that others see.
    pub person_name: String,
    /// The theme.
    pub theme: Theme,
    /// Changed keys: the act's name to its chord.
    pub keys: BTreeMap<String, String>,
    /// How large the cache of originals may grow.
    pub cache_limit_bytes: u64,
    /// Threads of one model session.
    pub inference_threads: u32,
    /// Captures to have ready on either side of the open one.
    pub prefetch: u32,
}

/// The window's colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Dark.
    Dark,
    /// Light.
    Light,
    /// As the system says.
    System,
}

/// The settings of the person.
pub async fn settings(app: &App) -> AppResult<Settings> {
    Err(app.pending())
}

/// Saves them at once.
pub async fn save_settings(app: &App, settings: Settings) -> AppResult<Settings> {
    Err(app.pending())
}
