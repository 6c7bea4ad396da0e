//! What goes on with the services that the library syncs from.

use std::sync::PoisonError;

use muster_domain::id::ServiceId;
use muster_store::service::Service;
use serde::{Deserialize, Serialize};
use specta::Type;
use tokio_util::sync::CancellationToken;

use super::{app::App, event::AppEvent, opened::OpenLibrary};
use crate::error::AppResult;

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

/// A service that this process follows.
pub(crate) struct Following {
    pub state: ConnectionState,
    pub message: Option<String>,
    pub stop: CancellationToken,
}

/// Sets what goes on with a connection and tells of it.
pub(crate) async fn set_state(
    app: &App,
    opened: &OpenLibrary,
    service_id: ServiceId,
    state: ConnectionState,
    message: Option<String>,
) {
    let changed = {
        let mut all = opened.following.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(following) = all.get_mut(&service_id) else { return };
        let changed = following.state != state || following.message != message;
        following.state = state;
        following.message = message;
        changed
    };
    if changed && let Ok(Some(service)) = opened.library.service(service_id).await {
        match connection_dto(opened, &service).await {
            Ok(connection) => app.emit(AppEvent::Connection(connection)),
            Err(error) => tracing::warn!(%error, "cannot read the state of a connection"),
        }
    }
}

/// A connection as the window shows it.
pub(crate) async fn connection_dto(opened: &OpenLibrary, service: &Service) -> AppResult<ConnectionDto> {
    let captures = opened.library.captures_of_service(service.service_id).await?;
    let all = opened.following.lock().unwrap_or_else(PoisonError::into_inner);
    let following = all.get(&service.service_id);
    Ok(ConnectionDto {
        service_id: service.service_id.to_string(),
        url: service.url.clone(),
        state: following.map_or(ConnectionState::Idle, |following| following.state),
        message: following.and_then(|following| following.message.clone()),
        captures,
        last_sync_micros: service.synced_at.map(|at| at.0),
    })
}
