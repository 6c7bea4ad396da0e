//! Offers, chunks, commits, receipts and reports.

use bytes::Bytes;
use http::{Method, StatusCode};
use muster_domain::{digest::Digest, ledger::LedgerCounts, time::UtcMicros};
use muster_ingest::{fsck, limit};
use muster_protocol::{
    error::ErrorCode,
    feed::{ChangesResponse, FeedEvent},
    fleet::DeviceList,
    manifest::{MAX_CHUNK_BYTES, MAX_MANIFEST_BYTES, ManifestChunk},
    offer::{CommitRequest, CommitResponse, MAX_OFFERS, OfferAnswer, OfferRequest, RejectReason},
    receipt::{InvalidReceipt, Receipt},
    report::{DeviceReport, ReportResponse},
};

use crate::world::{START, TestDevice, World, noise};

#[tokio::test]
async fn a_capture_goes_from_offer_to_blob() {
    let world = World::new().await;
    let device = world.device("yard-cam-02").await;
    let image = noise(1, 40_000);
    let capture = device.capture(1, &[("cam0.jpg", image.clone())]);
    let receipt = device.send(&capture).await;

    let api = world.api_token().await;
    let changes: ChangesResponse = world.wire.get("/v1/changes", &api).await.ok();
    let [FeedEvent::Capture { capture: record }] = changes.events.as_slice() else { panic!("{changes:?}") };
    assert_eq!((&record.manifest, &record.receipt), (&capture.manifest, &receipt));
    assert_eq!((record.device.as_str(), record.site.as_str(), record.version), ("yard-cam-02", "depot-1", 1));
    assert_eq!((record.captured_at_micros, record.uncertainty_micros), (UtcMicros(START - 5_000_000), 1_000));
    assert!(record.offered_at_micros < record.committed_at_micros);
    let blob = world.wire.get(&format!("/v1/blobs/{}", Digest::of(&image)), &api).await;
    assert_eq!((blob.status, blob.body), (StatusCode::OK, image));
    assert_eq!(world.wire.metric("muster_ingest_captures_committed_total").await, 1);
    assert_eq!(world.wire.metric("muster_ingest_captures").await, 1);
}

#[tokio::test]
async fn http2_carries_the_same_contract() {
    let world = World::new().await;
    let mut device = world.device("cam").await;
    device.wire = world.wire.over_http2();
    let captures: Vec<_> = (1..=20).map(|seq| device.capture(seq, &[("a", noise(seq, 50_000))])).collect();
    futures::future::join_all(captures.iter().map(|capture| device.send(capture))).await;
    assert_eq!(world.wire.metric("muster_ingest_captures").await, 20);
    device.wire.put_chunk("", &noise(1, 50_000)).await.refused(ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn everything_can_be_repeated() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let capture = device.capture(1, &[("a.jpg", noise(1, 1_000)), ("b.jpg", noise(2, 1_000))]);
    let first = device.commit(&capture).await;
    first.refused(ErrorCode::ChunksMissing);
    let receipt = device.send(&capture).await;
    for _ in 0..3 {
        assert_eq!(device.wire.put_chunk(&device.bearer, &capture.chunks[0]).await.status, StatusCode::NO_CONTENT);
        let again: CommitResponse = device.commit(&capture).await.ok();
        assert_eq!(again.receipt, receipt, "the very same bytes");
        let answers = device.offer(&[&capture]).await;
        assert_eq!(answers, [OfferAnswer::Have { receipt: receipt.clone() }]);
    }
    let api = world.api_token().await;
    let changes: ChangesResponse = world.wire.get("/v1/changes", &api).await.ok();
    assert_eq!(changes.events.len(), 1, "committed once");
}

#[tokio::test]
async fn one_capture_committed_by_many_at_once_is_committed_once() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let capture = device.capture(1, &[("a.jpg", noise(1, 1_000))]);
    device.wire.put_chunk(&device.bearer, &capture.chunks[0]).await;
    let commits = (0..20).map(|_| device.commit(&capture));
    let receipts: Vec<Receipt> =
        futures::future::join_all(commits).await.iter().map(|answer| answer.ok::<CommitResponse>().receipt).collect();
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
    assert_eq!(world.wire.metric("muster_ingest_captures_committed_total").await, 1);
}

