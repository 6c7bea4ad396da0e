//! The open library with everything that lives as long as it is open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use muster_domain::{
    capture::Asset,
    id::{CaptureId, JobId, PersonId, ProjectId, ServiceId},
    ledger::LedgerEvent,
    schema::Person,
};
use muster_store::{Library, ledger::NewLedgerEntry};
use tokio::sync::{Notify, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    connection::Following,
    covers::Covers,
    index::SearchIndex,
    job::{Running, WorkKind},
    original::Clients,
    searches::Searches,
    spaces::Spaces,
};
use crate::error::{AppError, AppResult, ErrorCode};

/// The layer that people work in.
pub(crate) const MAIN_LAYER: &str = "main";
/// How long background work may take to notice that the library closes.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);
/// Pictures that wait for a thumbnail ahead.
const AHEAD: usize = 1_000;

/// Who acts and on which project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub person: Person,
    pub project_id: ProjectId,
    pub project_name: String,
}

/// The open library.
pub(crate) struct OpenLibrary {
    pub library: Library,
    pub index: SearchIndex,
    pub searches: Mutex<Searches>,
    pub jobs: Mutex<HashMap<JobId, Arc<Running>>>,
    pub following: Mutex<HashMap<ServiceId, Following>>,
    pub clients: Mutex<Clients>,
    pub spaces: Spaces,
    /// Pictures whose thumbnails are to be made ahead; full means that they are made when they are looked at.
    pub ahead: mpsc::Sender<Asset>,
    /// What stands for the captures that a grid showed last.
    pub covers: Mutex<Covers>,
    /// Held while a large picture is cut into tiles.
    pub cutting: tokio::sync::Mutex<()>,
    /// Wakes the index maintainer after a change.
    pub changed: Notify,
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
    /// True in a window.
    pub background: bool,
    /// Names this process in leases.
    pub owner: String,
    /// Every kind of job that this process can go on with.
    pub works: &'static [WorkKind],
    identity: RwLock<Option<Identity>>,
    people: RwLock<HashMap<PersonId, String>>,
}

impl OpenLibrary {
    /// The library without anything that runs on its own, and the pictures that want a thumbnail ahead.
    pub async fn new(
        library: Library,
        background: bool,
        works: &'static [WorkKind],
    ) -> AppResult<(Arc<Self>, mpsc::Receiver<Asset>)> {
        let index = SearchIndex::open(&library)?;
        let (ahead, wanted) = mpsc::channel(AHEAD);
        let opened = Arc::new(Self {
            index,
            searches: Mutex::default(),
            jobs: Mutex::default(),
            following: Mutex::default(),
            clients: Mutex::default(),
            spaces: Spaces::default(),
            ahead,
            covers: Mutex::default(),
            cutting: tokio::sync::Mutex::default(),
            changed: Notify::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            background,
            owner: format!("{}:{}", std::process::id(), uuid::Uuid::new_v4().simple()),
            works,
            identity: RwLock::new(None),
            people: RwLock::default(),
            library,
        });
        opened.load_identity().await?;
        Ok((opened, wanted))
    }

    /// Reads who there is. Call it again after a first start or a new name.
    pub async fn load_identity(&self) -> AppResult<()> {
        let people = self.library.people().await?;
        let projects = self.library.projects().await?;
        let identity = people.first().zip(projects.first()).map(|(person, project)| Identity {
            person: person.clone(),
            project_id: project.project_id,
            project_name: project.name.clone(),
        });
        let names = people.into_iter().map(|person| (person.person_id, person.name)).collect();
        *self.identity.write().unwrap_or_else(PoisonError::into_inner) = identity;
        *self.people.write().unwrap_or_else(PoisonError::into_inner) = names;
        Ok(())
    }

    pub fn identity_if_any(&self) -> Option<Identity> {
        self.identity.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who acts; an error before the first start is done.
    pub fn identity(&self) -> AppResult<Identity> {
        self.identity_if_any().ok_or_else(|| {
            AppError::new(ErrorCode::Invalid, "this library has no person and no project yet")
                .with_remedy("set them up first: in the window, or with `muster init`")
        })
    }

    /// A person's name; their id where it is unknown.
    pub fn person_name(&self, person_id: PersonId) -> String {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        people.get(&person_id).cloned().unwrap_or_else(|| person_id.to_string())
    }

    /// The row key of a capture that must exist.
    pub async fn row_key(&self, capture_id: CaptureId) -> AppResult<u32> {
        let known = self.library.known(&[capture_id]).await?;
        known
            .first()
            .and_then(|(_, row_key)| *row_key)
            .ok_or_else(|| AppError::not_found(format!("capture {capture_id}")))
    }

    /// Appends a line to the ledger of each of these captures.
    pub async fn note(&self, captures: &[CaptureId], event: LedgerEvent, text: &str) -> AppResult<()> {
        let at = self.library.now();
        let entry = |capture_id: &CaptureId| NewLedgerEntry {
            capture_id: *capture_id,
            event,
            at,
            payload: Some(serde_json::Value::String(text.to_owned())),
        };
        let entries: Vec<NewLedgerEntry> = captures.iter().map(entry).collect();
        for entries in entries.chunks(muster_store::MAX_BATCH) {
            self.library.append_ledger(entries).await?;
        }
        Ok(())
    }

    /// Says that captures changed, so that the index catches up at once.
    pub fn notify_changed(&self) {
        self.changed.notify_one();
    }

    /// Ends everything that runs, then closes the database.
    pub async fn close(&self) {
        self.stop.cancel();
        for running in self.jobs.lock().unwrap_or_else(PoisonError::into_inner).values() {
            running.suspend();
        }
        self.tasks.close();
        // A download that does not notice is cut off: what was acknowledged is on disk anyway.
        if tokio::time::timeout(CLOSE_PATIENCE, self.tasks.wait()).await.is_err() {
            tracing::warn!("background work did not end in time and is cut off");
        }
        self.library.close().await;
    }
}

/// Parses an id that came as text.
pub(crate) fn parse_id<T: std::str::FromStr>(noun: &str, text: &str) -> AppResult<T> {
    text.parse().map_err(|_| AppError::invalid(format!("{text:?} is not the id of a {noun}")))
}
