//! Imports as one act: what they bring, take over, and give back.

use muster_domain::{
    annotation::{Annotation, Decision, FieldOrigins},
    capture::{Asset, Capture, CaptureSource, MediaPlace},
    digest::Digest,
    field::{FieldType, FieldValue, UserField},
    geometry::{BoundingBox, Geometry},
    id::{AnnotationId, CaptureId, JobId, PersonId, imported_capture_id, uuid_of_parts},
    operation::{Actor, AnnotationChange, Diff, Operation},
    origin::Origin,
};
use muster_store::{
    StoreError,
    annotation::AnnotationFilter,
    import::{ImportBatch, ImportFailure, Imported, ImportedCapture, NewImport, OnExisting},
    service::ImportRoot,
};
use uuid::Uuid;

use crate::common::{Bench, operation_id};

const ROOT: &str = "photos";

async fn world() -> Bench {
    let world = Bench::new(0).await;
    let root = ImportRoot { name: ROOT.into(), path: "/somewhere/photos".into() };
    world.library.set_import_root(&root).await.unwrap();
    world
}

fn act(world: &Bench, title: &str, diff: Diff) -> Operation {
    Operation {
        operation_id: operation_id(),
        project_id: Some(world.project),
        actor: Actor::Person { person_id: world.person },
        at: world.library.now(),
        title: title.into(),
        diff,
        undoes: None,
    }
}

fn item(world: &Bench, path: &str, bytes: &[u8]) -> ImportedCapture {
    let digest = Digest::of(bytes);
    let asset = Asset {
        name: path.into(),
        stream: "import".into(),
        media_type: "image/jpeg".into(),
        bytes: bytes.len() as u64,
        digest,
        width_px: Some(64),
        height_px: Some(48),
        duration_micros: None,
        place: MediaPlace::Referenced { root: ROOT.into(), relative_path: path.into() },
    };
    let capture = Capture {
        capture_id: imported_capture_id(ROOT, path, &digest),
        source: CaptureSource::Import { root: ROOT.into(), relative_path: path.into() },
        captured_at: world.library.now(),
        uncertainty_micros: 0,
        received_at: world.library.now(),
        trigger: None,
        signals: std::collections::BTreeMap::new(),
        assets: vec![asset],
    };
    ImportedCapture { capture, modified_micros: Some(7), place: Some((52.5, 13.4)), fields: Vec::new() }
}

fn label(world: &Bench, item: &ImportedCapture, source_id: &str, x: f64) -> Annotation {
    let capture_id = item.capture.capture_id;
    let origin = Origin::Import { format: "coco".into(), file: Digest::of(b"labels"), source_id: source_id.into() };
    Annotation {
        annotation_id: AnnotationId(uuid_of_parts("test", &[capture_id.as_bytes(), source_id.as_bytes()])),
        project_id: world.project,
        layer: "main".into(),
        capture_id,
        asset: item.capture.assets[0].name.clone(),
        frame_index: None,
        geometry: Geometry::Box(BoundingBox { x, y: 1.0, width: 4.0, height: 5.0 }),
        class_id: None,
        model_class: Some("bottle".into()),
        schema_version: 1,
        attributes: std::collections::BTreeMap::new(),
        track_id: None,
        z: 0,
        field_origins: FieldOrigins::all(&origin),
        origin,
        decision: Decision::Accepted,
        version: 1,
        deleted: false,
    }
}

/// One whole import; its counts.
async fn import(world: &Bench, batch: ImportBatch, on_existing: OnExisting) -> Imported {
    let import_id = JobId(Uuid::new_v4());
    let new = NewImport { import_id, project_id: world.project, person_id: world.person };
    world.library.begin_import(&new).await.unwrap();
    let imported = world.library.import_batch(import_id, batch.clone(), on_existing).await.unwrap();
    // A crash and another try change nothing.
    let again = world.library.import_batch(import_id, batch, on_existing).await.unwrap();
    assert_eq!((again.new, again.added, again.replaced, again.removed), (0, 0, 0, 0), "{again:?}");
    world.library.end_import(import_id, "Import photos", None).await.unwrap();
    assert_eq!(world.library.end_import(import_id, "Import photos", None).await.unwrap(), None);
    imported
}

