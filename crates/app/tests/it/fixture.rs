//! An application over a library of its own.

use std::path::{Path, PathBuf};

use muster_app::{
    annotate::{BoxDto, Edit, EditRequest, EditResult},
    app::{App, AppOptions},
    export::{ExportFormat, ExportMedia, ExportRequest},
    import::{ImportMedia, ImportOnExisting, ImportRequest},
    job::{self, JobDto},
    open,
    place::Places,
    project::{self, ClassEdit, ProjectDto, SaveClassesRequest},
    search::{self, GridItem, SortSpec},
    start,
};
use tempfile::TempDir;
use uuid::Uuid;

pub struct World {
    pub app: App,
    pub folder: TempDir,
}

impl World {
    /// An application with an empty library, a person and a project.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { app: app_in(folder.path(), false), folder };
        open::open(&world.app, &world.library(), true).await.unwrap();
        start::set_up(&world.app, "Ada".into(), "Carts".into()).await.unwrap();
        world
    }

    pub fn library(&self) -> PathBuf {
        self.folder.path().join("library")
    }

    /// Ends the application and starts another one on the same library.
    pub async fn restart(&mut self) {
        self.restart_as(false).await;
    }

    /// Like [`Self::restart`]; with `background` the application works on its own as in a window.
    pub async fn restart_as(&mut self, background: bool) {
        self.app.close().await;
        self.app = app_in(self.folder.path(), background);
        open::open(&self.app, &self.library(), false).await.unwrap();
    }

    /// Pictures of different colours in `photos`, some in a folder of their own.
    pub fn photos(&self, count: u8) -> PathBuf {
        let photos = self.folder.path().join("photos");
        for number in 0..count {
            let folder = if number % 2 == 0 { photos.clone() } else { photos.join("more") };
            picture(&folder.join(format!("photo {number}.jpg")), 64, 48, number);
        }
        photos
    }

    pub async fn import(&self, path: &Path, format: &str, media: ImportMedia) -> JobDto {
        let path = path.to_str().unwrap().to_owned();
        let request = ImportRequest {
            path,
            format: format.into(),
            media,
            create_classes: true,
            on_existing: ImportOnExisting::Merge,
            skip_duplicates: false,
        };
        let started = muster_app::import::start_import(&self.app, request).await.unwrap();
        self.end_of(started).await
    }

    pub async fn export(&self, query: &str, include_proposals: bool, media: ExportMedia) -> (JobDto, PathBuf) {
        let out = self.folder.path().join(format!("export-{}", Uuid::new_v4().simple()));
        let request = ExportRequest {
            format: ExportFormat::Coco,
            out: out.to_str().unwrap().to_owned(),
            query: query.into(),
            capture_ids: None,
            include_proposals,
            media,
        };
        let started = muster_app::export::start_export(&self.app, request).await.unwrap();
        (self.end_of(started).await, out)
    }

    pub async fn end_of(&self, started: JobDto) -> JobDto {
        job::wait(&self.app, &started.job_id, |_| {}).await.unwrap()
    }

    pub async fn found(&self, query: &str) -> u32 {
        search::search(&self.app, query.into(), None, None).await.unwrap().total
    }

    pub async fn items(&self, query: &str) -> Vec<GridItem> {
        let result = search::search(&self.app, query.into(), Some(SortSpec::earliest()), None).await.unwrap();
        search::grid_page(&self.app, result.search_id, 0, 500).await.unwrap()
    }

    pub async fn add_classes(&self, names: &[&str]) -> ProjectDto {
        let project = project::project(&self.app).await.unwrap();
        let mut classes: Vec<ClassEdit> = project
            .classes
            .iter()
            .map(|class| ClassEdit {
                class_id: Some(class.class_id.clone()),
                name: class.name.clone(),
                aliases: class.aliases.clone(),
                colour: class.colour,
                key: class.key,
                retired: class.retired,
            })
            .collect();
        classes.extend(names.iter().map(|name| ClassEdit {
            class_id: None,
            name: (*name).to_owned(),
            aliases: Vec::new(),
            colour: 3,
            key: None,
            retired: false,
        }));
        let request = SaveClassesRequest { base_version: project.schema_version, classes };
        project::save_classes(&self.app, request).await.unwrap()
    }

    pub async fn edit(&self, capture_id: &str, edits: Vec<Edit>) -> EditResult {
        let request = EditRequest {
            operation_id: Uuid::new_v4().to_string(),
            capture_id: capture_id.into(),
            title: "Edit".into(),
            edits,
        };
        muster_app::annotate::apply_edits(&self.app, request).await.unwrap()
    }

    /// Draws a box on a capture's only asset.
    pub async fn draw(&self, capture_id: &str, class_id: &str) -> String {
        let detail = muster_app::capture::capture(&self.app, capture_id.into()).await.unwrap();
        let annotation_id = Uuid::new_v4().to_string();
        let create = Edit::Create {
            annotation_id: annotation_id.clone(),
            asset: detail.assets[0].name.clone(),
            bounds: BoxDto { x: 1.5, y: 2.25, width: 10.0, height: 8.0 },
            class_id: class_id.into(),
        };
        self.edit(capture_id, vec![create]).await;
        annotation_id
    }
}

fn app_in(folder: &Path, background: bool) -> App {
    let places = Places {
        config: folder.join("config"),
        data: folder.join("data"),
        cache: Places::of_this_machine(Vec::new()).cache,
        resources: Places::of_this_machine(Vec::new()).resources,
    };
    App::new(AppOptions::new(places, background))
}

/// Writes a picture.
pub fn picture(path: &Path, width_px: u32, height_px: u32, shade: u8) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let pixel = |x: u32, y: u32| image::Rgb([shade.wrapping_mul(37), (x * 3) as u8, (y * 5) as u8]);
    image::RgbImage::from_fn(width_px, height_px, pixel).save(path).unwrap();
}

/// The folder of test data, or `None` after saying so.
pub fn test_data(what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("MUSTER_TEST_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {what}: no MUSTER_TEST_DATA");
    None
}
