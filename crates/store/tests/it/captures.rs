//! Captures from sync and from imports, and their erasure.

use muster_domain::{
    capture::{CaptureSource, MediaPlace},
    digest::Digest,
    field::FieldValue,
    ledger::LedgerEvent,
};
use muster_store::{Noun, StoreError, check::BlobCheck, service::ImportRoot, thumbnail::NewThumbnail};

use crate::common::{Bench, capture_id, create, imported, synced};

#[tokio::test]
async fn what_was_synced_comes_back_unchanged() {
    let mut bench = Bench::new(4).await;
    bench.reopen().await;
    for number in 1..=4 {
        let expected = synced(number);
        let stored = bench.library.capture(expected.capture.capture_id).await.unwrap().unwrap();
        assert_eq!(stored.capture, expected.capture);
        let manifest = bench.library.manifest(expected.capture.capture_id).await.unwrap().unwrap();
        assert_eq!(manifest.manifest, expected.manifest);
        assert_eq!(manifest.root_hash, expected.root_hash);
        assert_eq!(manifest.receipt, expected.receipt);
        let ledger = bench.library.ledger(expected.capture.capture_id).await.unwrap();
        assert_eq!(ledger.iter().map(|line| line.entry.event).collect::<Vec<_>>(), [LedgerEvent::Synced]);
    }
}

#[tokio::test]
async fn sync_is_idempotent_and_saves_its_cursor() {
    let bench = Bench::new(0).await;
    let batch: Vec<_> = (1..=1000).map(synced).collect();
    let first = bench.library.upsert_captures(bench.service, &batch, Some("1:0:1000")).await.unwrap();
    assert_eq!((first.inserted, first.updated, first.unchanged), (1000, 0, 0));
    let again = bench.library.upsert_captures(bench.service, &batch, Some("1:0:1000")).await.unwrap();
    assert_eq!((again.inserted, again.updated, again.unchanged), (0, 0, 1000));
    assert_eq!(again.change_seq, first.change_seq);
    let service = bench.library.service(bench.service).await.unwrap().unwrap();
    assert_eq!(service.cursor.as_deref(), Some("1:0:1000"));
    assert_eq!(bench.library.row_keys(0, 5000).await.unwrap().len(), 1000);
    assert_eq!(bench.library.row_keys(999, 5000).await.unwrap(), [1000]);
}

#[tokio::test]
async fn a_revised_row_replaces_an_older_one_and_never_the_other_way() {
    let bench = Bench::new(2).await;
    let before = bench.library.change_seq().await.unwrap();
    let mut revised = synced(1);
    revised.version = 3;
    revised.capture.captured_at.0 += 5_000_000;
    revised.receipt = "another receipt".into();
    let mut stale = synced(1);
    stale.version = 2;
    let batch = [stale.clone(), revised.clone()];
    let upserted = bench.library.upsert_captures(bench.service, &batch, None).await.unwrap();
    assert_eq!((upserted.inserted, upserted.updated), (0, 1));
    assert_eq!(upserted.change_seq, before + 1);
    let upserted = bench.library.upsert_captures(bench.service, &[stale], None).await.unwrap();
    assert_eq!((upserted.updated, upserted.unchanged), (0, 1));
    let stored = bench.library.capture(capture_id(1)).await.unwrap().unwrap();
    assert_eq!(stored.capture, revised.capture);
    assert_eq!(bench.library.manifest(capture_id(1)).await.unwrap().unwrap().receipt, "another receipt");
}

#[tokio::test]
async fn the_same_id_with_another_manifest_is_a_conflict() {
    let bench = Bench::new(1).await;
    let mut other = synced(1);
    other.version = 9;
    other.manifest = "{}".into();
    other.root_hash = Digest::of(b"{}");
    let upserted = bench.library.upsert_captures(bench.service, &[other], None).await.unwrap();
    assert_eq!(upserted.conflicts, [capture_id(1)]);
    assert_eq!(bench.library.manifest(capture_id(1)).await.unwrap().unwrap().manifest, synced(1).manifest);
}

