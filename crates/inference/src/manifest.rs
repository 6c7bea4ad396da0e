//! The manifest of a model: a TOML file that says where its files come from, what they may be used for, and how pictures
//! go in and results come out. Adapters are declarative, so that a new model of a known kind needs no code.

use std::fs;
use std::path::Path;

use muster_domain::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::error::{InferenceError, Result};

/// The longest vector that an embedder may give.
const MAX_DIMENSIONS: usize = 8192;

/// What a model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Finds objects and says which class they are.
    Detector,
    /// Finds lines of text.
    OcrDet,
    /// Reads a line of text.
    OcrRec,
    /// Turns a picture into a vector.
    Embedding,
}

impl Role {
    /// The role as the manifest spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detector => "detector",
            Self::OcrDet => "ocr-det",
            Self::OcrRec => "ocr-rec",
            Self::Embedding => "embedding",
        }
    }
}

/// Where a model's files come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// They lie beside the manifest.
    File,
    /// A package of the Python index.
    Pypi {
        /// The package's name.
        package: String,
        /// Its exact version.
        version: String,
    },
    /// An npm package.
    Npm {
        /// The package's name.
        package: String,
        /// Its exact version.
        version: String,
    },
    /// A download.
    Url {
        /// The address.
        url: String,
    },
}

/// What a model may be used for. Shown before a model is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// Of the package, as an SPDX expression.
    pub code: String,
    /// Of the weights, as an SPDX expression; `unknown` when nobody states one.
    pub weights: String,
    /// What a person should know before using it.
    #[serde(default)]
    pub note: String,
}

/// One file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Where the file is: beside the manifest, or inside the package. Its last part is its name in the cache.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// The order of a picture tensor's axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Batch, rows, columns, channels.
    Nhwc,
    /// Batch, channels, rows, columns.
    Nchw,
}

/// The type of a picture tensor's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 0 to 255.
    U8,
    /// `(value / 255 - mean) / std`.
    F32,
}

/// The order of a picture tensor's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// How a picture is brought to a size that the model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Resize {
    /// The model takes any size.
    None,
    /// To exactly this size, whatever the picture's proportions.
    Stretch {
        /// Columns.
        width_px: u32,
        /// Rows.
        height_px: u32,
    },
    /// Enlarged until the shorter edge has `min_px`, reduced until the longer has at most `max_long_edge_px`; both edges
    /// rounded to a multiple of `multiple_px`.
    ShortEdge {
        /// The least length of the shorter edge.
        min_px: u32,
        /// The greatest length of the longer edge.
        max_long_edge_px: u32,
        /// What both edges are multiples of.
        multiple_px: u32,
    },
    /// To this height, keeping proportions, and padded on the right to at least `min_width_px`.
    FixedHeight {
        /// Rows.
        height_px: u32,
        /// The least number of columns.
        min_width_px: u32,
        /// The greatest number of columns.
        max_width_px: u32,
    },
}

/// How a picture becomes the model's first input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageInput {
    /// The order of the axes.
    pub layout: Layout,
    /// The type of the values.
    pub dtype: Dtype,
    /// The order of the channels.
    pub channels: Channels,
    /// How the picture gets its size.
    pub resize: Resize,
    /// For `f32`: what is subtracted, by channel in the model's order.
    #[serde(default)]
    pub mean: [f32; 3],
    /// For `f32`: what is divided by, by channel in the model's order.
    #[serde(default = "ones")]
    pub std: [f32; 3],
}

fn ones() -> [f32; 3] {
    [1.0; 3]
}

