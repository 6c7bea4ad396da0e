//! Applying operations: compare-and-swap, idempotence, every kind of geometry and origin, machines and people.

use std::collections::BTreeMap;

use muster_domain::{
    annotation::{Annotation, Decision, FieldOrigins},
    digest::Digest,
    field::FieldValue,
    geometry::{BoundingBox, Geometry},
    id::{AnnotationId, CaptureId, ClassId, TrackId},
    operation::{AnnotationChange, Diff},
    origin::Origin,
};
use muster_store::{
    Noun, StoreError,
    annotation::AnnotationFilter,
    model_run::{ModelOutput, ModelRun, RunStatus},
};
use uuid::Uuid;

use crate::common::{Bench, create, edit, setting};

type Check = Box<dyn Fn(&StoreError) -> bool>;
type Change = fn(&mut Annotation);

fn bounds(x: f64) -> BoundingBox {
    BoundingBox { x, y: 0.1 + 0.2, width: 1.0 / 3.0, height: 1e-9 }
}

#[tokio::test]
async fn every_kind_of_geometry_comes_back_to_the_last_bit() {
    let mut bench = Bench::new(1).await;
    let geometries = [
        Geometry::Classification,
        Geometry::Box(bounds(199.840_000_000_000_03)),
        Geometry::RotatedBox { bounds: bounds(-3.5), angle_rad: std::f64::consts::FRAC_PI_4 },
        Geometry::Polygon { rings: vec![vec![[0.1, 0.2], [1.0 / 3.0, 4.0], [5.5, 6.6]], vec![[1.0, 1.0]]] },
        Geometry::Polyline { points: vec![[123_456.789_012_345_67, 0.000_000_1], [2.0, 3.0]] },
        Geometry::Mask { width_px: 3, height_px: 4, counts: vec![5, 2, 5] },
        Geometry::Keypoints { points: vec![[1.5, 2.5, 2.0], [0.0, 0.0, 0.0]] },
        Geometry::Caption { text: "ÖPNV \"37\"\n' ; --".into(), bounds: Some(bounds(1.0)) },
        Geometry::Caption { text: String::new(), bounds: None },
        Geometry::Interval { start_micros: -5, end_micros: i64::MAX },
    ];
    let mut expected = Vec::new();
    for (number, geometry) in (1..).zip(geometries) {
        let mut annotation = bench.drawn(number, 0, 0.0);
        annotation.geometry = geometry;
        annotation.z = number as i32;
        annotation.version = 1;
        annotation.frame_index = (number % 2 == 0).then_some(7);
        annotation.track_id = Some(TrackId(Uuid::from_u128(number)));
        annotation.attributes = BTreeMap::from([
            ("occluded".to_owned(), FieldValue::Boolean(true)),
            ("share".to_owned(), FieldValue::Number(0.1 + 0.2)),
            ("plate".to_owned(), FieldValue::Text("B-MU 1".into())),
        ]);
        expected.push(annotation);
    }
    let changes = expected.iter().cloned().map(create).collect();
    let applied = bench.library.apply(bench.act("Draw", changes)).await.unwrap();
    assert_eq!(applied.versions.len(), expected.len());
    bench.reopen().await;
    let filter = AnnotationFilter::main(bench.project);
    assert_eq!(bench.library.annotations(bench.captures[0], &filter).await.unwrap(), expected);
}

#[tokio::test]
async fn every_kind_of_origin_comes_back_per_field() {
    let bench = Bench::new(1).await;
    let person = Origin::Person { person_id: bench.person };
    let model = |confidence| Origin::Model {
        model: "vlm".into(),
        version: "2".into(),
        model_hash: Digest::of(b"vlm"),
        parameters_hash: Digest::of(b"p"),
        prompt: Some("every cart".into()),
        confidence,
    };
    let import = |source_id: &str| Origin::Import {
        format: "coco".into(),
        file: Digest::of(b"file"),
        source_id: source_id.into(),
    };
    let rule = Origin::Rule { rule: "schema_merge".into() };
    let origins = [
        (person.clone(), FieldOrigins::all(&person)),
        (model(0.91), FieldOrigins { geometry: person.clone(), class: model(0.5), attributes: model(0.91) }),
        (import("17"), FieldOrigins { geometry: import("17"), class: import("18"), attributes: rule.clone() }),
        (rule.clone(), FieldOrigins { geometry: rule, class: person, attributes: import("x") }),
    ];
    let mut expected = Vec::new();
    for (number, (origin, field_origins)) in (1..).zip(origins) {
        expected.push(Annotation { origin, field_origins, version: 1, ..bench.drawn(number, 0, 1.0) });
    }
    let changes = expected.iter().cloned().map(create).collect();
    bench.library.apply(bench.act("Import", changes)).await.unwrap();
    let filter = AnnotationFilter::main(bench.project);
    assert_eq!(bench.library.annotations(bench.captures[0], &filter).await.unwrap(), expected);
    assert_eq!(bench.count("SELECT count(DISTINCT kind) FROM origin").await, 4);
}

