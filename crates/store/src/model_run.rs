//! Model runs: the fact behind "not yet seen".

use std::collections::HashMap;

use muster_domain::{
    digest::Digest,
    id::{AnnotationId, CaptureId, JobId, OperationId, PersonId, ProjectId},
    operation::{Actor, Diff, Operation},
    time::UtcMicros,
};

use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    Library, Result, StoreError,
    apply::{Base, apply},
    lookup::Lookup,
    operation::Applied,
    project::project_key,
    table::{self, json_of_keys},
};

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
    /// Writes what a model made of several captures in one transaction; what each operation did, in order, for those
    /// outputs that have one. Running again replaces the run: proposals have stable ids, those that it no longer makes
    /// go while nobody has decided on them, and decided ones stay as they are.
    pub async fn record_runs(&self, outputs: Vec<ModelOutput>) -> Result<Vec<Applied>> {
        let mut transaction = self.begin().await?;
        let mut lookup = Lookup::default();
        let ids = outputs.iter().map(|output| output.run.capture_id);
        lookup.load_captures(&mut transaction, ids).await?;
        let mut settings = HashMap::new();
        let mut all = Vec::with_capacity(outputs.len());
        let mut changed = Vec::with_capacity(outputs.len());
        for output in &outputs {
            changed.push(record(&mut transaction, &mut lookup, &mut settings, output).await?);
            if let Some(operation) = &output.operation {
                all.push(apply(&mut transaction, &mut lookup, operation, Base::Version, self.now()).await?.0);
            }
        }
        let change_seq = table::change::bump(&mut transaction, &changed).await?;
        for applied in &mut all {
            applied.change_seq = change_seq;
        }
        self.commit(transaction).await?;
        Ok(all)
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
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let setting_key = table::origin::setting_key(&mut transaction, setting).await?;
        let keys = (project_key, setting_key);
        Ok(table::model_run::captures_without(&mut transaction, keys, after, limit, retry_failed).await?)
    }

    /// Runs by setting, counted.
    pub async fn runs(&self, project_id: ProjectId) -> Result<Vec<RunCount>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        Ok(table::model_run::counts(&mut transaction, project_key).await?)
    }

    /// Forgets runs of a setting, as an act of a person: undecided proposals go, decided ones stay, and the model
    /// counts as not having seen those captures. `capture_ids` of `None` means everywhere.
    pub async fn forget_run(
        &self,
        project_id: ProjectId,
        person_id: PersonId,
        setting: &ModelSetting,
        capture_ids: Option<&[CaptureId]>,
    ) -> Result<Forgotten> {
        let mut transaction = self.begin().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let Some(setting_key) = table::origin::setting_key(&mut transaction, setting).await? else {
            return Ok(Forgotten::default());
        };
        let among = match capture_ids {
            None => None,
            Some(ids) => {
                let known = table::capture::known(&mut transaction, ids).await?;
                Some(json_of_keys(known.iter().map(|known| known.row_key)))
            }
        };
        let keys = (project_key, setting_key);
        let captures = table::model_run::captures_of(&mut transaction, keys, among.as_deref()).await?;
        let proposals =
            table::annotation::proposals_of_setting(&mut transaction, project_key, setting_key, among.as_deref())
                .await?;
        let proposals = table::annotation::remove(&mut transaction, &proposals).await?;
        table::model_run::remove(&mut transaction, keys, &captures).await?;
        table::change::bump(&mut transaction, &captures).await?;
        let record = table::operation::Record {
            operation_id: OperationId(Uuid::new_v4()),
            project_key: Some(project_key),
            actor: &Actor::Person { person_id },
            at: self.now(),
            title: &format!("Forget {} {}", setting.model, setting.version),
            kind: "annotations",
            changes: proposals as u32,
            diff: None,
            undoes_key: None,
        };
        table::operation::append(&mut transaction, &record).await?;
        self.commit(transaction).await?;
        Ok(Forgotten { captures: captures.len() as u64, proposals })
    }
}

/// Writes the fact of a run, and clears what an earlier run of the same setting left undecided. The capture's key.
async fn record(
    connection: &mut SqliteConnection,
    lookup: &mut Lookup,
    settings: &mut HashMap<ModelSetting, i64>,
    output: &ModelOutput,
) -> Result<u32> {
    let run = &output.run;
    let project_key = lookup.project(connection, run.project_id).await?.key;
    let capture_key = lookup.capture(run.capture_id)?;
    let setting_key = match settings.get(&run.setting) {
        Some(key) => *key,
        None => table::origin::ensure_setting(connection, &run.setting).await?,
    };
    settings.insert(run.setting.clone(), setting_key);
    let ran_before = table::model_run::write(connection, run, (capture_key, setting_key, project_key)).await?;
    if ran_before && !matches!(run.status, RunStatus::Failed { .. }) {
        let keep: Vec<AnnotationId> = match output.operation.as_ref().map(|operation| &operation.diff) {
            Some(Diff::Annotations { changes }) => changes.iter().map(|change| change.annotation_id).collect(),
            _ => Vec::new(),
        };
        let place = (project_key, capture_key);
        table::annotation::remove_stale_proposals(connection, place, setting_key, &keep).await?;
    }
    if let Some(operation) = &output.operation
        && matches!(operation.actor, Actor::Person { .. })
    {
        let rule = "the actor of model output is the job";
        return Err(StoreError::InvalidOperation { operation_id: operation.operation_id, rule });
    }
    Ok(capture_key)
}
