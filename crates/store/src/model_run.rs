//! Model runs: the fact behind "not yet seen".

use muster_domain::{
    digest::Digest,
    id::{CaptureId, JobId, ProjectId},
    operation::Operation,
    time::UtcMicros,
};

use crate::{Library, Result, operation::Applied};

/// One model with one set of parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelSetting {
    /// The model's id in its manifest.
    pub model: String,
    /// The model's version in its manifest.
    pub version: String,
    /// BLAKE3 of manifest and files.
    pub model_hash: Digest,
    /// BLAKE3 of the parameters of the run.
    pub parameters_hash: Digest,
    /// The prompt, for models that take one.
    pub prompt: Option<String>,
}

/// How a run on one capture ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStatus {
    /// It made proposals.
    Done {
        /// How many.
        proposals: u32,
    },
    /// It found nothing.
    Empty,
    /// It could not read the capture, or broke.
    Failed {
        /// Why.
        error: String,
    },
}

/// One model with one set of parameters on one capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRun {
    /// The capture.
    pub capture_id: CaptureId,
    /// The project that the proposals go to.
    pub project_id: ProjectId,
    /// The model and its parameters.
    pub setting: ModelSetting,
    /// How it ended.
    pub status: RunStatus,
    /// The job that ran it.
    pub job_id: Option<JobId>,
    /// When.
    pub ran_at: UtcMicros,
}

/// What a model made of one capture: the run, and the operation with its proposals (none when it found nothing).
#[derive(Debug, Clone, PartialEq)]
pub struct ModelOutput {
    /// The fact of the run. Running again replaces it.
    pub run: ModelRun,
    /// One operation per job and capture; its actor is the job.
    pub operation: Option<Operation>,
}

/// What forgetting a run removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Captures that the model counts as not having seen again.
    pub captures: u64,
    /// Undecided proposals that are gone; decided ones stay.
    pub proposals: u64,
}

/// Runs of one setting, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCount {
    /// The model and its parameters.
    pub setting: ModelSetting,
    /// Captures with proposals.
    pub done: u64,
    /// Captures in which it found nothing.
    pub empty: u64,
    /// Captures on which it failed.
    pub failed: u64,
}

impl Library {
    /// Writes what a model made of several captures in one transaction. Running again is harmless: proposals have
    /// stable ids, and decided ones stay as they are.
    pub async fn record_runs(&self, outputs: Vec<ModelOutput>) -> Result<Vec<Applied>> {
        todo!()
    }
    /// The next row keys after `after`, of captures on which the setting has not run (or failed, with `retry_failed`).
    pub async fn captures_without_run(
        &self,
        project_id: ProjectId,
        setting: &ModelSetting,
        after: u32,
        limit: u32,
        retry_failed: bool,
    ) -> Result<Vec<u32>> {
        todo!()
    }
    /// Runs by setting, counted.
    pub async fn runs(&self, project_id: ProjectId) -> Result<Vec<RunCount>> {
        todo!()
    }
    /// Forgets runs of a setting: undecided proposals go, decided ones stay. `capture_ids` of `None` means everywhere.
    pub async fn forget_run(
        &self,
        project_id: ProjectId,
        setting: &ModelSetting,
        capture_ids: Option<&[CaptureId]>,
    ) -> Result<Forgotten> {
        todo!()
    }
}
