//! Taking captures offline: what labelling them needs is fetched, kept, and said to be ready.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use muster_domain::capture::AssetKind;
use muster_store::{
    capture::StoredCapture,
    offline::{MAX_OFFLINE, NewOfflineSet, OfflineSet},
};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult, ErrorCode},
    job::{self, JobContext, JobDto, JobKind, JobState, Outcome, Work},
    marks::Selection,
    picture, search,
    session::opened::{OpenLibrary, parse_id},
    settings,
};

/// Captures whose originals are fetched at once.
const FETCHES: usize = 4;
/// Captures that are read at once.
const PAGE: u32 = 200;
/// The pause between two looks at the cache.
const PAUSE: Duration = Duration::from_secs(30);

/// Captures that are kept on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OfflineDto {
    /// Its id.
    pub offline_id: String,
    /// What people call it.
    pub name: String,
    /// How many captures.
    pub total: u64,
    /// How many of them can be labelled without a network.
    pub ready: u64,
    /// The size of their originals.
    pub bytes: u64,
    /// How much of that is here.
    pub ready_bytes: u64,
    /// When it was taken.
    pub made_at_micros: i64,
    /// The job that fetches, while there is one.
    pub job_id: Option<String>,
}

/// The cache of originals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CacheState {
    /// How many originals are here.
    pub blobs: u64,
    /// Their size.
    pub bytes: u64,
    /// How large they may grow; what is pinned and what no service can give again stays beyond it.
    pub limit_bytes: u64,
    /// The size of those that are kept for working offline.
    pub pinned_bytes: u64,
}

/// Fetching what an offline set lacks, as a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OfflineWork {
    offline_id: Uuid,
    name: String,
}

impl Work for OfflineWork {
    const KIND: JobKind = JobKind::Offline;

    fn title(&self) -> String {
        format!("Take offline: {}", self.name)
    }

    async fn run(self, context: &JobContext) -> AppResult<Outcome> {
        fetch(context, self.offline_id).await
    }
}

/// Keeps the captures of a selection on this machine, and starts to fetch what is missing of them.
pub async fn take_offline(app: &App, name: String, selection: Selection) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    let row_keys = opened.selected_captures(&selection).await?;
    keep(app, &opened, &name, None, &row_keys).await
}

/// Like [`take_offline`], for what a query finds now.
pub async fn take_query_offline(app: &App, name: Option<String>, query: String) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    let row_keys = search::matching(app, &opened, &query).await?;
    keep(app, &opened, name.as_deref().unwrap_or(&query), Some(&query), &row_keys).await
}

async fn keep(
    app: &App,
    opened: &Arc<OpenLibrary>,
    name: &str,
    query: Option<&str>,
    row_keys: &[u32],
) -> AppResult<JobDto> {
    if row_keys.is_empty() {
        return Err(AppError::invalid("there is nothing to take offline").with_remedy("choose captures first"));
    }
    if row_keys.len() > MAX_OFFLINE {
        let asked = row_keys.len();
        return Err(AppError::invalid(format!("{asked} captures are too many to take offline at once"))
            .with_remedy(format!("narrow the query to at most {MAX_OFFLINE}")));
    }
    let offline_id = Uuid::new_v4();
    let taken: Vec<String> = opened.library.offline_sets().await?.into_iter().map(|set| set.name).collect();
    let name = named(name, row_keys.len(), &taken);
    let person_id = opened.identity()?.person.person_id;
    let set = NewOfflineSet { offline_id, name: name.clone(), query: query.map(str::to_owned), person_id };
    opened.library.take_offline(&set, row_keys).await?;
    if let Err(error) = fits(app, opened, offline_id).await {
        opened.library.release_offline(offline_id).await?;
        return Err(error);
    }
    job::start(app, opened, OfflineWork { offline_id, name }).await
}

