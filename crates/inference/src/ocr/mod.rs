//! Text: one model finds lines, another reads each of them.

mod ctc;
mod quad;
mod regions;

use image::RgbImage;
use muster_domain::digest::Digest;
use muster_domain::geometry::BoundingBox;
use ort::session::Session;
use serde::Serialize;

use crate::detector::floats;
use crate::error::{InferenceError, Result};
use crate::manifest::{Output, Role, hash_json};
use crate::runtime::{RuntimeOptions, onnx_session};
use crate::store::ModelFiles;
use crate::tensor::PictureTensor;
use quad::TurnedRect;
use regions::RegionParameters;

/// Lines whose tops differ by less than this share of their height are read from left to right.
const SAME_LINE_SHARE: f64 = 0.5;

/// A crop that is this much taller than wide holds text that runs downwards; it is read lying.
const UPRIGHT_RATIO: f64 = 1.5;

/// A line of text on a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct TextLine {
    /// What is written there.
    pub text: String,
    /// The mean confidence of its characters, 0 to 1.
    pub confidence: f64,
    /// The axis-aligned box around it, in pixels of the upright picture.
    pub bbox: BoundingBox,
    /// Its corners from the upper left, clockwise as one reads; a slanted line has a slanted outline.
    pub corners: [[f64; 2]; 4],
}

/// What decides which lines are kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OcrParameters {
    /// The least mean confidence of a line's characters.
    pub min_confidence: f64,
}

/// The two models of text recognition, loaded. They run one picture at a time; load a pair for each thread.
pub struct Ocr {
    finder: ModelFiles,
    reader: ModelFiles,
    finder_session: Session,
    reader_session: Session,
    region_parameters: RegionParameters,
    alphabet: Vec<String>,
    parameters: OcrParameters,
}

impl Ocr {
    /// Loads a pair with the parameters of its manifests.
    pub fn new(finder: &ModelFiles, reader: &ModelFiles, options: &RuntimeOptions) -> Result<Self> {
        finder.expect_role(Role::OcrDet)?;
        reader.expect_role(Role::OcrRec)?;
        let (
            Output::DbText { threshold, box_threshold, unclip_ratio, min_side_px, max_candidates },
            Output::Ctc { alphabet_metadata, min_confidence },
        ) = (&finder.manifest.output, &reader.manifest.output)
        else {
            unreachable!("manifests of these roles were checked to have these outputs");
        };
        let reader_session = onnx_session(reader, options)?;
        let listed = reader_session.metadata().ok().and_then(|metadata| metadata.custom(alphabet_metadata));
        let listed = listed.ok_or_else(|| InferenceError::Load {
            id: reader.manifest.id.clone(),
            detail: format!("its file has no metadata entry {alphabet_metadata}"),
        })?;
        Ok(Self {
            finder_session: onnx_session(finder, options)?,
            reader_session,
            region_parameters: RegionParameters {
                threshold: *threshold,
                box_threshold: *box_threshold,
                unclip_ratio: *unclip_ratio,
                min_side_px: *min_side_px,
                max_candidates: *max_candidates,
            },
            alphabet: ctc::alphabet(&listed),
            parameters: OcrParameters { min_confidence: *min_confidence },
            finder: finder.clone(),
            reader: reader.clone(),
        })
    }

    /// The parameters in use.
    pub fn parameters(&self) -> OcrParameters {
        self.parameters
    }

    /// Uses other parameters from now on.
    pub fn set_parameters(&mut self, parameters: OcrParameters) {
        self.parameters = parameters;
    }

    /// BLAKE3 of what decides about the results of both models.
    pub fn model_hash(&self) -> Digest {
        hash_json("muster 2026-11 model pair hash", &(self.finder.model_hash, self.reader.model_hash))
    }

    /// BLAKE3 of the parameters in use.
    pub fn parameters_hash(&self) -> Digest {
        hash_json("muster 2026-11 ocr parameters", &self.parameters)
    }

