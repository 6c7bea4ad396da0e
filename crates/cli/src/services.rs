//! Services, and what is kept on this machine of them.

use std::process::ExitCode;

use muster_app::{
    app::App,
    connection::{self, ConnectionDto, KeptAsideDto, WantedDto},
    error::AppError,
    offline::{self, CacheState, OfflineDto},
};
use serde::Serialize;

use crate::{
    arguments::{Offline, Service, Wanted},
    commands::finish,
    output::Output,
};

/// What is kept, and where it is kept.
#[derive(Debug, Serialize)]
struct Kept {
    sets: Vec<OfflineDto>,
    cache: CacheState,
}

/// The part of a service that was asked for; `None` when nothing was said.
pub fn wanted(arguments: &Wanted) -> Result<Option<WantedDto>, AppError> {
    let moment = |text: &Option<String>| text.as_deref().map(micros).transpose();
    let wanted = WantedDto {
        sites: arguments.site.clone(),
        devices: arguments.device.clone(),
        from_micros: moment(&arguments.from)?,
        until_micros: moment(&arguments.until)?,
    };
    Ok((wanted != WantedDto::default()).then_some(wanted))
}

/// A day begins at midnight UTC; a moment names its zone.
fn micros(text: &str) -> Result<i64, AppError> {
    let day = || text.parse::<jiff::civil::Date>()?.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp());
    let moment = text.parse::<jiff::Timestamp>().or_else(|_| day());
    moment.map(jiff::Timestamp::as_microsecond).map_err(|_| {
        AppError::invalid(format!("{text:?} is neither a day nor a moment"))
            .with_remedy("write 2026-11-01, or 2026-11-01T08:00:00Z")
    })
}

/// `muster service …`.
pub async fn service(app: &App, command: Service, output: Output) -> anyhow::Result<()> {
    match command {
        Service::List => {
            let services = connection::connections(app).await?;
            output.result(&services, |services| services.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        Service::Want { url, wanted: arguments } => {
            let service = find(app, &url).await?;
            let wanted = wanted(&arguments)?.unwrap_or_default();
            let service = connection::set_wanted(app, service.service_id, wanted).await?;
            output.result(&service, |service| format!("{}\nthe next sync asks for it", line(service)))
        }
        Service::Aside { url, limit } => {
            let service = find(app, &url).await?;
            let kept = connection::kept_aside(app, service.service_id, limit).await?;
            output.result(&kept, |kept| {
                let lines: Vec<String> = kept.iter().map(aside_line).collect();
                format!("{}\n{} kept aside", lines.join("\n"), service.kept_aside).trim_start().to_owned()
            })
        }
        Service::Forget { url } => {
            let service = find(app, &url).await?;
            connection::disconnect(app, service.service_id.clone()).await?;
            output.result(&service, |service| format!("{} is forgotten; its captures stay", service.url))
        }
    }
}

async fn find(app: &App, url: &str) -> anyhow::Result<ConnectionDto> {
    let url = url.trim_end_matches('/');
    let found = connection::connections(app).await?.into_iter().find(|service| service.url == url);
    let missing = || AppError::not_found(format!("service {url}")).with_remedy("`muster service list` shows them");
    Ok(found.ok_or_else(missing)?)
}

fn line(service: &ConnectionDto) -> String {
    let WantedDto { sites, devices, from_micros, until_micros } = &service.wanted;
    let day = |micros: &i64| {
        jiff::Timestamp::from_microsecond(*micros).map_or_else(|_| micros.to_string(), |at| at.to_string())
    };
    let mut parts = Vec::new();
    if !sites.is_empty() {
        parts.push(format!("sites {}", sites.join(", ")));
    }
    if !devices.is_empty() {
        parts.push(format!("devices {}", devices.join(", ")));
    }
    parts.extend(from_micros.as_ref().map(|from| format!("from {}", day(from))));
    parts.extend(until_micros.as_ref().map(|until| format!("until {}", day(until))));
    let wanted = if parts.is_empty() { "everything".to_owned() } else { parts.join("; ") };
    let aside = match service.kept_aside {
        0 => String::new(),
        aside => format!("; {aside} records cannot be read, see `muster service aside {}`", service.url),
    };
    format!("{}  {} captures; wanted: {wanted}{aside}", service.url, service.captures)
}

fn aside_line(kept: &KeptAsideDto) -> String {
    let subject = kept.capture_id.as_deref().unwrap_or("without an id");
    format!("{subject}  {} bytes: {}", kept.bytes, kept.reason)
}

/// `muster offline …`.
pub async fn offline(app: &App, command: Offline, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Offline::Add { query, name } => {
            let job = offline::take_query_offline(app, name, query).await?;
            return finish(app, job, output).await;
        }
        Offline::Resume { set } => {
            let set = find_set(app, &set).await?;
            let job = offline::resume_offline(app, set.offline_id).await?;
            return finish(app, job, output).await;
        }
        Offline::List => {
            let kept = Kept { sets: offline::offline(app).await?, cache: offline::cache_state(app).await? };
            output.result(&kept, |kept| {
                let mut lines: Vec<String> = kept.sets.iter().map(set_line).collect();
                lines.push(cache_line(&kept.cache));
                lines.join("\n")
            })?;
        }
        Offline::Release { set } => {
            let set = find_set(app, &set).await?;
            offline::release_offline(app, set.offline_id.clone()).await?;
            output.result(&set, |set| format!("{} is let go", set.name))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn find_set(app: &App, name: &str) -> anyhow::Result<OfflineDto> {
    let found = offline::offline(app).await?.into_iter().find(|set| set.offline_id == name || set.name == name);
    let missing = || AppError::not_found(format!("offline set {name}")).with_remedy("`muster offline list` shows them");
    Ok(found.ok_or_else(missing)?)
}

fn set_line(set: &OfflineDto) -> String {
    let state = if set.ready == set.total { "ready" } else { "not ready" };
    format!(
        "{}  {state}: {} of {} captures, {:.1} of {:.1} MB  {}",
        set.name,
        set.ready,
        set.total,
        set.ready_bytes as f64 / 1e6,
        set.bytes as f64 / 1e6,
        set.offline_id
    )
}

fn cache_line(cache: &CacheState) -> String {
    format!(
        "cache: {:.1} of {:.1} GB in {} originals, {:.1} GB kept for working offline",
        cache.bytes as f64 / 1e9,
        cache.limit_bytes as f64 / 1e9,
        cache.blobs,
        cache.pinned_bytes as f64 / 1e9
    )
}