/// A name that no other set has: the job that fetches is found by it.
fn named(given: &str, captures: usize, taken: &[String]) -> String {
    let name = if given.trim().is_empty() { format!("{captures} captures") } else { given.trim().to_owned() };
    if !taken.contains(&name) {
        return name;
    }
    let mut numbered = (2..).map(|number| format!("{name} ({number})"));
    numbered.find(|name| !taken.contains(name)).expect("numbers do not end")
}

/// What is pinned must leave the cache within its limit, or nothing else could be looked at.
async fn fits(app: &App, opened: &OpenLibrary, offline_id: Uuid) -> AppResult<()> {
    let sets = opened.library.offline_sets().await?;
    let lacking = |set: &OfflineSet| set.bytes.saturating_sub(set.ready_bytes);
    let to_fetch = sets.iter().find(|set| set.offline_id == offline_id).map_or(0, lacking);
    let cache = cache_of(app, opened).await?;
    if cache.pinned_bytes + to_fetch <= cache.limit_bytes {
        return Ok(());
    }
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    let message = format!(
        "these originals need {:.1} GB beside {:.1} GB that are kept already; the cache may hold {:.1} GB",
        gigabytes(to_fetch),
        gigabytes(cache.pinned_bytes),
        gigabytes(cache.limit_bytes)
    );
    Err(AppError::new(ErrorCode::DiskFull, message)
        .with_remedy("raise the limit of the cache in Settings, let another set go, or take fewer captures"))
}

/// What is kept on this machine, newest first.
pub async fn offline(app: &App) -> AppResult<Vec<OfflineDto>> {
    let opened = app.opened().await?;
    let jobs = job::jobs(app).await?;
    let running = |set: &OfflineSet| {
        let work = OfflineWork { offline_id: set.offline_id, name: set.name.clone() };
        let (kind, title) = (OfflineWork::KIND, work.title());
        let live = |state: JobState| matches!(state, JobState::Queued | JobState::Running);
        jobs.iter().find(|job| job.kind == kind && job.title == title && live(job.state)).map(|job| job.job_id.clone())
    };
    let sets = opened.library.offline_sets().await?;
    Ok(sets
        .iter()
        .map(|set| OfflineDto {
            offline_id: set.offline_id.to_string(),
            name: set.name.clone(),
            total: set.captures,
            ready: set.ready,
            bytes: set.bytes,
            ready_bytes: set.ready_bytes,
            made_at_micros: set.made_at.0,
            job_id: running(set),
        })
        .collect())
}

/// Fetches again what a set still lacks.
pub async fn resume_offline(app: &App, offline_id: String) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    let offline_id: Uuid = parse_id("offline set", &offline_id)?;
    let sets = opened.library.offline_sets().await?;
    let set = sets.into_iter().find(|set| set.offline_id == offline_id);
    let name = set.ok_or_else(|| AppError::not_found(format!("offline set {offline_id}")))?.name;
    job::start(app, &opened, OfflineWork { offline_id, name }).await
}

/// Lets a set go: its originals may leave the cache again.
pub async fn release_offline(app: &App, offline_id: String) -> AppResult<()> {
    let opened = app.opened().await?;
    let offline_id: Uuid = parse_id("offline set", &offline_id)?;
    opened.library.release_offline(offline_id).await?;
    picture::keep_cache_small(app, &opened).await;
    Ok(())
}

/// How large the cache of originals is.
pub async fn cache_state(app: &App) -> AppResult<CacheState> {
    let opened = app.opened().await?;
    cache_of(app, &opened).await
}

async fn cache_of(app: &App, opened: &OpenLibrary) -> AppResult<CacheState> {
    let usage = opened.library.blobs().usage().await?;
    let limit_bytes = settings::settings(app).await?.cache_limit_bytes;
    Ok(CacheState { blobs: usage.blobs, bytes: usage.bytes, limit_bytes, pinned_bytes: usage.pinned_bytes })
}

