//! The commands of the window: convert, call one function of `muster-app`, hand its error on.

use muster_app::{
    annotate::{EditRequest, EditResult, RecentAct, SubmissionDto, SubmitRequest, TagResult, UndoResult},
    app::App,
    capture::CaptureDetail,
    connection::{ConnectionDto, KeptAsideDto, WantedDto},
    doctor::DoctorReport,
    embed::{EmbedRequest, EmbeddingState},
    error::AppError,
    export::ExportRequest,
    fields::{FieldImport, UserField, UserFieldType, UserFieldValue},
    import::{ImportPreview, ImportProblems, ImportRequest, ImportRootDto, RootReport},
    job::JobDto,
    map::{MapBounds, MapLegendEntry, MapSelection, MapState},
    marks::{ActResult, AnnotationAct, Selection},
    models::ModelDto,
    offline::{CacheState, OfflineDto},
    picture::{SeriesDto, TileGridDto},
    prelabel::PrelabelRequest,
    project::{ProjectDto, SaveClassesRequest},
    search::{
        Completion, CropItem, Facet, GridGroup, GridItem, GroupBy, Histogram, HistogramField, SearchResult, SortSpec,
    },
    settings::Settings,
    similar::{DedupeRequest, DuplicateReport},
    sites::SiteDto,
    slices::{Pick, Slice},
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
    search::search(query: String, sort: Option<SortSpec>, group: Option<GroupBy>) -> SearchResult;
    /// A page of at most 500.
    search::grid_page(search_id: u32, offset: u32, limit: u32) -> Vec<GridItem>;
    /// The groups of a result, or its days.
    search::grid_groups(search_id: u32) -> Vec<GridGroup>;
    /// Where a capture is in a result.
    search::index_of(search_id: u32, capture_id: String) -> Option<u32>;
    /// Counts over a result.
    search::facets(search_id: u32) -> Vec<Facet>;
    /// The values of any field of names or texts that hold what is typed.
    search::facet_values(search_id: u32, field: String, prefix: String, limit: u32) -> Facet;
    /// The fields that can be drawn as a histogram.
    search::histogram_fields(search_id: u32) -> Vec<HistogramField>;
    /// How the values of a field are spread over a result.
    search::histogram(search_id: u32, field: String, bins: u32) -> Histogram;
    /// Finds annotations and keeps the result for paging.
    search::search_annotations(query: String, sort: Option<SortSpec>) -> SearchResult;
    /// A page of at most 500 annotations.
    search::annotation_page(search_id: u32, offset: u32, limit: u32) -> Vec<CropItem>;
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
    /// Sets a tag on what is selected, or takes it off, as one act.
    marks::tag_selection(selection: Selection, tag: String, present: bool) -> TagResult;
    /// Accepts, rejects, classifies or tags what is selected, as one act.
    marks::act_on_annotations(selection: Selection, act: AnnotationAct) -> ActResult;
    /// Writes a note on a capture; an empty one removes it.
    marks::set_note(capture_id: String, text: String) -> ();
    /// Saved queries with their present counts.
    slices::slices() -> Vec<Slice>;
    /// Saves a query under a name, in place of one of the same name.
    slices::save_slice(name: String, query: String) -> Slice;
    /// Gives a slice another name.
    slices::rename_slice(slice_id: String, name: String) -> Slice;
    /// Removes a slice.
    slices::delete_slice(slice_id: String) -> ();
    /// Frozen lists of captures, newest first.
    slices::picks() -> Vec<Pick>;
    /// Freezes what is selected, in its order.
    slices::save_pick(name: String, selection: Selection, seed: Option<f64>) -> Pick;
    /// Removes a pick.
    slices::delete_pick(pick_id: String) -> ();
    /// The fields that people defined.
    fields::user_fields() -> Vec<UserField>;
    /// Defines a field; the same again changes nothing.
    fields::define_field(name: String, field_type: UserFieldType, on_annotation: bool) -> UserField;
    /// Removes a field with all its values.
    fields::remove_field(name: String, on_annotation: bool) -> ();
    /// Sets a field on what is selected, as one act; null takes the value away.
    fields::set_field(selection: Selection, name: String, value: Option<UserFieldValue>) -> TagResult;
    /// Sets fields from a CSV or Parquet file.
    fields::import_fields(path: String) -> FieldImport;
    /// Sites with their time zones.
    sites::sites() -> Vec<SiteDto>;
    /// Sets the time zone of a site; null is UTC.
    sites::set_time_zone(site: String, time_zone: Option<String>) -> ();
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
    connection::connect(url: String, token: String, wanted: Option<WantedDto>) -> ConnectionDto;
    /// Says which captures of a service are wanted from now on.
    connection::set_wanted(service_id: String, wanted: WantedDto) -> ConnectionDto;
    /// The records of a service that this version cannot read.
    connection::kept_aside(service_id: String, limit: u32) -> Vec<KeptAsideDto>;
    /// Forgets a service; its captures stay.
    connection::disconnect(service_id: String) -> ();
    /// Fetches what is new.
    connection::sync_now(service_id: String) -> JobDto;
    /// Keeps captures on this machine and fetches what labelling them needs.
    offline::take_offline(name: String, selection: Selection) -> JobDto;
    /// What is kept on this machine.
    offline::offline() -> Vec<OfflineDto>;
    /// Fetches again what a set still lacks.
    offline::resume_offline(offline_id: String) -> JobDto;
    /// Lets a set go.
    offline::release_offline(offline_id: String) -> ();
    /// How large the cache of originals is.
    offline::cache_state() -> CacheState;
    /// The latest jobs.
    job::jobs() -> Vec<JobDto>;
    /// Asks a job to stop; what it finished is kept.
    job::cancel_job(job_id: String) -> ();
    /// What an import would do.
    import::preview_import(path: String, format: String) -> ImportPreview;
    /// Starts an import.
    import::start_import(request: ImportRequest) -> JobDto;
    /// The files that an import could not use, by path.
    import::import_problems(job_id: String, offset: u32, limit: u32) -> ImportProblems;
    /// The folders and archives that captures were imported from.
    import::import_roots() -> Vec<ImportRootDto>;
    /// Says where an import root lies now.
    import::relink(root: String, path: String) -> RootReport;
    /// Compares the files of an import root with what the library knows.
    import::changed_files(root: String) -> RootReport;
    /// Starts an export.
    export::start_export(request: ExportRequest) -> JobDto;
    /// Starts a pre-labelling job.
    prelabel::start_prelabel(request: PrelabelRequest) -> JobDto;
    /// How far embeddings are.
    embed::embedding_state() -> EmbeddingState;
    /// Starts embedding.
    embed::start_embed(request: EmbedRequest) -> JobDto;
    /// Starts looking for near duplicates.
    similar::start_dedupe(request: DedupeRequest) -> JobDto;
    /// The near duplicates that were found last.
    similar::duplicates(limit: u32) -> DuplicateReport;
    /// How the map stands.
    map::map_state() -> MapState;
    /// Starts making the map; captures without an embedding are embedded first.
    map::start_map() -> JobDto;
    /// The rectangle that the map covers.
    map::map_bounds() -> Option<MapBounds>;
    /// What the colours of the map mean.
    map::map_legend(search_id: u32, colour_by: String) -> Vec<MapLegendEntry>;
    /// The captures of a result that lie in a part of the map.
    map::select_in_polygon(search_id: u32, polygon: Vec<[f64; 2]>) -> MapSelection;
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
