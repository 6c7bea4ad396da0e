//! Submissions and work time: append-only.

use std::collections::HashMap;

use muster_domain::{
    id::{CaptureId, ProjectId},
    submission::{Submission, WorkSpan},
    time::UtcMicros,
};

use sqlx::SqliteConnection;

use crate::{
    Library, Noun, Result, StoreError,
    capture::live_key,
    project::project_key,
    table::{self, submission::Keys},
};

impl Library {
    /// Appends a statement; sending it twice changes nothing. Returns the change sequence after it.
    pub async fn submit(&self, submission: &Submission) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let keys = keys(&mut transaction, submission).await?;
        let change_seq = if table::submission::append(&mut transaction, submission, &keys).await? {
            table::change::bump(&mut transaction, &[keys.capture]).await?
        } else {
            table::change::latest(&mut transaction).await?
        };
        self.commit(transaction).await?;
        Ok(change_seq)
    }

    /// All statements about a capture, oldest first.
    pub async fn submissions(&self, project_id: ProjectId, capture_id: CaptureId) -> Result<Vec<Submission>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let key = live_key(&mut transaction, capture_id).await?;
        let submissions = table::submission::of_captures(&mut transaction, project_key, None, &[key]).await?;
        Ok(submissions.into_iter().map(|(_, submission)| submission).collect())
    }

    /// The latest statement about each of these captures that has one, in one layer, in the order asked for.
    pub async fn latest_submissions(
        &self,
        project_id: ProjectId,
        layer: &str,
        row_keys: &[u32],
    ) -> Result<Vec<Submission>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let all = table::submission::of_captures(&mut transaction, project_key, Some(layer), row_keys).await?;
        // They come oldest first, so the last one stays.
        let mut latest: HashMap<u32, Submission> = all.into_iter().collect();
        Ok(row_keys.iter().filter_map(|key| latest.remove(key)).collect())
    }

    /// Appends a span of work.
    pub async fn add_work_span(&self, span: &WorkSpan) -> Result<()> {
        let mut transaction = self.begin().await?;
        let project_key = project_key(&mut transaction, span.project_id).await?;
        let capture_key = live_key(&mut transaction, span.capture_id).await?;
        table::submission::append_span(&mut transaction, span, project_key, capture_key).await?;
        self.commit(transaction).await
    }

    /// Spans of work in a project that ended after `since`, oldest first.
    pub async fn work_spans(&self, project_id: ProjectId, since: UtcMicros) -> Result<Vec<WorkSpan>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        Ok(table::submission::spans(&mut transaction, project_key, since).await?)
    }
}

async fn keys(connection: &mut SqliteConnection, submission: &Submission) -> Result<Keys> {
    let project_key = project_key(connection, submission.project_id).await?;
    let layers = table::project::layers(connection, project_key).await?;
    let layer_key = layers.into_iter().find(|(_, name)| *name == submission.layer).map(|(key, _)| key);
    let known = table::project::class_keys(connection, project_key).await?;
    let known: HashMap<_, _> = known.into_iter().collect();
    let class_key = |class_id| known.get(class_id).copied().ok_or_else(|| StoreError::unknown(Noun::Class, &class_id));
    Ok(Keys {
        project: project_key,
        layer: layer_key.ok_or_else(|| StoreError::unknown(Noun::Layer, &submission.layer))?,
        capture: live_key(connection, submission.capture_id).await?,
        classes: submission.classes_covered.iter().map(class_key).collect::<Result<_>>()?,
    })
}
