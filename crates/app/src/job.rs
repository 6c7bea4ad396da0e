//! Jobs: long work that shows progress, can be cancelled and survives a restart.

use std::{
    collections::hash_map::Entry,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::FutureExt as _;
use muster_domain::id::{JobId, ServiceId};
use muster_store::job::{Job, JobEnd, JobState as StoredState, NewJob, Progress};
use serde::{Deserialize, Serialize};
use specta::Type;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    event::AppEvent,
    export::ExportRequest,
    export_run,
    import::ImportRequest,
    import_run,
    opened::{OpenLibrary, parse_id},
    prelabel::PrelabelRequest,
    prelabel_run, sync,
};

/// How many jobs are listed.
const LISTED: u32 = 50;
/// How long a process may be silent before its job is taken over.
const LEASE: Duration = Duration::from_secs(30);
/// The pause between two events of a running job.
const EVENT_PAUSE: Duration = Duration::from_millis(250);
/// Events between two heartbeats.
const BEATS: u32 = 8;
/// Failures that are kept with their messages; the others are counted.
const FAILURES_KEPT: usize = 50;

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
    pub const ALL: [Self; 5] = [Self::Import, Self::Export, Self::Prelabel, Self::Sync, Self::Index];

    /// The name, as stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
            Self::Prelabel => "prelabel",
            Self::Sync => "sync",
            Self::Index => "index",
        }
    }
}

/// The latest jobs, newest first.
pub async fn jobs(app: &App) -> AppResult<Vec<JobDto>> {
    let opened = app.opened().await?;
    let stored = opened.library.jobs(LISTED).await?;
    Ok(stored.iter().map(|job| job_dto(&opened, job)).collect())
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

/// What a job does, with what: the parameters of its row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub(crate) enum Work {
    Import(ImportRequest),
    Export(ExportRequest),
    Prelabel(PrelabelRequest),
    Sync { service_id: ServiceId },
}

