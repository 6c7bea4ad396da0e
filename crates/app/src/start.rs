//! Starting up: which library, which person, which project, and where the person left off.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult, project::ProjectDto};

/// Everything the window needs to draw its first picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StartState {
    /// The open library, if any.
    pub library: Option<LibraryInfo>,
    /// Libraries opened before, latest first.
    pub recent: Vec<RecentLibrary>,
    /// Who works here; `None` before the first set-up.
    pub person: Option<PersonDto>,
    /// The project; `None` before the first set-up.
    pub project: Option<ProjectDto>,
    /// True when the demo captures are at hand.
    pub demo_available: bool,
    /// A name to offer at the first start.
    pub suggested_name: String,
    /// Where the person left off.
    pub restore: UiState,
}

/// A library and what is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LibraryInfo {
    /// Its folder.
    pub path: String,
    /// The folder's name.
    pub name: String,
    /// Captures in it.
    pub captures: u64,
    /// Annotations that are not deleted.
    pub annotations: u64,
    /// Proposals that wait for a decision.
    pub undecided: u64,
    /// Grows with every change.
    pub change_seq: u64,
}

/// A library that was opened before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecentLibrary {
    /// Its folder.
    pub path: String,
    /// The folder's name.
    pub name: String,
    /// False when the folder is gone.
    pub exists: bool,
}

/// Someone who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PersonDto {
    /// Their id.
    pub person_id: String,
    /// Their name.
    pub name: String,
}

/// Where the person left off; meaningful to the window only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UiState {
    /// The last view.
    pub last_view: Option<String>,
    /// The last query.
    pub last_query: String,
    /// The last capture.
    pub last_capture_id: Option<String>,
    /// Which panels are open.
    pub panels: BTreeMap<String, bool>,
    /// The grid's density, px.
    pub density: f64,
}

impl Default for UiState {
    fn default() -> Self {
        Self {
            last_view: None,
            last_query: String::new(),
            last_capture_id: None,
            panels: BTreeMap::new(),
            density: 180.0,
        }
    }
}

/// What the window needs first.
pub async fn start_state(app: &App) -> AppResult<StartState> {
    Err(app.pending())
}

/// Opens (or creates) a library; `None` is the default folder.
pub async fn open_library(app: &App, path: Option<String>, create: bool) -> AppResult<StartState> {
    Err(app.pending())
}

/// Makes the person and the project of the first start.
pub async fn set_up(app: &App, person_name: String, project_name: String) -> AppResult<StartState> {
    Err(app.pending())
}

/// Opens the demo library and brings the demo captures in.
pub async fn open_demo(app: &App) -> AppResult<StartState> {
    Err(app.pending())
}

/// Keeps where the person is.
pub async fn save_ui_state(app: &App, state: UiState) -> AppResult<()> {
    Err(app.pending())
}