/// Left edge and decision of every annotation that is there, in order.
async fn shown(world: &Bench) -> Vec<(f64, Decision)> {
    let keys = world.library.row_keys(0, 100).await.unwrap();
    let filter = AnnotationFilter { project_id: world.project, layer: None, with_deleted: false };
    let on = world.library.annotations_of(&keys, &filter).await.unwrap();
    let mut shown: Vec<(f64, Decision)> = on
        .iter()
        .flat_map(|capture| &capture.annotations)
        .map(|annotation| (annotation.geometry.bounds().unwrap().x, annotation.decision))
        .collect();
    shown.sort_by(|left, right| left.0.total_cmp(&right.0));
    shown
}

async fn captures(world: &Bench) -> usize {
    world.library.row_keys(0, 100).await.unwrap().len()
}

async fn undo(world: &Bench) -> String {
    world.library.undo(world.project, world.person).await.unwrap().unwrap().title
}

async fn redo(world: &Bench) -> String {
    world.library.redo(world.project, world.person).await.unwrap().unwrap().title
}

fn labelled(world: &Bench, items: &[ImportedCapture], labels: &[(usize, &str, f64)]) -> ImportBatch {
    let mut batch = ImportBatch { captures: items.to_vec(), ..ImportBatch::default() };
    for (index, item) in items.iter().enumerate() {
        let own = labels.iter().filter(|(on, ..)| *on == index);
        let own = own.map(|(_, source_id, x)| label(world, item, source_id, *x)).collect();
        batch.labels.push((item.capture.capture_id, own));
    }
    batch
}

#[tokio::test]
async fn an_import_is_one_step_back_and_forth() {
    let world = world().await;
    let items = [item(&world, "a.jpg", b"a"), item(&world, "b.jpg", b"b")];
    let batch = labelled(&world, &items, &[(0, "1", 1.0), (1, "2", 2.0)]);
    let imported = import(&world, batch.clone(), OnExisting::Merge).await;
    assert_eq!(imported, Imported { new: 2, added: 2, ..Imported::default() });
    let before = world.library.change_seq().await.unwrap();
    for _ in 0..2 {
        assert_eq!(undo(&world).await, "Import photos");
        assert_eq!((captures(&world).await, shown(&world).await.len()), (0, 0));
        assert!(world.library.capture(items[0].capture.capture_id).await.unwrap().is_none());
        assert_eq!(redo(&world).await, "Import photos");
        assert_eq!((captures(&world).await, shown(&world).await.len()), (2, 2));
    }
    assert!(world.library.change_seq().await.unwrap() > before);
    // Taken back and imported again, it is there again, as another act.
    undo(&world).await;
    let again = import(&world, batch, OnExisting::Merge).await;
    assert_eq!((again.new, captures(&world).await, shown(&world).await.len()), (2, 2, 2));
    undo(&world).await;
    assert_eq!(captures(&world).await, 0);
    world.library.check(muster_store::check::BlobCheck::Sizes).await.unwrap();
}

#[tokio::test]
async fn labels_on_captures_that_were_there_go_back_alone() {
    let world = world().await;
    let items = [item(&world, "a.jpg", b"a")];
    import(&world, ImportBatch { captures: items.to_vec(), ..ImportBatch::default() }, OnExisting::Merge).await;
    let imported = import(&world, labelled(&world, &items, &[(0, "1", 1.0)]), OnExisting::Merge).await;
    assert_eq!((imported.new, imported.known, imported.added), (0, 1, 1));
    undo(&world).await;
    assert_eq!((captures(&world).await, shown(&world).await.len()), (1, 0));
    redo(&world).await;
    assert_eq!(shown(&world).await, [(1.0, Decision::Accepted)]);
    undo(&world).await;
    // What an undone import left behind does not stop the next one.
    let again = import(&world, labelled(&world, &items, &[(0, "1", 1.0)]), OnExisting::Merge).await;
    assert_eq!((again.added, shown(&world).await.len()), (1, 1));
}

