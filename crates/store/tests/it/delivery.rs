//! Deliveries of a service: proposals of devices, what cannot be read, counters, and what is kept on this machine.

use muster_domain::{
    annotation::{Annotation, Decision},
    geometry::{BoundingBox, Geometry},
    id::CaptureId,
};
use muster_store::{
    annotation::AnnotationFilter,
    aside::Unread,
    capture::SyncedCapture,
    check::BlobCheck,
    delivery::{Delivery, SyncedProposal},
    offline::NewOfflineSet,
};
use uuid::Uuid;

use crate::common::{Bench, capture_id, synced};

fn proposal(class: &str, confidence: f64) -> SyncedProposal {
    SyncedProposal {
        asset: "cam0.jpg".into(),
        model: "ssd-mobilenet@1.2".into(),
        class: class.into(),
        confidence,
        bounds: BoundingBox { x: 1.25, y: 2.5, width: 10.0, height: 20.0 },
    }
}

fn with_proposals(number: u32) -> SyncedCapture {
    SyncedCapture { proposals: vec![proposal("Person", 0.9), proposal("truck", 0.4)], ..synced(number) }
}

async fn deliver(bench: &Bench, captures: &[SyncedCapture], unread: &[Unread]) -> muster_store::capture::Upserted {
    let (service_id, project_id) = (bench.service, Some(bench.project));
    let delivery = Delivery { service_id, project_id, captures, unread, cursor: Some("c") };
    bench.library.deliver(&delivery).await.unwrap()
}

async fn annotations_on(bench: &Bench, number: u32) -> Vec<Annotation> {
    let filter = AnnotationFilter { project_id: bench.project, layer: None, with_deleted: false };
    bench.library.annotations(capture_id(number), &filter).await.unwrap()
}

#[tokio::test]
async fn proposals_of_devices_become_proposals_of_the_project_once() {
    let bench = Bench::new(0).await;
    let captures = [with_proposals(1), synced(2), with_proposals(3)];
    let upserted = deliver(&bench, &captures, &[]).await;
    assert_eq!((upserted.inserted, upserted.proposals), (3, 4));
    let again = [SyncedCapture { version: 2, ..with_proposals(1) }];
    assert_eq!(deliver(&bench, &again, &[]).await.proposals, 0, "a revision brings the same manifest");
    let annotations = annotations_on(&bench, 1).await;
    let seen: Vec<_> = annotations
        .iter()
        .map(|annotation| (annotation.class_id, annotation.model_class.as_deref(), annotation.origin.confidence()))
        .collect();
    // The schema's class is `person`; nothing answers to `truck`.
    assert_eq!(seen, [(Some(bench.classes[0]), Some("Person"), Some(0.9)), (None, Some("truck"), Some(0.4))]);
    assert!(annotations.iter().all(Annotation::is_proposal));
    let Geometry::Box(bounds) = &annotations[0].geometry else { panic!("a box") };
    assert!((bounds.x - 1.25).abs() < f64::EPSILON);
    let runs = bench.library.runs(bench.project).await.unwrap();
    assert_eq!((runs[0].setting.version.as_str(), runs[0].done), ("1.2", 2));
    let rows = bench.library.changed_rows(bench.project, 0, 10).await.unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.annotations.len()).sum::<usize>(), 4);
    let unmapped = bench.library.unmapped_classes(bench.project).await.unwrap();
    assert_eq!((unmapped[0].model_class.as_str(), unmapped[0].annotations), ("truck", 2));
}

#[tokio::test]
async fn counters_follow_decisions_undo_and_erasure() {
    let bench = Bench::new(0).await;
    deliver(&bench, &[with_proposals(1), with_proposals(2)], &[]).await;
    let annotation = annotations_on(&bench, 1).await.remove(0);
    let accept = crate::common::edit(&annotation, |after| after.decision = Decision::Accepted);
    bench.library.apply(bench.act("Accept", vec![accept])).await.unwrap();
    let counts = bench.library.class_counts(bench.project).await.unwrap();
    assert_eq!((counts[0].undecided, counts[0].accepted), (1, 1));
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(bench.library.class_counts(bench.project).await.unwrap()[0].undecided, 2);
    bench.library.erase(&[capture_id(2)], "asked").await.unwrap();
    assert_eq!(bench.library.class_counts(bench.project).await.unwrap()[0].undecided, 1);
    assert_eq!(bench.library.captures_of_service(bench.service).await.unwrap(), 1);
    let report = bench.library.check(BlobCheck::Sizes).await.unwrap();
    assert!(report.wrong_counters.is_empty(), "{:?}", report.wrong_counters);
}