/// How the model's outputs are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Output {
    /// SSD without its last step: scores `[1, boxes, classes]` and boxes `[1, boxes, 1, 4]` as y x y x in 0 to 1.
    SsdRaw {
        /// The output with the scores.
        scores: String,
        /// The output with the boxes.
        boxes: String,
        /// Overlap above which the weaker of two boxes of one class goes.
        nms_iou: f64,
        /// The least confidence that becomes a proposal.
        min_confidence: f64,
        /// The most boxes of one class on one picture.
        max_detections: usize,
    },
    /// A map of text probability `[1, 1, rows, columns]` (differentiable binarization).
    DbText {
        /// Probability from which a pixel is text.
        threshold: f32,
        /// The least mean probability of a region.
        box_threshold: f32,
        /// By how much regions grow: the model was trained on shrunk ones.
        unclip_ratio: f64,
        /// The least side of a region, in pixels of the map.
        min_side_px: f64,
        /// The most regions of one picture.
        max_candidates: usize,
    },
    /// Character probabilities over columns `[1, columns, alphabet]`; blank first, space last.
    Ctc {
        /// The metadata entry of the ONNX file that lists the alphabet, one character a line.
        alphabet_metadata: String,
        /// The least mean confidence of a line that is kept.
        min_confidence: f64,
    },
    /// One vector `[1, dimensions]`.
    Vector {
        /// Its length.
        dimensions: usize,
    },
}

/// The half of a joint model that reads texts: an ONNX file with an input `input_ids` and, if it wants one, an
/// `attention_mask`, both `i64 [1, tokens]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextInput {
    /// Path of the ONNX file, as one of the manifest's files names it.
    pub model: String,
    /// Path of the `tokenizer.json`, as one of the manifest's files names it.
    pub tokenizer: String,
    /// The longest text, in tokens.
    pub max_tokens: usize,
    /// The id that fills texts up to the longest; none where the model takes any length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad_id: Option<i64>,
    /// The output with the vector; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// A model's manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The model's name in commands and origins: lower-case letters, digits, `-` and `.`.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// The version of the weights.
    pub version: String,
    /// What it does.
    pub role: Role,
    /// Whether `make setup` installs it.
    #[serde(default)]
    pub default: bool,
    /// For `ocr-det`: the id of the model that reads what this one finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    /// Class names by output column; an empty name is a column that means nothing.
    pub classes: Vec<String>,
    /// What it may be used for.
    pub licence: Licence,
    /// Where its files come from.
    pub source: Source,
    /// Its files; the first is the model.
    #[serde(rename = "file")]
    pub files: Vec<ManifestFile>,
    /// How a picture goes in.
    pub input: ImageInput,
    /// How results come out.
    pub output: Output,
    /// For `embedding`: how texts go in, where the model has one space for pictures and texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextInput>,
}

impl Manifest {
    /// Reads and checks a manifest.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|source| InferenceError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|detail| InferenceError::Manifest { path: path.to_owned(), detail })
    }

    fn parse(text: &str) -> std::result::Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The rules that the types do not express.
    fn check(&self) -> std::result::Result<(), String> {
        let plain = |text: &str| {
            !text.is_empty()
                && !text.starts_with('.')
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
        };
        // Id and version become names of folders.
        if !plain(&self.id) || !plain(&self.version) {
            return Err("id and version may have lower-case letters, digits, - and . only".to_owned());
        }
        if self.files.is_empty() {
            return Err("it names no file".to_owned());
        }
        for file in &self.files {
            let path = Path::new(&file.path);
            if !path.components().all(|part| matches!(part, std::path::Component::Normal(_))) {
                return Err(format!("{:?} is not a plain relative path", file.path));
            }
            let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            if file.sha256.len() != 64 || !file.sha256.bytes().all(is_hex) {
                return Err(format!("the sha256 of {} is not 64 lower-case hexadecimal digits", file.path));
            }
        }
        if self.input.std.contains(&0.0) {
            return Err("input.std divides by zero".to_owned());
        }
        let fits = matches!(
            (self.role, &self.output),
            (Role::Detector, Output::SsdRaw { .. })
                | (Role::OcrDet, Output::DbText { .. })
                | (Role::OcrRec, Output::Ctc { .. })
                | (Role::Embedding, Output::Vector { dimensions: 1..=MAX_DIMENSIONS })
        );
        if !fits {
            return Err(format!("a {} cannot have this kind of output", self.role.name()));
        }
        if self.role == Role::OcrDet && self.reader.is_none() {
            return Err("an ocr-det model names its reader".to_owned());
        }
        self.check_text()
    }

    fn check_text(&self) -> std::result::Result<(), String> {
        let Some(text) = &self.text else { return Ok(()) };
        if self.role != Role::Embedding {
            return Err(format!("a {} reads no texts", self.role.name()));
        }
        for path in [&text.model, &text.tokenizer] {
            if !self.files.iter().any(|file| file.path == *path) {
                return Err(format!("text names {path}, which is not among its files"));
            }
        }
        if !(1..=4096).contains(&text.max_tokens) {
            return Err("text.max_tokens is a number from 1 to 4096".to_owned());
        }
        Ok(())
    }

    /// BLAKE3 of what decides about the results: identity, adapters, classes and the hashes of the files. Names, licences
    /// and sources may change without making it another model.
    pub fn model_hash(&self) -> Digest {
        let files: Vec<&str> = self.files.iter().map(|file| file.sha256.as_str()).collect();
        let decisive = (&self.id, &self.version, &self.input, &self.output, &self.classes, files);
        match &self.text {
            None => hash_json("muster 2026-11 model hash", &decisive),
            Some(text) => hash_json("muster 2026-11 joint model hash", &(decisive, text)),
        }
    }
}

