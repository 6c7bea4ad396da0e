//! Keeping the search index in step with the library, and looking at both together.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use muster_index::{Index, IndexError, IndexWriter, Snapshot, View};
use muster_store::{Library, change::Changes};

use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    event::{AppEvent, LibraryChanged},
    session::opened::OpenLibrary,
};

/// Captures that are read at once.
const BATCH: u32 = 1_000;
/// Captures that are indexed in one commit: each commit is a segment that searches look at until it is merged.
const COMMIT: usize = 20_000;
/// What waits for a commit is not left waiting longer; searches see it anyway.
const COMMIT_AFTER: Duration = Duration::from_secs(3);
/// Changes since the last commit that a search reads itself. Beyond it a search waits for the maintainer, but not for
/// ever: rows that are not indexed yet take two kilobytes each.
const OVERLAY_COMFORT: u64 = 30_000;
const MAINTAINER_PATIENCE: u32 = 40;
/// How often a process looks for changes that others made.
const POLL: Duration = Duration::from_millis(700);
/// Gestures come in bursts; one step serves a burst.
const DEBOUNCE: Duration = Duration::from_millis(120);
/// Captures that an event names.
const NAMED: usize = 200;

/// The search index of the open library.
pub(crate) struct SearchIndex {
    index: Arc<Index>,
    /// What searches look at: the index at a commit, with everything that changed since and was read so far.
    view: Mutex<Option<Arc<View>>>,
    /// Held while rows are read for a view, so that two searches do not read the same ones.
    reading: tokio::sync::Mutex<()>,
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
        Ok(Self { index: Arc::new(index), view: Mutex::new(None), reading: tokio::sync::Mutex::default() })
    }

    /// Files of the index whose checksum is wrong.
    pub fn damaged_files(&self) -> AppResult<Vec<std::path::PathBuf>> {
        Ok(self.index.damaged_files()?)
    }

    /// The change that the last commit contains.
    pub fn indexed_seq(&self) -> AppResult<u64> {
        Ok(self.index.indexed_seq()?)
    }

    fn current(&self) -> Option<Arc<View>> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a view the one that searches look at, unless there is a later one.
    fn publish(&self, view: Arc<View>) -> Arc<View> {
        let mut current = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        let later = current.as_ref().is_some_and(|current| {
            let (mine, theirs) = (view.snapshot().indexed_seq(), current.snapshot().indexed_seq());
            mine < theirs || (mine == theirs && view.change_seq() < current.change_seq())
        });
        if !later {
            *current = Some(view.clone());
        }
        view
    }
}

impl OpenLibrary {
    /// The state that a search sees: every edit that was acknowledged before the call is in it.
    pub async fn view(&self) -> AppResult<Arc<View>> {
        let change_seq = self.library.change_seq().await?;
        let mut waited = 0;
        loop {
            if let Some(view) = self.index.current().filter(|view| view.change_seq() >= change_seq) {
                return Ok(view);
            }
            let reading = self.index.reading.lock().await;
            let base = self.base().await?;
            if base.change_seq() >= change_seq {
                return Ok(self.index.publish(base));
            }
            // Each change has its number, so the gap bounds how many rows have to be read.
            let gap = change_seq - base.change_seq();
            if self.background && gap > OVERLAY_COMFORT && waited < MAINTAINER_PATIENCE {
                drop(reading);
                waited += 1;
                self.notify_changed();
                tokio::time::sleep(DEBOUNCE * 2).await;
                continue;
            }
            return Ok(self.index.publish(self.read_over(base).await?));
        }
    }

    /// What a view is read over: the current one. A process without a maintainer takes what others committed meanwhile.
    async fn base(&self) -> AppResult<Arc<View>> {
        let current = self.index.current();
        if let Some(view) = current.clone().filter(|_| self.background) {
            return Ok(view);
        }
        let index = self.index.index.clone();
        let moved = move || -> Result<Arc<View>, IndexError> {
            let snapshot = index.snapshot()?;
            match current {
                Some(view) if Arc::ptr_eq(view.snapshot(), &snapshot) => Ok(view),
                Some(view) => view.moved_to(snapshot).map(Arc::new),
                None => Ok(Arc::new(View::of(snapshot))),
            }
        };
        off_thread(moved).await
    }

    /// Reads everything that changed after a view.
    async fn read_over(&self, view: Arc<View>) -> AppResult<Arc<View>> {
        let project_id = self.identity()?.project_id;
        let (mut rows, mut removed, mut seq) = (Vec::new(), Vec::new(), view.change_seq());
        loop {
            let changes = self.library.changed_rows(project_id, seq, BATCH).await?;
            seq = changes.max_seq.max(seq);
            rows.extend(changes.rows);
            removed.extend(changes.removed);
            if !changes.more {
                break;
            }
        }
        if seq <= view.change_seq() {
            return Ok(view);
        }
        off_thread(move || view.with(rows, &removed, seq).map(Arc::new)).await
    }

    /// Takes the last commit, made ready for searches, as what views lie over.
    async fn take_commit(&self) -> AppResult<()> {
        let (index, current) = (self.index.index.clone(), self.index.current());
        let fresh = move || -> Result<Option<Arc<Snapshot>>, IndexError> {
            let snapshot = index.snapshot()?;
            if current.is_some_and(|view| Arc::ptr_eq(view.snapshot(), &snapshot)) {
                return Ok(None);
            }
            View::of(snapshot.clone()).warm()?;
            Ok(Some(snapshot))
        };
        let Some(snapshot) = off_thread(fresh).await? else { return Ok(()) };
        let _reading = self.index.reading.lock().await;
        let current = self.index.current();
        let moved = off_thread(move || match current {
            Some(view) => view.moved_to(snapshot),
            None => Ok(View::of(snapshot)),
        });
        let view = self.index.publish(Arc::new(moved.await?));
        let searches = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        searches.forget_views(|seen| Arc::ptr_eq(seen.snapshot(), view.snapshot()));
        Ok(())
    }