#[tokio::test]
async fn a_wrong_counter_is_noticed_and_mended() {
    let bench = Bench::new(2).await;
    let mut connection = bench.connect().await;
    sqlx::query("UPDATE capture_count SET captures = 7").execute(&mut connection).await.unwrap();
    let report = bench.library.check(BlobCheck::Sizes).await.unwrap();
    assert!(!report.is_sound() && report.wrong_counters.len() == 1, "{report:?}");
    assert_eq!(bench.library.sweep().await.unwrap().counters, 1);
    assert!(bench.library.check(BlobCheck::Sizes).await.unwrap().is_sound());
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_until_it_can_be() {
    let bench = Bench::new(0).await;
    let unread = |id: Option<CaptureId>, record: &str, reason: &str| Unread {
        capture_id: id,
        record: record.into(),
        reason: reason.into(),
    };
    let records = [unread(Some(capture_id(1)), "{\"one\"", "cut"), unread(None, "\u{0}", "no JSON")];
    deliver(&bench, &[], &records).await;
    deliver(&bench, &[], &records).await;
    let kept = bench.library.aside(bench.service, 0, 10).await.unwrap();
    let kept: Vec<_> = kept.into_iter().map(|kept| kept.unread).collect();
    assert_eq!(kept, records, "the same again is kept once");
    deliver(&bench, &[synced(1)], &[]).await;
    assert_eq!(bench.library.count_aside(bench.service).await.unwrap(), 1, "its capture came after all");
    let other = SyncedCapture { root_hash: muster_domain::digest::Digest::of(b"other"), ..synced(1) };
    assert_eq!(deliver(&bench, &[other], &[]).await.conflicts, [capture_id(1)]);
    let kept = bench.library.aside(bench.service, 0, 10).await.unwrap();
    assert!(kept.last().unwrap().unread.reason.contains("another manifest"), "{kept:?}");
    bench.library.forget_aside(&kept.iter().map(|kept| kept.row_key).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(bench.library.count_aside(bench.service).await.unwrap(), 0);
}

#[tokio::test]
async fn another_part_of_a_service_starts_with_a_snapshot() {
    let bench = Bench::new(0).await;
    deliver(&bench, &[], &[]).await;
    let cursor = async || bench.library.service(bench.service).await.unwrap().unwrap().cursor;
    bench.library.set_wanted(bench.service, None).await.unwrap();
    assert_eq!(cursor().await.as_deref(), Some("c"), "nothing else is wanted");
    bench.library.set_wanted(bench.service, Some("{\"sites\":[\"depot-1\"]}")).await.unwrap();
    assert_eq!(cursor().await, None);
}

#[tokio::test]
async fn an_offline_set_pins_what_is_here_and_what_comes() {
    let bench = Bench::new(3).await;
    let library = &bench.library;
    let set = |name: &str| NewOfflineSet {
        offline_id: Uuid::new_v4(),
        name: name.into(),
        query: None,
        person_id: bench.person,
    };
    library.blobs().put(b"picture 1").await.unwrap();
    let (first, second) = (set("first"), set("second"));
    library.take_offline(&first, &[1, 2]).await.unwrap();
    library.take_offline(&second, &[2, 3, 99]).await.unwrap();
    let state = async || {
        let sets = library.offline_sets().await.unwrap();
        sets.into_iter().map(|set| (set.name, set.captures, set.ready)).collect::<Vec<_>>()
    };
    assert_eq!(state().await, [("second".into(), 2, 0), ("first".into(), 2, 1)]);
    let missing = library.missing_offline(first.offline_id, 0, 10).await.unwrap();
    assert_eq!(missing.iter().map(|missing| missing.row_key).collect::<Vec<_>>(), [2]);
    for number in 2..=3 {
        library.blobs().put(format!("picture {number}").as_bytes()).await.unwrap();
    }
    assert_eq!(state().await, [("second".into(), 2, 2), ("first".into(), 2, 2)]);
    assert_eq!(library.blobs().evict(0).await.unwrap().blobs, 0, "pinned, whenever they came");
    library.release_offline(first.offline_id).await.unwrap();
    assert_eq!(library.blobs().evict(0).await.unwrap().blobs, 1, "the other set still needs the second");
    library.erase(&[capture_id(3)], "asked").await.unwrap();
    assert_eq!(state().await, [("second".into(), 1, 1)]);
    library.release_offline(second.offline_id).await.unwrap();
    assert_eq!(library.blobs().usage().await.unwrap().pinned_bytes, 0);
}

#[tokio::test]
async fn eviction_goes_on_over_many_steps() {
    let bench = Bench::new(0).await;
    let captures: Vec<SyncedCapture> = (1..=2_500).map(synced).collect();
    deliver(&bench, &captures, &[]).await;
    let bytes: Vec<Vec<u8>> = (1..=2_500).map(|number| format!("picture {number}").into_bytes()).collect();
    let blobs: Vec<_> =
        bytes.iter().map(|bytes| (muster_domain::digest::Digest::of(bytes), bytes.as_slice())).collect();
    for blobs in blobs.chunks(500) {
        bench.library.blobs().put_all(blobs).await.unwrap();
        bench.clock.advance(1);
    }
    let removed = bench.library.blobs().evict(1_200).await.unwrap();
    let left = bench.library.blobs().usage().await.unwrap();
    assert!(left.bytes <= 1_200 && left.blobs > 80, "{left:?}");
    assert_eq!(removed.blobs + left.blobs, 2_500);
    assert!(bench.library.blobs().has(&blobs[2_499].0), "what was used last stays");
}
