//! What is not COCO is refused with a typed error that says where.

use muster_formats::{FormatError, coco};

fn read(text: &str) -> Result<coco::CocoFile, FormatError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.json");
    std::fs::write(&path, text).unwrap();
    coco::read(&path)
}

fn file_with(annotation: &str) -> String {
    format!(
        r#"{{"images":[{{"id":1,"file_name":"a.jpg","width":10,"height":8}}],
            "categories":[{{"id":1,"name":"cat"}}],
            "annotations":[{annotation}]}}"#
    )
}

#[test]
fn a_file_that_cannot_be_understood_is_refused_as_a_whole() {
    let whole = file_with(r#"{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,2,2]}"#);
    for cut in [0, 1, 40, whole.len() - 1] {
        assert!(matches!(read(&whole[..cut]), Err(FormatError::Syntax { .. })), "cut at {cut}");
    }
    let duplicated = file_with(
        r#"{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,2,2]},{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,2,2]}"#,
    );
    let nan = file_with(r#"{"id":1,"image_id":1,"category_id":1,"bbox":[NaN,1,2,2]}"#);
    let infinite = file_with(r#"{"id":1,"image_id":1,"category_id":1,"bbox":[1e999,1,2,2]}"#);
    let wrong_type = file_with(r#"{"id":1,"image_id":1,"category_id":1,"bbox":"1 1 2 2"}"#);
    let negative_size =
        r#"{"images":[{"id":1,"file_name":"a.jpg","width":-3,"height":8}],"categories":[],"annotations":[]}"#;
    assert!(matches!(read(&duplicated), Err(FormatError::DuplicateId { path, .. }) if path == "annotations[1]"));
    assert!(matches!(read(&nan), Err(FormatError::Syntax { line: 3, .. })));
    assert!(matches!(read(&infinite), Err(FormatError::Syntax { .. })));
    assert!(matches!(read(&wrong_type), Err(FormatError::Shape { path, line: 3, .. }) if path == "annotations[0]"));
    assert!(matches!(read(negative_size), Err(FormatError::Shape { path, .. }) if path == "images[0]"));
    assert!(matches!(read("[]"), Err(FormatError::Shape { .. })));
    assert!(matches!(read("{}"), Err(FormatError::MissingSection { section: "images", .. })));
    assert!(matches!(read(r#"{"images":{}}"#), Err(FormatError::Shape { .. })));
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = file_with(&format!(r#"{{"id":1,"image_id":1,"category_id":1,"attributes":{{"x":{nested}}}}}"#));
    assert!(matches!(read(&nested), Err(FormatError::Syntax { .. } | FormatError::Shape { .. })));
    assert!(matches!(coco::read("/nowhere/labels.json".as_ref()), Err(FormatError::Io { .. })));
}

#[test]
fn a_bad_annotation_is_named_and_the_others_stay() {
    let good = r#"{"id":7,"image_id":1,"category_id":1,"bbox":[1,1,2,2]}"#;
    for (bad, wanted) in [
        (r#"{"id":1,"category_id":1,"bbox":[1,1,2,2]}"#, "image_id"),
        (r#"{"image_id":1,"category_id":1,"bbox":[1,1,2,2]}"#, "\"id\""),
        (r#"{"id":1,"image_id":9,"category_id":1,"bbox":[1,1,2,2]}"#, "image_id 9 is not in the file"),
        (r#"{"id":1,"image_id":1,"category_id":5,"bbox":[1,1,2,2]}"#, "category_id 5 is not in the file"),
        (r#"{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,-2,2]}"#, "positive width"),
        (r#"{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,2]}"#, "3 numbers instead of 4"),
        (r#"{"id":1,"image_id":1,"category_id":1}"#, "neither bbox nor segmentation"),
        (r#"{"id":1,"image_id":1,"category_id":1,"segmentation":[[1,1,2,2]]}"#, "at least 3 points"),
        (r#"{"id":1,"image_id":1,"category_id":1,"segmentation":{"size":[8,10],"counts":[5]}}"#, "add up to 5 px"),
        (r#"{"id":1,"image_id":1,"category_id":1,"segmentation":{"size":[8,9],"counts":[72]}}"#, "another size"),
        (r#"{"id":1,"image_id":1,"category_id":1,"segmentation":{"size":[8,10],"counts":"zzzzz\n"}}"#, "damaged"),
    ] {
        let file = read(&file_with(&format!("{bad},{good}"))).unwrap();
        assert_eq!(file.annotations.len(), 1, "{bad}");
        assert_eq!(file.problems.len(), 1, "{bad}");
        let text = file.problems[0].to_string();
        assert!(text.contains(wanted) && text.contains("annotations[0]"), "{bad}: {text}");
    }
}

#[test]
fn spellings_of_common_tools_are_understood() {
    let file = read(
        r#"{"info":"free text","licenses":null,
            "annotations":[{"id":"a7","image_id":"x","category_id":3.0,"bbox":[],"iscrowd":true,"segmentation":[1,1,4,1,4,5]}],
            "images":[{"id":"x","file_name":"a.jpg","width":10.0,"height":8.0,"license":1}],
            "categories":[{"id":3,"name":"cat","supercategory":null}]}"#,
    )
    .unwrap();
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    let object = &file.annotations[0];
    assert!(object.is_crowd);
    assert_eq!((object.bounds.width, object.bounds.height, object.area), (3.0, 4.0, 6.0));
    assert_eq!(file.images[0].width_px, Some(10));
}
