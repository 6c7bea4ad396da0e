//! Starting up: which library, which person, which project, and where the person left off.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use muster_store::Library;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    error::{AppError, AppResult},
    import::{self, ImportMedia, ImportOnExisting, ImportRequest},
    job, open,
    place::{MachineState, Places},
    prelabel::{self, PrelabelRequest},
    project::{self, ProjectDto},
};

/// Where the demo captures lie among the resources.
const DEMO: &str = "assets/demo";
/// The name of the person's setting.
const UI_STATE: &str = "ui_state";

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
    let recent = MachineState::load(app.places()).recent.iter().map(|path| recent_library(path)).collect();
    let mut state = StartState {
        library: None,
        recent,
        person: None,
        project: None,
        demo_available: app.places().resource(DEMO).is_some(),
        suggested_name: Places::suggested_name(),
        restore: UiState::default(),
    };
    let Some(opened) = app.opened_if_any().await else { return Ok(state) };
    state.library = Some(library_info(app).await?);
    if let Some(identity) = opened.identity_if_any() {
        let person_id = identity.person.person_id;
        state.person = Some(PersonDto { person_id: person_id.to_string(), name: identity.person.name });
        state.project = Some(project::project(app).await?);
        let saved = opened.library.setting(person_id, UI_STATE).await?;
        state.restore = saved.and_then(|saved| serde_json::from_value(saved).ok()).unwrap_or_default();
    }
    Ok(state)
}

/// What is in the open library.
pub async fn library_info(app: &App) -> AppResult<LibraryInfo> {
    let opened = app.opened().await?;
    let counts = opened.library.counts().await?;
    let root = opened.library.root();
    Ok(LibraryInfo {
        path: root.display().to_string(),
        name: folder_name(root),
        captures: counts.captures,
        annotations: counts.annotations,
        undecided: counts.proposals,
        change_seq: counts.change_seq,
    })
}

/// Opens (or creates) a library; `None` is the default folder.
pub async fn open_library(app: &App, path: Option<String>, create: bool) -> AppResult<StartState> {
    let path = path.map_or_else(|| app.places().default_library(), PathBuf::from);
    open::open(app, &path, create).await?;
    start_state(app).await
}

/// Makes the person and the project of the first start.
pub async fn set_up(app: &App, person_name: String, project_name: String) -> AppResult<StartState> {
    let opened = app.opened().await?;
    let (person, project) = (person_name.trim(), project_name.trim());
    if person.is_empty() || project.is_empty() {
        return Err(AppError::invalid("a person and a project need a name"));
    }
    opened.library.first_start(person, project).await?;
    opened.load_identity().await?;
    opened.notify_changed();
    start_state(app).await
}

/// Opens the demo library and brings the demo captures in.
pub async fn open_demo(app: &App) -> AppResult<StartState> {
    let demo = app.places().resource(DEMO).ok_or_else(|| {
        AppError::not_found("demo beside this program").with_remedy("open a folder of your own pictures instead")
    })?;
    open::open(app, &app.places().demo_library(), true).await?;
    let opened = app.opened().await?;
    if opened.identity_if_any().is_none() {
        opened.library.first_start(&Places::suggested_name(), "Demo").await?;
        opened.load_identity().await?;
    }
    let request = ImportRequest {
        path: demo.display().to_string(),
        format: "images".into(),
        media: ImportMedia::Copy,
        create_classes: false,
        on_existing: ImportOnExisting::Merge,
        skip_duplicates: false,
    };
    let imported = import::start_import(app, request).await?;
    propose_once_imported(app.clone(), imported.job_id);
    start_state(app).await
}

/// The demo is there to show proposals: the default models run when its captures have arrived. Where a model is missing
/// the captures are shown without.
fn propose_once_imported(app: App, import_job: String) {
    tokio::spawn(async move {
        let everything =
            PrelabelRequest { model: String::new(), query: String::new(), capture_ids: None, min_confidence: 0.0 };
        let started = match job::wait(&app, &import_job, |_| {}).await {
            Ok(_) => prelabel::start_prelabel(&app, everything).await,
            Err(error) => Err(error),
        };
        if let Err(error) = started {
            tracing::info!(%error, "the demo opens without proposals");
        }
    });
}

/// Keeps where the person is.
pub async fn save_ui_state(app: &App, state: UiState) -> AppResult<()> {
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let value = serde_json::to_value(state).map_err(|error| AppError::invalid(error.to_string()))?;
    Ok(opened.library.set_setting(identity.person.person_id, UI_STATE, &value).await?)
}

fn recent_library(path: &Path) -> RecentLibrary {
    RecentLibrary { path: path.display().to_string(), name: folder_name(path), exists: Library::exists(path) }
}

fn folder_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