#[tokio::test]
async fn skip_merge_and_replace_differ_and_none_takes_a_decision_away() {
    let first = [(0, "1", 1.0), (0, "2", 2.0), (0, "3", 3.0)];
    let second = [(0, "1", 10.0), (0, "2", 20.0), (0, "4", 40.0)];
    for (on_existing, expected) in [
        (OnExisting::Skip, vec![2.0, 2.5, 3.0]),
        (OnExisting::Merge, vec![2.0, 2.5, 3.0, 40.0]),
        // 1 was rejected and 2 moved by a person; 3 gives way and 4 is new.
        (OnExisting::Replace, vec![2.0, 2.5, 40.0]),
    ] {
        let world = world().await;
        let items = [item(&world, "a.jpg", b"a")];
        import(&world, labelled(&world, &items, &first), OnExisting::Merge).await;
        let mine = label(&world, &items[0], "1", 1.0);
        let by_me = Origin::Person { person_id: world.person };
        let mut moved = label(&world, &items[0], "2", 2.0);
        let mut own = label(&world, &items[0], "own", 2.5);
        own.origin = by_me.clone();
        own.field_origins = FieldOrigins::all(&by_me);
        let before = moved.clone();
        moved.z = 3;
        moved.field_origins.geometry = by_me;
        let deleted = Annotation { deleted: true, ..mine.clone() };
        let change = |before: Option<Annotation>, after: Annotation| AnnotationChange {
            annotation_id: after.annotation_id,
            before,
            after: Some(after),
        };
        let diff = Diff::Annotations {
            changes: vec![change(Some(mine), deleted), change(Some(before), moved), change(None, own)],
        };
        world.library.apply(act(&world, "Decide", diff)).await.unwrap();
        let decided = shown(&world).await;
        import(&world, labelled(&world, &items, &second), on_existing).await;
        let left: Vec<f64> = shown(&world).await.into_iter().map(|(x, _)| x).collect();
        assert_eq!(left, expected, "{on_existing:?}");
        if on_existing != OnExisting::Skip {
            undo(&world).await;
            assert_eq!(shown(&world).await, decided, "{on_existing:?}");
            redo(&world).await;
            assert_eq!(shown(&world).await.len(), expected.len(), "{on_existing:?}");
        }
    }
}

#[tokio::test]
async fn untouched_labels_follow_their_file_when_it_replaces() {
    let world = world().await;
    let items = [item(&world, "a.jpg", b"a")];
    import(&world, labelled(&world, &items, &[(0, "1", 1.0), (0, "2", 2.0)]), OnExisting::Merge).await;
    let imported = import(&world, labelled(&world, &items, &[(0, "1", 1.5)]), OnExisting::Replace).await;
    assert_eq!((imported.replaced, imported.removed, imported.added), (1, 1, 0), "{imported:?}");
    assert_eq!(shown(&world).await, [(1.5, Decision::Accepted)]);
    // A third one still knows that nobody has been there but imports.
    let imported = import(&world, labelled(&world, &items, &[(0, "1", 1.75)]), OnExisting::Replace).await;
    assert_eq!(imported.replaced, 1);
    undo(&world).await;
    assert_eq!(shown(&world).await, [(1.5, Decision::Accepted)]);
    undo(&world).await;
    assert_eq!(shown(&world).await, [(1.0, Decision::Accepted), (2.0, Decision::Accepted)]);
}

#[tokio::test]
async fn a_changed_file_puts_its_old_capture_away_unless_somebody_marked_it() {
    let world = world().await;
    let old = [item(&world, "a.jpg", b"old"), item(&world, "b.jpg", b"old too")];
    import(&world, ImportBatch { captures: old.to_vec(), ..ImportBatch::default() }, OnExisting::Merge).await;
    let ids: Vec<CaptureId> = old.iter().map(|item| item.capture.capture_id).collect();
    let tag = Diff::Tag { tag: "keep".into(), added: vec![ids[1]], removed: Vec::new() };
    world.library.apply(act(&world, "Tag", tag)).await.unwrap();
    let new = [item(&world, "a.jpg", b"new"), item(&world, "b.jpg", b"new too")];
    let batch = ImportBatch { captures: new.to_vec(), outdated: ids.clone(), ..ImportBatch::default() };
    let imported = import(&world, batch, OnExisting::Replace).await;
    assert_eq!((imported.new, imported.put_away), (2, 1));
    assert_eq!(captures(&world).await, 3);
    assert!(world.library.capture(ids[0]).await.unwrap().is_none());
    undo(&world).await;
    assert_eq!(captures(&world).await, 2);
    assert!(world.library.capture(ids[0]).await.unwrap().is_some());
}

