//! Manifests and files: found, missing, changed.

use std::fs;
use std::path::Path;

use muster_inference::{InferenceError, ModelState, ModelStore, Role};

use crate::store;

fn manifest(id: &str, sha256: &str) -> String {
    let original = include_str!("../../../../models/ssd-mobilenet-coco.toml");
    original
        .replace("ssd-mobilenet-coco", id)
        .replace("detect/coco_ssd.onnx", "tiny.onnx")
        .replace("c1b282135fd06a2e0653e198a6fcbbce8e6f492ef8993f37c6f6b8eb63d12502", sha256)
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn the_manifests_of_this_repository_are_valid_and_their_default_files_named() {
    let store = store();
    let ids: Vec<&str> = store.list().map(|manifest| manifest.id.as_str()).collect();
    for id in ["efficientnet-lite0", "ppocr-v4-det", "ppocr-v4-rec", "ssd-mobilenet-coco"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    let detector = store.manifest("ssd-mobilenet-coco").unwrap();
    assert_eq!(detector.role, Role::Detector);
    assert_eq!(detector.classes.iter().filter(|name| !name.is_empty()).count(), 80);
    assert_eq!((detector.classes[0].as_str(), detector.classes[5].as_str()), ("person", "bus"));
    assert_eq!(store.state("ssd-mobilenet-coco").unwrap(), ModelState::Installed);
    let files = store.resolve("ssd-mobilenet-coco").unwrap();
    assert_eq!(files.model().metadata().unwrap().len(), detector.files[0].bytes);
}

#[test]
fn a_missing_model_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.toml", &manifest("tiny", &"0".repeat(64)));
    let store = ModelStore::open(folder.path(), &folder.path().join("cache")).unwrap();
    let error = store.resolve("tiny").unwrap_err();
    assert!(matches!(&error, InferenceError::NotInstalled { id, .. } if id == "tiny"), "{error:?}");
    assert!(error.to_string().contains("make setup"), "{error}");
    assert!(matches!(store.state("tiny").unwrap(), ModelState::NotInstalled { .. }));
    let error = store.resolve("huge").unwrap_err();
    assert!(error.to_string().contains("there is no model huge; known: tiny"), "{error}");
}

#[test]
fn a_changed_file_is_refused_and_an_added_manifest_found() {
    let folder = tempfile::tempdir().unwrap();
    let (models, cache) = (folder.path().join("models"), folder.path().join("cache"));
    // The SHA-256 of "weights".
    let sha256 = "9834f37ba30b0abe74fb8e70a5e9d7e8a0c8f1e1a1c34b3ed3b1a2a4a2fbb12d";
    write(&models, "a.toml", &manifest("tiny", sha256));
    write(&models, "tiny.onnx", "other weights");
    write(&cache.join("models/manifests"), "b.toml", &manifest("added", sha256));
    let store = ModelStore::open(&models, &cache).unwrap();
    assert_eq!(store.list().map(|manifest| manifest.id.as_str()).collect::<Vec<_>>(), ["added", "tiny"]);
    let error = store.resolve("tiny").unwrap_err();
    assert!(matches!(&error, InferenceError::WrongHash { expected, .. } if expected == sha256), "{error:?}");
}

#[test]
fn a_folder_without_manifests_and_a_broken_manifest_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = ModelStore::open(folder.path(), folder.path()).unwrap_err();
    assert!(matches!(error, InferenceError::NoModels { .. }), "{error:?}");
    write(folder.path(), "broken.toml", "id = 7");
    let error = ModelStore::open(folder.path(), folder.path()).unwrap_err();
    assert!(matches!(&error, InferenceError::Manifest { path, .. } if path.ends_with("broken.toml")), "{error:?}");
}
