//! Connections to ingest services, and sync.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult, job::JobDto};

/// A service that the library syncs from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionDto {
    /// Its id in the library.
    pub service_id: String,
    /// Its address.
    pub url: String,
    /// What goes on.
    pub state: ConnectionState,
    /// Why it failed, or what it does.
    pub message: Option<String>,
    /// Captures that came from it.
    pub captures: u64,
    /// When it last had everything.
    pub last_sync_micros: Option<i64>,
}

/// What goes on with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Nothing.
    Idle,
    /// It catches up.
    Syncing,
    /// It has everything and waits for more.
    Following,
    /// It cannot go on; it tries again.
    Failed,
}

/// The services that the library knows.
pub async fn connections(app: &App) -> AppResult<Vec<ConnectionDto>> {
    Err(app.pending())
}

/// Checks a service, remembers it and follows it.
pub async fn connect(app: &App, url: String, token: String) -> AppResult<ConnectionDto> {
    Err(app.pending())
}

/// Forgets a service; its captures stay.
pub async fn disconnect(app: &App, service_id: String) -> AppResult<()> {
    Err(app.pending())
}

/// Fetches what is new.
pub async fn sync_now(app: &App, service_id: String) -> AppResult<JobDto> {
    Err(app.pending())
}
