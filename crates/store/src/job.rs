//! Work for machines: rows with lease and heartbeat, so that an orphaned job is taken over.

use std::time::Duration;

use muster_domain::{id::JobId, time::UtcMicros};

use crate::{Library, Result};

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
    pub async fn queue_job(&self, job: &NewJob) -> Result<()> {
        todo!()
    }
    /// Takes the oldest job of these kinds that waits or whose lease ran out.
    pub async fn claim_job(&self, kinds: &[&str], owner: &str, lease: Duration) -> Result<Option<Job>> {
        todo!()
    }
    /// Takes this very job, if it waits or its lease ran out.
    pub async fn claim_job_by_id(&self, job_id: JobId, owner: &str, lease: Duration) -> Result<Option<Job>> {
        todo!()
    }
    /// Renews the lease and saves progress; true when a person asked to cancel.
    pub async fn heartbeat(&self, job_id: JobId, owner: &str, lease: Duration, progress: &Progress) -> Result<bool> {
        todo!()
    }
    /// Ends the job.
    pub async fn finish_job(&self, job_id: JobId, owner: &str, end: &JobEnd) -> Result<()> {
        todo!()
    }
    /// Asks to cancel: a waiting job ends at once, a running one at its next heartbeat.
    pub async fn cancel_job(&self, job_id: JobId) -> Result<()> {
        todo!()
    }
    pub async fn job(&self, job_id: JobId) -> Result<Option<Job>> {
        todo!()
    }
    /// Jobs, newest first.
    pub async fn jobs(&self, limit: u32) -> Result<Vec<Job>> {
        todo!()
    }
}
