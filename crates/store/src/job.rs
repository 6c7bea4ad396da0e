//! Work for machines: rows with lease and heartbeat, so that an orphaned job is taken over.

use std::time::Duration;

use muster_domain::{id::JobId, time::UtcMicros};

use crate::{Library, Noun, Result, StoreError, table};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits for a process.
    Queued,
    /// A process works on it, or did until its lease ran out.
    Running,
    /// It ended well.
    Done,
    /// It ended with an error.
    Failed,
    /// A person cancelled it.
    Cancelled,
}

/// A job to queue.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Its id, made by the caller, so that queueing it twice changes nothing.
    pub job_id: JobId,
    /// What it does, such as `prelabel`.
    pub kind: String,
    /// With what.
    pub parameters: serde_json::Value,
}

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub job_id: JobId,
    /// What it does.
    pub kind: String,
    /// With what.
    pub parameters: serde_json::Value,
    /// Where it stands.
    pub state: JobState,
    /// When it was queued.
    pub created_at: UtcMicros,
    /// When a process first took it.
    pub started_at: Option<UtcMicros>,
    /// When it ended.
    pub ended_at: Option<UtcMicros>,
    /// The process that has it.
    pub owner: Option<String>,
    /// When it can be taken over.
    pub lease_until: Option<UtcMicros>,
    /// True when a person asked to cancel it.
    pub cancel_requested: bool,
    /// Steps done.
    pub done: u64,
    /// Steps in all, where they are known.
    pub total: Option<u64>,
    /// Where it goes on when it is taken over.
    pub cursor: Option<serde_json::Value>,
    /// What came of it.
    pub outcome: Option<serde_json::Value>,
    /// Why it failed.
    pub error: Option<String>,
}

/// What a process says with each heartbeat.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// Steps done.
    pub done: u64,
    /// Steps in all, where they are known.
    pub total: Option<u64>,
    /// Where the job goes on when it is taken over; `None` leaves it as it is.
    pub cursor: Option<serde_json::Value>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEnd {
    /// Well, with what came of it.
    Done(serde_json::Value),
    /// With an error.
    Failed(String),
    /// By a person's wish.
    Cancelled,
}

impl Library {
    /// Queues a job; one that is known stays as it is.
    pub async fn queue_job(&self, job: &NewJob) -> Result<()> {
        let mut transaction = self.begin().await?;
        table::job::queue(&mut transaction, job, self.now()).await?;
        self.commit(transaction).await
    }

    /// Takes the oldest job of these kinds that waits or whose lease ran out. `owner` names the process, such as its
    /// id and start time: two processes never share one.
    pub async fn claim_job(&self, kinds: &[&str], owner: &str, lease: Duration) -> Result<Option<Job>> {
        let kinds: serde_json::Value = kinds.iter().copied().collect();
        let kinds = kinds.to_string();
        let mut transaction = self.begin().await?;
        let job = table::job::claim(&mut transaction, Some(&kinds), None, owner, self.lease(lease)).await?;
        self.commit(transaction).await?;
        Ok(job)
    }

    /// Takes this very job, if it waits or its lease ran out.
    pub async fn claim_job_by_id(&self, job_id: JobId, owner: &str, lease: Duration) -> Result<Option<Job>> {
        let mut transaction = self.begin().await?;
        let job = table::job::claim(&mut transaction, None, Some(job_id), owner, self.lease(lease)).await?;
        self.commit(transaction).await?;
        Ok(job)
    }

    /// Renews the lease and saves progress; true when a person asked to cancel.
    pub async fn heartbeat(&self, job_id: JobId, owner: &str, lease: Duration, progress: &Progress) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let cancel = table::job::heartbeat(&mut transaction, job_id, owner, self.lease(lease), progress).await?;
        self.commit(transaction).await?;
        cancel.ok_or(StoreError::LeaseLost { job_id })
    }

    /// Ends the job.
    pub async fn finish_job(&self, job_id: JobId, owner: &str, end: &JobEnd) -> Result<()> {
        let mut transaction = self.begin().await?;
        let ended = table::job::finish(&mut transaction, job_id, owner, end, self.now()).await?;
        self.commit(transaction).await?;
        if ended { Ok(()) } else { Err(StoreError::LeaseLost { job_id }) }
    }

    /// Asks to cancel: a job that waits, or that nobody works on any more, ends at once, a running one at its next
    /// heartbeat.
    pub async fn cancel_job(&self, job_id: JobId) -> Result<()> {
        let mut transaction = self.begin().await?;
        if !table::job::cancel(&mut transaction, job_id, self.now()).await? {
            return Err(StoreError::unknown(Noun::Job, &job_id));
        }
        self.commit(transaction).await
    }

    /// One job.
    pub async fn job(&self, job_id: JobId) -> Result<Option<Job>> {
        table::job::get(&mut *self.read().await?, job_id).await
    }

    /// Jobs, newest first.
    pub async fn jobs(&self, limit: u32) -> Result<Vec<Job>> {
        table::job::newest(&mut *self.read().await?, limit).await
    }

    fn lease(&self, lease: Duration) -> (UtcMicros, UtcMicros) {
        let now = self.now();
        (now, UtcMicros(now.0.saturating_add(lease.as_micros().try_into().unwrap_or(i64::MAX))))
    }
}
