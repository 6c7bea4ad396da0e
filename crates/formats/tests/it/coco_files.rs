//! Files that other tools wrote.

use std::path::PathBuf;

use muster_formats::coco;

fn test_data() -> Option<PathBuf> {
    let folder = std::env::var_os("MUSTER_TEST_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: COCO files of other tools: no MUSTER_TEST_DATA");
    None
}

#[test]
fn samples_of_other_tools_read_without_problems() {
    let Some(data) = test_data() else { return };
    for (path, images, annotations, categories) in [
        ("formats/datumaro/coco_dataset/coco_instances/annotations/instances_train.json", 1, 1, 3),
        ("formats/datumaro/coco_dataset/coco_instances/annotations/instances_val.json", 1, 2, 3),
        ("formats/datumaro/coco_dataset/coco_image_info/annotations/image_info_train.json", 1, 0, 0),
        ("formats/labelformat/fixtures/object_detection/COCO/train.json", 2, 16, 32),
        ("formats/labelformat/fixtures/instance_segmentation/COCO/instances.json", 2, 3, 4),
        ("formats/labelformat/fixtures/instance_segmentation/COCO/instances_with_binary_mask.json", 3, 4, 4),
    ] {
        let file = coco::read(&data.join("formats").parent().unwrap().join(path)).unwrap();
        assert!(file.problems.is_empty(), "{path}: {:?}", file.problems);
        let counts = (file.images.len(), file.annotations.len(), file.categories.len());
        assert_eq!(counts, (images, annotations, categories), "{path}");
    }
}
