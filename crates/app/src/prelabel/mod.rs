//! Letting models propose annotations.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult},
    job::{self, JobContext, JobDto, JobKind, Outcome, Work},
};

mod run;

/// What to pre-label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PrelabelRequest {
    /// The model's id; empty for the default models.
    pub model: String,
    /// Which captures; empty for all.
    pub query: String,
    /// Exactly these captures instead.
    pub capture_ids: Option<Vec<String>>,
    /// Proposals below are not kept.
    pub min_confidence: f64,
}

impl Work for PrelabelRequest {
    const KIND: JobKind = JobKind::Prelabel;

    fn title(&self) -> String {
        if self.model.is_empty() {
            "Pre-label with the default models".into()
        } else {
            format!("Pre-label with {}", self.model)
        }
    }

    async fn run(self, context: &JobContext) -> AppResult<Outcome> {
        run::run(context, self).await
    }
}

/// Starts a pre-labelling job. The query and the models are checked before it is queued.
pub async fn start_prelabel(app: &App, request: PrelabelRequest) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    opened.identity()?;
    muster_domain::query::parse(&request.query)?;
    if !(0.0..=1.0).contains(&request.min_confidence) {
        return Err(AppError::invalid("the least confidence is a number from 0 to 1"));
    }
    let (places, model) = (app.places().clone(), request.model.clone());
    app.blocking(Urgency::Interactive, move || run::check_models(&places, &model)).await?;
    job::start(app, &opened, request).await
}
