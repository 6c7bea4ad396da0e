//! Connections to ingest services, and sync.

use std::sync::{Arc, PoisonError};

use muster_client::DesktopClient;
use muster_domain::id::ServiceId;
use muster_protocol::feed::Wanted;
use muster_store::service::ServiceDraft;
use serde::{Deserialize, Serialize};
use specta::Type;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    error::{AppError, AppResult},
    job::{self, JobDto},
    place,
    session::{
        connection::{Following, connection_dto},
        opened::{OpenLibrary, parse_id},
        original::new_client,
    },
};

mod intake;
mod record;
mod sync;

pub use crate::session::connection::{ConnectionDto, ConnectionState, WantedDto};
pub(crate) use sync::SyncWork;

/// The services that the library knows.
pub async fn connections(app: &App) -> AppResult<Vec<ConnectionDto>> {
    let opened = app.opened().await?;
    let mut connections = Vec::new();
    for service in opened.library.services().await? {
        connections.push(connection_dto(&opened, &service).await?);
    }
    Ok(connections)
}

/// Checks a service and remembers it, without following it. `wanted` of `None` leaves what was wanted before.
pub async fn add_service(app: &App, url: String, token: String, wanted: Option<WantedDto>) -> AppResult<ConnectionDto> {
    let opened = app.opened().await?;
    let (url, token) = (url.trim().trim_end_matches('/').to_owned(), token.trim().to_owned());
    let client = new_client(&url, &token)?;
    // Keys need no token: this tells a wrong address from a wrong token.
    let keys = client.keys().await?;
    check_token(&client).await?;
    let service_id = keys.service_id;
    let token_file = place::save_token(app.places(), &service_id.to_string(), &token)?;
    let name = url.split("://").nth(1).unwrap_or(&url).to_owned();
    let token_file = Some(token_file.display().to_string());
    let service = opened.library.add_service(&ServiceDraft { service_id, url, name, token_file }).await?;
    opened.forget_client(service.service_id);
    if let Some(wanted) = wanted {
        want(&opened, service.service_id, wanted.into()).await?;
    }
    connection(app, service.service_id).await
}

/// Says which captures of a service are wanted from now on; those that are here stay.
pub async fn set_wanted(app: &App, service_id: String, wanted: WantedDto) -> AppResult<ConnectionDto> {
    let opened = app.opened().await?;
    let service_id: ServiceId = parse_id("service", &service_id)?;
    want(&opened, service_id, wanted.into()).await?;
    let is_followed = opened.following.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&service_id);
    if is_followed {
        follow(app, &opened, service_id);
    }
    connection(app, service_id).await
}

async fn want(opened: &OpenLibrary, service_id: ServiceId, wanted: Wanted) -> AppResult<()> {
    if let (Some(from), Some(until)) = (wanted.from_micros, wanted.until_micros)
        && from >= until
    {
        return Err(AppError::invalid("nothing is captured in a span of time that ends before it begins"));
    }
    let json = serde_json::to_string(&wanted).map_err(|error| AppError::invalid(error.to_string()))?;
    let json = (!wanted.is_all()).then_some(json);
    Ok(opened.library.set_wanted(service_id, json.as_deref()).await?)
}

/// A record of a service that this version cannot read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct KeptAsideDto {
    /// Of which capture, where that much could be read.
    pub capture_id: Option<String>,
    /// Why not.
    pub reason: String,
    /// Its size.
    pub bytes: u64,
    /// When it came first.
    pub kept_at_micros: i64,
}

/// The records of a service that this version cannot read, oldest first.
pub async fn kept_aside(app: &App, service_id: String, limit: u32) -> AppResult<Vec<KeptAsideDto>> {
    let opened = app.opened().await?;
    let service_id: ServiceId = parse_id("service", &service_id)?;
    let kept = opened.library.aside(service_id, 0, limit).await?;
    let shown = kept.into_iter().map(|kept| KeptAsideDto {
        capture_id: kept.unread.capture_id.map(|id| id.to_string()),
        reason: kept.unread.reason,
        bytes: kept.unread.record.len() as u64,
        kept_at_micros: kept.kept_at.0,
    });
    Ok(shown.collect())
}

async fn check_token(client: &DesktopClient) -> AppResult<()> {
    match client.changes(None, 0, &Wanted::default()).await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(muster_protocol::error::ErrorCode::CursorGone) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Checks a service, remembers it and follows it.
pub async fn connect(app: &App, url: String, token: String, wanted: Option<WantedDto>) -> AppResult<ConnectionDto> {
    let added = add_service(app, url, token, wanted).await?;
    let opened = app.opened().await?;
    let service_id = parse_id("service", &added.service_id)?;
    follow(app, &opened, service_id);
    connection(app, service_id).await
}

/// Forgets a service; its captures stay.
pub async fn disconnect(app: &App, service_id: String) -> AppResult<()> {
    let opened = app.opened().await?;
    let service_id: ServiceId = parse_id("service", &service_id)?;
    if let Some(following) = opened.following.lock().unwrap_or_else(PoisonError::into_inner).remove(&service_id) {
        following.stop.cancel();
    }
    opened.forget_client(service_id);
    Ok(opened.library.remove_service(service_id).await?)
}

/// Fetches what is new.
pub async fn sync_now(app: &App, service_id: String) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    let service_id: ServiceId = parse_id("service", &service_id)?;
    opened.library.service(service_id).await?.ok_or_else(|| AppError::not_found(format!("service {service_id}")))?;
    job::start(app, &opened, SyncWork { service_id }).await
}

/// Follows a service until the library closes or `stop` fires: for a shell without background work.
pub async fn follow_until(app: &App, service_id: String, stop: CancellationToken) -> AppResult<()> {
    let opened = app.opened().await?;
    let service_id: ServiceId = parse_id("service", &service_id)?;
    sync::follow(app.clone(), opened, service_id, stop).await;
    Ok(())
}

/// Follows every service of a library that was opened.
pub(crate) async fn follow_all(app: &App, opened: &Arc<OpenLibrary>) -> AppResult<()> {
    for service in opened.library.services().await? {
        follow(app, opened, service.service_id);
    }
    Ok(())
}

fn follow(app: &App, opened: &Arc<OpenLibrary>, service_id: ServiceId) {
    let stop = opened.stop.child_token();
    let following = Following { state: ConnectionState::Syncing, message: None, failure: None, stop: stop.clone() };
    let before = opened.following.lock().unwrap_or_else(PoisonError::into_inner).insert(service_id, following);
    if let Some(before) = before {
        before.stop.cancel();
    }
    opened.tasks.spawn(sync::follow(app.clone(), opened.clone(), service_id, stop));
}

async fn connection(app: &App, service_id: ServiceId) -> AppResult<ConnectionDto> {
    let opened = app.opened().await?;
    let service = opened.library.service(service_id).await?;
    let service = service.ok_or_else(|| AppError::not_found(format!("service {service_id}")))?;
    connection_dto(&opened, &service).await
}