/// Holds the cache to its limit as long as the library is open, and goes on with sets that a closed window left.
pub(crate) async fn maintain(app: App, opened: Arc<OpenLibrary>) {
    let mut seen = None;
    if let Err(error) = go_on(&app, &opened).await {
        tracing::warn!(%error, "offline sets that are not ready wait for a person");
    }
    loop {
        tokio::select! {
            () = opened.stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        let state = cache_of(&app, &opened).await.ok();
        if state != seen {
            picture::keep_cache_small(&app, &opened).await;
            seen = cache_of(&app, &opened).await.ok();
        }
    }
}

/// A set whose job ended with the network, and not by a person, goes on when a library opens.
async fn go_on(app: &App, opened: &Arc<OpenLibrary>) -> AppResult<()> {
    for set in opened.library.offline_sets().await? {
        let work = OfflineWork { offline_id: set.offline_id, name: set.name };
        let title = work.title();
        let last = job::jobs(app).await?.into_iter().find(|job| job.kind == OfflineWork::KIND && job.title == title);
        if set.ready < set.captures && last.is_some_and(|job| job.state == JobState::Failed) {
            job::start(app, opened, work).await?;
        }
    }
    Ok(())
}

async fn fetch(context: &JobContext, offline_id: Uuid) -> AppResult<Outcome> {
    let library = &context.opened.library;
    let sets = library.offline_sets().await?;
    let Some(set) = sets.iter().find(|set| set.offline_id == offline_id) else {
        return Ok(Outcome { message: Some("the set was let go".into()), result: None });
    };
    context.set_total(set.captures);
    context.say("fetching originals");
    let (mut after, mut last_error) = (0, None);
    loop {
        let keys = library.offline_rows(offline_id, after, PAGE).await?;
        let Some(last) = keys.last() else { break };
        after = *last;
        let captures = library.captures(&keys).await?;
        let fetched: Vec<_> = captures.into_iter().map(|stored| fetch_one(context.clone(), stored)).collect();
        let mut fetched = std::pin::pin!(futures::stream::iter(fetched).buffer_unordered(FETCHES));
        while let Some(done) = fetched.next().await {
            context.check()?;
            match done {
                Ok(()) => {}
                Err((capture_id, error)) => {
                    context.fail(capture_id, error.message.clone());
                    last_error = Some(error);
                }
            }
            context.advance(1);
        }
    }
    let sets = library.offline_sets().await?;
    let set = sets.into_iter().find(|set| set.offline_id == offline_id);
    let (ready, total) = set.map_or((0, 0), |set| (set.ready, set.captures));
    match last_error {
        // Nothing came at all, so the reason is the service's or the network's, and no capture's own.
        Some(error) if ready == 0 => Err(error),
        Some(_) => {
            let message =
                format!("{ready} of {total} captures are ready to work on offline; start it again for the rest");
            Ok(Outcome { message: Some(message), result: None })
        }
        None => Ok(Outcome { message: Some(format!("{total} captures are ready to work on offline")), result: None }),
    }
}

/// Everything of a capture that labelling shows: its originals, and the thumbnail of its cover.
async fn fetch_one(context: JobContext, stored: StoredCapture) -> Result<(), (String, AppError)> {
    let named = |error| (stored.capture.capture_id.to_string(), error);
    for asset in &stored.capture.assets {
        context.opened.original(asset).await.map_err(named)?;
    }
    let cover = picture::cover_of(&stored.capture.assets).filter(|asset| asset.kind() == AssetKind::Image);
    if let Some(cover) = cover {
        // A picture that cannot be decoded is here all the same, and says so where it is opened.
        let made =
            picture::make_thumbnail(&context.app, &context.opened, cover, picture::AHEAD_PX, Urgency::Background).await;
        if let Err(error) = made {
            tracing::debug!(%error, "no thumbnail for a capture that was taken offline");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_has_a_name_of_its_own() {
        let taken = ["trip".to_owned(), "trip (2)".to_owned()];
        for (given, expected) in [(" trip ", "trip (3)"), ("", "7 captures"), ("site:a", "site:a")] {
            assert_eq!(named(given, 7, &taken), expected);
        }
    }
}
