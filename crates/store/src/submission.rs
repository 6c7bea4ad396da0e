//! Submissions and work time: append-only.

use muster_domain::{
    id::{CaptureId, ProjectId},
    submission::{Submission, WorkSpan},
    time::UtcMicros,
};

use crate::{Library, Result};

impl Library {
    /// Appends a statement; sending it twice changes nothing.
    pub async fn submit(&self, submission: &Submission) -> Result<u64> {
        todo!()
    }
    /// All statements about a capture, oldest first.
    pub async fn submissions(&self, project_id: ProjectId, capture_id: CaptureId) -> Result<Vec<Submission>> {
        todo!()
    }
    /// The latest statement about each of these captures that has one, in one layer.
    pub async fn latest_submissions(
        &self,
        project_id: ProjectId,
        layer: &str,
        row_keys: &[u32],
    ) -> Result<Vec<Submission>> {
        todo!()
    }
    /// Appends a span of work.
    pub async fn add_work_span(&self, span: &WorkSpan) -> Result<()> {
        todo!()
    }
    /// Spans of work in a project that ended after `since`, oldest first.
    pub async fn work_spans(&self, project_id: ProjectId, since: UtcMicros) -> Result<Vec<WorkSpan>> {
        todo!()
    }
}
