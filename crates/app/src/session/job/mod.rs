//! Jobs: long work that shows progress, can be cancelled and survives a restart.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use muster_domain::id::JobId;
use muster_store::job::{Job, JobState as StoredState};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    error::{AppError, AppResult},
    session::opened::{OpenLibrary, parse_id},
};

mod running;
mod work;

pub(crate) use running::{JobContext, Running};
pub(crate) use work::{Work, WorkKind, start, take_over_orphans};

/// How many jobs are listed.
const LISTED: u32 = 50;
/// How long a process may be silent before its job is taken over.
const LEASE: Duration = Duration::from_secs(30);
/// The pause between two events of a running job.
const EVENT_PAUSE: Duration = Duration::from_millis(250);

/// A job as a person sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct JobDto {
    /// Its id.
    pub job_id: String,
    /// What it does.
    pub kind: JobKind,
    /// In words.
    pub title: String,
    /// How it stands.
    pub state: JobState,
    /// Things done.
    pub done: u64,
    /// Things in all, once known.
    pub total: Option<u64>,
    /// Things that failed.
    pub failed: u64,
    /// Things a second.
    pub rate_per_s: Option<f64>,
    /// What it does now, or why it failed.
    pub message: Option<String>,
    /// The first failures, each with its subject.
    pub failures: Vec<JobFailure>,
    /// What came of it, such as the folder of an export.
    pub result: Option<String>,
}

/// One thing that failed; the job went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct JobFailure {
    /// The file or capture.
    pub subject: String,
    /// What happened.
    pub message: String,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Brings captures in.
    Import,
    /// Writes a dataset.
    Export,
    /// Lets a model propose.
    Prelabel,
    /// Fetches from a service.
    Sync,
    /// Builds the search index.
    Index,
    /// Lets a model embed.
    Embed,
    /// Looks for near duplicates.
    Dedupe,
    /// Makes the map.
    Map,
    /// Fetches what working offline needs.
    Offline,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits.
    Queued,
    /// It runs.
    Running,
    /// It is finished.
    Done,
    /// It ended with an error.
    Failed,
    /// A person ended it.
    Cancelled,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Import,
        Self::Export,
        Self::Prelabel,
        Self::Sync,
        Self::Index,
        Self::Embed,
        Self::Dedupe,
        Self::Map,
        Self::Offline,
    ];

    /// The name, as stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
            Self::Prelabel => "prelabel",
            Self::Sync => "sync",
            Self::Index => "index",
            Self::Embed => "embed",
            Self::Dedupe => "dedupe",
            Self::Map => "map",
            Self::Offline => "offline",
        }
    }
}

/// The latest jobs, newest first.
pub async fn jobs(app: &App) -> AppResult<Vec<JobDto>> {
    let opened = app.opened().await?;
    let stored = opened.library.jobs(LISTED).await?;
    Ok(stored.iter().map(|job| job_dto(&opened, job)).collect())
}

/// The job of a kind that waits or runs, if there is one.
pub(crate) async fn unfinished(app: &App, kind: JobKind) -> AppResult<Option<String>> {
    let is_unfinished = |job: &JobDto| job.kind == kind && matches!(job.state, JobState::Queued | JobState::Running);
    Ok(jobs(app).await?.into_iter().find(is_unfinished).map(|job| job.job_id))
}

/// One job.
pub async fn job(app: &App, job_id: &str) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    let job_id: JobId = parse_id("job", job_id)?;
    let stored = opened.library.job(job_id).await?;
    stored.map(|job| job_dto(&opened, &job)).ok_or_else(|| AppError::not_found(format!("job {job_id}")))
}

/// Asks a job to stop; what it finished is kept.
pub async fn cancel_job(app: &App, job_id: String) -> AppResult<()> {
    let opened = app.opened().await?;
    let job_id: JobId = parse_id("job", &job_id)?;
    opened.library.cancel_job(job_id).await?;
    if let Some(running) = opened.running(job_id) {
        running.cancel.cancel();
    }
    Ok(())
}

/// Waits until a job of this process ends, telling of each step.
pub async fn wait(app: &App, job_id: &str, mut on_step: impl FnMut(&JobDto)) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    let id: JobId = parse_id("job", job_id)?;
    loop {
        let running = opened.running(id);
        let step = job(app, job_id).await?;
        on_step(&step);
        if !matches!(step.state, JobState::Queued | JobState::Running) {
            return Ok(step);
        }
        match running {
            Some(running) => {
                tokio::select! {
                    () = running.ended.cancelled() => {}
                    () = tokio::time::sleep(EVENT_PAUSE) => {}
                }
            }
            None => tokio::time::sleep(EVENT_PAUSE).await,
        }
    }
}

/// What comes of a job that ends well.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub message: Option<String>,
    pub result: Option<String>,
}

/// The outcome as it is stored.
#[derive(Debug, Default, Serialize, Deserialize)]
struct StoredOutcome {
    #[serde(flatten)]
    outcome: Outcome,
    failed: u64,
    failures: Vec<JobFailure>,
}

impl OpenLibrary {
    fn running(&self, job_id: JobId) -> Option<Arc<Running>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).get(&job_id).cloned()
    }
}

fn live_dto(job_id: JobId, running: &Running, state: JobState) -> JobDto {
    let live = running.live().clone();
    JobDto {
        job_id: job_id.to_string(),
        kind: running.kind,
        title: running.title.clone(),
        state,
        done: live.done,
        total: live.total,
        failed: live.failed,
        rate_per_s: running.rate_per_s(&live),
        message: live.message,
        failures: live.failures,
        result: None,
    }
}

fn job_dto(opened: &OpenLibrary, job: &Job) -> JobDto {
    if let Some(running) = opened.running(job.job_id) {
        return live_dto(job.job_id, &running, JobState::Running);
    }
    let outcome = job.outcome.clone().and_then(|outcome| serde_json::from_value(outcome).ok());
    let StoredOutcome { outcome, failed, failures } = outcome.unwrap_or_default();
    let title = opened.works.iter().find(|work| work.kind.name() == job.kind);
    let title = title.and_then(|work| (work.title)(&job.parameters));
    let orphaned =
        job.state == StoredState::Running && job.lease_until.is_some_and(|until| until < opened.library.now());
    let message = if orphaned { Some("waits for the window to go on with it".into()) } else { outcome.message };
    JobDto {
        job_id: job.job_id.to_string(),
        kind: JobKind::ALL.into_iter().find(|kind| kind.name() == job.kind).unwrap_or(JobKind::Index),
        title: title.unwrap_or_else(|| job.kind.clone()),
        state: match job.state {
            StoredState::Queued => JobState::Queued,
            StoredState::Running if orphaned => JobState::Queued,
            StoredState::Running => JobState::Running,
            StoredState::Done => JobState::Done,
            StoredState::Failed => JobState::Failed,
            StoredState::Cancelled => JobState::Cancelled,
        },
        done: job.done,
        total: job.total,
        failed,
        rate_per_s: None,
        message: job.error.clone().or(message),
        failures,
        result: outcome.result,
    }
}
