//! import(export(x)) = x.

use std::collections::BTreeMap;

use muster_domain::{
    annotation::{Annotation, Decision, FieldOrigins},
    digest::Digest,
    field::FieldValue,
    geometry::{BoundingBox, Geometry},
    id::{AnnotationId, CaptureId, ClassId, ProjectId},
    origin::Origin,
};
use muster_formats::coco::{
    self, AnnotationExtension, CocoAnnotation, CocoCategory, CocoId, CocoImage, CocoInfo, CocoWriter, Segmentation,
};
use proptest::{collection::vec, option, prelude::*};
use uuid::Uuid;

fn write(images: &[CocoImage], categories: &[CocoCategory], annotations: &[CocoAnnotation]) -> coco::CocoFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("instances.json");
    let info = CocoInfo { description: "a \"quoted\" Übung".into(), muster: None };
    let mut writer = CocoWriter::create(&path, &info, categories).unwrap();
    for image in images {
        writer.image(image).unwrap();
    }
    for annotation in annotations {
        writer.annotation(annotation).unwrap();
    }
    let written = writer.finish().unwrap();
    assert_eq!(muster_formats::manifest::hash_file(&path).unwrap(), written);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no part file stays");
    let file = coco::read(&path).unwrap();
    assert_eq!(file.info, info);
    file
}

const WIDTH_PX: u32 = 7;
const HEIGHT_PX: u32 = 5;

fn finite() -> impl Strategy<Value = f64> {
    -1.0e6..1.0e6_f64
}

fn mask() -> impl Strategy<Value = Segmentation> {
    (vec(any::<bool>(), (WIDTH_PX * HEIGHT_PX) as usize), any::<bool>()).prop_map(|(pixels, compressed)| {
        let mut counts = Vec::new();
        let (mut run, mut set) = (0, false);
        for pixel in pixels {
            if pixel != set {
                counts.push(run);
                (run, set) = (0, pixel);
            }
            run += 1;
        }
        counts.push(run);
        Segmentation::Mask { width_px: WIDTH_PX, height_px: HEIGHT_PX, counts, compressed }
    })
}

fn segmentation() -> impl Strategy<Value = Segmentation> {
    prop_oneof![
        Just(Segmentation::None),
        vec(vec((finite(), finite()).prop_map(|(x, y)| [x, y]), 3..6), 1..3).prop_map(Segmentation::Polygons),
        mask(),
    ]
}

fn extension() -> impl Strategy<Value = AnnotationExtension> {
    (any::<u128>(), 0.0..1.0_f64, any::<u32>()).prop_map(|(id, confidence, version)| AnnotationExtension {
        annotation_id: AnnotationId(Uuid::from_u128(id)),
        origin: "model".into(),
        decision: "undecided".into(),
        geometry_origin: "model".into(),
        class_origin: "person".into(),
        model: None,
        confidence: Some(confidence),
        person: None,
        version,
    })
}

fn object(id: i64) -> impl Strategy<Value = CocoAnnotation> {
    let bounds = (finite(), finite(), 1.0e-3..1.0e6_f64, 1.0e-3..1.0e6_f64);
    let attribute = prop_oneof![
        any::<bool>().prop_map(FieldValue::Boolean),
        finite().prop_map(FieldValue::Number),
        ".{0,12}".prop_map(FieldValue::Text)
    ];
    (
        (0..3_i64, 0..2_i64, bounds, segmentation(), 0.0..1.0e9_f64),
        (any::<bool>(), option::of(0.0..1.0_f64), proptest::collection::btree_map("[a-z]{1,8}", attribute, 0..3)),
        option::of(extension()),
    )
        .prop_map(
            move |((image, category, (x, y, w, h), segmentation, area), (is_crowd, score, attributes), muster)| {
                CocoAnnotation {
                    id: CocoId::Number(id),
                    image_id: CocoId::Number(image),
                    category_id: CocoId::Number(category),
                    bounds: BoundingBox::new(x, y, w, h).unwrap(),
                    segmentation,
                    area,
                    is_crowd,
                    score,
                    attributes,
                    muster,
                }
            },
        )
}

