//! Who made or changed a field.

use serde::{Deserialize, Serialize};

use crate::{digest::Digest, id::PersonId};

/// Who made or changed a field of an annotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// A person's hand.
    Person {
        /// Who.
        person_id: PersonId,
    },
    /// A model's output.
    Model {
        /// The model's id in its manifest, such as `ssd-mobilenet-coco`.
        model: String,
        /// The model's version in its manifest.
        version: String,
        /// BLAKE3 of manifest and files.
        model_hash: Digest,
        /// BLAKE3 of the parameters of the run.
        parameters_hash: Digest,
        /// The prompt, for models that take one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt: Option<String>,
        /// 0 to 1.
        confidence: f64,
    },
    /// A file of labels that a person imported.
    Import {
        /// The format's name, such as `coco`.
        format: String,
        /// BLAKE3 of the file.
        file: Digest,
        /// The annotation's id in that file, as text.
        source_id: String,
    },
    /// A rule: interpolation, bulk edit, schema change.
    Rule {
        /// The rule's name, such as `schema_merge`.
        rule: String,
    },
}

impl Origin {
    /// The name of the kind, as stored, queried and exported.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person { .. } => "person",
            Self::Model { .. } => "model",
            Self::Import { .. } => "import",
            Self::Rule { .. } => "rule",
        }
    }

    /// The confidence, where a model gave one.
    pub fn confidence(&self) -> Option<f64> {
        match self {
            Self::Model { confidence, .. } => Some(*confidence),
            _ => None,
        }
    }
}
