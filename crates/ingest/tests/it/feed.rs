//! The feed, its cursor and the snapshot.

use std::collections::BTreeMap;

use http::header;
use muster_protocol::{
    error::ErrorCode,
    feed::{CaptureRecord, ChangesResponse, FeedEvent, NDJSON, SnapshotHead},
};

use crate::world::{TestDevice, Wire, World, noise};

async fn changes(wire: &Wire, api: &str, cursor: &str, wait: u32) -> ChangesResponse {
    wire.get(&format!("/v1/changes?cursor={cursor}&wait={wait}"), api).await.ok()
}

async fn snapshot(wire: &Wire, api: &str) -> (SnapshotHead, Vec<CaptureRecord>) {
    let answer = wire.get("/v1/snapshot", api).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], NDJSON);
    let text = answer.text();
    let mut lines = text.lines();
    let head = serde_json::from_str(lines.next().unwrap()).unwrap();
    (head, lines.map(|line| serde_json::from_str(line).unwrap()).collect())
}

async fn send(device: &TestDevice, seq: u64) {
    device.send(&device.capture(seq, &[("a.jpg", noise(seq, 100))])).await;
}

/// What a desktop holds after it applied the events.
fn replay(events: &[FeedEvent]) -> BTreeMap<String, CaptureRecord> {
    let record = |event: &FeedEvent| match event {
        FeedEvent::Capture { capture } => (capture.capture_id.to_string(), (**capture).clone()),
        FeedEvent::Erased { .. } => panic!("nothing was erased"),
    };
    events.iter().map(record).collect()
}

#[tokio::test]
async fn a_snapshot_is_the_feed_replayed() {
    let mut world = World::new().await;
    let mut device = world.device("cam").await;
    let api = world.api_token().await;
    let (empty, none) = snapshot(&world.wire, &api).await;
    assert_eq!((empty.captures, none.len()), (0, 0));
    for seq in 1..=30 {
        send(&device, seq).await;
    }
    let (head, records) = snapshot(&world.wire, &api).await;
    assert_eq!((head.captures, records.len()), (30, 30));
    let all = changes(&world.wire, &api, "", 0).await;
    assert_eq!((all.cursor.as_str(), all.more), (head.cursor.as_str(), false));
    let by_id: BTreeMap<_, _> = records.into_iter().map(|record| (record.capture_id.to_string(), record)).collect();
    assert_eq!(replay(&all.events), by_id);
    let order: Vec<u64> = all
        .events
        .iter()
        .map(|event| match event {
            FeedEvent::Capture { capture } => {
                muster_protocol::manifest::Manifest::parse(capture.manifest.as_bytes()).unwrap().seq
            }
            FeedEvent::Erased { .. } => 0,
        })
        .collect();
    assert_eq!(order, (1..=30).collect::<Vec<_>>(), "in commit order");
    assert_eq!(changes(&world.wire, &api, &empty.cursor, 0).await, all, "from the empty snapshot on");

    world.restart().await;
    device.wire = world.wire.clone();
    send(&device, 31).await;
    let next = changes(&world.wire, &api, &head.cursor, 0).await;
    assert_eq!(next.events.len(), 1, "cursors outlive a restart");
}

#[tokio::test]
async fn a_long_poll_wakes_up_at_the_commit() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let api = world.api_token().await;
    let now = changes(&world.wire, &api, "", 0).await;
    assert_eq!((now.events.len(), now.more), (0, false));
    let polls = futures::future::join_all((0..5).map(|_| changes(&world.wire, &api, &now.cursor, 55)));
    // The poll is in work before the commit begins, or begins after it: it must see the capture either way.
    let (answers, ()) = tokio::join!(polls, send(&device, 1));
    for answer in answers {
        assert_eq!(answer.events.len(), 1);
        assert_ne!(answer.cursor, now.cursor);
    }
}

#[tokio::test]
async fn polls_end_when_the_service_stops() {
    let mut world = World::new().await;
    let api = world.api_token().await;
    let (wire, token) = (world.wire.clone(), api.clone());
    let poll = tokio::spawn(async move { changes(&wire, &token, "", 55).await });
    while world.wire.metric("muster_ingest_requests_in_work").await < 2 {
        tokio::task::yield_now().await;
    }
    world.stop().await;
    assert_eq!(poll.await.unwrap().events.len(), 0);
}

#[tokio::test]
async fn cursors_of_another_feed_are_gone() {
    let (world, other) = (World::new().await, World::new().await);
    let (device, api) = (world.device("cam").await, world.api_token().await);
    let other_device = other.device("cam").await;
    let other_api = other.api_token().await;
    send(&device, 1).await;
    for seq in 1..=2 {
        send(&other_device, seq).await;
    }
    let foreign = changes(&other.wire, &other_api, "", 0).await.cursor;
    let refused = async |cursor: &str, code| {
        world.wire.get(&format!("/v1/changes?cursor={cursor}&wait=0"), &api).await.refused(code);
    };
    refused(&foreign, ErrorCode::CursorGone).await;
    let ours = muster_ingest::http::cursor::Cursor::parse(&changes(&world.wire, &api, "", 0).await.cursor).unwrap();
    let ahead = muster_ingest::http::cursor::Cursor { position: ours.position + 1, ..ours };
    refused(&ahead.to_text(), ErrorCode::CursorGone).await;
    let other_shard = muster_ingest::http::cursor::Cursor { shard: 1, ..ours };
    refused(&other_shard.to_text(), ErrorCode::CursorGone).await;
    refused("garbage", ErrorCode::Malformed).await;
    world.wire.get("/v1/changes?wait=soon", &api).await.refused(ErrorCode::Malformed);
}

#[tokio::test]
async fn long_answers_come_in_pages() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let api = world.api_token().await;
    for seq in 1..=45 {
        // 200 KB of expression each: nine megabytes of manifests.
        let capture = device.capture_with(seq, &[("a", noise(seq, 10))], |manifest| {
            manifest.trigger.expression = "x".repeat(200_000);
        });
        device.send(&capture).await;
    }
    let first = changes(&world.wire, &api, "", 0).await;
    assert!(first.more && first.events.len() < 45);
    let rest = changes(&world.wire, &api, &first.cursor, 0).await;
    assert!(!rest.more);
    assert_eq!(first.events.len() + rest.events.len(), 45);
}