impl Work {
    fn kind(&self) -> JobKind {
        match self {
            Self::Import(_) => JobKind::Import,
            Self::Export(_) => JobKind::Export,
            Self::Prelabel(_) => JobKind::Prelabel,
            Self::Sync { .. } => JobKind::Sync,
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Import(request) => format!("Import {}", request.path),
            Self::Export(request) => format!("Export to {}", request.out),
            Self::Prelabel(request) if request.model.is_empty() => "Pre-label with the default models".into(),
            Self::Prelabel(request) => format!("Pre-label with {}", request.model),
            Self::Sync { .. } => "Sync".into(),
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

/// A job that this process runs.
pub(crate) struct Running {
    kind: JobKind,
    title: String,
    started: Instant,
    live: Mutex<Live>,
    cancel: CancellationToken,
    ended: CancellationToken,
    suspended: AtomicBool,
}

#[derive(Debug, Clone, Default)]
struct Live {
    done: u64,
    total: Option<u64>,
    /// Things that were done before this process took the job over: they do not count for its rate.
    inherited: u64,
    failed: u64,
    failures: Vec<JobFailure>,
    message: Option<String>,
}

impl Running {
    /// Stops the work and leaves the job to be taken over at the next start.
    pub fn suspend(&self) {
        self.suspended.store(true, Ordering::SeqCst);
        self.cancel.cancel();
    }

    fn live(&self) -> std::sync::MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rate_per_s(&self, live: &Live) -> Option<f64> {
        let elapsed_s = self.started.elapsed().as_secs_f64();
        (elapsed_s > 0.5 && live.done > live.inherited).then(|| (live.done - live.inherited) as f64 / elapsed_s)
    }
}

/// What the body of a job works with.
#[derive(Clone)]
pub(crate) struct JobContext {
    pub app: App,
    pub opened: Arc<OpenLibrary>,
    pub job_id: JobId,
    running: Arc<Running>,
}

impl JobContext {
    /// An error once the person cancelled or the window closes. Call it between steps.
    pub fn check(&self) -> AppResult<()> {
        if self.running.cancel.is_cancelled() { Err(AppError::cancelled()) } else { Ok(()) }
    }

    /// Fires when the person cancels or the window closes.
    pub fn cancelled(&self) -> CancellationToken {
        self.running.cancel.clone()
    }

    pub fn set_total(&self, total: u64) {
        self.running.live().total = Some(total);
    }

    pub fn advance(&self, steps: u64) {
        self.running.live().done += steps;
    }

    pub fn say(&self, message: impl Into<String>) {
        self.running.live().message = Some(message.into());
    }

    /// Notes that one thing failed; the job goes on.
    pub fn fail(&self, subject: impl Into<String>, message: impl Into<String>) {
        let mut live = self.running.live();
        live.failed += 1;
        if live.failures.len() < FAILURES_KEPT {
            live.failures.push(JobFailure { subject: subject.into(), message: message.into() });
        }
    }

    pub fn failed(&self) -> u64 {
        self.running.live().failed
    }
}

impl OpenLibrary {
    fn running(&self, job_id: JobId) -> Option<Arc<Running>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).get(&job_id).cloned()
    }
}

/// Queues a job and runs it in this process.
pub(crate) async fn start(app: &App, opened: &Arc<OpenLibrary>, work: Work) -> AppResult<JobDto> {
    let job_id = JobId(Uuid::new_v4());
    let parameters = serde_json::to_value(&work).map_err(|error| AppError::invalid(error.to_string()))?;
    let new = NewJob { job_id, kind: work.kind().name().into(), parameters };
    opened.library.queue_job(&new).await?;
    let job = opened.library.claim_job_by_id(job_id, &opened.owner, LEASE).await?;
    if let Some(job) = job {
        run(app, opened, &job, work);
    }
    self::job(app, &job_id.to_string()).await
}

/// Takes over jobs whose process is gone.
pub(crate) async fn take_over_orphans(app: App, opened: Arc<OpenLibrary>) {
    let kinds = [JobKind::Import.name(), JobKind::Export.name(), JobKind::Prelabel.name(), JobKind::Sync.name()];
    loop {
        match opened.library.claim_job(&kinds, &opened.owner, LEASE).await {
            Ok(Some(job)) => match serde_json::from_value::<Work>(job.parameters.clone()) {
                Ok(work) => run(&app, &opened, &job, work),
                Err(error) => {
                    let end = JobEnd::Failed(format!("its parameters do not parse: {error}"));
                    log(opened.library.finish_job(job.job_id, &opened.owner, &end).await);
                }
            },
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "cannot look for orphaned jobs"),
        }
        tokio::select! {
            () = opened.stop.cancelled() => return,
            () = tokio::time::sleep(LEASE) => {}
        }
    }
}

fn log(result: Result<(), muster_store::StoreError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the state of a job is not saved");
    }
}

fn run(app: &App, opened: &Arc<OpenLibrary>, job: &Job, work: Work) {
    let mut jobs = opened.jobs.lock().unwrap_or_else(PoisonError::into_inner);
    // A heartbeat that came too late lets a process claim what it runs itself.
    let Entry::Vacant(place) = jobs.entry(job.job_id) else { return };
    let running = Arc::new(Running {
        kind: work.kind(),
        title: work.title(),
        started: Instant::now(),
        live: Mutex::new(Live { message: Some("starting".into()), ..Live::default() }),
        cancel: CancellationToken::new(),
        ended: CancellationToken::new(),
        suspended: AtomicBool::new(false),
    });
    place.insert(running.clone());
    drop(jobs);
    let context = JobContext { app: app.clone(), opened: opened.clone(), job_id: job.job_id, running };
    opened.tasks.spawn(supervise(context, work));
}

