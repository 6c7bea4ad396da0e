//! What a job does: each kind of work says so in one place, and a table of them lets an orphaned job go on.

use std::{future::Future, sync::Arc};

use muster_domain::id::JobId;
use muster_store::job::{Job, JobEnd, NewJob};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use super::{
    JobDto, JobKind, LEASE, Outcome, job,
    running::{self, JobContext},
};
use crate::{
    app::App,
    error::{AppError, AppResult},
    session::opened::OpenLibrary,
};

/// One kind of work, with what it needs: the parameters of its row.
pub(crate) trait Work: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its kind.
    const KIND: JobKind;

    /// In words.
    fn title(&self) -> String;

    /// Does it; called again from the start where a process took it over.
    fn run(self, context: &JobContext) -> impl Future<Output = AppResult<Outcome>> + Send;
}

/// A kind of work without its type: a line of the table of everything that can be taken over.
pub(crate) struct WorkKind {
    pub kind: JobKind,
    pub title: fn(&Value) -> Option<String>,
    resume: fn(&App, &Arc<OpenLibrary>, &Job) -> Result<(), serde_json::Error>,
}

impl WorkKind {
    pub const fn of<W: Work>() -> Self {
        Self { kind: W::KIND, title: title::<W>, resume: resume::<W> }
    }
}

fn title<W: Work>(parameters: &Value) -> Option<String> {
    serde_json::from_value::<W>(parameters.clone()).ok().map(|work| work.title())
}

fn resume<W: Work>(app: &App, opened: &Arc<OpenLibrary>, job: &Job) -> Result<(), serde_json::Error> {
    let work: W = serde_json::from_value(job.parameters.clone())?;
    running::run(app, opened, job, work);
    Ok(())
}

/// Queues a job and runs it in this process.
pub(crate) async fn start<W: Work>(app: &App, opened: &Arc<OpenLibrary>, work: W) -> AppResult<JobDto> {
    let job_id = JobId(Uuid::new_v4());
    let parameters = serde_json::to_value(&work).map_err(|error| AppError::invalid(error.to_string()))?;
    let new = NewJob { job_id, kind: W::KIND.name().into(), parameters };
    opened.library.queue_job(&new).await?;
    if let Some(claimed) = opened.library.claim_job_by_id(job_id, &opened.owner, LEASE).await? {
        running::run(app, opened, &claimed, work);
    }
    job(app, &job_id.to_string()).await
}

/// Takes over jobs whose process is gone.
pub(crate) async fn take_over_orphans(app: App, opened: Arc<OpenLibrary>) {
    let kinds: Vec<&str> = opened.works.iter().map(|work| work.kind.name()).collect();
    loop {
        match opened.library.claim_job(&kinds, &opened.owner, LEASE).await {
            Ok(Some(job)) => {
                let known = opened.works.iter().find(|work| work.kind.name() == job.kind);
                if let Some(Err(error)) = known.map(|work| (work.resume)(&app, &opened, &job)) {
                    let end = JobEnd::Failed(format!("its parameters do not parse: {error}"));
                    running::log(opened.library.finish_job(job.job_id, &opened.owner, &end).await);
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "cannot look for orphaned jobs"),
        }
        tokio::select! {
            () = opened.stop.cancelled() => return,
            () = tokio::time::sleep(LEASE) => {}
        }
    }
}
