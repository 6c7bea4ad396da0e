//! Opening a library, with everything that then runs on its own.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use muster_domain::time::Clock;
use muster_store::Library;

use crate::{
    app::App,
    connection::{self, SyncWork},
    embed::{self, EmbedRequest},
    error::{AppError, AppResult, ErrorCode},
    export::ExportRequest,
    import::ImportRequest,
    job::{self, WorkKind},
    map::MapWork,
    offline::{self, OfflineWork},
    picture,
    place::MachineState,
    prelabel::PrelabelRequest,
    session::{daily, index, opened::OpenLibrary},
    similar::DedupeRequest,
};

/// Every kind of job, so that one whose process is gone can go on in another.
const WORKS: &[WorkKind] = &[
    WorkKind::of::<ImportRequest>(),
    WorkKind::of::<ExportRequest>(),
    WorkKind::of::<PrelabelRequest>(),
    WorkKind::of::<SyncWork>(),
    WorkKind::of::<EmbedRequest>(),
    WorkKind::of::<DedupeRequest>(),
    WorkKind::of::<MapWork>(),
    WorkKind::of::<OfflineWork>(),
];

/// Opens the library in a folder in place of the present one.
pub async fn open(app: &App, path: &Path, create: bool) -> AppResult<()> {
    let path = std::path::absolute(path).map_err(|error| crate::place::unreadable("open", path, &error))?;
    let library = open_database(path.clone(), create, app.clock()).await?;
    for warning in library.warnings() {
        tracing::warn!("{warning}");
    }
    let (opened, wanted) = OpenLibrary::new(library, app.works_in_background(), WORKS).await?;
    if opened.background {
        opened.tasks.spawn(index::maintain(app.clone(), opened.clone()));
        opened.tasks.spawn(embed::maintain(app.clone(), opened.clone()));
        opened.tasks.spawn(offline::maintain(app.clone(), opened.clone()));
        opened.tasks.spawn(job::take_over_orphans(app.clone(), opened.clone()));
        opened.tasks.spawn(daily::snapshot_daily(opened.clone()));
        opened.tasks.spawn(picture::make_ahead(app.clone(), opened.clone(), wanted));
        connection::follow_all(app, &opened).await?;
    }
    app.replace(opened).await;
    let mut state = MachineState::load(app.places());
    state.remember(&path);
    // A machine that cannot remember still works.
    if let Err(error) = state.save(app.places()) {
        tracing::warn!(%error, "the list of recent libraries is not saved");
    }
    Ok(())
}

/// Opens the database. Migrations hold a connection in a way that the compiler cannot prove `Send`, so they run to
/// their end on one thread.
async fn open_database(path: PathBuf, create: bool, clock: Arc<dyn Clock>) -> AppResult<Library> {
    let runtime = tokio::runtime::Handle::current();
    let opening = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            if create && !Library::exists(&path) {
                Library::create_with(&path, clock).await
            } else {
                Library::open_with(&path, clock).await
            }
        })
    });
    match opening.await {
        Ok(opened) => Ok(opened?),
        Err(panicked) => Err(AppError::new(ErrorCode::Internal, panicked.to_string())),
    }
}
