//! The uploader against a service that works, and against each way in which it does not.

use std::{path::Path, sync::Arc, time::Duration};

use ed25519_dalek::SigningKey;
use muster_domain::ledger::LedgerCounts;
use muster_edge::{
    Reporter, Spool, UploadOptions, Uploader,
    client::{DeviceClient, Patience, Transport},
};
use muster_protocol::{
    error::ErrorCode,
    offer::{OfferAnswer, RejectReason},
};
use tokio::{sync::watch, time::Instant};

use super::{Noon, hardware, keep, open, service::Service};

struct Device {
    spool: Arc<Spool>,
    client: Arc<DeviceClient>,
    stop: watch::Sender<bool>,
    uploading: tokio::task::JoinHandle<()>,
}

impl Device {
    fn start(root: &Path, service: &Service) -> Self {
        let spool = Arc::new(open(root).0);
        let transport = Transport::new(&service.url, Patience::default()).unwrap();
        let key = SigningKey::from_bytes(&[9; 32]);
        let client = Arc::new(DeviceClient::new(transport, hardware().device_id, key));
        let keys = vec![service.pinned.clone()];
        let (first_pause, longest_pause) = (Duration::from_millis(20), Duration::from_millis(200));
        let options = UploadOptions { first_pause, longest_pause, ..UploadOptions::default() };
        let uploader = Uploader::new(Arc::clone(&spool), Arc::clone(&client), keys, options);
        let (stop, stopped) = watch::channel(false);
        let uploading = tokio::spawn(async move { uploader.run(stopped).await });
        Self { spool, client, stop, uploading }
    }