#[tokio::test]
async fn an_edit_based_on_another_version_is_a_conflict_and_changes_nothing() {
    let bench = Bench::new(1).await;
    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let read = bench.annotation(1).await;
    let moved = edit(&read, |annotation| annotation.geometry = Geometry::Box(bounds(2.0)));
    bench.library.apply(bench.act("Move", vec![moved])).await.unwrap();

    let late = edit(&read, |annotation| annotation.z = 9);
    let other = create(bench.drawn(2, 0, 1.0));
    let conflict = bench.library.apply(bench.act("Late", vec![other, late])).await.unwrap_err();
    match conflict {
        StoreError::Conflict { annotation_id, based_on, found } => {
            assert_eq!((annotation_id, based_on, found), (read.annotation_id, Some(1), Some(2)));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.annotation(1).await.z, 0);
    assert!(bench.library.annotation(AnnotationId(Uuid::from_u128(2))).await.unwrap().is_none(), "all or nothing");
    let twice = bench.library.apply(bench.act("Again", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap_err();
    assert!(matches!(twice, StoreError::Conflict { based_on: None, found: Some(2), .. }), "{twice:?}");
}

#[tokio::test]
async fn the_same_operation_twice_is_applied_once() {
    let bench = Bench::new(1).await;
    let operation = bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))]);
    let first = bench.library.apply(operation.clone()).await.unwrap();
    let second = bench.library.apply(operation).await.unwrap();
    assert!(!first.repeated && second.repeated);
    assert_eq!(first.versions, second.versions);
    assert_eq!(first.change_seq, second.change_seq);
    assert_eq!(bench.library.undo_depth(bench.project, bench.person).await.unwrap().undo.as_deref(), Some("Draw"));
    bench.library.undo(bench.project, bench.person).await.unwrap();
    let undo = bench.library.undo_depth(bench.project, bench.person).await.unwrap().undo;
    assert_eq!(undo.as_deref(), Some("Make classes"), "it was pushed once");
}

