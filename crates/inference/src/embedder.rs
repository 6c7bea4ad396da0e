//! Embeddings: a picture, or a text of a joint model, as a vector of unit length.

use image::RgbImage;
use ort::session::Session;
use ort::value::TensorRef;
use tokenizers::Tokenizer;

use crate::error::{InferenceError, Result};
use crate::manifest::{Output, Role, TextInput};
use crate::runtime::{RuntimeOptions, onnx_session, onnx_session_of};
use crate::store::ModelFiles;
use crate::tensor::PictureTensor;

/// The input of token ids that exports of joint models agree on.
const IDS: &str = "input_ids";
/// The input that says which ids are padding; some exports lack it.
const MASK: &str = "attention_mask";

/// A model that turns pictures into vectors. It runs one picture at a time; load one for each thread.
pub struct Embedder {
    files: ModelFiles,
    session: Session,
    dimensions: usize,
}

impl Embedder {
    /// Loads an embedder.
    pub fn new(files: &ModelFiles, options: &RuntimeOptions) -> Result<Self> {
        let dimensions = dimensions(files)?;
        Ok(Self { session: onnx_session(files, options)?, dimensions, files: files.clone() })
    }

    /// The model.
    pub fn files(&self) -> &ModelFiles {
        &self.files
    }

    /// The length of its vectors.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The embedding of an upright picture, or of the part of one that a region shows, of unit length. Equal pictures
    /// give equal vectors.
    pub fn embed(&mut self, picture: &RgbImage) -> Result<Vec<f32>> {
        let id = &self.files.manifest.id;
        let outputs = PictureTensor::new(picture, &self.files.manifest.input)
            .run(&mut self.session)
            .map_err(|error| InferenceError::Run { id: id.clone(), detail: error.to_string() })?;
        let values = outputs[0].try_extract_tensor::<f32>().map(|(_, values)| values);
        unit(values.map_err(|error| error.to_string()), self.dimensions)
            .map_err(|detail| InferenceError::Output { id: id.clone(), detail })
    }
}

/// The half of a joint model that turns texts into vectors of the same space as its pictures.
pub struct TextEmbedder {
    id: String,
    session: Session,
    tokenizer: Tokenizer,
    input: TextInput,
    has_mask: bool,
    dimensions: usize,
}

impl TextEmbedder {
    /// Loads the text half; `None` when the model reads pictures only.
    pub fn new(files: &ModelFiles, options: &RuntimeOptions) -> Result<Option<Self>> {
        let dimensions = dimensions(files)?;
        let Some(input) = files.manifest.text.clone() else { return Ok(None) };
        let id = files.manifest.id.clone();
        let session = onnx_session_of(files, files.named(&input.model), options)?;
        let takes = |name: &str| session.inputs().iter().any(|input| input.name() == name);
        if !takes(IDS) {
            return Err(InferenceError::Load { id, detail: format!("its text model has no input {IDS}") });
        }
        let has_mask = takes(MASK);
        let tokenizer = Tokenizer::from_file(files.named(&input.tokenizer))
            .map_err(|error| InferenceError::Load { id: id.clone(), detail: format!("its tokenizer: {error}") })?;
        Ok(Some(Self { id, session, tokenizer, input, has_mask, dimensions }))
    }

    /// The embedding of a text, of unit length. What goes beyond the model's longest text is cut off.
    pub fn embed(&mut self, text: &str) -> Result<Vec<f32>> {
        let failed = |detail: String| InferenceError::Run { id: self.id.clone(), detail };
        let encoding = self.tokenizer.encode(text, true).map_err(|error| failed(error.to_string()))?;
        let (ids, mask) = self.padded(encoding.get_ids());
        let shape = [1, ids.len() as i64];
        let ids = TensorRef::from_array_view((shape, ids.as_slice())).map_err(|error| failed(error.to_string()))?;
        let mask = TensorRef::from_array_view((shape, mask.as_slice())).map_err(|error| failed(error.to_string()))?;
        let (id, dimensions) = (self.id.clone(), self.dimensions);
        let outputs = if self.has_mask {
            self.session.run(ort::inputs![IDS => ids, MASK => mask])
        } else {
            self.session.run(ort::inputs![IDS => ids])
        };
        let outputs = outputs.map_err(|error| InferenceError::Run { id: id.clone(), detail: error.to_string() })?;
        let value = match &self.input.output {
            Some(name) => outputs.get(name).ok_or_else(|| format!("its text model has no output {name}")),
            None => Ok(&outputs[0]),
        };
        let values = value.and_then(|value| {
            value.try_extract_tensor::<f32>().map(|(_, values)| values).map_err(|error| error.to_string())
        });
        unit(values, dimensions).map_err(|detail| InferenceError::Output { id, detail })
    }

    /// Ids cut at the longest text, with the last one kept since it marks the end, and filled up where the model wants
    /// texts of one length.
    fn padded(&self, found: &[u32]) -> (Vec<i64>, Vec<i64>) {
        let longest = self.input.max_tokens;
        let mut ids: Vec<i64> = found.iter().take(longest).map(|id| i64::from(*id)).collect();
        if found.len() > longest
            && let (Some(last), Some(end)) = (ids.last_mut(), found.last())
        {
            *last = i64::from(*end);
        }
        let mut mask = vec![1; ids.len()];
        if let Some(pad) = self.input.pad_id {
            ids.resize(longest, pad);
            mask.resize(longest, 0);
        }
        (ids, mask)
    }
}

fn dimensions(files: &ModelFiles) -> Result<usize> {
    files.expect_role(Role::Embedding)?;
    let Output::Vector { dimensions } = files.manifest.output else {
        unreachable!("a manifest whose role is embedding was checked to have this output");
    };
    Ok(dimensions)
}

/// The values brought to length one.
fn unit(values: std::result::Result<&[f32], String>, dimensions: usize) -> std::result::Result<Vec<f32>, String> {
    let values = values?;
    if values.len() != dimensions {
        return Err(format!("{} values instead of {dimensions}", values.len()));
    }
    let length = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return Err("a vector without a direction".to_owned());
    }
    Ok(values.iter().map(|value| (f64::from(*value) / length) as f32).collect())
}
