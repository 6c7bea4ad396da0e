//! The running application: what is open, who listens, and how much may run at once.

use std::{path::PathBuf, sync::Arc};

use muster_domain::time::{Clock, UtcMicros, WallClock};
use muster_store::Library;
use tokio::sync::{RwLock, Semaphore, broadcast};

use super::{event::AppEvent, opened::OpenLibrary};
use crate::{
    error::{AppError, AppResult, ErrorCode},
    place::{MachineState, Places},
};

/// How many events a slow listener may miss before it is told so.
const EVENT_BUFFER: usize = 1024;
/// Blocking work that a person waits for: decoding the picture that they opened.
const INTERACTIVE_PERMITS: usize = 3;
/// Blocking work that nobody waits for; it must never take all cores.
const BACKGROUND_PERMITS: usize = 1;

/// How an application is set up.
pub struct AppOptions {
    /// Its folders.
    pub places: Places,
    /// True in a window: follow services, take over orphaned jobs, keep the index fresh.
    pub background: bool,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
}

impl AppOptions {
    /// The usual set-up of a shell.
    pub fn new(places: Places, background: bool) -> Self {
        Self { places, background, clock: Arc::new(WallClock) }
    }
}

/// The running application. Cheap to clone; every use case takes it.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    options: AppOptions,
    events: broadcast::Sender<AppEvent>,
    open: RwLock<Option<Arc<OpenLibrary>>>,
    interactive: Arc<Semaphore>,
    background: Arc<Semaphore>,
}

/// Who waits for blocking work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A person.
    Interactive,
    /// Nobody.
    Background,
}

impl App {
    /// An application with nothing open.
    pub fn new(options: AppOptions) -> Self {
        let (events, _) = broadcast::channel(EVENT_BUFFER);
        let inner = Inner {
            options,
            events,
            open: RwLock::new(None),
            interactive: Arc::new(Semaphore::new(INTERACTIVE_PERMITS)),
            background: Arc::new(Semaphore::new(BACKGROUND_PERMITS)),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Listens to everything that happens from now on.
    pub fn events(&self) -> broadcast::Receiver<AppEvent> {
        self.inner.events.subscribe()
    }

    /// The folders that it uses.
    pub fn places(&self) -> &Places {
        &self.inner.options.places
    }

    /// The library that was open last, if it is still there.
    pub fn last_library(&self) -> Option<PathBuf> {
        MachineState::load(self.places()).recent.into_iter().next().filter(|path| Library::exists(path))
    }

    /// Where the shell's window was, as the shell saved it.
    pub fn window_state(&self) -> Option<serde_json::Value> {
        MachineState::load(self.places()).window
    }

    /// Remembers where the shell's window is.
    pub fn save_window_state(&self, window: serde_json::Value) -> AppResult<()> {
        let mut state = MachineState::load(self.places());
        state.window = Some(window);
        state.save(self.places())
    }

    /// Ends background work and closes the library. What was acknowledged is on disk anyway.
    pub async fn close(&self) {
        if let Some(opened) = self.inner.open.write().await.take() {
            opened.close().await;
        }
    }

    /// Puts an opened library in place of the present one, which is closed.
    pub(crate) async fn replace(&self, opened: Arc<OpenLibrary>) {
        if let Some(previous) = self.inner.open.write().await.replace(opened) {
            previous.close().await;
        }
    }

    /// True in a window.
    pub(crate) fn works_in_background(&self) -> bool {
        self.inner.options.background
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.inner.options.clock.clone()
    }

    /// The open library.
    pub(crate) async fn opened(&self) -> AppResult<Arc<OpenLibrary>> {
        self.inner.open.read().await.clone().ok_or_else(AppError::no_library)
    }

    /// The open library, if any.
    pub(crate) async fn opened_if_any(&self) -> Option<Arc<OpenLibrary>> {
        self.inner.open.read().await.clone()
    }

    pub(crate) fn emit(&self, event: AppEvent) {
        // Nobody listens in a command line without progress; that is fine.
        let _ = self.inner.events.send(event);
    }

    pub(crate) fn now(&self) -> UtcMicros {
        self.inner.options.clock.now()
    }

    /// Runs blocking work off the async threads, a bounded number at a time.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        urgency: Urgency,
        work: impl FnOnce() -> AppResult<T> + Send + 'static,
    ) -> AppResult<T> {
        let semaphore = match urgency {
            Urgency::Interactive => &self.inner.interactive,
            Urgency::Background => &self.inner.background,
        };
        let permit = semaphore.clone().acquire_owned().await.map_err(|_| AppError::cancelled())?;
        let run = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        run.await.unwrap_or_else(|panicked| Err(AppError::new(ErrorCode::Internal, panicked.to_string())))
    }
}
