//! The vectors of the open library: their model and spaces, and the answers that a search asks of them. It stands below
//! the search; what starts a search itself (jobs, the map's colours) stands above it.

use std::sync::{Arc, Mutex, PoisonError};

use muster_index::vectors::{Space, VectorIndex};
use muster_inference::{Embedder, Manifest, ModelState, ModelStore, Output, Role, RuntimeOptions, TextEmbedder};

use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult, ErrorCode},
    models::model_store,
    session::opened::OpenLibrary,
};

mod clusters;
mod nearest;
mod plane;
mod region;

pub(crate) use clusters::{duplicate_clusters, found_last, near_duplicates};
pub(crate) use nearest::{nearest, nearest_to_file};
pub(crate) use plane::{inside, no_map, plane, saved};
pub(crate) use region::{hash, part, region_item};

/// The setting that names the model, where a person chose another than the default one.
pub(crate) const MODEL_SETTING: &str = "embeddingModel";

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