fn images(names: &[String]) -> Vec<CocoImage> {
    (0..3)
        .map(|id| CocoImage {
            id: CocoId::Number(id),
            file_name: names[id as usize].clone(),
            width_px: Some(WIDTH_PX),
            height_px: Some(HEIGHT_PX),
            muster: None,
        })
        .collect()
}

fn categories() -> Vec<CocoCategory> {
    let category =
        |id, name: &str| CocoCategory { id: CocoId::Number(id), name: name.into(), supercategory: String::new() };
    vec![category(0, "person"), category(1, "Straßenschild ☃")]
}

/// An annotation as the importer of a library makes it.
fn imported(geometry: Geometry, attributes: BTreeMap<String, FieldValue>) -> Annotation {
    let origin = Origin::Import { format: "coco".into(), file: Digest::of(b""), source_id: "1".into() };
    Annotation {
        annotation_id: AnnotationId(Uuid::nil()),
        project_id: ProjectId(Uuid::nil()),
        layer: "main".into(),
        capture_id: CaptureId(Uuid::nil()),
        asset: "a".into(),
        frame_index: None,
        geometry,
        class_id: Some(ClassId(Uuid::nil())),
        model_class: None,
        schema_version: 1,
        attributes,
        track_id: None,
        z: 0,
        field_origins: FieldOrigins::all(&origin),
        origin,
        decision: Decision::Accepted,
        version: 1,
        deleted: false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_written_file_reads_back_equal(
        names in vec("[^\u{0}-\u{1f}]{1,20}", 3),
        objects in vec(Just(()), 0..6).prop_flat_map(|slots| (0..slots.len() as i64).map(object).collect::<Vec<_>>()),
    ) {
        let (images, categories) = (images(&names), categories());
        let file = write(&images, &categories, &objects);
        prop_assert!(file.problems.is_empty(), "{:?}", file.problems);
        prop_assert_eq!(file.images, images);
        prop_assert_eq!(file.categories, categories);
        prop_assert_eq!(file.annotations, objects);
    }

    #[test]
    fn geometry_survives_the_library(object in object(1)) {
        let (geometry, attributes) = coco::decode(&object);
        let encoded = coco::encode(&imported(geometry, attributes), Some((WIDTH_PX, HEIGHT_PX))).unwrap();
        prop_assert_eq!(encoded.bounds, object.bounds);
        prop_assert_eq!(encoded.segmentation, object.segmentation);
        prop_assert!((encoded.area - object.area).abs() < 1e-6);
    }

    #[test]
    fn run_lengths_survive_their_text(counts in vec(0..5_000_000_u32, 0..40)) {
        prop_assert_eq!(coco::decompress(&coco::compress(&counts)), Some(counts));
    }
}

#[test]
fn a_hole_becomes_a_mask_and_a_moved_polygon_loses_its_source() {
    let square = |from: f64, to: f64| vec![[from, from], [to, from], [to, to], [from, to]];
    let ring = Geometry::Polygon { rings: vec![square(0.0, 5.0), square(1.0, 3.0)] };
    let encoded = coco::encode(&imported(ring, BTreeMap::new()), Some((7, 5))).unwrap();
    assert!((encoded.area - 21.0).abs() < f64::EPSILON, "{encoded:?}");
    assert!(matches!(encoded.segmentation, Segmentation::Mask { .. }));

    let source = FieldValue::Text(r#"{"bbox":[1,1,2,2],"area":4.0}"#.into());
    let attributes = BTreeMap::from([(coco::SOURCE_ATTRIBUTE.to_owned(), source)]);
    let moved_box = Geometry::Box(BoundingBox::new(9.0, 9.0, 3.0, 3.0).unwrap());
    let mut moved = imported(moved_box, attributes);
    assert!((coco::encode(&moved, None).unwrap().area - 4.0).abs() < f64::EPSILON);
    moved.field_origins.geometry = Origin::Rule { rule: "test".into() };
    assert!((coco::encode(&moved, None).unwrap().area - 9.0).abs() < f64::EPSILON);
}

#[test]
fn what_coco_cannot_hold_is_said() {
    let caption = Geometry::Caption { text: "EXIT".into(), bounds: None };
    for geometry in [Geometry::Classification, caption, Geometry::Polyline { points: vec![[0.0, 0.0], [1.0, 1.0]] }] {
        assert_eq!(coco::encode(&imported(geometry, BTreeMap::new()), None), None);
    }
}
