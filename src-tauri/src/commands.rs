//! The commands of the window: convert, call one function of `muster-app`, hand its error on.

use muster_app::{
    annotate::{EditRequest, EditResult, RecentAct, SubmissionDto, SubmitRequest, TagResult, UndoResult},
    app::App,
    capture::CaptureDetail,
    connection::ConnectionDto,
    doctor::DoctorReport,
    error::AppError,
    export::ExportRequest,
    import::{ImportPreview, ImportRequest},
    job::JobDto,
    models::ModelDto,
    picture::{SeriesDto, TileGridDto},
    prelabel::PrelabelRequest,
    project::{ProjectDto, SaveClassesRequest},
    search::{Completion, Facet, GridItem, GridLayout, SearchResult, Sort},
    settings::Settings,
    start::{StartState, UiState},
};
use tauri::State;
use tauri_plugin_dialog::DialogExt;

macro_rules! commands {
    ($($(#[$doc:meta])* $feature:ident :: $name:ident ( $($arg:ident : $kind:ty),* ) -> $result:ty;)+) => {$(
        $(#[$doc])*
        #[tauri::command]
        #[specta::specta]
        pub async fn $name(app: State<'_, App>, $($arg: $kind),*) -> Result<$result, AppError> {
            muster_app::$feature::$name(&app, $($arg),*).await
        }
    )+};
}

commands! {
    /// What the window needs first.
    start::start_state() -> StartState;
    /// Opens (or creates) a library; null is the default folder.
    start::open_library(path: Option<String>, create: bool) -> StartState;
    /// Makes the person and the project of the first start.
    start::set_up(person_name: String, project_name: String) -> StartState;
    /// Opens the demo library and brings the demo captures in.
    start::open_demo() -> StartState;
    /// Keeps where the person is.
    start::save_ui_state(state: UiState) -> ();
    /// Runs a query and keeps its result for paging.
    search::search(query: String, sort: Sort) -> SearchResult;
    /// A page of at most 500.
    search::grid_page(search_id: u32, offset: u32, limit: u32) -> Vec<GridItem>;
    /// The shape of the whole result.
    search::grid_layout(search_id: u32) -> GridLayout;
    /// Where a capture is in a result.
    search::index_of(search_id: u32, capture_id: String) -> Option<u32>;
    /// Counts over a result.
    search::facets(search_id: u32) -> Vec<Facet>;
    /// 20 bins over the lowest undecided confidence of each capture.
    search::confidence_histogram(search_id: u32) -> Vec<u32>;
    /// What could be typed at the cursor (in characters).
    search::complete_query(text: String, cursor: u32) -> Vec<Completion>;
    /// How many captures match now and are not in the result.
    search::new_matches(search_id: u32) -> u32;
    /// The captures at these places of a result.
    search::resolve_selection(search_id: u32, indices: Vec<u32>) -> Vec<String>;
    /// Everything about one capture.
    capture::capture(capture_id: String) -> CaptureDetail;
    /// A series for a plot, with at most about so many points for each channel.
    picture::series(capture_id: String, asset: String, max_points: u32) -> SeriesDto;
    /// How a large picture is cut into tiles.
    picture::tile_grid(capture_id: String, asset: String) -> TileGridDto;
    /// Applies one gesture as one operation; returns when it is durable.
    annotate::apply_edits(request: EditRequest) -> EditResult;
    /// Takes back the person's last act, on one capture or at all.
    annotate::undo(capture_id: Option<String>) -> UndoResult;
    /// Repeats the act that was taken back last.
    annotate::redo(capture_id: Option<String>) -> UndoResult;
    /// The latest acts on a capture.
    annotate::recent_acts(capture_id: String, limit: u32) -> Vec<RecentAct>;
    /// Records a person's statement.
    annotate::submit(request: SubmitRequest) -> SubmissionDto;
    /// Sets a tag on captures or takes it off, in one act.
    annotate::tag_captures(capture_ids: Vec<String>, tag: String, present: bool) -> TagResult;
    /// The project with its classes.
    project::project() -> ProjectDto;
    /// Saves the classes as a new schema version.
    project::save_classes(request: SaveClassesRequest) -> ProjectDto;
    /// The settings of the person.
    settings::settings() -> Settings;
    /// Saves them at once.
    settings::save_settings(settings: Settings) -> Settings;
    /// The models that are at hand.
    models::models() -> Vec<ModelDto>;
    /// The services that the library knows.
    connection::connections() -> Vec<ConnectionDto>;
    /// Checks a service, remembers it and follows it.
    connection::connect(url: String, token: String) -> ConnectionDto;
    /// Forgets a service; its captures stay.
    connection::disconnect(service_id: String) -> ();
    /// Fetches what is new.
    connection::sync_now(service_id: String) -> JobDto;
    /// The latest jobs.
    job::jobs() -> Vec<JobDto>;
    /// Asks a job to stop; what it finished is kept.
    job::cancel_job(job_id: String) -> ();
    /// What an import would do.
    import::preview_import(path: String, format: String) -> ImportPreview;
    /// Starts an import.
    import::start_import(request: ImportRequest) -> JobDto;
    /// Starts an export.
    export::start_export(request: ExportRequest) -> JobDto;
    /// Starts a pre-labelling job.
    prelabel::start_prelabel(request: PrelabelRequest) -> JobDto;
    /// Looks at everything.
    doctor::doctor() -> DoctorReport;
}

/// Lets the person pick a folder; null when they change their mind.
#[tauri::command]
#[specta::specta]
pub async fn pick_folder(window: tauri::WebviewWindow, title: String) -> Result<Option<String>, AppError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    window.dialog().file().set_parent(&window).set_title(title).pick_folder(move |path| {
        // The receiver is gone only when the window is.
        drop(sender.send(path));
    });
    Ok(receiver.await.ok().flatten().map(|path| path.to_string()))
}

/// Lets the person pick a file; null when they change their mind.
#[tauri::command]
#[specta::specta]
pub async fn pick_file(window: tauri::WebviewWindow, title: String) -> Result<Option<String>, AppError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    window.dialog().file().set_parent(&window).set_title(title).pick_file(move |path| {
        // The receiver is gone only when the window is.
        drop(sender.send(path));
    });
    Ok(receiver.await.ok().flatten().map(|path| path.to_string()))
}