    /// Lays rows that were read for the index over the current view too, if they follow on it.
    async fn show(&self, after: u64, changes: Changes) -> AppResult<()> {
        let _reading = self.index.reading.lock().await;
        let Some(view) = self.index.current().filter(|view| view.change_seq() >= after) else { return Ok(()) };
        let seen = view.change_seq();
        if changes.max_seq <= seen {
            return Ok(());
        }
        let shown = move || {
            let rows = changes.rows.into_iter().filter(|row| row.change_seq > seen).collect();
            view.with(rows, &changes.removed, changes.max_seq)
        };
        self.index.publish(Arc::new(off_thread(shown).await?));
        Ok(())
    }

    /// Brings the index up to date in a process without a maintainer, if no other process does.
    pub async fn catch_up_index(&self) -> AppResult<()> {
        if self.background || self.identity_if_any().is_none() {
            return Ok(());
        }
        if self.index.indexed_seq()? >= self.library.change_seq().await? {
            return Ok(());
        }
        if let Some(mut writing) = elect(self)? {
            catch_up(self, &mut writing).await?;
            writing.commit(self).await?;
            close(writing).await;
        }
        Ok(())
    }
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, IndexError> + Send + 'static) -> AppResult<T> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|panicked| AppError::new(ErrorCode::Internal, panicked.to_string()))??)
}

/// The right to write the index, and what was written of it.
struct Writing {
    /// Away only while a thread has it.
    writer: Option<IndexWriter>,
    /// The change up to which rows were handed to the writer.
    applied_seq: u64,
    /// Rows that wait for a commit, and since when.
    waiting: usize,
    since: Option<std::time::Instant>,
}

impl Writing {
    async fn with_writer<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut IndexWriter) -> Result<T, IndexError> + Send + 'static,
    ) -> AppResult<T> {
        let mut writer =
            self.writer.take().ok_or_else(|| AppError::new(ErrorCode::Internal, "the index writer is gone"))?;
        let (writer, done) = off_thread(move || {
            let done = work(&mut writer)?;
            Ok((writer, done))
        })
        .await?;
        self.writer = Some(writer);
        Ok(done)
    }

    async fn commit(&mut self, opened: &OpenLibrary) -> AppResult<()> {
        if self.waiting == 0 {
            return Ok(());
        }
        let seq = self.applied_seq;
        self.with_writer(move |writer| writer.commit(seq)).await?;
        (self.waiting, self.since) = (0, None);
        if opened.background {
            opened.take_commit().await?;
        }
        Ok(())
    }

    fn is_due(&self) -> bool {
        self.waiting >= COMMIT || self.since.is_some_and(|since| since.elapsed() >= COMMIT_AFTER)
    }
}

/// The right to write the index, unless another process has it.
fn elect(opened: &OpenLibrary) -> AppResult<Option<Writing>> {
    match opened.index.index.writer() {
        Ok(writer) => {
            let applied_seq = opened.index.index.indexed_seq()?;
            Ok(Some(Writing { writer: Some(writer), applied_seq, waiting: 0, since: None }))
        }
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

/// Hands everything that changed to the writer, and to searches in this process.
async fn catch_up(opened: &OpenLibrary, writing: &mut Writing) -> AppResult<Passed> {
    let project_id = opened.identity()?.project_id;
    let mut passed = Passed::default();
    loop {
        let after = writing.applied_seq;
        let changes = opened.library.changed_rows(project_id, after, BATCH).await?;
        if changes.max_seq <= after {
            return Ok(passed);
        }
        passed.add(changes.rows.iter().map(|row| row.capture_id.to_string()));
        let more = changes.more;
        writing.applied_seq = changes.max_seq;
        writing.waiting += changes.rows.len() + changes.removed.len();
        writing.since.get_or_insert_with(std::time::Instant::now);
        let changes = writing
            .with_writer(move |writer| {
                writer.apply(&changes.rows, &changes.removed)?;
                Ok(changes)
            })
            .await?;
        if opened.background {
            opened.show(after, changes).await?;
        }
        if writing.is_due() {
            writing.commit(opened).await?;
        }
        if !more || opened.stop.is_cancelled() {
            return Ok(passed);
        }
    }
}

async fn close(mut writing: Writing) {
    let Some(writer) = writing.writer.take() else { return };
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
    if let Some(mut writer) = writer {
        // What waits is committed now, so that the next start has nothing to read again.
        if let Err(error) = writer.commit(&opened).await {
            tracing::warn!(%error, "the search index is behind; it catches up at the next start");
        }
        close(writer).await;
    }
}

/// What listeners know.
#[derive(Default)]
struct Told {
    change_seq: Option<u64>,
    row_key: u32,
}

async fn step(app: &App, opened: &Arc<OpenLibrary>, writer: &mut Option<Writing>, told: &mut Told) -> AppResult<()> {
    if opened.identity_if_any().is_none() {
        return Ok(());
    }
    let change_seq = opened.library.change_seq().await?;
    if writer.is_none() {
        *writer = elect(opened)?;
    }
    let mut passed = Passed::default();
    if let Some(mut elected) = writer.take() {
        if elected.applied_seq < change_seq {
            passed = catch_up(opened, &mut elected).await?;
        }
        if elected.is_due() {
            elected.commit(opened).await?;
        }
        *writer = Some(elected);
    }
    // Another process may have written, or segments were merged.
    opened.take_commit().await?;
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
