//! The models that are at hand.

use muster_inference::{InferenceError, Manifest, ModelState, ModelStore, Role, Source};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult, ErrorCode},
    place::Places,
};

/// A model and whether it can run here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelDto {
    /// Its id in its manifest.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub role: String,
    /// The licence of its code.
    pub licence_code: String,
    /// The licence of its weights.
    pub licence_weights: String,
    /// Where it comes from.
    pub source: String,
    /// True when all its files are here and have the right hash.
    pub installed: bool,
    /// What to do when it is not.
    pub remedy: Option<String>,
    /// How many classes it knows.
    pub classes: u32,
    /// The size of its files.
    pub bytes: u64,
}

/// The models that are at hand.
pub async fn models(app: &App) -> AppResult<Vec<ModelDto>> {
    let places = app.places().clone();
    app.blocking(Urgency::Interactive, move || {
        let store = model_store(&places)?;
        store.list().map(|manifest| model_dto(&store, manifest)).collect()
    })
    .await
}

/// Every manifest and file of a model that this machine has.
pub(crate) fn model_store(places: &Places) -> AppResult<ModelStore> {
    match (ModelStore::open_default(), places.resource("models")) {
        (Ok(store), _) => Ok(store),
        (Err(InferenceError::NoModels { .. }), Some(folder)) => Ok(ModelStore::open(&folder, &places.cache)?),
        (Err(error), _) => Err(error.into()),
    }
}

/// The models that run when nobody names one.
pub(crate) fn default_models(store: &ModelStore) -> Vec<String> {
    let proposes = |manifest: &&Manifest| matches!(manifest.role, Role::Detector | Role::OcrDet);
    store.list().filter(proposes).filter(|manifest| manifest.default).map(|manifest| manifest.id.clone()).collect()
}

fn model_dto(store: &ModelStore, manifest: &Manifest) -> AppResult<ModelDto> {
    let remedy = match store.state(&manifest.id)? {
        ModelState::Installed => None,
        ModelState::NotInstalled { remedy } => Some(remedy),
    };
    let source = match &manifest.source {
        Source::File => "comes with Muster".to_owned(),
        Source::Pypi { package, version } => format!("PyPI {package} {version}"),
        Source::Npm { package, version } => format!("npm {package} {version}"),
        Source::Url { url } => url.clone(),
    };
    Ok(ModelDto {
        id: manifest.id.clone(),
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        role: manifest.role.name().into(),
        licence_code: manifest.licence.code.clone(),
        licence_weights: manifest.licence.weights.clone(),
        source,
        installed: remedy.is_none(),
        remedy,
        classes: manifest.classes.iter().filter(|name| !name.is_empty()).count() as u32,
        bytes: manifest.files.iter().map(|file| file.bytes).sum(),
    })
}

impl From<InferenceError> for AppError {
    fn from(error: InferenceError) -> Self {
        let code = match &error {
            InferenceError::NoModels { .. }
            | InferenceError::NotInstalled { .. }
            | InferenceError::WrongHash { .. }
            | InferenceError::Manifest { .. } => ErrorCode::ModelMissing,
            InferenceError::UnknownModel { .. } => ErrorCode::NotFound,
            InferenceError::RuntimeMissing { .. } | InferenceError::RuntimeLoad { .. } => ErrorCode::RuntimeMissing,
            InferenceError::WrongRole { .. } => ErrorCode::Invalid,
            InferenceError::Read { .. } => ErrorCode::UnreadableFile,
            _ => ErrorCode::Internal,
        };
        let mut app = Self::new(code, error.to_string());
        if matches!(code, ErrorCode::ModelMissing | ErrorCode::RuntimeMissing) {
            app.remedy = Some("run `make setup`, which installs the models and ONNX Runtime".into());
        }
        app
    }
}
