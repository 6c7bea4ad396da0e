//! The default detector is as good here as in the reference run (Python onnxruntime and pycocotools: AP 0.345, AP50 0.512).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use muster_domain::geometry::BoundingBox;
use muster_inference::{ProposedBox, Proposer, ProposerOptions};

use crate::{photo, proposer, test_data};

/// The boxes of a YOLO label file, with class names.
fn labelled(path: &Path, names: &[String], (width, height): (u32, u32)) -> Vec<(String, BoundingBox)> {
    let Ok(text) = fs::read_to_string(path) else { return Vec::new() };
    text.lines()
        .map(|line| {
            let fields: Vec<f64> = line.split_whitespace().map(|field| field.parse().unwrap()).collect();
            let (box_width, box_height) = (fields[3] * f64::from(width), fields[4] * f64::from(height));
            let x = fields[1] * f64::from(width) - box_width / 2.0;
            let y = fields[2] * f64::from(height) - box_height / 2.0;
            (names[fields[0] as usize].clone(), BoundingBox { x, y, width: box_width, height: box_height })
        })
        .collect()
}

/// Average precision at a least overlap, interpolated at 101 recalls as COCO does it. `found` is (confidence, photo, box).
fn average_precision(
    mut found: Vec<(f64, usize, BoundingBox)>,
    truth: &BTreeMap<usize, Vec<BoundingBox>>,
    min_iou: f64,
) -> f64 {
    let total: usize = truth.values().map(Vec::len).sum();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut taken: BTreeMap<usize, Vec<bool>> =
        truth.iter().map(|(photo, boxes)| (*photo, vec![false; boxes.len()])).collect();
    let (mut hits, mut curve) = (0usize, Vec::new());
    for (place, (_, photo, bbox)) in found.iter().enumerate() {
        let taken = taken.get_mut(photo);
        let best = taken.as_ref().and_then(|taken| {
            let candidates = truth[photo].iter().enumerate().filter(|(at, _)| !taken[*at]);
            candidates.map(|(at, truth)| (at, truth.iou(bbox))).max_by(|a, b| a.1.total_cmp(&b.1))
        });
        if let (Some(taken), Some((at, iou))) = (taken, best)
            && iou >= min_iou
        {
            taken[at] = true;
            hits += 1;
        }
        curve.push((hits as f64 / total as f64, hits as f64 / (place + 1) as f64));
    }
    let at_recall = |recall: f64| {
        curve.iter().filter(|(reached, _)| *reached >= recall).map(|(_, precision)| *precision).fold(0.0, f64::max)
    };
    (0..=100).map(|step| at_recall(f64::from(step) / 100.0)).sum::<f64>() / 101.0
}

fn propose_all(detector: &mut Proposer, photos: &[std::path::PathBuf]) -> Vec<Vec<ProposedBox>> {
    photos.iter().map(|path| detector.propose(&photo(path)).unwrap()).collect()
}

#[test]
fn average_precision_on_labelled_photos_is_that_of_the_reference() {
    let Some(folder) = test_data("photos/street128") else { return };
    let options = ProposerOptions { min_confidence: Some(0.05), ..ProposerOptions::default() };
    let Some(mut detector) = proposer("ssd-mobilenet-coco", &options) else { return };
    let names: Vec<String> = detector.manifest().classes.iter().filter(|name| !name.is_empty()).cloned().collect();
    let mut photos: Vec<_> = fs::read_dir(folder.join("images")).unwrap().map(|entry| entry.unwrap().path()).collect();
    photos.sort();
    let found = propose_all(&mut detector, &photos);
    let mut truth: BTreeMap<String, BTreeMap<usize, Vec<BoundingBox>>> = BTreeMap::new();
    for (place, path) in photos.iter().enumerate() {
        let label = folder.join("labels-detect").join(path.file_stem().unwrap()).with_extension("txt");
        for (name, bbox) in labelled(&label, &names, image::image_dimensions(path).unwrap()) {
            truth.entry(name).or_default().entry(place).or_default().push(bbox);
        }
    }
    let mean = |min_iou: f64| {
        let precisions = truth.iter().map(|(name, truth)| {
            let of_class = found.iter().enumerate().flat_map(|(place, boxes)| {
                let of_photo = boxes.iter().filter(|proposed| proposed.class_name == *name);
                of_photo.map(move |proposed| (proposed.confidence, place, proposed.bbox))
            });
            average_precision(of_class.collect(), truth, min_iou)
        });
        precisions.sum::<f64>() / truth.len() as f64
    };
    let at_50 = mean(0.5);
    let at_all = (0..10).map(|step| mean(0.5 + 0.05 * f64::from(step))).sum::<f64>() / 10.0;
    eprintln!("AP {at_all:.3}, AP50 {at_50:.3} over {} classes", truth.len());
    assert!((at_50 - 0.512).abs() < 0.01, "AP50 is {at_50:.3}, the reference is 0.512");
    assert!((at_all - 0.345).abs() < 0.01, "AP is {at_all:.3}, the reference is 0.345");
}

#[test]
fn equal_pictures_give_equal_lists_inside_the_picture() {
    let Some(folder) = test_data("photos/street128/images") else { return };
    let Some(mut detector) = proposer("ssd-mobilenet-coco", &ProposerOptions::default()) else { return };
    let mut photos: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    photos.sort();
    photos.truncate(12);
    let first = propose_all(&mut detector, &photos);
    assert_eq!(first, propose_all(&mut detector, &photos));
    assert!(first.iter().map(Vec::len).sum::<usize>() > 12);
    for (path, boxes) in photos.iter().zip(&first) {
        let (width, height) = image::image_dimensions(path).unwrap();
        for proposed in boxes {
            assert!((0.3..=1.0).contains(&proposed.confidence));
            let bbox = proposed.bbox;
            assert!(bbox.x >= 0.0 && bbox.y >= 0.0, "{bbox:?}");
            assert!(bbox.right() <= f64::from(width) + 1e-9 && bbox.bottom() <= f64::from(height) + 1e-9, "{bbox:?}");
        }
        assert!(boxes.is_sorted_by(|a, b| a.confidence >= b.confidence));
    }
    let other = ProposerOptions { min_confidence: Some(0.5), ..ProposerOptions::default() };
    let Some(stricter) = proposer("ssd-mobilenet-coco", &other) else { return };
    assert_eq!(stricter.model_hash(), detector.model_hash());
    assert_ne!(stricter.parameters_hash(), detector.parameters_hash());
}

#[test]
fn pictures_of_odd_sizes_are_no_failure() {
    let Some(mut detector) = proposer("ssd-mobilenet-coco", &ProposerOptions::default()) else { return };
    let Some(mut ocr) = proposer("ppocr-v4-det", &ProposerOptions::default()) else { return };
    for (width, height) in [(1, 1), (3, 400), (400, 3), (1000, 31)] {
        let picture = image::RgbImage::from_pixel(width, height, image::Rgb([120, 130, 90]));
        detector.propose(&picture).unwrap();
        ocr.propose(&picture).unwrap();
    }
}
