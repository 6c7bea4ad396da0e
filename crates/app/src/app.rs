//! The running application: what is open, and who listens.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::{
    error::{AppError, ErrorCode},
    event::AppEvent,
};

/// How many events a slow listener may miss before it is told so.
const EVENT_BUFFER: usize = 1024;

/// The running application. Cheap to clone; every use case takes it.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    events: broadcast::Sender<AppEvent>,
}

impl App {
    /// An application with nothing open.
    pub fn new() -> Self {
        let (events, _) = broadcast::channel(EVENT_BUFFER);
        Self { inner: Arc::new(Inner { events }) }
    }

    /// Listens to everything that happens from now on.
    pub fn events(&self) -> broadcast::Receiver<AppEvent> {
        self.inner.events.subscribe()
    }

    pub(crate) fn pending(&self) -> AppError {
        AppError::new(ErrorCode::Internal, "not connected yet")
    }
}
