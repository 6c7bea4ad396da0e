//! Jobs: long work that shows progress, can be cancelled and survives a restart.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult};

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

/// The latest jobs.
pub async fn jobs(app: &App) -> AppResult<Vec<JobDto>> {
    Err(app.pending())
}

/// Asks a job to stop; what it finished is kept.
pub async fn cancel_job(app: &App, job_id: String) -> AppResult<()> {
    Err(app.pending())
}