#[tokio::test]
async fn what_is_named_must_exist_and_fit() {
    let bench = Bench::new(2).await;
    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let stored = bench.annotation(1).await;
    let unknown = |noun: Noun| move |error: &StoreError| matches!(error, StoreError::Unknown { noun: found, .. } if *found == noun);
    let invalid = |error: &StoreError| matches!(error, StoreError::InvalidChange { .. });
    let drawn = |change: Change| {
        let mut annotation = bench.drawn(2, 0, 1.0);
        change(&mut annotation);
        vec![create(annotation)]
    };
    let cases: Vec<(Vec<AnnotationChange>, Check)> = vec![
        (drawn(|new| new.capture_id = CaptureId(Uuid::nil())), Box::new(unknown(Noun::Capture))),
        (drawn(|new| new.asset = "cam9.jpg".into()), Box::new(unknown(Noun::Asset))),
        (drawn(|new| new.layer = "gold".into()), Box::new(unknown(Noun::Layer))),
        (drawn(|new| new.class_id = Some(ClassId(Uuid::nil()))), Box::new(unknown(Noun::Class))),
        (drawn(|new| new.project_id.0 = Uuid::nil()), Box::new(invalid)),
        (drawn(|new| new.geometry = Geometry::Box(BoundingBox { width: 0.0, ..bounds(1.0) })), Box::new(invalid)),
        (drawn(|new| new.geometry = Geometry::Polyline { points: vec![[f64::NAN, 1.0]] }), Box::new(invalid)),
        (vec![edit(&stored, |new| new.capture_id = bench.captures[1])], Box::new(invalid)),
        (vec![edit(&stored, |new| new.frame_index = Some(3))], Box::new(invalid)),
        (vec![edit(&stored, |new| new.z = 1), edit(&stored, |new| new.z = 2)], Box::new(invalid)),
    ];
    for (changes, fits) in cases {
        let shown = format!("{changes:?}");
        let error = bench.library.apply(bench.act("Wrong", changes)).await.unwrap_err();
        assert!(fits(&error), "{error:?} for {shown}");
    }
    assert_eq!(bench.count("SELECT count(*) FROM annotation").await, 1);
    bench.library.add_layer(bench.project, "gold").await.unwrap();
    bench.library.apply(bench.act("Gold", drawn(|new| new.layer = "gold".into()))).await.unwrap();
    let main = AnnotationFilter::main(bench.project);
    assert_eq!(bench.library.annotations(bench.captures[0], &main).await.unwrap().len(), 1);
    let all = AnnotationFilter { layer: None, ..main };
    assert_eq!(bench.library.annotations(bench.captures[0], &all).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_deletion_is_a_tombstone() {
    let bench = Bench::new(1).await;
    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let delete = edit(&bench.annotation(1).await, |annotation| annotation.deleted = true);
    bench.library.apply(bench.act("Delete", vec![delete])).await.unwrap();
    let filter = AnnotationFilter::main(bench.project);
    assert!(bench.library.annotations(bench.captures[0], &filter).await.unwrap().is_empty());
    let with_deleted = AnnotationFilter { with_deleted: true, ..filter };
    let tombstones = bench.library.annotations(bench.captures[0], &with_deleted).await.unwrap();
    assert_eq!(tombstones.len(), 1);
    assert!(tombstones[0].deleted && tombstones[0].version == 2);
    assert!(bench.library.rows(bench.project, &[1]).await.unwrap()[0].annotations.is_empty());
}

#[tokio::test]
async fn field_versions_say_when_each_field_changed() {
    let bench = Bench::new(1).await;
    bench.library.apply(bench.machine(vec![create(bench.proposed(1, 0, 0.9))])).await.unwrap();
    let person = Origin::Person { person_id: bench.person };
    let changes: [(&str, Change); 3] = [
        ("accept", |annotation| annotation.decision = Decision::Accepted),
        ("move", |annotation| annotation.geometry = Geometry::Box(bounds(9.0))),
        ("attribute", |annotation| {
            annotation.attributes.insert("a".into(), FieldValue::Boolean(true));
        }),
    ];
    for (title, change) in changes {
        let edited = edit(&bench.annotation(1).await, change);
        bench.library.apply(bench.act(title, vec![edited])).await.unwrap();
    }
    let retouched = edit(&bench.annotation(1).await, |annotation| annotation.field_origins.class = person);
    bench.library.apply(bench.act("class", vec![retouched])).await.unwrap();
    let mut connection = bench.connect().await;
    let versions: (i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT version, decision_version, geometry_version, attributes_version, class_version FROM annotation",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(versions, (5, 2, 3, 4, 5));
}

#[tokio::test]
async fn a_machine_never_changes_what_a_person_decided() {
    let bench = Bench::new(1).await;
    let proposals: Vec<_> = (1..=5).map(|number| create(bench.proposed(number, 0, 0.5))).collect();
    bench.library.apply(bench.machine(proposals.clone())).await.unwrap();
    let person = Origin::Person { person_id: bench.person };
    let decide: [Change; 3] = [
        |annotation| annotation.decision = Decision::Accepted,
        |annotation| annotation.decision = Decision::Rejected,
        |annotation| annotation.deleted = true,
    ];
    for (number, change) in (1..).zip(decide) {
        let change = edit(&bench.annotation(number).await, change);
        bench.library.apply(bench.act("Decide", vec![change])).await.unwrap();
    }
    // A person set only its class, and decided nothing yet.
    let change = edit(&bench.annotation(4).await, |annotation| {
        annotation.class_id = Some(bench.classes[1]);
        annotation.field_origins.class = person;
    });
    bench.library.apply(bench.act("Class", vec![change])).await.unwrap();
    let mut before = Vec::new();
    for number in 1..=5 {
        before.push(bench.annotation(number).await);
    }

    let again = (1..=5).map(|number| create(bench.proposed(number, 0, 0.6))).collect();
    let applied = bench.library.apply(bench.machine(again)).await.unwrap();
    let ids: Vec<_> = (1..=4).map(|number| AnnotationId(Uuid::from_u128(number))).collect();
    assert_eq!(applied.kept, ids);
    assert_eq!(applied.versions, [(AnnotationId(Uuid::from_u128(5)), 2)]);
    for (number, before) in (1..=4).zip(before) {
        assert_eq!(bench.annotation(number).await, before);
    }
    assert_eq!(bench.annotation(5).await.origin.confidence(), Some(0.6));

    let deciding = create(Annotation { decision: Decision::Accepted, ..bench.proposed(9, 0, 0.5) });
    let refused = bench.library.apply(bench.machine(vec![deciding])).await.unwrap_err();
    assert!(matches!(refused, StoreError::InvalidChange { .. }), "{refused:?}");
}

#[tokio::test]
async fn model_output_is_one_operation_and_forgetting_it_is_its_inverse() {
    let mut bench = Bench::new(3).await;
    let output = |bench: &Bench, capture: usize, status: RunStatus, numbers: &[u128]| {
        let changes: Vec<_> = numbers.iter().map(|number| create(bench.proposed(*number, capture, 0.7))).collect();
        ModelOutput {
            run: ModelRun {
                capture_id: bench.captures[capture],
                project_id: bench.project,
                setting: setting(),
                status,
                job_id: None,
                ran_at: bench.library.now(),
            },
            operation: (!changes.is_empty()).then(|| bench.machine(changes)),
        }
    };
    let outputs = vec![
        output(&bench, 0, RunStatus::Done { proposals: 2 }, &[1, 2]),
        output(&bench, 1, RunStatus::Empty, &[]),
        output(&bench, 2, RunStatus::Failed { error: "cannot read".into() }, &[]),
    ];
    let library = bench.library.clone();
    assert_eq!(library.captures_without_run(bench.project, &setting(), 0, 9, false).await.unwrap(), [1, 2, 3]);
    let operation_id = outputs[0].operation.as_ref().unwrap().operation_id;
    library.record_runs(outputs.clone()).await.unwrap();
    library.record_runs(outputs).await.unwrap();
    assert!(library.captures_without_run(bench.project, &setting(), 0, 9, false).await.unwrap().is_empty());
    assert_eq!(library.captures_without_run(bench.project, &setting(), 0, 9, true).await.unwrap(), [3]);
    let runs = library.runs(bench.project).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].done, runs[0].empty, runs[0].failed), (1, 1, 1));
    assert!(library.operation(operation_id).await.unwrap().is_none(), "its diff is the run");
    assert_eq!(library.undo_depth(bench.project, bench.person).await.unwrap().undo.as_deref(), Some("Make classes"));
    let rows = library.rows(bench.project, &[1, 2, 3]).await.unwrap();
    let seen: Vec<_> = rows.iter().map(|row| row.model_runs.len()).collect();
    assert_eq!(seen, [1, 1, 0]);
    assert_eq!(rows[0].annotations[0].class, "truck");
    assert_eq!(library.unmapped_classes(bench.project).await.unwrap()[0].annotations, 2);
    let named = library.unmapped_annotations(bench.project, &[" TRUCK".into()], 10).await.unwrap();
    assert_eq!(named.len(), 2);
    let crane = Annotation { model_class: Some("Kr\u{c4}N".into()), ..bench.proposed(77, 1, 0.5) };
    library.apply(bench.machine(vec![create(crane)])).await.unwrap();
    let named = library.unmapped_annotations(bench.project, &["kr\u{e4}n".into(), "bus".into()], 10).await.unwrap();
    assert_eq!(named.len(), 1);

    // A later run of the same setting that finds less takes its own stale proposal with it.
    library.record_runs(vec![output(&bench, 0, RunStatus::Done { proposals: 1 }, &[1])]).await.unwrap();
    assert!(library.annotation(AnnotationId(Uuid::from_u128(2))).await.unwrap().is_none());
    library.record_runs(vec![output(&bench, 0, RunStatus::Done { proposals: 2 }, &[1, 2])]).await.unwrap();

    let accept = edit(&bench.annotation(1).await, |annotation| annotation.decision = Decision::Accepted);
    library.apply(bench.act("Accept", vec![accept])).await.unwrap();
    let forgotten = library.forget_run(bench.project, bench.person, &setting(), None).await.unwrap();
    assert_eq!((forgotten.captures, forgotten.proposals), (3, 2));
    bench.reopen().await;
    assert_eq!(bench.annotation(1).await.decision, Decision::Accepted);
    assert!(bench.library.annotation(AnnotationId(Uuid::from_u128(2))).await.unwrap().is_none());
    let missing = bench.library.captures_without_run(bench.project, &setting(), 0, 9, false).await.unwrap();
    assert_eq!(missing, [1, 2, 3]);
}

#[tokio::test]
async fn an_operation_comes_back_whole_with_the_versions_that_it_made() {
    let bench = Bench::new(1).await;
    let operation = bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))]);
    bench.library.apply(operation.clone()).await.unwrap();
    let stored = bench.library.operation(operation.operation_id).await.unwrap().unwrap();
    assert_eq!((&stored.actor, stored.at, &stored.title), (&operation.actor, operation.at, &operation.title));
    let Diff::Annotations { changes } = stored.diff else { panic!("another diff") };
    assert_eq!(changes[0].after.as_ref().unwrap().version, 1);
    let mut connection = bench.connect().await;
    for sql in ["UPDATE operation SET title = 'other'", "UPDATE operation SET diff = '{}'", "DELETE FROM operation"] {
        assert!(sqlx::query(sql).execute(&mut connection).await.is_err(), "{sql}");
    }
    let lines = bench.library.recent_operations(Some(bench.project), None, 10).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.title.as_str()).collect::<Vec<_>>(), ["Draw", "Make classes"]);
    let older = bench.library.recent_operations(None, Some(lines[0].row_key), 10).await.unwrap();
    assert_eq!(older.len(), 1);
}
