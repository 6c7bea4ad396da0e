//! Embeddings of captures, frames and regions: which model, how far they are, and the job that makes them.

use std::sync::{Arc, Mutex, PoisonError};

use muster_index::vectors::{Space, VectorIndex};
use muster_inference::{Embedder, Manifest, ModelState, ModelStore, Output, Role, RuntimeOptions, TextEmbedder};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult, ErrorCode},
    job::{self, JobContext, JobDto, JobKind, Outcome, Work},
    models::model_store,
    session::opened::OpenLibrary,
};

mod look;
mod maintain;
mod pass;

pub(crate) use look::{part, region_item};
pub(crate) use maintain::maintain;

/// The setting that names the model, where a person chose another than the default one.
const MODEL_SETTING: &str = "embeddingModel";

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

/// An embedder that is installed.
#[derive(Clone)]
pub(crate) struct EmbeddingModel {
    pub manifest: Manifest,
    store: ModelStore,
}

/// The spaces of a model in the library.
#[derive(Clone)]
pub(crate) struct EmbeddedSpaces {
    pub captures: Arc<VectorIndex>,
    pub regions: Arc<VectorIndex>,
}

impl EmbeddedSpaces {
    pub fn open(opened: &OpenLibrary, model: &EmbeddingModel) -> AppResult<Self> {
        let Output::Vector { dimensions } = model.manifest.output else {
            return Err(AppError::invalid(format!("model {} is not an embedder", model.manifest.id)));
        };
        let hash = model.manifest.model_hash().to_hex();
        let space = |kind| opened.space(Space::new(&hash, kind, dimensions));
        Ok(Self { captures: space("captures")?, regions: space("regions")? })
    }
}

impl EmbeddingModel {
    /// Loads the model for one thread.
    pub fn load(&self, threads: usize) -> AppResult<Embedder> {
        let options = RuntimeOptions { intra_threads: threads, ..RuntimeOptions::default() };
        Ok(Embedder::new(&self.store.resolve(&self.manifest.id)?, &options)?)
    }

    /// The loaded model for a single picture.
    pub fn for_pictures(&self, opened: &OpenLibrary) -> AppResult<Arc<Mutex<Embedder>>> {
        let mut loaded = opened.spaces.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(embedder) = loaded.get(&self.manifest.id) {
            return Ok(embedder.clone());
        }
        let embedder = Arc::new(Mutex::new(self.load(1)?));
        loaded.insert(self.manifest.id.clone(), embedder.clone());
        Ok(embedder)
    }

    /// The loaded text half, where the model has one.
    pub fn for_texts(&self, opened: &OpenLibrary) -> AppResult<Option<Arc<Mutex<TextEmbedder>>>> {
        let mut loaded = opened.spaces.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(embedder) = loaded.get(&self.manifest.id) {
            return Ok(embedder.clone());
        }
        let files = self.store.resolve(&self.manifest.id)?;
        let embedder = TextEmbedder::new(&files, &RuntimeOptions::default())?.map(|text| Arc::new(Mutex::new(text)));
        loaded.insert(self.manifest.id.clone(), embedder.clone());
        Ok(embedder)
    }
}

/// The model with this id; for an empty id the one that the person chose, else the default one.
pub(crate) async fn model_in_use(app: &App, opened: &OpenLibrary, id: &str) -> AppResult<EmbeddingModel> {
    let chosen = match opened.identity_if_any() {
        Some(identity) if id.is_empty() => {
            let setting = opened.library.setting(identity.person.person_id, MODEL_SETTING).await?;
            setting.and_then(|value| value.as_str().map(str::to_owned))
        }
        _ => Some(id.to_owned()).filter(|id| !id.is_empty()),
    };
    let places = app.places().clone();
    app.blocking(Urgency::Interactive, move || {
        let store = model_store(&places)?;
        let installed = |manifest: &&Manifest| {
            manifest.role == Role::Embedding && matches!(store.state(&manifest.id), Ok(ModelState::Installed))
        };
        let manifest = match chosen {
            Some(id) => store.manifest(&id)?.clone(),
            None => {
                store.list().filter(installed).max_by_key(|manifest| manifest.default).cloned().ok_or_else(|| {
                    AppError::new(ErrorCode::ModelMissing, "no embedding model is installed")
                        .with_remedy("run `make setup`")
                })?
            }
        };
        if manifest.role != Role::Embedding {
            return Err(AppError::invalid(format!(
                "model {} is a {}, not an embedding",
                manifest.id,
                manifest.role.name()
            )));
        }
        Ok(EmbeddingModel { manifest, store })
    })
    .await
}

/// The installed models that read texts.
pub(crate) fn joint_models(app: &App) -> AppResult<Vec<EmbeddingModel>> {
    let store = model_store(app.places())?;
    let reads = |manifest: &&Manifest| {
        manifest.text.is_some() && matches!(store.state(&manifest.id), Ok(ModelState::Installed))
    };
    Ok(store
        .list()
        .filter(reads)
        .map(|manifest| EmbeddingModel { manifest: manifest.clone(), store: store.clone() })
        .collect())
}
