//! COCO files through the library and out again: every annotation is found by its id, with its class and box.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use muster_app::{export::ExportMedia, import::ImportMedia, job::JobState};
use muster_formats::{
    coco::{self, CocoFile},
    manifest::{ExportManifest, hash_file},
};

use crate::fixture::{World, picture, test_data};

/// Id → class, box, crowd, file name.
type Found = BTreeMap<String, (String, [f64; 4], bool, String)>;

fn found(file: &CocoFile) -> Found {
    let classes: BTreeMap<_, _> = file.categories.iter().map(|category| (&category.id, &category.name)).collect();
    let images: BTreeMap<_, _> = file.images.iter().map(|image| (&image.id, &image.file_name)).collect();
    let entry = |object: &coco::CocoAnnotation| {
        let bounds = object.bounds;
        let place = [bounds.x, bounds.y, bounds.width, bounds.height];
        let class = classes[&object.category_id].clone();
        (object.id.to_string(), (class, place, object.is_crowd, images[&object.image_id].clone()))
    };
    file.annotations.iter().map(entry).collect()
}

fn check_equal(source: &CocoFile, exported: &CocoFile) {
    let (source_found, exported_found) = (found(source), found(exported));
    assert_eq!(source_found.keys().collect::<Vec<_>>(), exported_found.keys().collect::<Vec<_>>());
    for (id, (class, place, crowd, file_name)) in source_found {
        let (other_class, other_place, other_crowd, other_name) = &exported_found[&id];
        assert_eq!((&class, crowd), (other_class, *other_crowd), "annotation {id}");
        assert!(other_name.ends_with(Path::new(&file_name).file_name().unwrap().to_str().unwrap()), "{other_name}");
        for (left, right) in place.iter().zip(other_place) {
            assert!((left - right).abs() <= 0.01, "annotation {id}: {place:?} and {other_place:?}");
        }
    }
    let categories = |file: &CocoFile| -> BTreeMap<String, String> {
        file.categories.iter().map(|category| (category.name.clone(), category.id.to_string())).collect()
    };
    let (source_ids, exported_ids) = (categories(source), categories(exported));
    for (name, id) in source_ids {
        assert_eq!(exported_ids[&name], id, "category {name}");
    }
    for image in &source.images {
        assert!(exported.images.iter().any(|other| other.id == image.id), "picture {}", image.id);
    }
}

async fn round_trip(labels: &Path) {
    let world = World::new().await;
    let source = coco::read(labels).unwrap();
    let job = world.import(labels, "coco", ImportMedia::Copy).await;
    assert_eq!((job.state, job.failed), (JobState::Done, 0), "{job:?}");
    let again = world.import(labels, "auto", ImportMedia::Copy).await;
    assert!(again.message.as_deref().unwrap().starts_with("0 new captures"), "{again:?}");
    assert!(again.message.unwrap().contains(", 0 annotations"));
    let (export, out) = world.export("", false, ExportMedia::Copy).await;
    assert_eq!(export.state, JobState::Done, "{export:?}");
    let exported = coco::read(&out.join("annotations.json")).unwrap();
    assert!(exported.problems.is_empty(), "{:?}", exported.problems);
    check_equal(&source, &exported);
    for (left, right) in source.annotations.iter().zip(&exported.annotations) {
        assert!((left.area - right.area).abs() <= 0.01 || left.id != right.id);
    }
    let manifest: ExportManifest = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest.annotations, source.annotations.len() as u64);
    for file in &manifest.files {
        assert_eq!(hash_file(&out.join(&file.path)).unwrap().sha256, file.sha256, "{}", file.path);
    }
    // The exported set is a source again, in another library.
    let other = World::new().await;
    let job = other.import(&out.join("annotations.json"), "auto", ImportMedia::Reference).await;
    assert_eq!((job.state, job.failed), (JobState::Done, 0), "{job:?}");
    let (_, out) = other.export("", false, ExportMedia::None).await;
    check_equal(&exported, &coco::read(&out.join("annotations.json")).unwrap());
}

/// Copies a label file and makes the pictures that nobody ships with it.
fn with_pictures(labels: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("labels.json");
    fs::copy(labels, &copy).unwrap();
    for (image, shade) in coco::read(labels).unwrap().images.iter().zip(1..) {
        let (width_px, height_px) = (image.width_px.unwrap(), image.height_px.unwrap());
        picture(&folder.join("images").join(&image.file_name), width_px, height_px, shade);
    }
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_of_other_tools_come_back_whole() {
    let Some(data) = test_data("COCO round trips") else { return };
    let formats = data.join("formats");
    for labels in [
        "datumaro/coco_dataset/coco_instances/annotations/instances_train.json",
        "datumaro/coco_dataset/coco_instances/annotations/instances_val.json",
        "labelformat/fixtures/object_detection/COCO/train.json",
    ] {
        round_trip(&formats.join(labels)).await;
    }
    for labels in ["instances.json", "instances_with_binary_mask.json"] {
        let folder = tempfile::tempdir().unwrap();
        let labels = formats.join("labelformat/fixtures/instance_segmentation/COCO").join(labels);
        round_trip(&with_pictures(&labels, folder.path())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_annotations_get_ids_beyond_and_empty_pictures_say_why() {
    let world = World::new().await;
    let folder = world.folder.path().join("set");
    for (name, shade) in [("a/x.jpg", 1), ("b/x.jpg", 2), ("c.d.jpg", 3)] {
        picture(&folder.join("images").join(name), 64, 48, shade);
    }
    let labels = folder.join("labels.json");
    let text = r#"{"images":[{"id":10,"file_name":"a/x.jpg"},{"id":30,"file_name":"b/x.jpg"},{"id":20,"file_name":"c.d.jpg"}],
        "categories":[{"id":7,"name":"Köfte"}],
        "annotations":[{"id":5,"image_id":10,"category_id":7,"bbox":[1.25,2.5,10,8]},
                       {"id":9,"image_id":30,"category_id":7,"bbox":[1.5,2.5,10,8]}]}"#;
    fs::write(&labels, text).unwrap();
    world.import(&labels, "auto", ImportMedia::Copy).await;
    let class_id = muster_app::project::project(&world.app).await.unwrap().classes[0].class_id.clone();
    let drawn_on = world.items("path:c.d.jpg").await[0].capture_id.clone();
    let annotation_id = world.draw(&drawn_on, &class_id).await;
    let (_, out) = world.export("", false, ExportMedia::Link).await;
    let exported = coco::read(&out.join("annotations.json")).unwrap();
    let ids: Vec<String> = exported.annotations.iter().map(|object| object.id.to_string()).collect();
    assert_eq!(ids.iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>(), ["10", "5", "9"].into());
    let new = exported.annotations.iter().find(|object| object.id.to_string() == "10").unwrap();
    let block = new.muster.as_ref().unwrap();
    assert_eq!((block.annotation_id.to_string(), block.origin.as_str()), (annotation_id, "person"));
    let names: Vec<&str> = exported.images.iter().map(|image| image.file_name.as_str()).collect();
    assert!(names.contains(&"a/x.jpg") && names.contains(&"b/x.jpg"), "{names:?}");
    assert!(exported.images.iter().all(|image| image.muster.as_ref().unwrap().submission == "none"));
    assert!(out.join("images/a/x.jpg").is_file());
    let refused = muster_app::export::ExportRequest {
        format: muster_app::export::ExportFormat::Coco,
        out: out.to_str().unwrap().into(),
        query: String::new(),
        capture_ids: None,
        include_proposals: false,
        media: ExportMedia::None,
    };
    assert!(muster_app::export::start_export(&world.app, refused).await.is_err());
}
