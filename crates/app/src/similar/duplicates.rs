//! Near duplicates: found by a job, kept as clusters.

use muster_index::vectors::{DuplicateOptions, Duplicates};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    job::{self, JobContext, JobDto, JobKind, Outcome, Work},
    search,
    vectors::{EmbeddedSpaces, found_last, model_in_use},
};

/// Steps of the progress that a job shows.
const STEPS: u64 = 1_000;

/// Where to look for near duplicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DedupeRequest {
    /// Among which captures; empty for all.
    pub query: String,
    /// The least cosine of two near duplicates, 0 to 1; 0.95 serves most cameras.
    pub similarity: f32,
}

/// The clusters that were found last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateReport {
    /// The least cosine that was asked for; none where nobody looked yet.
    pub similarity: Option<f32>,
    /// Clusters in all.
    pub clusters: u32,
    /// Captures in them.
    pub captures: u32,
    /// The largest clusters, the largest first.
    pub largest: Vec<DuplicateCluster>,
}

/// Captures that are near duplicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateCluster {
    /// The least cosine that holds it together.
    pub similarity: f32,
    /// The captures; the first came first into the library.
    pub capture_ids: Vec<String>,
}

impl Work for DedupeRequest {
    const KIND: JobKind = JobKind::Dedupe;

    fn title(&self) -> String {
        "Find near duplicates".into()
    }

    async fn run(self, context: &JobContext) -> AppResult<Outcome> {
        let (app, opened) = (&context.app, &context.opened);
        let spaces = EmbeddedSpaces::open(opened, &model_in_use(app, opened, "").await?)?;
        let among: Option<RoaringBitmap> = match self.query.trim() {
            "" => None,
            query => Some(search::matching(app, opened, query).await?.iter().collect()),
        };
        let vectors = spaces.captures.snapshot()?;
        context.set_total(STEPS);
        let (telling, similarity) = (context.clone(), self.similarity);
        let found = tokio::task::spawn_blocking(move || {
            let mut told = 0;
            let options = DuplicateOptions { similarity, among: among.as_ref() };
            vectors.near_duplicates(&options, &mut |part| {
                let now = (part * STEPS as f32) as u64;
                telling.advance(now.saturating_sub(told));
                told = told.max(now);
                telling.check().is_ok()
            })
        });
        let clusters = found.await.map_err(|error| AppError::new(ErrorCode::Internal, error.to_string()))?;
        let clusters = clusters.ok_or_else(AppError::cancelled)?;
        let captures: usize = clusters.iter().map(|cluster| cluster.captures.len()).sum();
        let message = format!("{captures} captures in {} clusters of near duplicates", clusters.len());
        Duplicates { similarity: self.similarity, clusters }.save(&spaces.captures)?;
        Ok(Outcome { message: Some(message), result: None })
    }
}

/// Starts looking for near duplicates among the captures that have embeddings.
pub async fn start_dedupe(app: &App, request: DedupeRequest) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    opened.identity()?;
    muster_domain::query::parse(&request.query)?;
    if !(0.0..=1.0).contains(&request.similarity) {
        return Err(AppError::invalid("the least similarity is a number from 0 to 1"));
    }
    let model = model_in_use(app, &opened, "").await?;
    if EmbeddedSpaces::open(&opened, &model)?.captures.snapshot()?.is_empty() {
        return Err(AppError::invalid(format!("no capture has an embedding of {} yet", model.manifest.id))
            .with_remedy("embed the library first: `muster embed`"));
    }
    job::start(app, &opened, request).await
}

/// The near duplicates that were found last, with so many clusters in full.
pub async fn duplicates(app: &App, limit: u32) -> AppResult<DuplicateReport> {
    let opened = app.opened().await?;
    let Some(found) = found_last(app, &opened).await? else {
        return Ok(DuplicateReport { similarity: None, clusters: 0, captures: 0, largest: Vec::new() });
    };
    let mut largest: Vec<_> = found.clusters.iter().collect();
    largest.sort_by_key(|cluster| std::cmp::Reverse(cluster.captures.len()));
    let mut shown = Vec::new();
    for cluster in largest.into_iter().take(limit as usize) {
        let stored = opened.library.captures(&cluster.captures).await?;
        let capture_ids = stored.iter().map(|stored| stored.capture.capture_id.to_string()).collect();
        shown.push(DuplicateCluster { similarity: cluster.similarity, capture_ids });
    }
    Ok(DuplicateReport {
        similarity: Some(found.similarity),
        clusters: found.clusters.len() as u32,
        captures: found.clusters.iter().map(|cluster| cluster.captures.len() as u32).sum(),
        largest: shown,
    })
}
