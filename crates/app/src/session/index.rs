//! Keeping the search index in step with the library, and looking at both together.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use muster_index::{Index, IndexError, IndexWriter, Overlay, Snapshot};
use muster_store::Library;

use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    event::{AppEvent, LibraryChanged},
    session::opened::OpenLibrary,
};

/// Captures that are indexed in one commit.
const BATCH: u32 = 1_000;
/// Changes since the last commit whose captures are evaluated one by one in a search. Beyond it a search waits for the
/// maintainer, but not for ever.
const OVERLAY_COMFORT: u64 = 2_000;
const MAINTAINER_PATIENCE: u32 = 40;
/// How often a process looks for changes that others made.
const POLL: Duration = Duration::from_millis(700);
/// Gestures come in bursts; one commit serves a burst.
const DEBOUNCE: Duration = Duration::from_millis(120);
/// Captures that an event names.
const NAMED: usize = 200;

/// The search index of the open library.
pub(crate) struct SearchIndex {
    index: Arc<Index>,
    view: Mutex<Option<Arc<View>>>,
}

/// The index at a commit, with everything that changed since.
pub(crate) struct View {
    pub snapshot: Arc<Snapshot>,
    pub overlay: Overlay,
    /// The change that the view contains.
    pub change_seq: u64,
}

impl SearchIndex {
    /// Opens the index. A damaged one is derived data: it is made anew.
    pub fn open(library: &Library) -> AppResult<Self> {
        let folder = library.index_folder();
        let index = match Index::open(&folder) {
            Err(IndexError::Damaged { .. }) => {
                tracing::warn!(folder = %folder.display(), "the search index is damaged and is made anew");
                Index::rebuild(&folder)?
            }
            other => other?,
        };
        Ok(Self { index: Arc::new(index), view: Mutex::new(None) })
    }

    /// Files of the index whose checksum is wrong.
    pub fn damaged_files(&self) -> AppResult<Vec<std::path::PathBuf>> {
        Ok(self.index.damaged_files()?)
    }

    /// The change that the last commit contains.
    pub fn indexed_seq(&self) -> AppResult<u64> {
        Ok(self.index.indexed_seq()?)
    }

    fn cached(&self, snapshot: &Arc<Snapshot>, change_seq: u64) -> Option<Arc<View>> {
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.as_ref().filter(|view| view.change_seq == change_seq && Arc::ptr_eq(&view.snapshot, snapshot)).cloned()
    }
}

impl OpenLibrary {
    /// The state that a search sees: every edit that was acknowledged before the call is in it.
    pub async fn view(&self) -> AppResult<Arc<View>> {
        let project_id = self.identity()?.project_id;
        let change_seq = self.library.change_seq().await?;
        let mut waited = 0;
        loop {
            let snapshot = self.index.index.snapshot()?;
            if let Some(view) = self.index.cached(&snapshot, change_seq) {
                return Ok(view);
            }
            // Each change has its number, so the gap bounds how many rows would have to be evaluated one by one.
            let gap = change_seq.saturating_sub(snapshot.indexed_seq());
            if self.background && gap > OVERLAY_COMFORT && waited < MAINTAINER_PATIENCE {
                waited += 1;
                self.notify_changed();
                tokio::time::sleep(DEBOUNCE * 2).await;
                continue;
            }
            let (mut rows, mut removed, mut seq) = (Vec::new(), Vec::new(), snapshot.indexed_seq());
            loop {
                let changes = self.library.changed_rows(project_id, seq, BATCH).await?;
                seq = changes.max_seq.max(seq);
                rows.extend(changes.rows);
                removed.extend(changes.removed);
                if !changes.more {
                    break;
                }
            }
            let view =
                Arc::new(View { snapshot, overlay: Overlay::new(rows, &removed), change_seq: seq.max(change_seq) });
            *self.index.view.lock().unwrap_or_else(PoisonError::into_inner) = Some(view.clone());
            return Ok(view);
        }
    }

    /// Brings the index up to date in a process without a maintainer, if no other process does.
    pub async fn catch_up_index(&self) -> AppResult<()> {
        if self.background || self.identity_if_any().is_none() {
            return Ok(());
        }
        if self.index.indexed_seq()? >= self.library.change_seq().await? {
            return Ok(());
        }
        if let Some(writer) = elect(self)? {
            let (writer, _) = catch_up(self, writer).await?;
            close(writer).await;
        }
        Ok(())
    }
}