    /// Finds and reads the lines of text on a picture, in reading order: from the top, then from the left.
    pub fn read(&mut self, picture: &RgbImage) -> Result<Vec<TextLine>> {
        let mut lines = Vec::new();
        for rect in self.find(picture)? {
            let mut crop = rect.crop(picture);
            if f64::from(crop.height()) >= f64::from(crop.width()) * UPRIGHT_RATIO {
                crop = image::imageops::rotate270(&crop);
            }
            let (text, confidence) = self.read_line(&crop)?;
            if text.trim().is_empty() || confidence < self.parameters.min_confidence {
                continue;
            }
            let bounds = rect.bounds();
            let Some(bbox) = bounds.clipped(f64::from(picture.width()), f64::from(picture.height())) else { continue };
            lines.push(TextLine { text, confidence, bbox, corners: rect.corners() });
        }
        Ok(in_reading_order(lines))
    }

    /// The lines' outlines in pixels of the picture.
    fn find(&mut self, picture: &RgbImage) -> Result<Vec<TurnedRect>> {
        let id = &self.finder.manifest.id;
        let tensor = PictureTensor::new(picture, &self.finder.manifest.input);
        let outputs = tensor
            .run(&mut self.finder_session)
            .map_err(|error| InferenceError::Run { id: id.clone(), detail: error.to_string() })?;
        let bad = |detail: String| InferenceError::Output { id: id.clone(), detail };
        let name = outputs.keys().next().ok_or_else(|| bad("it has no output".to_owned()))?;
        let (shape, map) = floats(&outputs, name).map_err(bad)?;
        let &[_, _, rows, columns] = shape else {
            return Err(bad(format!("a map of text has four axes, not {shape:?}")));
        };
        let (rows, columns) = (rows as usize, columns as usize);
        if map.len() != rows * columns || map.is_empty() {
            return Err(bad(format!("{} values do not fill {columns} × {rows}", map.len())));
        }
        let scale = [f64::from(picture.width()) / columns as f64, f64::from(picture.height()) / rows as f64];
        let found = regions::find(map, columns, rows, &self.region_parameters);
        Ok(found.into_iter().map(|rect| rect.scaled(scale)).collect())
    }

    fn read_line(&mut self, crop: &RgbImage) -> Result<(String, f64)> {
        let id = &self.reader.manifest.id;
        let tensor = PictureTensor::new(crop, &self.reader.manifest.input);
        let outputs = tensor
            .run(&mut self.reader_session)
            .map_err(|error| InferenceError::Run { id: id.clone(), detail: error.to_string() })?;
        let bad = |detail: String| InferenceError::Output { id: id.clone(), detail };
        let name = outputs.keys().next().ok_or_else(|| bad("it has no output".to_owned()))?;
        let (shape, values) = floats(&outputs, name).map_err(bad)?;
        if shape.last() != Some(&(self.alphabet.len() as i64)) {
            return Err(bad(format!("{shape:?} does not end with an alphabet of {}", self.alphabet.len())));
        }
        Ok(ctc::decode(values, &self.alphabet))
    }
}

/// Orders lines from the top, and those beside each other from the left.
fn in_reading_order(mut lines: Vec<TextLine>) -> Vec<TextLine> {
    lines.sort_by(|a, b| a.bbox.y.total_cmp(&b.bbox.y).then(a.bbox.x.total_cmp(&b.bbox.x)));
    // Lines are gathered into rows by the row's first line, so that the order does not depend on how far a row drifts.
    let mut ordered: Vec<TextLine> = Vec::with_capacity(lines.len());
    let mut row: Vec<TextLine> = Vec::new();
    for line in lines {
        let same = row.first().is_some_and(|first| line.bbox.y - first.bbox.y < first.bbox.height * SAME_LINE_SHARE);
        if !same {
            row.sort_by(|a, b| a.bbox.x.total_cmp(&b.bbox.x));
            ordered.append(&mut row);
        }
        row.push(line);
    }
    row.sort_by(|a, b| a.bbox.x.total_cmp(&b.bbox.x));
    ordered.append(&mut row);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_from_the_top_and_from_the_left() {
        let line = |text: &str, x: f64, y: f64| TextLine {
            text: text.to_owned(),
            confidence: 1.0,
            bbox: BoundingBox { x, y, width: 50.0, height: 20.0 },
            corners: [[0.0; 2]; 4],
        };
        let lines = vec![line("c", 10.0, 40.0), line("b", 80.0, 9.0), line("a", 5.0, 12.0), line("d", 70.0, 38.0)];
        let texts: String = in_reading_order(lines).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, "abcd");
    }
}
