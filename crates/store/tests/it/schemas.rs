//! Label schemas: versions, rules, classes in use.

use muster_domain::{
    annotation::Annotation,
    id::ProjectId,
    schema::{InvalidSchema, LabelClass},
};
use muster_store::StoreError;
use uuid::Uuid;

use crate::common::{Bench, class, create, operation_id, with_classes};

#[tokio::test]
async fn each_save_is_a_version_and_old_ones_stay() {
    let mut bench = Bench::new(0).await;
    let second = bench.library.schema(bench.project).await.unwrap();
    assert_eq!(second.version, 2);
    let mut classes = second.classes.clone();
    classes.reverse();
    classes[1] = LabelClass {
        name: "human".into(),
        aliases: vec!["person".into(), "pédestrian".into()],
        retired: true,
        key: None,
        colour: 20,
        ..classes[1].clone()
    };
    let third = with_classes(&second, classes);
    bench.library.save_schema(operation_id(), bench.person, &third, "Rename").await.unwrap();
    bench.reopen().await;
    let now = bench.library.schema(bench.project).await.unwrap();
    assert_eq!((now.version, &now.classes), (3, &third.classes));
    assert_eq!(bench.library.schema_at(bench.project, 2).await.unwrap(), second);
    assert!(bench.library.schema_at(bench.project, 1).await.unwrap().classes.is_empty());
    let stale = bench.library.save_schema(operation_id(), bench.person, &second, "Late").await.unwrap_err();
    assert!(matches!(stale, StoreError::SchemaConflict { based_on: 2, found: 3 }), "{stale:?}");
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    let back = bench.library.schema(bench.project).await.unwrap();
    assert_eq!((back.version, back.classes), (4, second.classes), "a new version with the old classes");
}

#[tokio::test]
async fn a_wrong_schema_is_refused() {
    let bench = Bench::new(0).await;
    let schema = bench.library.schema(bench.project).await.unwrap();
    let twice = with_classes(&schema, vec![class(1, "person"), class(2, "Person")]);
    let error = bench.library.save_schema(operation_id(), bench.person, &twice, "Twice").await.unwrap_err();
    assert!(matches!(error, StoreError::Schema(InvalidSchema::DuplicateName { .. })), "{error:?}");
    assert_eq!(bench.library.schema(bench.project).await.unwrap(), schema);
}

#[tokio::test]
async fn a_class_in_use_can_be_retired_and_not_removed() {
    let bench = Bench::new(1).await;
    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let schema = bench.library.schema(bench.project).await.unwrap();
    let without = with_classes(&schema, vec![schema.classes[1].clone()]);
    match bench.library.save_schema(operation_id(), bench.person, &without, "Remove").await.unwrap_err() {
        StoreError::ClassInUse { name, annotations } => assert_eq!((name.as_str(), annotations), ("person", 1)),
        other => panic!("{other:?}"),
    }
    let unused = with_classes(&schema, vec![schema.classes[0].clone()]);
    bench.library.save_schema(operation_id(), bench.person, &unused, "Remove").await.unwrap();
    let counts = bench.library.class_counts(bench.project).await.unwrap();
    assert_eq!(counts.len(), 1);
    assert_eq!((counts[0].class_id, counts[0].undecided, counts[0].accepted), (bench.classes[0], 0, 1));
}

#[tokio::test]
async fn projects_keep_to_themselves() {
    let bench = Bench::new(1).await;
    let other = ProjectId(Uuid::from_u128(0x9999));
    bench.library.add_project(other, "Shelves").await.unwrap();
    assert!(bench.library.schema(other).await.unwrap().classes.is_empty());
    assert_eq!(bench.library.layers(other).await.unwrap(), ["main"]);
    let annotation = Annotation { project_id: other, class_id: None, ..bench.proposed(1, 0, 0.5) };
    let mut operation = bench.machine(vec![create(annotation)]);
    operation.project_id = Some(other);
    bench.library.apply(operation).await.unwrap();
    assert!(bench.library.rows(bench.project, &[1]).await.unwrap()[0].annotations.is_empty());
    assert_eq!(bench.library.rows(other, &[1]).await.unwrap()[0].annotations.len(), 1);
    bench.library.rename_project(other, "Racks").await.unwrap();
    bench.library.rename_person(bench.person, "Ada L.").await.unwrap();
    assert_eq!(bench.library.projects().await.unwrap()[1].name, "Racks");
    assert_eq!(bench.library.people().await.unwrap()[0].name, "Ada L.");
    let nobody = bench.library.schema(ProjectId(Uuid::nil())).await.unwrap_err();
    assert!(matches!(nobody, StoreError::Unknown { .. }), "{nobody:?}");
}
