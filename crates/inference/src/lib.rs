//! Runs models on pictures: manifests, ONNX Runtime, and what goes in and comes out.
//!
//! A model is a TOML [`Manifest`] and the files that it names by SHA-256. A [`ModelStore`] finds both; a [`Proposer`]
//! runs one model and gives [`ProposedBox`]es in pixels of the upright picture, always in the same order for the same
//! picture, so that the place of a box can be part of a proposal's id.
//!
//! An [`Embedder`] turns pictures into vectors of unit length; of a joint model, a [`TextEmbedder`] turns texts into the
//! same space.
//!
//! ONNX Runtime is a shared library that is loaded at run time ([`runtime_status`] says which). Cancelling and progress
//! belong to the caller: between two pictures it may stop.

mod detector;
mod embedder;
mod error;
mod manifest;
mod nms;
mod ocr;
mod places;
mod proposer;
mod runtime;
mod store;
mod tensor;

pub use detector::{DetectParameters, Detection, Detector};
pub use embedder::{Embedder, TextEmbedder};
pub use error::{InferenceError, Result};
pub use manifest::{
    Channels, Dtype, ImageInput, Layout, Licence, Manifest, ManifestFile, Output, Resize, Role, Source, TextInput,
};
pub use ocr::{Ocr, OcrParameters, TextLine};
pub use proposer::{ProposedBox, Proposer, ProposerOptions};
pub use runtime::{RuntimeOptions, RuntimeStatus, onnx_session, runtime_status};
pub use store::{ModelFiles, ModelState, ModelStore};