#[tokio::test]
async fn an_asset_of_several_chunks_is_put_together_and_its_chunks_go() {
    let mut world = World::new().await;
    let device = world.device("cam").await;
    let video = noise(7, 2 * MAX_CHUNK_BYTES as usize + 1_000);
    // The last chunk is also an asset of its own: it must stay.
    let tail = video.slice(2 * MAX_CHUNK_BYTES as usize..);
    let capture = device.capture(1, &[("video.mp4", video.clone()), ("tail.bin", tail.clone())]);
    device.send(&capture).await;
    let api = world.api_token().await;
    for bytes in [&video, &tail] {
        let blob = world.wire.get(&format!("/v1/blobs/{}", Digest::of(bytes)), &api).await;
        assert_eq!(blob.body, bytes);
    }
    let chunk = world.wire.get(&format!("/v1/blobs/{}", Digest::of(&capture.chunks[0])), &api).await;
    chunk.refused(ErrorCode::NotFound);
    // The same video again needs no chunk, though its chunks are gone.
    let again = device.capture(2, &[("video.mp4", video)]);
    assert_eq!(device.offer(&[&again]).await, [OfferAnswer::Need { chunks: Vec::new() }]);
    device.commit(&again).await.ok::<CommitResponse>();
    world.stop().await;
    world.restart().await;
    let findings = fsck::check(&world.layout()).await.unwrap();
    assert_eq!((findings.captures, findings.assets, findings.damage), (2, 2, Vec::new()));
}

#[tokio::test]
async fn equal_bytes_are_sent_once() {
    let world = World::new().await;
    let (one, other) = (world.device("one").await, world.device("other").await);
    let image = noise(3, 9_000);
    one.send(&one.capture(1, &[("a.jpg", image.clone())])).await;
    let twin = other.capture(1, &[("a.jpg", image.clone()), ("b.jpg", image)]);
    assert_eq!(other.offer(&[&twin]).await, [OfferAnswer::Need { chunks: Vec::new() }]);
    other.send(&twin).await;
    assert_eq!(world.wire.metric("muster_ingest_chunks_stored_total").await, 1);
}

#[tokio::test]
async fn offers_that_can_never_be_taken_are_rejected_for_good() {
    let world = World::new().await;
    let (device, other) = (world.device("cam").await, world.device("other").await);
    let image = noise(1, 1_000);
    let files = [("a.jpg", image.clone())];
    let stored = device.capture(1, &files);
    device.send(&stored).await;
    let with = |change: fn(&mut muster_protocol::manifest::Manifest)| device.capture_with(2, &files, change).manifest;
    let padding = format!("\"privacy_class\":\"{}\"", "x".repeat(MAX_MANIFEST_BYTES));
    let mut deep = "[".repeat(100_000);
    deep.push_str(&"]".repeat(100_000));
    let manifests = vec![
        String::new(),
        "null".into(),
        deep,
        stored.manifest[..stored.manifest.len() - 1].into(),
        stored.manifest.replacen("\"privacy_class\":\"raw\"", &padding, 1),
        other.capture(1, &files).manifest,
        with(|manifest| manifest.assets.clear()),
        with(|manifest| manifest.assets.push(manifest.assets[0].clone())),
        with(|manifest| manifest.assets[0].name = "../../etc/passwd".into()),
        with(|manifest| manifest.assets[0].name = "a/b.jpg".into()),
        with(|manifest| manifest.assets[0].chunks.clear()),
        with(|manifest| manifest.assets[0].bytes += 1),
        with(|manifest| manifest.assets[0].blake3 = Digest::of(b"other")),
        with(|manifest| manifest.seq = u64::MAX),
        with(|manifest| manifest.site = String::new()),
        // The bytes of this digest are known, and they are not that many.
        with(|manifest| {
            manifest.assets[0].bytes = 7;
            manifest.assets[0].chunks[0].bytes = 7;
        }),
        with(|manifest| {
            let mut twin = manifest.assets[0].clone();
            (twin.name, twin.bytes) = ("b.jpg".into(), 7);
            twin.chunks = vec![ManifestChunk { bytes: 7, ..twin.chunks[0] }];
            manifest.assets.push(twin);
        }),
    ];
    let count = manifests.len();
    let answers: muster_protocol::offer::OfferResponse =
        world.wire.post("/v1/offers", &device.bearer, &OfferRequest { manifests: manifests.clone() }).await.ok();
    assert_eq!(answers.answers.len(), count);
    for (manifest, answer) in manifests.iter().zip(answers.answers) {
        let start: String = manifest.chars().take(300).collect();
        let OfferAnswer::Reject { reason, message } = answer else { panic!("{answer:?}: {start}") };
        assert_eq!(reason, RejectReason::Permanent, "{start}");
        assert!(!message.is_empty() && message.len() < 1_000, "{message}");
        let ask = CommitRequest { capture_id: stored.id, manifest: manifest.clone() };
        let path = format!("/v1/captures/{}/commit", stored.id);
        let answer = world.wire.post(&path, &device.bearer, &ask).await;
        assert!(answer.status.is_client_error(), "{start}: {}", answer.text());
    }
    assert_eq!(world.wire.metric("muster_ingest_captures").await, 1);
}

