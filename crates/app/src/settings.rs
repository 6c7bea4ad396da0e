//! What a person has set: name, theme, keys, limits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    error::{AppError, AppResult},
};

/// The name of the person's setting.
const SETTINGS: &str = "settings";
const MAX_THREADS: u32 = 64;

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

/// What is saved in the library; the name is the person's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    theme: Theme,
    keys: BTreeMap<String, String>,
    cache_limit_bytes: u64,
    inference_threads: u32,
    prefetch: u32,
}

impl Default for Saved {
    fn default() -> Self {
        // One thread leaves the other cores to the window; 20 GiB of originals are some 60,000 photos.
        Self {
            theme: Theme::Dark,
            keys: BTreeMap::new(),
            cache_limit_bytes: 20 << 30,
            inference_threads: 1,
            prefetch: 3,
        }
    }
}

/// The settings of the person.
pub async fn settings(app: &App) -> AppResult<Settings> {
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let saved = opened.library.setting(identity.person.person_id, SETTINGS).await?;
    let saved: Saved = saved.and_then(|saved| serde_json::from_value(saved).ok()).unwrap_or_default();
    Ok(Settings {
        person_name: identity.person.name,
        theme: saved.theme,
        keys: saved.keys,
        cache_limit_bytes: saved.cache_limit_bytes,
        inference_threads: saved.inference_threads.clamp(1, MAX_THREADS),
        prefetch: saved.prefetch,
    })
}

/// Saves them at once.
pub async fn save_settings(app: &App, settings: Settings) -> AppResult<Settings> {
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let name = settings.person_name.trim();
    if name.is_empty() {
        return Err(AppError::invalid("a person needs a name"));
    }
    if !(1..=MAX_THREADS).contains(&settings.inference_threads) {
        return Err(AppError::invalid(format!("a model session has 1 to {MAX_THREADS} threads")));
    }
    if name != identity.person.name {
        opened.library.rename_person(identity.person.person_id, name).await?;
        opened.load_identity().await?;
    }
    let saved = Saved {
        theme: settings.theme,
        keys: settings.keys,
        cache_limit_bytes: settings.cache_limit_bytes,
        inference_threads: settings.inference_threads,
        prefetch: settings.prefetch,
    };
    let value = serde_json::to_value(saved).map_err(|error| AppError::invalid(error.to_string()))?;
    opened.library.set_setting(identity.person.person_id, SETTINGS, &value).await?;
    self::settings(app).await
}