async fn supervise(context: JobContext, work: Work) {
    let JobContext { app, opened, job_id, running } = context.clone();
    let result = {
        let body = contain(perform(&context, work));
        tokio::pin!(body);
        let mut ticks = 0_u32;
        loop {
            tokio::select! {
                result = &mut body => break result,
                () = tokio::time::sleep(EVENT_PAUSE) => {
                    app.emit(AppEvent::Job(live_dto(job_id, &running, JobState::Running)));
                    ticks += 1;
                    if ticks.is_multiple_of(BEATS) {
                        // In a task of its own: while this arm waits nobody polls the body, and the body may hold the
                        // library's only writer, which the heartbeat would wait for until it times out.
                        let (opened, running) = (opened.clone(), running.clone());
                        context.opened.tasks.spawn(async move { heartbeat(&opened, job_id, &running).await });
                    }
                }
            }
        }
    };
    let live = running.live().clone();
    let progress = Progress { done: live.done, total: live.total, cursor: None };
    if let Err(error) = opened.library.heartbeat(job_id, &opened.owner, LEASE, &progress).await {
        tracing::warn!(%error, "the progress of a job is not saved");
    }
    if !running.suspended.load(Ordering::SeqCst) {
        log(opened.library.finish_job(job_id, &opened.owner, &job_end(result, live)).await);
    }
    opened.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&job_id);
    opened.notify_changed();
    if let Ok(Some(job)) = opened.library.job(job_id).await {
        app.emit(AppEvent::Job(job_dto(&opened, &job)));
    }
    running.ended.cancel();
}

/// Makes an error of a panic: a job that breaks ends all the same, and says so.
async fn contain<T>(body: impl Future<Output = AppResult<T>>) -> AppResult<T> {
    AssertUnwindSafe(body).catch_unwind().await.unwrap_or_else(|_| {
        Err(AppError::new(ErrorCode::Internal, "the job broke")
            .with_remedy("start it again; if it breaks again, report it with the log"))
    })
}

async fn perform(context: &JobContext, work: Work) -> AppResult<Outcome> {
    match work {
        Work::Import(request) => import_run::run(context, request).await,
        Work::Export(request) => export_run::run(context, request).await,
        Work::Prelabel(request) => prelabel_run::run(context, request).await,
        Work::Sync { service_id } => sync::run(context, service_id).await,
    }
}

async fn heartbeat(opened: &OpenLibrary, job_id: JobId, running: &Running) {
    let live = running.live().clone();
    let progress = Progress { done: live.done, total: live.total, cursor: None };
    match opened.library.heartbeat(job_id, &opened.owner, LEASE, &progress).await {
        Ok(true) => running.cancel.cancel(),
        Ok(false) => {}
        Err(muster_store::StoreError::LeaseLost { .. }) => running.suspend(),
        Err(error) => tracing::warn!(%error, "the heartbeat of a job failed"),
    }
}

fn job_end(result: AppResult<Outcome>, live: Live) -> JobEnd {
    match result {
        Ok(outcome) => {
            let stored = StoredOutcome { outcome, failed: live.failed, failures: live.failures };
            JobEnd::Done(serde_json::to_value(stored).unwrap_or_default())
        }
        Err(error) if error.code == ErrorCode::Cancelled => JobEnd::Cancelled,
        Err(error) => {
            let remedy = error.remedy.map(|remedy| format!("; {remedy}")).unwrap_or_default();
            JobEnd::Failed(format!("{}{remedy}", error.message))
        }
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
    let title = serde_json::from_value::<Work>(job.parameters.clone()).map(|work| work.title());
    let orphaned =
        job.state == StoredState::Running && job.lease_until.is_some_and(|until| until < opened.library.now());
    let message = if orphaned { Some("waits for the window to go on with it".into()) } else { outcome.message };
    JobDto {
        job_id: job.job_id.to_string(),
        kind: JobKind::ALL.into_iter().find(|kind| kind.name() == job.kind).unwrap_or(JobKind::Index),
        title: title.unwrap_or_else(|_| job.kind.clone()),
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn breaks(at: Option<usize>) -> AppResult<Outcome> {
        tokio::task::yield_now().await;
        assert!(at.is_none(), "on purpose");
        Ok(Outcome::default())
    }

    #[tokio::test]
    async fn a_job_that_panics_ends_as_failed() {
        let error = contain(breaks(Some(1))).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Internal);
        let end = job_end(Err(error), Live::default());
        assert!(matches!(&end, JobEnd::Failed(message) if message.starts_with("the job broke; ")), "{end:?}");
        assert!(contain(breaks(None)).await.is_ok());
    }
}
