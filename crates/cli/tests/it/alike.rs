//! Pictures by words, with a tiny joint model of the inference tests.

use std::path::Path;

use crate::{document, muster_with};

#[test]
fn a_text_finds_the_pictures_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, photos) = (folder.path(), folder.path().join("photos"));
    std::fs::create_dir(&photos).unwrap();
    for (name, colour) in [("red", [250, 10, 10]), ("green", [10, 240, 20]), ("blue", [0, 10, 250])] {
        image::RgbImage::from_pixel(40, 30, image::Rgb(colour)).save(photos.join(format!("{name}.png"))).unwrap();
    }
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../inference/tests/fixtures/joint");
    let muster = |arguments: &[&str]| muster_with(folder, &[("MUSTER_MODELS", models.as_os_str())], arguments);
    assert!(muster(&["init", "--person", "Ada", "--project", "Carts"]).status.success());
    assert!(muster(&["import", photos.to_str().unwrap()]).status.success());
    assert_eq!(muster(&["similar"]).status.code(), Some(2), "nothing to be similar to");
    let early = muster(&["similar", "--text", "a red thing"]);
    assert_eq!(early.status.code(), Some(2), "{early:?}");
    let embedded = muster(&["--json", "embed", "--model", "colours"]);
    if String::from_utf8_lossy(&embedded.stderr).contains("ONNX Runtime is not installed") {
        return eprintln!("SKIPPED: ONNX Runtime is not installed");
    }
    assert_eq!(document(&embedded)["done"], 3, "{embedded:?}");
    for name in ["red", "green", "blue"] {
        let found = document(&muster(&["--json", "similar", "--text", &format!("a {name} thing"), "--limit", "2"]));
        assert_eq!((&found[0]["name"], found.as_array().unwrap().len()), (&format!("{name}.png").into(), 2), "{found}");
    }
    let unknown = muster(&["--json", "similar", "ffffffff"]);
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    let duplicates = document(&muster(&["--json", "dedupe", "--similarity", "0.99"]));
    assert_eq!(duplicates["clusters"], 0);
}
