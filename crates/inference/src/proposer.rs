//! One interface to every model that proposes boxes.

use image::RgbImage;
use muster_domain::digest::Digest;
use muster_domain::geometry::BoundingBox;

use crate::detector::Detector;
use crate::error::{InferenceError, Result};
use crate::manifest::{Manifest, Role};
use crate::ocr::Ocr;
use crate::runtime::RuntimeOptions;
use crate::store::ModelStore;

/// A box that a model proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedBox {
    /// The class's name in the manifest.
    pub class_name: String,
    /// 0 to 1.
    pub confidence: f64,
    /// In pixels of the upright picture.
    pub bbox: BoundingBox,
    /// What is written there, for text.
    pub text: Option<String>,
}

/// How a model is run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProposerOptions {
    /// Threads and library.
    pub runtime: RuntimeOptions,
    /// The least confidence, in place of the manifest's.
    pub min_confidence: Option<f64>,
}

/// A loaded model that proposes boxes: a detector, or the pair that finds and reads text. It runs one picture at a time;
/// load one for each thread.
pub struct Proposer {
    manifest: Manifest,
    model_hash: Digest,
    model: Model,
}

enum Model {
    Detector(Box<Detector>),
    Ocr(Box<Ocr>),
}

impl Proposer {
    /// Loads the model with this id, and its reader if it has one.
    pub fn load(store: &ModelStore, id: &str, options: &ProposerOptions) -> Result<Self> {
        let files = store.resolve(id)?;
        let manifest = files.manifest.clone();
        let (model, model_hash) = match (manifest.role, &manifest.reader) {
            (Role::OcrDet, Some(reader)) => {
                let mut ocr = Ocr::new(&files, &store.resolve(reader)?, &options.runtime)?;
                let mut parameters = ocr.parameters();
                parameters.min_confidence = options.min_confidence.unwrap_or(parameters.min_confidence);
                ocr.set_parameters(parameters);
                let model_hash = ocr.model_hash();
                (Model::Ocr(Box::new(ocr)), model_hash)
            }
            (Role::Detector, _) => {
                let mut detector = Detector::new(&files, &options.runtime)?;
                let mut parameters = detector.parameters();
                parameters.min_confidence = options.min_confidence.unwrap_or(parameters.min_confidence);
                detector.set_parameters(parameters);
                (Model::Detector(Box::new(detector)), files.model_hash)
            }
            (found, _) => return Err(InferenceError::WrongRole { id: id.to_owned(), found, needed: Role::Detector }),
        };
        Ok(Self { manifest, model_hash, model })
    }

    /// The manifest of the model (of a pair, the one that finds).
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// BLAKE3 of what decides about the results.
    pub fn model_hash(&self) -> Digest {
        self.model_hash
    }

    /// BLAKE3 of the parameters in use.
    pub fn parameters_hash(&self) -> Digest {
        match &self.model {
            Model::Detector(detector) => detector.parameters_hash(),
            Model::Ocr(ocr) => ocr.parameters_hash(),
        }
    }

    /// Proposes boxes on an upright picture. Equal pictures give equal lists, so that the place in the list can be the
    /// ordinal of a proposal's id.
    pub fn propose(&mut self, picture: &RgbImage) -> Result<Vec<ProposedBox>> {
        match &mut self.model {
            Model::Detector(detector) => Ok(detector
                .detect(picture)?
                .into_iter()
                .map(|found| ProposedBox {
                    class_name: found.class_name,
                    confidence: found.confidence,
                    bbox: found.bbox,
                    text: None,
                })
                .collect()),
            Model::Ocr(ocr) => Ok(ocr
                .read(picture)?
                .into_iter()
                .map(|line| ProposedBox {
                    class_name: self.manifest.classes.first().cloned().unwrap_or_else(|| "text".to_owned()),
                    confidence: line.confidence,
                    bbox: line.bbox,
                    text: Some(line.text),
                })
                .collect()),
        }
    }
}
