//! Embeddings of captures, frames and regions: which model, how far they are, and the job that makes them.

use muster_inference::RuntimeOptions;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::{App, Urgency},
    error::{AppResult, ErrorCode},
    job::{self, JobContext, JobDto, JobKind, Outcome, Work},
    vectors::{EmbeddedSpaces, MODEL_SETTING, model_in_use},
};

mod look;
mod maintain;
mod pass;

pub(crate) use maintain::maintain;

/// What to embed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EmbedRequest {
    /// Which captures; empty for all, and for those that arrive later.
    pub query: String,
    /// The model's id; empty for the one in use.
    #[serde(default)]
    pub model: String,
    /// The regions of annotations too.
    #[serde(default)]
    pub regions: bool,
}

/// How far embeddings are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EmbeddingState {
    /// The id of the model in use; none where none is installed.
    pub model: Option<String>,
    /// Whether it has one space for pictures and texts, so that `text:"…"` works.
    pub reads_text: bool,
    /// Captures in the library.
    pub total: u32,
    /// Captures that have an embedding.
    pub embedded: u32,
    /// Captures of which regions have an embedding.
    pub regions: u32,
    /// True when captures are embedded as they arrive.
    pub followed: bool,
    /// The job that embeds now.
    pub job_id: Option<String>,
}

impl Work for EmbedRequest {
    const KIND: JobKind = JobKind::Embed;

    fn title(&self) -> String {
        let what = if self.regions { "captures and regions" } else { "captures" };
        if self.query.trim().is_empty() { format!("Embed {what}") } else { format!("Embed {what} of {}", self.query) }
    }

    async fn run(self, context: &JobContext) -> AppResult<Outcome> {
        pass::run(context, self).await
    }
}

/// How far embeddings are.
pub async fn embedding_state(app: &App) -> AppResult<EmbeddingState> {
    let opened = app.opened().await?;
    let total = opened.library.counts().await?.captures as u32;
    let job_id = job::unfinished(app, JobKind::Embed).await?;
    let none =
        EmbeddingState { model: None, reads_text: false, total, embedded: 0, regions: 0, followed: false, job_id };
    let model = match model_in_use(app, &opened, "").await {
        Ok(model) => model,
        Err(error) if matches!(error.code, ErrorCode::ModelMissing | ErrorCode::NotFound) => return Ok(none),
        Err(error) => return Err(error),
    };
    let spaces = EmbeddedSpaces::open(&opened, &model)?;
    let (captures, regions) = (spaces.captures.snapshot()?, spaces.regions.snapshot()?);
    Ok(EmbeddingState {
        reads_text: model.manifest.text.is_some(),
        model: Some(model.manifest.id),
        embedded: captures.owners().len() as u32,
        regions: regions.owners().len() as u32,
        followed: captures.seq() > 0,
        ..none
    })
}

/// Starts embedding. The query and the model are checked before it is queued.
pub async fn start_embed(app: &App, request: EmbedRequest) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    let person_id = opened.identity()?.person.person_id;
    muster_domain::query::parse(&request.query)?;
    app.blocking(Urgency::Interactive, || Ok(muster_inference::runtime_status(&RuntimeOptions::default())?)).await?;
    let model = model_in_use(app, &opened, &request.model).await?;
    if !request.model.is_empty() {
        opened.library.set_setting(person_id, MODEL_SETTING, &serde_json::Value::String(model.manifest.id)).await?;
    }
    job::start(app, &opened, request).await
}

/// Embeds every capture that has no embedding yet, as a step of another job.
pub(crate) async fn embed_all(context: &JobContext) -> AppResult<()> {
    pass::run(context, EmbedRequest::default()).await.map(drop)
}