/// The right to write the index, unless another process has it.
fn elect(opened: &OpenLibrary) -> AppResult<Option<IndexWriter>> {
    match opened.index.index.writer() {
        Ok(writer) => Ok(Some(writer)),
        Err(IndexError::Busy { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What catching up went past.
#[derive(Default)]
struct Passed {
    captures: Vec<String>,
    many: bool,
}

impl Passed {
    fn add(&mut self, captures: impl Iterator<Item = String>) {
        self.captures.extend(captures.take(NAMED + 1 - self.captures.len().min(NAMED)));
        self.many |= self.captures.len() > NAMED;
        self.captures.truncate(NAMED + 1);
    }
}

async fn catch_up(opened: &OpenLibrary, mut writer: IndexWriter) -> AppResult<(IndexWriter, Passed)> {
    let project_id = opened.identity()?.project_id;
    let mut passed = Passed::default();
    let mut seq = opened.index.indexed_seq()?;
    loop {
        let changes = opened.library.changed_rows(project_id, seq, BATCH).await?;
        if changes.max_seq <= seq {
            return Ok((writer, passed));
        }
        seq = changes.max_seq;
        passed.add(changes.rows.iter().map(|row| row.capture_id.to_string()));
        let more = changes.more;
        let write = tokio::task::spawn_blocking(move || -> Result<IndexWriter, IndexError> {
            writer.apply(&changes.rows, &changes.removed)?;
            writer.commit(seq)?;
            Ok(writer)
        });
        writer = write.await.map_err(|panicked| AppError::new(ErrorCode::Internal, panicked.to_string()))??;
        if !more || opened.stop.is_cancelled() {
            return Ok((writer, passed));
        }
    }
}

async fn close(writer: IndexWriter) {
    let closed = tokio::task::spawn_blocking(move || writer.close()).await;
    if let Ok(Err(error)) = closed {
        tracing::warn!(%error, "the search index was not closed in order; nothing is lost");
    }
}

/// Follows the library as long as it is open: indexes every change if this process is elected, and tells of it.
pub(crate) async fn maintain(app: App, opened: Arc<OpenLibrary>) {
    let mut writer = None;
    let mut told = Told::default();
    while !opened.stop.is_cancelled() {
        if let Err(error) = step(&app, &opened, &mut writer, &mut told).await {
            tracing::warn!(%error, "the search index is behind; searches read the library instead");
            writer = None;
            tokio::time::sleep(POLL).await;
        }
        tokio::select! {
            () = opened.stop.cancelled() => {}
            () = opened.changed.notified() => tokio::time::sleep(DEBOUNCE).await,
            () = tokio::time::sleep(POLL) => {}
        }
    }
    if let Some(writer) = writer {
        close(writer).await;
    }
}

/// What listeners know.
#[derive(Default)]
struct Told {
    change_seq: Option<u64>,
    row_key: u32,
}

async fn step(
    app: &App,
    opened: &Arc<OpenLibrary>,
    writer: &mut Option<IndexWriter>,
    told: &mut Told,
) -> AppResult<()> {
    if opened.identity_if_any().is_none() {
        return Ok(());
    }
    let change_seq = opened.library.change_seq().await?;
    if writer.is_none() {
        *writer = elect(opened)?;
    }
    let behind = opened.index.indexed_seq()? < change_seq;
    let mut passed = Passed::default();
    if behind && let Some(elected) = writer.take() {
        let (elected, gone_past) = catch_up(opened, elected).await?;
        *writer = Some(elected);
        passed = gone_past;
    }
    let first = told.change_seq.is_none();
    let before = told.change_seq.replace(change_seq).unwrap_or(change_seq);
    if before != change_seq && passed.captures.is_empty() {
        let project_id = opened.identity()?.project_id;
        let changes = opened.library.changed_rows(project_id, before, NAMED as u32 + 1).await?;
        passed.add(changes.rows.iter().map(|row| row.capture_id.to_string()));
    }
    let new_captures = new_captures(opened, told).await?;
    if before != change_seq && !first {
        let capture_ids = if passed.many { Vec::new() } else { passed.captures };
        app.emit(AppEvent::LibraryChanged(LibraryChanged { change_seq, capture_ids, new_captures }));
    }
    Ok(())
}

async fn new_captures(opened: &OpenLibrary, told: &mut Told) -> AppResult<u32> {
    let mut count = 0;
    loop {
        let keys = opened.library.row_keys(told.row_key, BATCH * 10).await?;
        let Some(last) = keys.last() else { return Ok(count) };
        told.row_key = *last;
        count += keys.len() as u32;
    }
}

impl From<IndexError> for AppError {
    fn from(error: IndexError) -> Self {
        Self::new(ErrorCode::Internal, error.to_string())
            .with_remedy("run `muster doctor`; no annotation is lost")
            .with_source(&error)
    }
}
