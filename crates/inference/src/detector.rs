//! Object detection.

use image::RgbImage;
use muster_domain::digest::Digest;
use muster_domain::geometry::BoundingBox;
use ort::session::{Session, SessionOutputs};
use serde::Serialize;

use crate::error::{InferenceError, Result};
use crate::manifest::{Output, Role, hash_json};
use crate::nms::suppress;
use crate::runtime::{RuntimeOptions, onnx_session};
use crate::store::ModelFiles;
use crate::tensor::PictureTensor;

/// An object on a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// The class's name in the manifest.
    pub class_name: String,
    /// The class's place in the manifest.
    pub class_index: usize,
    /// 0 to 1.
    pub confidence: f64,
    /// In pixels of the upright picture, inside it.
    pub bbox: BoundingBox,
}

/// What decides which of a model's outputs become detections.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DetectParameters {
    /// The least confidence.
    pub min_confidence: f64,
    /// Overlap above which the weaker of two boxes of one class goes.
    pub nms_iou: f64,
    /// The most boxes of one class on one picture.
    pub max_detections: usize,
}

/// A detector that is loaded. One runs one picture at a time; load one for each thread.
pub struct Detector {
    files: ModelFiles,
    session: Session,
    scores_output: String,
    boxes_output: String,
    parameters: DetectParameters,
}

impl Detector {
    /// Loads a detector with the parameters of its manifest.
    pub fn new(files: &ModelFiles, options: &RuntimeOptions) -> Result<Self> {
        files.expect_role(Role::Detector)?;
        let Output::SsdRaw { scores, boxes, nms_iou, min_confidence, max_detections } = &files.manifest.output else {
            unreachable!("a manifest whose role is detector was checked to have this output");
        };
        Ok(Self {
            session: onnx_session(files, options)?,
            scores_output: scores.clone(),
            boxes_output: boxes.clone(),
            parameters: DetectParameters {
                min_confidence: *min_confidence,
                nms_iou: *nms_iou,
                max_detections: *max_detections,
            },
            files: files.clone(),
        })
    }

    /// The model.
    pub fn files(&self) -> &ModelFiles {
        &self.files
    }

    /// The parameters in use.
    pub fn parameters(&self) -> DetectParameters {
        self.parameters
    }

    /// Uses other parameters from now on.
    pub fn set_parameters(&mut self, parameters: DetectParameters) {
        self.parameters = parameters;
    }

    /// BLAKE3 of the parameters in use.
    pub fn parameters_hash(&self) -> Digest {
        hash_json("muster 2026-11 detect parameters", &self.parameters)
    }

    /// Finds the objects on a picture, the most confident first. Equal pictures give equal lists.
    pub fn detect(&mut self, picture: &RgbImage) -> Result<Vec<Detection>> {
        let id = &self.files.manifest.id;
        let tensor = PictureTensor::new(picture, &self.files.manifest.input);
        let outputs = tensor
            .run(&mut self.session)
            .map_err(|error| InferenceError::Run { id: id.clone(), detail: error.to_string() })?;
        let bad = |detail: String| InferenceError::Output { id: id.clone(), detail };
        let (score_shape, scores) = floats(&outputs, &self.scores_output).map_err(bad)?;
        let (_, boxes) = floats(&outputs, &self.boxes_output).map_err(bad)?;
        let classes = &self.files.manifest.classes;
        if score_shape.last() != Some(&(classes.len() as i64)) || scores.len() / classes.len() * 4 != boxes.len() {
            return Err(bad(format!(
                "{} scores and {} box values do not fit {} classes",
                scores.len(),
                boxes.len(),
                classes.len()
            )));
        }
        let size = (f64::from(picture.width()), f64::from(picture.height()));
        Ok(decode_ssd(scores, boxes, classes, size, &self.parameters))
    }
}

/// One output as floats.
pub(crate) fn floats<'a>(
    outputs: &'a SessionOutputs<'_>,
    name: &str,
) -> std::result::Result<(&'a [i64], &'a [f32]), String> {
    let value = outputs.get(name).ok_or_else(|| format!("it has no output {name}"))?;
    let (shape, values) = value.try_extract_tensor::<f32>().map_err(|error| error.to_string())?;
    Ok((shape, values))
}

/// Scores `[boxes][classes]` and boxes `[boxes][y0 x0 y1 x1]` in 0 to 1 as detections, after suppression by class.
fn decode_ssd(
    scores: &[f32],
    boxes: &[f32],
    classes: &[String],
    (width, height): (f64, f64),
    parameters: &DetectParameters,
) -> Vec<Detection> {
    // One pass in the order of memory: the scores of a picture are larger than the fastest cache.
    let mut candidates: Vec<(usize, f64, usize)> = Vec::new();
    for (place, row) in scores.chunks_exact(classes.len()).enumerate() {
        for (class_index, score) in row.iter().enumerate() {
            let confidence = f64::from(*score);
            if confidence >= parameters.min_confidence && !classes[class_index].is_empty() {
                candidates.push((class_index, confidence, place));
            }
        }
    }
    candidates.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
    let mut found = Vec::new();
    for of_class in candidates.chunk_by(|a, b| a.0 == b.0) {
        let (confidences, ranked): (Vec<f64>, Vec<BoundingBox>) = of_class
            .iter()
            .filter_map(|(_, confidence, place)| Some((*confidence, box_at(boxes, *place, width, height)?)))
            .unzip();
        let class_index = of_class[0].0;
        for kept in suppress(&ranked, parameters.nms_iou, parameters.max_detections) {
            let class_name = classes[class_index].clone();
            found.push(Detection { class_name, class_index, confidence: confidences[kept], bbox: ranked[kept] });
        }
    }
    // A stable sort: equal confidences stay in the order of classes, and within one in that of the model's boxes.
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found
}

/// The box at a place in pixels, cut at the picture's edges; `None` when nothing of it is inside.
fn box_at(boxes: &[f32], place: usize, width: f64, height: f64) -> Option<BoundingBox> {
    let [y0, x0, y1, x1] = [0, 1, 2, 3].map(|corner| f64::from(boxes[place * 4 + corner]));
    let bbox = BoundingBox::new(x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height).ok()?;
    bbox.clipped(width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_outputs_become_ordered_boxes_inside_the_picture() {
        let classes = ["person", "", "car"].map(str::to_owned);
        #[rustfmt::skip]
        let scores = [
            0.9, 0.99, 0.2,
            0.8, 0.99, 0.1,
            0.1, 0.99, 0.95,
            f32::NAN, 0.0, 0.4,
        ];
        #[rustfmt::skip]
        let boxes = [
            0.1, 0.2, 0.5, 0.6,
            0.1, 0.21, 0.5, 0.6,
            -0.5, 0.5, 0.5, 1.5,
            0.5, 0.5, 0.5, 0.9,
        ];
        let parameters = DetectParameters { min_confidence: 0.3, nms_iou: 0.6, max_detections: 10 };
        let found = decode_ssd(&scores, &boxes, &classes, (200.0, 100.0), &parameters);
        let names: Vec<&str> = found.iter().map(|detection| detection.class_name.as_str()).collect();
        assert_eq!(names, ["car", "person"]);
        let car = found[0].bbox;
        assert_eq!((car.x, car.y, car.width, car.height), (100.0, 0.0, 100.0, 50.0));
        assert_eq!(found[1].class_index, 0);
        assert!((found[1].bbox.width - 80.0).abs() < 1e-4);
    }
}