#[tokio::test]
async fn one_id_is_one_manifest() {
    let world = World::new().await;
    let (device, other) = (world.device("cam").await, world.device("other").await);
    let files = [("a.jpg", noise(1, 1_000))];
    let first = device.capture(1, &files);
    device.send(&first).await;
    let changed = device.capture_with(1, &files, |manifest| {
        manifest.capture_id = first.id;
        manifest.boot_id = "another".into();
    });
    let stolen = other.capture_with(1, &files, |manifest| manifest.capture_id = first.id);
    for (device, capture) in [(&device, &changed), (&other, &stolen)] {
        let answers = device.offer(&[capture]).await;
        assert!(matches!(answers[0], OfferAnswer::Reject { reason: RejectReason::Conflict, .. }), "{answers:?}");
        device.commit(capture).await.refused(ErrorCode::CaptureConflict);
    }
}

#[tokio::test]
async fn bytes_that_are_not_what_they_say_leave_nothing_behind() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let put = async |path: &str, bytes: Bytes| world.wire.call(Method::PUT, path, &device.bearer, bytes).await;
    for bytes in [Bytes::new(), noise(1, 100), noise(1, 3_000_000)] {
        let path = format!("/v1/chunks/{}", Digest::of(b"other"));
        put(&path, bytes).await.refused(ErrorCode::DigestMismatch);
    }
    let large = noise(2, MAX_CHUNK_BYTES as usize + 1);
    put(&format!("/v1/chunks/{}", Digest::of(&large)), large).await.refused(ErrorCode::TooLarge);
    let full = noise(2, MAX_CHUNK_BYTES as usize);
    assert_eq!(put(&format!("/v1/chunks/{}", Digest::of(&full)), full.clone()).await.status, StatusCode::NO_CONTENT);
    let findings = fsck::check(&world.layout()).await.unwrap();
    assert_eq!(findings.orphans, [(Digest::of(&full), MAX_CHUNK_BYTES)]);
    assert_eq!(findings.leftovers, Vec::<std::path::PathBuf>::new());

    // An asset whose chunks are all genuine and whose own digest is a lie.
    let video = noise(3, MAX_CHUNK_BYTES as usize + 10);
    let liar = device.capture_with(1, &[("v.mp4", video)], |manifest| manifest.assets[0].blake3 = Digest::of(b"lie"));
    for chunk in &liar.chunks {
        device.wire.put_chunk(&device.bearer, chunk).await;
    }
    device.commit(&liar).await.refused(ErrorCode::DigestMismatch);
    assert_eq!(world.wire.metric("muster_ingest_captures").await, 0);
}

#[tokio::test]
async fn forged_receipts_prove_nothing() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let (one, two) = (device.capture(1, &[("a", noise(1, 10))]), device.capture(2, &[("a", noise(1, 10))]));
    let receipt = device.send(&one).await;
    let verify = |receipt: &Receipt, capture: &crate::world::TestCapture| {
        receipt.verify(&device.keys, capture.id, &capture.root_hash).map(|_| ())
    };
    assert_eq!(verify(&receipt, &one), Ok(()));
    assert_eq!(verify(&receipt, &two), Err(InvalidReceipt::Other));
    let moved = receipt.body.replace(&one.id.to_string(), &two.id.to_string());
    assert_eq!(verify(&Receipt { body: moved, ..receipt.clone() }, &two), Err(InvalidReceipt::Forged));
    let other_service = World::new().await;
    let keys = other_service.device("cam").await.keys;
    assert_eq!(receipt.verify(&keys, one.id, &one.root_hash), Err(InvalidReceipt::UnknownKey));
}

