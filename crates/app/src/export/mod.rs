//! Writing datasets that training tools read.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    job::{self, JobContext, JobDto, JobKind, Outcome, Work},
    place,
};

mod run;

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// COCO instances.
    Coco,
}

/// What to do with the picture files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportMedia {
    /// Copy them beside the labels.
    Copy,
    /// Hard-link them, or copy where that is impossible.
    Link,
    /// Labels only.
    None,
}

/// What to export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// As what.
    pub format: ExportFormat,
    /// Into which folder: new or empty.
    pub out: String,
    /// Which captures; empty for all.
    pub query: String,
    /// Exactly these captures instead.
    pub capture_ids: Option<Vec<String>>,
    /// True to add undecided proposals with their score.
    pub include_proposals: bool,
    /// What to do with the picture files.
    pub media: ExportMedia,
}

impl Work for ExportRequest {
    const KIND: JobKind = JobKind::Export;

    fn title(&self) -> String {
        format!("Export to {}", self.out)
    }

    async fn run(self, context: &JobContext) -> AppResult<Outcome> {
        run::run(context, self).await
    }
}

/// Starts an export. The query and the folder are checked before it is queued.
pub async fn start_export(app: &App, request: ExportRequest) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    opened.identity()?;
    muster_domain::query::parse(&request.query)?;
    let out =
        std::path::absolute(&request.out).map_err(|error| place::unreadable("use", request.out.as_ref(), &error))?;
    let taken = std::fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_some());
    if taken || out.is_file() {
        return Err(AppError::new(ErrorCode::Conflict, format!("{} is not empty", out.display()))
            .with_remedy("choose a new or empty folder, so that nothing of yours is overwritten"));
    }
    let request = ExportRequest { out: out.display().to_string(), ..request };
    job::start(app, &opened, request).await
}