#[tokio::test]
async fn a_renamed_device_is_renamed_on_all_its_captures() {
    let bench = Bench::new(6).await;
    let seq = bench.library.change_seq().await.unwrap();
    let mut next = synced(9);
    if let CaptureSource::Device { device, .. } = &mut next.capture.source {
        *device = "cart-zero".into();
    }
    bench.library.upsert_captures(bench.service, &[next], None).await.unwrap();
    let changes = bench.library.changed_rows(bench.project, seq, 100).await.unwrap();
    let mut ids: Vec<_> = changes.rows.iter().map(|row| row.capture_id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [capture_id(3), capture_id(6), capture_id(9)]);
    assert!(changes.rows.iter().all(|row| row.device.as_deref() == Some("cart-zero")));
}

#[tokio::test]
async fn imports_are_referenced_and_importing_again_changes_nothing() {
    let bench = Bench::new(0).await;
    let batch: Vec<_> = (1..=3).map(|number| imported(number, "photos")).collect();
    let unknown = bench.library.insert_imported(&batch).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown { noun: Noun::ImportRoot, .. }), "{unknown:?}");
    assert_eq!(bench.library.counts().await.unwrap().captures, 0, "a refused batch leaves nothing");

    let root = ImportRoot { name: "photos".into(), path: "/mnt/photos".into() };
    bench.library.set_import_root(&root).await.unwrap();
    assert_eq!(bench.library.insert_imported(&batch).await.unwrap().inserted, 3);
    let again = bench.library.insert_imported(&batch).await.unwrap();
    assert_eq!((again.inserted, again.unchanged), (0, 3));

    let stored = bench.library.capture(batch[1].capture_id).await.unwrap().unwrap();
    assert_eq!(stored.capture, batch[1]);
    let MediaPlace::Referenced { root, relative_path } = &stored.capture.assets[0].place else { panic!("stored") };
    assert_eq!((root.as_str(), relative_path.as_str()), ("photos", "street/2.jpg"));
    assert!(bench.library.missing_blobs(&[stored.row_key]).await.unwrap().is_empty(), "referenced media are no blobs");

    let moved = ImportRoot { name: "photos".into(), path: "/media/disk/photos".into() };
    bench.library.set_import_root(&moved).await.unwrap();
    assert_eq!(bench.library.import_roots().await.unwrap(), [moved]);
}

#[tokio::test]
async fn captures_and_cells_come_in_the_order_asked_for() {
    let bench = Bench::new(5).await;
    let keys = [4, 1, 99, 3];
    let captures = bench.library.captures(&keys).await.unwrap();
    assert_eq!(captures.iter().map(|stored| stored.row_key).collect::<Vec<_>>(), [4, 1, 3]);
    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(7, 3, 1.5))])).await.unwrap();
    let cells = bench.library.captures_page(bench.project, &keys).await.unwrap();
    assert_eq!(cells.iter().map(|cell| cell.row_key).collect::<Vec<_>>(), [4, 1, 3]);
    assert_eq!(cells[0].boxes.len(), 1);
    assert_eq!(cells[0].boxes[0].class_id, Some(bench.classes[0]));
    assert_eq!(cells[0].cover.as_ref().unwrap().digest, Digest::of(b"picture 4"));
    assert_eq!(cells[0].site.as_deref(), Some("depot-0"));
    assert!(cells[1].boxes.is_empty());
}

#[tokio::test]
async fn missing_blobs_are_told_and_dimensions_filled_in() {
    let bench = Bench::new(2).await;
    bench.library.blobs().put(b"picture 1").await.unwrap();
    assert_eq!(bench.library.missing_blobs(&[1, 2]).await.unwrap(), [Digest::of(b"picture 2")]);
    bench.library.set_dimensions(capture_id(1), "cam0.jpg", 1920, 1080).await.unwrap();
    let row = bench.library.rows(bench.project, &[1]).await.unwrap().remove(0);
    assert_eq!((row.width_px, row.height_px), (Some(1920), Some(1080)));
    let wrong = bench.library.set_dimensions(capture_id(1), "cam9.jpg", 1, 1).await.unwrap_err();
    assert!(matches!(wrong, StoreError::Unknown { noun: Noun::Asset, .. }));
}

