//! The jobs that this process runs: progress, heartbeat, cancelling, ending.

use std::{
    collections::hash_map::Entry,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use futures::FutureExt as _;
use muster_domain::id::JobId;
use muster_store::job::{Job, JobEnd, Progress};
use tokio_util::sync::CancellationToken;

use super::{EVENT_PAUSE, JobFailure, JobKind, JobState, LEASE, Outcome, StoredOutcome, Work, job_dto, live_dto};
use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    event::AppEvent,
    session::opened::OpenLibrary,
};

/// Events between two heartbeats.
const BEATS: u32 = 8;
/// Failures that are kept with their messages; the others are counted.
const FAILURES_KEPT: usize = 50;

/// A job that this process runs.
pub(crate) struct Running {
    pub(super) kind: JobKind,
    pub(super) title: String,
    started: Instant,
    live: Mutex<Live>,
    pub(super) cancel: CancellationToken,
    pub(super) ended: CancellationToken,
    suspended: AtomicBool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Live {
    pub done: u64,
    pub total: Option<u64>,
    /// Things that were done before this process took the job over: they do not count for its rate.
    inherited: u64,
    pub failed: u64,
    pub failures: Vec<JobFailure>,
    pub message: Option<String>,
}

impl Running {
    /// Stops the work and leaves the job to be taken over at the next start.
    pub fn suspend(&self) {
        self.suspended.store(true, Ordering::SeqCst);
        self.cancel.cancel();
    }

    pub(super) fn live(&self) -> std::sync::MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rate_per_s(&self, live: &Live) -> Option<f64> {
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

/// Runs a claimed job in this process.
pub(super) fn run<W: Work>(app: &App, opened: &Arc<OpenLibrary>, job: &Job, work: W) {
    let mut jobs = opened.jobs.lock().unwrap_or_else(PoisonError::into_inner);
    // A heartbeat that came too late lets a process claim what it runs itself.
    let Entry::Vacant(place) = jobs.entry(job.job_id) else { return };
    let running = Arc::new(Running {
        kind: W::KIND,
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

async fn supervise<W: Work>(context: JobContext, work: W) {
    let JobContext { app, opened, job_id, running } = context.clone();
    let result = {
        let body = contain(work.run(&context));
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

pub(super) fn log(result: Result<(), muster_store::StoreError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the state of a job is not saved");
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