#[tokio::test]
async fn what_somebody_changed_since_stays_when_the_import_goes() {
    let world = world().await;
    let items = [item(&world, "a.jpg", b"a")];
    import(&world, ImportBatch { captures: items.to_vec(), ..ImportBatch::default() }, OnExisting::Merge).await;
    import(&world, labelled(&world, &items, &[(0, "1", 1.0), (0, "2", 2.0)]), OnExisting::Merge).await;
    let before = label(&world, &items[0], "1", 1.0);
    let after = Annotation { decision: Decision::Rejected, ..before.clone() };
    let annotation_id = before.annotation_id;
    let diff = Diff::Annotations {
        changes: vec![AnnotationChange { annotation_id, before: Some(before), after: Some(after) }],
    };
    let mut by_another = act(&world, "Reject", diff);
    by_another.actor = Actor::Person { person_id: PersonId(Uuid::from_u128(0xb0b)) };
    world.library.apply(by_another).await.unwrap();
    undo(&world).await;
    assert_eq!(shown(&world).await, [(1.0, Decision::Rejected)]);
}

#[tokio::test]
async fn failures_fields_places_and_files_are_kept() {
    let world = world().await;
    let field = UserField { name: "shelf".into(), field_type: FieldType::Number, on_annotation: false };
    world.library.define_field(&field).await.unwrap();
    let mut one = item(&world, "a.jpg", b"a");
    one.fields = vec![("shelf", FieldValue::Number(4.0)), ("unknown", FieldValue::Number(5.0))];
    let failures: Vec<ImportFailure> =
        (0..5).map(|number| ImportFailure { path: format!("{number}.jpg"), reason: "it is cut off".into() }).collect();
    let import_id = JobId(Uuid::new_v4());
    let new = NewImport { import_id, project_id: world.project, person_id: world.person };
    world.library.begin_import(&new).await.unwrap();
    let batch = ImportBatch { captures: vec![one.clone()], failures: failures.clone(), ..ImportBatch::default() };
    world.library.import_batch(import_id, batch, OnExisting::Merge).await.unwrap();
    assert_eq!(world.library.import_failures(import_id, 1, 2).await.unwrap(), (5, failures[1..3].to_vec()));
    let fields = world.library.capture_fields(one.capture.capture_id).await.unwrap();
    assert_eq!(fields, [("shelf".to_owned(), FieldValue::Number(4.0))].into());
    let known = world.library.known_files(ROOT).await.unwrap();
    assert_eq!(
        (known[0].relative_path.as_str(), known[0].modified_micros, known[0].referenced),
        ("a.jpg", Some(7), true)
    );
    let digest = one.capture.assets[0].digest;
    assert_eq!(world.library.captures_with_bytes(&[digest]).await.unwrap().len(), 1);
    assert_eq!(world.library.asset_sizes(&[1, 2]).await.unwrap(), [1].into());
    // The next import ends what this one left open, so that it can be taken back.
    import(&world, ImportBatch::default(), OnExisting::Merge).await;
    undo(&world).await;
    assert_eq!(captures(&world).await, 0);
}

#[tokio::test]
async fn an_erased_capture_stays_erased_also_when_its_import_was_taken_back() {
    let world = world().await;
    let items = [item(&world, "a.jpg", b"a"), item(&world, "b.jpg", b"b")];
    let batch = labelled(&world, &items, &[(0, "1", 1.0), (1, "2", 2.0)]);
    import(&world, batch.clone(), OnExisting::Merge).await;
    undo(&world).await;
    let erased = world.library.erase(&[items[0].capture.capture_id], "asked for").await.unwrap();
    assert_eq!(erased.captures, 1);
    redo(&world).await;
    assert_eq!((captures(&world).await, shown(&world).await), (1, vec![(2.0, Decision::Accepted)]));
    let again = import(&world, batch, OnExisting::Replace).await;
    assert_eq!((again.new, captures(&world).await), (0, 1));
    let unknown = world.library.end_import(JobId(Uuid::new_v4()), "Import", None).await;
    assert!(matches!(unknown, Err(StoreError::Unknown { .. })));
}
