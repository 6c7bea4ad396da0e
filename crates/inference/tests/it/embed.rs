//! Embeddings of real photos by the default model, and of pictures and texts by a tiny joint model.

use std::path::Path;

use image::{Rgb, RgbImage, imageops};
use muster_inference::{Embedder, InferenceError, ModelStore, RuntimeOptions, TextEmbedder};

use crate::{photo, store, test_data};

fn joint_store() -> ModelStore {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/joint");
    ModelStore::open(&folder, Path::new("/no/such/cache")).unwrap()
}

/// A loaded embedder, or `None` with a loud line when ONNX Runtime is not installed.
fn embedder(store: &ModelStore, id: &str) -> Option<Embedder> {
    match Embedder::new(&store.resolve(id).unwrap(), &RuntimeOptions::default()) {
        Ok(embedder) => Some(embedder),
        Err(error @ InferenceError::RuntimeMissing { .. }) => {
            eprintln!("SKIPPED: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn a_photo_lies_nearest_to_itself_changed() {
    let Some(folder) = test_data("photos/street128/images") else { return };
    let Some(mut embedder) = embedder(&store(), "efficientnet-lite0") else { return };
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let pictures: Vec<RgbImage> = paths.iter().take(24).map(|path| photo(path)).collect();
    let plain: Vec<Vec<f32>> = pictures.iter().map(|picture| embedder.embed(picture).unwrap()).collect();
    assert_eq!(embedder.embed(&pictures[0]).unwrap(), plain[0], "equal pictures give equal vectors");
    let mut right = 0;
    for (place, picture) in pictures.iter().enumerate() {
        assert_eq!(plain[place].len(), 1280);
        assert!((cosine(&plain[place], &plain[place]) - 1.0).abs() < 1e-4);
        let smaller = imageops::resize(picture, picture.width() / 2, picture.height() / 2, imageops::Triangle);
        let changed = embedder.embed(&imageops::flip_horizontal(&smaller)).unwrap();
        let nearest = (0..plain.len())
            .max_by(|a, b| cosine(&plain[*a], &changed).total_cmp(&cosine(&plain[*b], &changed)))
            .unwrap();
        right += usize::from(nearest == place);
    }
    assert!(right >= 23, "{right} of 24 mirrored photos were found again");
}

#[test]
fn texts_lie_near_the_pictures_that_they_name() {
    let store = joint_store();
    let Some(mut pictures) = embedder(&store, "colours") else { return };
    let files = store.resolve("colours").unwrap();
    let mut texts = TextEmbedder::new(&files, &RuntimeOptions::default()).unwrap().unwrap();
    let colours = [("red", [250, 10, 10]), ("green", [10, 240, 20]), ("blue", [0, 0, 255]), ("yellow", [250, 250, 0])];
    let shown: Vec<Vec<f32>> =
        colours.iter().map(|(_, rgb)| pictures.embed(&RgbImage::from_pixel(40, 30, Rgb(*rgb))).unwrap()).collect();
    for (place, (name, _)) in colours.iter().enumerate() {
        let named = texts.embed(&format!("a {name} thing")).unwrap();
        assert_eq!(named.len(), 8);
        let similarities: Vec<f32> = shown.iter().map(|picture| cosine(picture, &named)).collect();
        let best = (0..4).max_by(|a, b| similarities[*a].total_cmp(&similarities[*b])).unwrap();
        assert_eq!(best, place, "{name}: {similarities:?}");
    }
    let long = "red ".repeat(50);
    assert!(cosine(&texts.embed(&long).unwrap(), &shown[0]) > 0.9, "a long text is cut off");
}

#[test]
fn a_model_without_texts_has_no_text_half_and_a_text_without_meaning_is_refused() {
    let plain = store().resolve("efficientnet-lite0").unwrap();
    let options = RuntimeOptions::default();
    assert!(TextEmbedder::new(&plain, &options).unwrap().is_none());
    let detector = store().resolve("ssd-mobilenet-coco").unwrap();
    assert!(matches!(Embedder::new(&detector, &options), Err(InferenceError::WrongRole { .. })));
    let joint = joint_store().resolve("colours").unwrap();
    match TextEmbedder::new(&joint, &options) {
        Err(error @ InferenceError::RuntimeMissing { .. }) => eprintln!("SKIPPED: {error}"),
        loaded => {
            let error = loaded.unwrap().unwrap().embed("nothing known here").unwrap_err();
            assert!(error.to_string().contains("without a direction"), "{error}");
        }
    }
}
