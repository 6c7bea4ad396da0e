//! What goes on with the services that the library syncs from.

use std::sync::PoisonError;

use muster_domain::{id::ServiceId, time::UtcMicros};
use muster_protocol::feed::Wanted;
use muster_store::service::Service;
use serde::{Deserialize, Serialize};
use specta::Type;
use tokio_util::sync::CancellationToken;

use super::{app::App, event::AppEvent, opened::OpenLibrary};
use crate::error::{AppError, AppResult, ErrorCode};

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
    /// Records that this version cannot read and that are kept aside.
    pub kept_aside: u64,
    /// Which of its captures are wanted.
    pub wanted: WantedDto,
    /// Why it failed, for callers.
    pub failure: Option<ErrorCode>,
}

/// Which captures of a service are wanted. Empty lists and no bounds are all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WantedDto {
    /// Names of sites.
    pub sites: Vec<String>,
    /// Names of devices.
    pub devices: Vec<String>,
    /// Captured at this moment or later.
    pub from_micros: Option<i64>,
    /// Captured before this moment.
    pub until_micros: Option<i64>,
}

impl From<WantedDto> for Wanted {
    fn from(dto: WantedDto) -> Self {
        let named = |names: Vec<String>| {
            names.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
        };
        let moment = |micros: Option<i64>| micros.map(UtcMicros);
        let (from_micros, until_micros) = (moment(dto.from_micros), moment(dto.until_micros));
        Self { sites: named(dto.sites), devices: named(dto.devices), from_micros, until_micros }
    }
}

impl From<Wanted> for WantedDto {
    fn from(wanted: Wanted) -> Self {
        let micros = |at: Option<UtcMicros>| at.map(|at| at.0);
        let (from_micros, until_micros) = (micros(wanted.from_micros), micros(wanted.until_micros));
        Self { sites: wanted.sites, devices: wanted.devices, from_micros, until_micros }
    }
}

/// What is wanted of a service.
pub(crate) fn wanted_of(service: &Service) -> AppResult<Wanted> {
    let wanted = service.wanted.as_deref().map_or(Ok(Wanted::default()), serde_json::from_str);
    wanted.map_err(|error| AppError::new(ErrorCode::Internal, format!("the filter of {}: {error}", service.url)))
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
    pub failure: Option<ErrorCode>,
    pub stop: CancellationToken,
}

/// Sets what goes on with a connection and tells of it.
pub(crate) async fn set_state(
    app: &App,
    opened: &OpenLibrary,
    service_id: ServiceId,
    state: ConnectionState,
    error: Option<AppError>,
) {
    let failure = error.as_ref().map(|error| error.code);
    let message = error.map(|error| error.message);
    let changed = {
        let mut all = opened.following.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(following) = all.get_mut(&service_id) else { return };
        let changed = following.state != state || following.message != message;
        following.state = state;
        following.message = message;
        following.failure = failure;
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
    let kept_aside = opened.library.count_aside(service.service_id).await?;
    let wanted = wanted_of(service)?.into();
    let all = opened.following.lock().unwrap_or_else(PoisonError::into_inner);
    let following = all.get(&service.service_id);
    Ok(ConnectionDto {
        service_id: service.service_id.to_string(),
        url: service.url.clone(),
        state: following.map_or(ConnectionState::Idle, |following| following.state),
        message: following.and_then(|following| following.message.clone()),
        captures,
        last_sync_micros: service.synced_at.map(|at| at.0),
        kept_aside,
        wanted,
        failure: following.and_then(|following| following.failure),
    })
}
