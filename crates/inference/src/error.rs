//! What can go wrong with a model, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::manifest::Role;

/// The result of every operation of this crate.
pub type Result<T> = std::result::Result<T, InferenceError>;

/// Why a model cannot be found, loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// A manifest or a model file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A manifest is not what `manifest.rs` describes.
    #[error("{} is no valid model manifest: {detail}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Which rule it breaks.
        detail: String,
    },
    /// No folder with model manifests was found.
    #[error("no model manifests found (looked in {}); run `make setup`, or set MUSTER_MODELS", list(looked))]
    NoModels {
        /// Where was looked.
        looked: Vec<PathBuf>,
    },
    /// No manifest has this id.
    #[error("there is no model {id}; known: {}", known.join(", "))]
    UnknownModel {
        /// The id that was asked for.
        id: String,
        /// The ids that there are.
        known: Vec<String>,
    },
    /// The model's files are not installed.
    #[error("the files of model {id} are not installed; {remedy}")]
    NotInstalled {
        /// The model.
        id: String,
        /// What to do.
        remedy: String,
    },
    /// A model file is not the one that its manifest names.
    #[error("{} has the SHA-256 {actual}, its manifest says {expected}; delete it and run `make setup`", path.display())]
    WrongHash {
        /// The file.
        path: PathBuf,
        /// The hash in the manifest.
        expected: String,
        /// The hash of the file.
        actual: String,
    },
    /// A model of another role is needed here.
    #[error("model {id} is a {}, not a {}", found.name(), needed.name())]
    WrongRole {
        /// The model.
        id: String,
        /// What it is.
        found: Role,
        /// What is needed.
        needed: Role,
    },
    /// ONNX Runtime is not installed.
    #[error(
        "ONNX Runtime is not installed (looked for {}); run `make setup`, or set MUSTER_ONNXRUNTIME to the library",
        list(looked)
    )]
    RuntimeMissing {
        /// Where was looked.
        looked: Vec<PathBuf>,
    },
    /// ONNX Runtime is there and cannot be loaded.
    #[error("cannot load ONNX Runtime from {}: {detail}; run `make setup` to fetch it anew", path.display())]
    RuntimeLoad {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        detail: String,
    },
    /// ONNX Runtime does not accept the model.
    #[error("cannot load model {id}: {detail}")]
    Load {
        /// The model.
        id: String,
        /// What ONNX Runtime said.
        detail: String,
    },
    /// The model failed on a picture.
    #[error("model {id} failed on a picture: {detail}")]
    Run {
        /// The model.
        id: String,
        /// What ONNX Runtime said.
        detail: String,
    },
    /// The model's output is not what its manifest promises.
    #[error("model {id} gave an unexpected output: {detail}; its manifest does not fit its file")]
    Output {
        /// The model.
        id: String,
        /// What is wrong with it.
        detail: String,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