    /// Waits until the counts are these; panics when they never are.
    async fn until(&self, wanted: impl Fn(&LedgerCounts) -> bool) -> LedgerCounts {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let counts = self.spool.status().unwrap().counts;
            assert!(counts.adds_up(), "{counts:?}");
            if wanted(&counts) {
                return counts;
            }
            assert!(Instant::now() < deadline, "it stays at {counts:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn stop(self) -> Arc<Spool> {
        self.stop.send_replace(true);
        self.uploading.await.unwrap();
        self.spool
    }
}

fn files(root: &Path, folder: &str) -> usize {
    std::fs::read_dir(root.join(folder)).unwrap().count()
}

/// Files follow their record: waits until a folder holds so many captures.
async fn until_files(root: &Path, folder: &str, wanted: usize) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while files(root, folder) != wanted {
        assert!(Instant::now() < deadline, "{folder} holds {} captures, not {wanted}", files(root, folder));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_delivered_once_and_then_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::sound().await;
    let device = Device::start(dir.path(), &service);
    let spool = Arc::clone(&device.spool);
    tokio::task::spawn_blocking(move || {
        for number in 0..30_u8 {
            // Every third picture equals another: its bytes travel once.
            keep(&spool, &[number / 3; 5_000], number % 3);
        }
    })
    .await
    .unwrap();
    let counts = device.until(|counts| counts.pending == 0).await;
    assert_eq!((counts.committed, counts.dropped), (30, 0));
    until_files(dir.path(), "captures", 0).await;
    let reporter = Reporter::new(Arc::clone(&device.spool), Arc::clone(&device.client), Arc::new(Noon), "test 1");
    reporter.report().await.unwrap();
    let state = service.state.lock().unwrap();
    assert_eq!(state.commits.len(), 30);
    assert!(state.commits.values().all(|times| *times == 1));
    assert_eq!(state.chunks.len(), 10);
    assert_eq!((state.reports[0].seq, state.reports[0].counts), (30, counts));
    assert_eq!(state.reports[0].triggers["motion"].fired, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stumbles_gets_everything_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(
        1,
        Box::new(|number, path, _| match (number % 7, path) {
            (2, _) => Some(ErrorCode::Unavailable),
            (4, "/v1/offers") => Some(ErrorCode::TokenExpired),
            (5, _) if path.ends_with("/commit") => Some(ErrorCode::ChunksMissing),
            _ => None,
        }),
        Box::new(|_| None),
    )
    .await;
    let spool = open(dir.path()).0;
    for number in 0..6_u8 {
        keep(&spool, &[number; 100], 0);
    }
    drop(spool);
    let device = Device::start(dir.path(), &service);
    let counts = device.until(|counts| counts.pending == 0).await;
    assert_eq!((counts.committed, counts.dropped), (6, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_not_a_second_capture() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::sound().await;
    let spool = open(dir.path()).0;
    let kept = keep(&spool, b"picture", 0);
    drop(spool);
    // The service committed, the device never heard of it.
    service.state.lock().unwrap().commits.insert(kept.capture_id, 1);
    let device = Device::start(dir.path(), &service);
    let counts = device.until(|counts| counts.pending == 0).await;
    assert_eq!(counts.committed, 1);
    let state = service.state.lock().unwrap();
    assert_eq!(state.commits[&kept.capture_id], 1, "the receipt came with the answer to the offer");
    assert!(state.chunks.is_empty(), "and no byte travelled again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_another_key_deletes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(2, Box::new(|_, _, _| None), Box::new(|_| None)).await;
    let spool = open(dir.path()).0;
    keep(&spool, b"picture", 0);
    drop(spool);
    let device = Device::start(dir.path(), &service);
    while service.state.lock().unwrap().commits.values().sum::<u32>() < 1 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(device.stop().await.status().unwrap().counts.pending, 1);
    assert_eq!(files(dir.path(), "captures"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_will_never_take_is_given_up_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let reject = |reason| Some(OfferAnswer::Reject { reason, message: "no".into() });
    let service = Service::start(
        1,
        Box::new(|_, _, _| None),
        Box::new(move |manifest| match manifest.seq {
            1 => reject(RejectReason::Permanent),
            2 => reject(RejectReason::Conflict),
            3 => reject(RejectReason::OverBudget),
            4 => reject(RejectReason::RetryAfter { seconds: 3_600 }),
            _ => None,
        }),
    )
    .await;
    let spool = open(dir.path()).0;
    for number in 0..6_u8 {
        keep(&spool, &[number; 10], 0);
    }
    drop(spool);
    let device = Device::start(dir.path(), &service);
    let counts = device.until(|counts| counts.pending == 1 && counts.dropped == 3).await;
    assert_eq!(counts.committed, 2, "the others are not held up");
    // What is over budget is worth nothing to anyone.
    until_files(dir.path(), "quarantine", 2).await;
    let spool = device.stop().await;
    let reasons = spool.status().unwrap().dropped_by_reason;
    assert_eq!((reasons["rejected"], reasons["conflict"], reasons["over_budget"]), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_poison_manifest_does_not_hold_up_its_offer() {
    let dir = tempfile::tempdir().unwrap();
    let has_poison = |body: &[u8]| String::from_utf8_lossy(body).contains("\\\"seq\\\":2,");
    let service = Service::start(
        1,
        Box::new(move |_, path, body| (path == "/v1/offers" && has_poison(body)).then_some(ErrorCode::Malformed)),
        Box::new(|_| None),
    )
    .await;
    let spool = open(dir.path()).0;
    for number in 0..5_u8 {
        keep(&spool, &[number; 10], 0);
    }
    drop(spool);
    let device = Device::start(dir.path(), &service);
    device.until(|counts| counts.committed == 4).await;
    // Five refusals in a row, with growing pauses between them, end it.
    let counts = device.until(|counts| counts.pending == 0).await;
    assert_eq!((counts.committed, counts.dropped), (4, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_never_leave_the_device() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::sound().await;
    let spool = open(dir.path()).0;
    let [bad, _good] = [b"picture one", b"picture two"].map(|bytes| keep(&spool, bytes, 0).capture_id);
    drop(spool);
    let asset = dir.path().join("captures").join(bad.to_string()).join("asset-0");
    std::fs::write(asset, b"pictura one").unwrap();
    let device = Device::start(dir.path(), &service);
    let counts = device.until(|counts| counts.pending == 0).await;
    assert_eq!((counts.committed, counts.dropped), (1, 1));
    until_files(dir.path(), "quarantine", 1).await;
    assert_eq!(device.stop().await.status().unwrap().dropped_by_reason["damaged"], 1);
    assert!(dir.path().join("quarantine").join(bad.to_string()).is_dir());
    assert!(!service.state.lock().unwrap().commits.contains_key(&bad));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_keeps_its_data_and_is_quiet() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(
        1,
        Box::new(|_, path, _| (path == "/v1/token").then_some(ErrorCode::DeviceRevoked)),
        Box::new(|_| None),
    )
    .await;
    let spool = open(dir.path()).0;
    keep(&spool, b"picture", 0);
    drop(spool);
    let device = Device::start(dir.path(), &service);
    while service.state.lock().unwrap().requests.len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(service.state.lock().unwrap().requests.len(), 2, "one challenge, one token, then silence");
    assert_eq!(device.stop().await.status().unwrap().counts.pending, 1);
    assert_eq!(files(dir.path(), "captures"), 1);
}