#[tokio::test]
async fn a_signal_must_be_a_number() {
    let bench = Bench::new(0).await;
    let mut capture = synced(1);
    capture.capture.signals.insert("broken".into(), FieldValue::Number(f64::NAN));
    let error = bench.library.upsert_captures(bench.service, &[capture], None).await.unwrap_err();
    assert!(matches!(error, StoreError::SignalNotANumber { .. }), "{error:?}");
}

#[tokio::test]
async fn an_erasure_reaches_everything_and_leaves_a_tombstone() {
    let bench = Bench::new(3).await;
    let library = &bench.library;
    for number in 1..=3 {
        library.blobs().put(format!("picture {number}").as_bytes()).await.unwrap();
        let thumbnail = NewThumbnail {
            digest: Digest::of(format!("picture {number}").as_bytes()),
            size_px: 256,
            picture: vec![1, 2, 3],
        };
        library.thumbnails().put(&[thumbnail]).await.unwrap();
    }
    // Capture 3 shares the picture of capture 4, which stays.
    let mut twin = synced(4);
    twin.capture.assets[0].digest = Digest::of(b"picture 3");
    library.upsert_captures(bench.service, &[twin], None).await.unwrap();
    let draw = bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0)), create(bench.drawn(2, 1, 1.0))]);
    let operation_id = draw.operation_id;
    library.apply(draw).await.unwrap();
    let erase = [capture_id(1), capture_id(3), capture_id(77)];
    let erased = library.erase(&erase, "asked by the site").await.unwrap();
    assert_eq!((erased.captures, erased.blobs), (2, 1));
    assert_eq!(library.erase(&erase, "again").await.unwrap().captures, 0);

    assert!(library.capture(capture_id(1)).await.unwrap().is_none());
    assert!(library.manifest(capture_id(1)).await.unwrap().is_none());
    assert!(library.annotation(bench.drawn(1, 0, 1.0).annotation_id).await.unwrap().is_none());
    assert!(library.operation(operation_id).await.unwrap().is_none(), "its diff named the erased picture");
    assert!(!library.blobs().has(&Digest::of(b"picture 1")));
    assert!(library.blobs().has(&Digest::of(b"picture 3")), "capture 4 needs it");
    assert!(library.thumbnails().get(&Digest::of(b"picture 1"), 256).await.unwrap().is_none());
    let ledger = library.ledger(capture_id(1)).await.unwrap();
    assert_eq!(ledger.last().unwrap().entry.event, LedgerEvent::Erased);
    let changes = library.changed_rows(bench.project, 0, 100).await.unwrap();
    assert_eq!(changes.removed, [1, 3]);

    let upserted = library.upsert_captures(bench.service, &[synced(1)], None).await.unwrap();
    assert_eq!((upserted.inserted, upserted.unchanged), (0, 1), "sync does not bring it back");
    assert_eq!(library.known(&[capture_id(1)]).await.unwrap(), [(capture_id(1), None)]);
    // The erased act is passed over; the one before it made classes that are in use by now.
    let undone = library.undo(bench.project, bench.person).await.unwrap_err();
    assert!(matches!(&undone, StoreError::OutOfReach { title, .. } if title == "Make classes"), "{undone:?}");
    assert!(library.check(BlobCheck::All).await.unwrap().is_sound());

    let trace = synced(1).manifest.into_bytes();
    for file in ["library.db", "library.db-wal"] {
        let bytes = std::fs::read(bench.folder.path().join(file)).unwrap();
        assert!(!bytes.windows(trace.len()).any(|window| window == trace), "the manifest is still in {file}");
    }
}