#[tokio::test]
async fn offers_are_bounded() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let many = OfferRequest { manifests: vec![String::new(); MAX_OFFERS + 1] };
    world.wire.post("/v1/offers", &device.bearer, &many).await.refused(ErrorCode::TooLarge);
    let long = OfferRequest { manifests: vec!["x".repeat(17 * 1024 * 1024)] };
    world.wire.post("/v1/offers", &device.bearer, &long).await.refused(ErrorCode::TooLarge);
    let huge = device.capture_with(1, &[("v.mp4", noise(1, 10))], |manifest| {
        let asset = &mut manifest.assets[0];
        let full = ManifestChunk { blake3: Digest::of(b"piece"), bytes: MAX_CHUNK_BYTES };
        asset.chunks = vec![full; usize::try_from(limit::CAPTURE_BYTES / MAX_CHUNK_BYTES).unwrap() + 1];
        asset.bytes = limit::CAPTURE_BYTES + MAX_CHUNK_BYTES;
    });
    let answers = device.offer(&[&huge]).await;
    let [OfferAnswer::Reject { reason: RejectReason::Permanent, message }] = answers.as_slice() else {
        panic!("{answers:?}")
    };
    assert!(message.contains("is the limit"), "{message}");
    device.commit(&huge).await.refused(ErrorCode::Malformed);
    let captures: Vec<_> = (1..=MAX_OFFERS as u64).map(|seq| device.capture(seq, &[("a", noise(seq, 10))])).collect();
    let answers = device.offer(&captures.iter().collect::<Vec<_>>()).await;
    assert_eq!(answers.len(), MAX_OFFERS);
    for (answer, capture) in answers.iter().zip(&captures) {
        assert_eq!(*answer, OfferAnswer::Need { chunks: vec![Digest::of(&capture.chunks[0])] });
    }
}

#[tokio::test]
async fn reports_are_kept_and_checked() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let report = async |device: &TestDevice, epoch, counts, device_time_micros| {
        let report = DeviceReport {
            epoch,
            seq: 3,
            counts,
            dropped_by_reason: std::collections::BTreeMap::default(),
            triggers: std::collections::BTreeMap::default(),
            spool_bytes: 0,
            free_bytes: 1,
            oldest_pending_s: 0,
            device_time_micros: UtcMicros(device_time_micros),
            agent_version: "1.0.0".into(),
        };
        world.wire.post("/v1/device/report", &device.bearer, &report).await.ok::<ReportResponse>();
        report
    };
    let mismatches = async || world.wire.metric("muster_ingest_ledger_mismatches_total").await;
    device.send(&device.capture(1, &[("a", noise(1, 10))])).await;
    let counts = LedgerCounts { fired: 3, committed: 1, dropped: 1, pending: 1, suppressed: 9 };
    report(&device, 1, counts, START).await;
    // A device that lost its ledger and adopted what it still had.
    report(&device, 2, counts, START).await;
    assert_eq!(mismatches().await, 0);
    report(&device, 1, LedgerCounts { fired: 4, ..counts }, START).await;
    assert_eq!(mismatches().await, 1, "does not add up");
    report(&device, 1, LedgerCounts { committed: 2, pending: 0, ..counts }, START).await;
    assert_eq!(mismatches().await, 2, "counts a receipt that this service never gave");
    assert_eq!(world.wire.metric("muster_ingest_devices_disagreeing").await, 1);
    // A clock that is 100 s behind.
    let last = report(&device, 1, counts, START - 100_000_000).await;
    assert_eq!(world.wire.metric("muster_ingest_devices_disagreeing").await, 0);

    let api = world.api_token().await;
    let DeviceList { devices } = world.wire.get("/v1/devices", &api).await.ok();
    let [state] = devices.as_slice() else { panic!("{devices:?}") };
    assert_eq!((state.device.as_str(), state.captures, state.device_id), ("cam", 1, device.id));
    let kept = state.last_report.as_ref().unwrap();
    assert_eq!((kept.ledger_agrees, &kept.report), (true, &last));
    assert!(kept.clock_offset_micros >= 100_000_000);
    // From now on the estimate of its captures is that much less certain.
    device.send(&device.capture(2, &[("a", noise(2, 10))])).await;
    let changes: ChangesResponse = world.wire.get("/v1/changes", &api).await.ok();
    let FeedEvent::Capture { capture } = &changes.events[1] else { panic!("{changes:?}") };
    assert_eq!(capture.uncertainty_micros, kept.clock_offset_micros);
}