/// BLAKE3 of a value's JSON under a context string of its own.
pub(crate) fn hash_json(context: &str, value: &impl Serialize) -> Digest {
    let json = serde_json::to_vec(value).expect("plain structs always become JSON");
    let mut hasher = blake3::Hasher::new_derive_key(context);
    hasher.update(&json);
    Digest::from(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DETECTOR: &str = include_str!("../../../models/ssd-mobilenet-coco.toml");

    #[test]
    fn broken_manifests_are_refused_with_the_reason() {
        let check = |from: &str, to: &str, reason: &str| {
            let text = DETECTOR.replacen(from, to, 1);
            assert_ne!(text, DETECTOR, "{from} is in the manifest");
            let error = Manifest::parse(&text).unwrap_err();
            assert!(error.contains(reason), "{error}");
        };
        check("id = \"ssd", "id = \"../ssd", "lower-case");
        check("detect/coco_ssd.onnx", "../coco_ssd.onnx", "plain relative path");
        check("detect/coco_ssd.onnx", "/coco_ssd.onnx", "plain relative path");
        check("sha256 = \"c1b2", "sha256 = \"C1b2", "hexadecimal");
        check("role = \"detector\"", "role = \"ocr-rec\"", "cannot have this kind of output");
        check("nms_iou", "nms_uoi", "nms_uoi");
        check("[[file]]", "[[files]]", "file");
        check("kind = \"ssd-raw\"", "kind = \"vector\"\ndimensions = 0", "unknown field");
    }

    #[test]
    fn a_text_half_names_files_of_its_model() {
        let joint = include_str!("../tests/fixtures/joint/joint.toml");
        let original = Manifest::parse(joint).unwrap();
        let check = |from: &str, to: &str, reason: &str| {
            let error = Manifest::parse(&joint.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(reason), "{error}");
        };
        check("model = \"text.onnx\"", "model = \"other.onnx\"", "not among its files");
        check("max_tokens = 6", "max_tokens = 0", "1 to 4096");
        check("dimensions = 8", "dimensions = 0", "cannot have this kind of output");
        let longer = Manifest::parse(&joint.replacen("max_tokens = 6", "max_tokens = 7", 1)).unwrap();
        assert_ne!(longer.model_hash(), original.model_hash());
    }

    #[test]
    fn a_hash_follows_what_decides_about_results() {
        let original = Manifest::parse(DETECTOR).unwrap();
        let hash = |change: fn(&mut Manifest)| {
            let mut changed = original.clone();
            change(&mut changed);
            changed.model_hash()
        };
        assert_eq!(hash(|manifest| manifest.name = "another name".to_owned()), original.model_hash());
        assert_ne!(hash(|manifest| manifest.version = "2".to_owned()), original.model_hash());
        assert_ne!(hash(|manifest| manifest.classes[0] = "human".to_owned()), original.model_hash());
        assert_ne!(hash(|manifest| manifest.input.channels = Channels::Bgr), original.model_hash());
        assert_ne!(hash(|manifest| manifest.files[0].sha256 = "0".repeat(64)), original.model_hash());
    }
}
