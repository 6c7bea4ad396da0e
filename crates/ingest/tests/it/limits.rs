//! Limits, failing storage, and the end of the service.

use std::collections::BTreeMap;

use http::StatusCode;
use muster_domain::digest::Digest;
use muster_ingest::{
    fsck, limit,
    table::{Database, Durability},
};
use muster_protocol::{
    error::ErrorCode,
    feed::{ChangesResponse, FeedEvent},
    manifest::Manifest,
    offer::CommitResponse,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::world::{TestDevice, World, noise};

/// An upload whose body has not come to its end.
async fn half_upload(device: &TestDevice, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(device.wire.address()).await.unwrap();
    let head = format!(
        "PUT /v1/chunks/{} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        Digest::of(bytes),
        device.bearer,
        bytes.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&bytes[..bytes.len() / 2]).await.unwrap();
    stream
}

async fn in_work(world: &World, requests: u64) {
    // The question itself is one more.
    while world.wire.metric("muster_ingest_requests_in_work").await != requests + 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_device_cannot_take_every_place() {
    let world = World::new().await;
    let (greedy, other) = (world.device("greedy").await, world.device("other").await);
    let mut uploads = Vec::new();
    for seed in 0..limit::DEVICE_REQUESTS {
        uploads.push(half_upload(&greedy, &noise(seed.into(), 100)).await);
    }
    in_work(&world, limit::DEVICE_REQUESTS.into()).await;
    // A request in work has not yet shown its bearer, perhaps: until the last of them has, one more finds a place.
    let mut extra = 1_000;
    let refusal = loop {
        let answer = greedy.wire.put_chunk(&greedy.bearer, &noise(extra, 10)).await;
        if answer.status != StatusCode::NO_CONTENT {
            break answer.refused(ErrorCode::Throttled);
        }
        extra += 1;
    };
    assert_eq!(refusal.retry_after_s, Some(1));
    other.send(&other.capture(1, &[("a", noise(1, 10))])).await;
    drop(uploads);
    in_work(&world, 0).await;
    assert_eq!(greedy.wire.put_chunk(&greedy.bearer, b"one more").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn an_upload_in_work_ends_well_when_the_service_stops() {
    let mut world = World::new().await;
    let device = world.device("cam").await;
    let bytes = noise(1, 100_000);
    let mut stream = half_upload(&device, &bytes).await;
    in_work(&world, 1).await;
    let address = world.wire.address().to_owned();
    let rest = async {
        // The listener is gone first.
        while TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        stream.write_all(&bytes[bytes.len() / 2..]).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let ((), answer) = tokio::join!(world.stop(), rest);
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    let findings = fsck::check(&world.layout()).await.unwrap();
    assert_eq!(findings.orphans, [(Digest::of(&bytes), 100_000)]);
}

#[tokio::test]
async fn storage_that_refuses_is_said_and_recovers() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let capture = device.capture(1, &[("a.jpg", noise(1, 1_000)), ("b.jpg", noise(2, 2_000_000))]);
    let dirs: Vec<_> =
        capture.chunks.iter().map(|chunk| world.layout().blobs().join(&Digest::of(chunk).to_hex()[..2])).collect();
    for dir in &dirs {
        std::fs::remove_dir(dir).unwrap();
        std::fs::write(dir, "in the way").unwrap();
    }
    for chunk in &capture.chunks {
        let refusal = device.wire.put_chunk(&device.bearer, chunk).await.refused(ErrorCode::Unavailable);
        assert_eq!(refusal.retry_after_s, Some(5));
    }
    assert!(!device.commit(&capture).await.status.is_success());
    for dir in &dirs {
        std::fs::remove_file(dir).unwrap();
        std::fs::create_dir(dir).unwrap();
    }
    device.send(&capture).await;
}

#[tokio::test]
async fn one_bad_write_does_not_fail_its_neighbours() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let db = Database::open(&world.layout(), Durability::Full).await.unwrap();
    let trap =
        "CREATE TRIGGER trap BEFORE INSERT ON capture WHEN new.seq % 5 = 0 BEGIN SELECT RAISE(ABORT, 'trap'); END";
    sqlx::query(trap).execute(&mut db.writer().await.unwrap()).await.unwrap();
    let captures: Vec<_> = (1..=20).map(|seq| device.capture(seq, &[("a", noise(seq, 10))])).collect();
    for capture in &captures {
        device.wire.put_chunk(&device.bearer, &capture.chunks[0]).await;
    }
    let answers = futures::future::join_all(captures.iter().map(|capture| device.commit(capture))).await;
    let mut acknowledged = BTreeMap::new();
    for ((capture, answer), seq) in captures.iter().zip(answers).zip(1_u64..) {
        if seq % 5 == 0 {
            answer.refused(ErrorCode::Unavailable);
        } else {
            acknowledged.insert(seq, answer.ok::<CommitResponse>().receipt);
            assert_eq!(acknowledged[&seq].verify(&device.keys, capture.id, &capture.root_hash).map(|_| ()), Ok(()));
        }
    }
    let api = world.api_token().await;
    let changes: ChangesResponse = world.wire.get("/v1/changes", &api).await.ok();
    let held: BTreeMap<_, _> = changes
        .events
        .into_iter()
        .map(|event| match event {
            FeedEvent::Capture { capture } => {
                (Manifest::parse(capture.manifest.as_bytes()).unwrap().seq, capture.receipt)
            }
            FeedEvent::Erased { .. } => panic!("nothing was erased"),
        })
        .collect();
    assert_eq!(held, acknowledged, "exactly what was acknowledged is there");
    sqlx::query("DROP TRIGGER trap").execute(&mut db.writer().await.unwrap()).await.unwrap();
    device.commit(&captures[4]).await.ok::<CommitResponse>();
}
