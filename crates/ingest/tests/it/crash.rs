//! SIGKILL in the middle of uploads: whatever was acknowledged is there, once, with the right digests.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use muster_domain::digest::Digest;
use muster_protocol::{
    feed::{ChangesResponse, FeedEvent},
    manifest::MAX_CHUNK_BYTES,
    offer::{CommitRequest, CommitResponse, OfferAnswer, OfferRequest, OfferResponse},
    receipt::Receipt,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::world::{Served, TestCapture, TestDevice, noise, run};

const DEVICES: u64 = 3;
const ROUNDS: u64 = 10;

/// What one device went through.
struct Spool {
    device: TestDevice,
    next_seq: u64,
    pending: Vec<TestCapture>,
    acknowledged: Vec<(TestCapture, Receipt)>,
}

impl Spool {
    fn fire(&mut self) {
        let seq = self.next_seq;
        self.next_seq += 1;
        // Now and then a video of two chunks, so that the kill also meets an assembly.
        let bytes = if seq % 10 == 5 { MAX_CHUNK_BYTES as usize + 5_000 } else { 30_000 };
        let of_this_device = noise(seq << 8 | self.device.name.len() as u64, bytes);
        // Every device has this one: they race for the same blob.
        let of_all = noise(seq, 2_000);
        self.pending.push(self.device.capture(seq, &[("own.bin", of_this_device), ("common.bin", of_all)]));
    }

    /// Fires and sends until the service is gone.
    async fn upload(&mut self) {
        loop {
            if self.pending.is_empty() {
                self.fire();
            }
            let capture = self.pending[0].clone();
            match self.send(&capture).await {
                Ok(receipt) => {
                    receipt.verify(&self.device.keys, capture.id, &capture.root_hash).unwrap();
                    self.acknowledged.push((capture, receipt));
                    self.pending.remove(0);
                }
                Err(Gone) => return,
            }
        }
    }

    async fn send(&self, capture: &TestCapture) -> Result<Receipt, Gone> {
        loop {
            let ask = OfferRequest { manifests: vec![capture.manifest.clone()] };
            let answer: OfferResponse = self.post("/v1/offers", &ask).await?.ok_or(Gone)?;
            let chunks = match answer.answers.into_iter().next() {
                Some(OfferAnswer::Have { receipt }) => return Ok(receipt),
                Some(OfferAnswer::Need { chunks }) => chunks,
                other => panic!("{other:?}"),
            };
            for digest in chunks {
                let bytes = capture.chunks.iter().find(|chunk| Digest::of(chunk) == digest).unwrap().clone();
                let path = format!("/v1/chunks/{digest}");
                let device = &self.device;
                let answer = device.wire.try_call(Method::PUT, &path, &device.bearer, &[], bytes).await;
                assert_eq!(answer.map_err(|_| Gone)?.status, StatusCode::NO_CONTENT);
            }
            let ask = CommitRequest { capture_id: capture.id, manifest: capture.manifest.clone() };
            let path = format!("/v1/captures/{}/commit", capture.id);
            // Chunks that an assembly put away are missing; then the offer comes again.
            if let Some(CommitResponse { receipt }) = self.post(&path, &ask).await? {
                return Ok(receipt);
            }
        }
    }

    /// `None` when the service asks to offer again.
    async fn post<T: DeserializeOwned>(&self, path: &str, ask: &impl Serialize) -> Result<Option<T>, Gone> {
        let body = Bytes::from(serde_json::to_vec(ask).unwrap());
        let answer = self.device.wire.try_call(Method::POST, path, &self.device.bearer, &[], body).await;
        let answer = answer.map_err(|_| Gone)?;
        if answer.status == StatusCode::CONFLICT { Ok(None) } else { Ok(Some(answer.ok())) }
    }
}

/// The connection broke.
#[derive(Debug)]
struct Gone;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_captures_survive_sigkill() {
    let dir = tempfile::tempdir().unwrap();
    let (data, log) = (dir.path().join("data"), dir.path().join("log"));
    let token = run(&["token", "create", "--role", "device", "--uses", "9"], &data);
    let api = run(&["token", "create", "--role", "annotator"], &data);
    let mut spools = Vec::new();
    {
        let served = Served::serve(&data, &log);
        for n in 1..=DEVICES {
            let device = TestDevice::enrol(&served.wire, &token, &"d".repeat(n as usize)).await;
            spools.push(Spool { device, next_seq: 1, pending: Vec::new(), acknowledged: Vec::new() });
        }
    }
    let mut phases = BTreeMap::<String, u32>::new();
    for round in 0..ROUNDS {
        let mut served = Served::serve(&data, &log);
        for spool in &mut spools {
            spool.device.wire = served.wire.clone();
        }
        let uploads = futures::future::join_all(spools.iter_mut().map(Spool::upload));
        let pause = Duration::from_millis(30 + u64::from(noise(round, 1)[0]) * 2);
        let kill = async {
            tokio::time::sleep(pause).await;
            served.kill();
        };
        tokio::join!(uploads, kill);
        *phases.entry(last_phase(&std::fs::read_to_string(&log).unwrap())).or_default() += 1;
    }
    println!("killed after: {phases:?}");

    let served = Served::serve(&data, &log);
    for spool in &mut spools {
        spool.device.wire = served.wire.clone();
        while let Some(capture) = spool.pending.pop() {
            let receipt = spool.send(&capture).await.unwrap();
            spool.acknowledged.push((capture, receipt));
        }
    }
    let held = everything(&served, &api).await;
    let acknowledged: Vec<_> = spools.iter().flat_map(|spool| &spool.acknowledged).collect();
    println!("{} captures acknowledged over {ROUNDS} kills", acknowledged.len());
    assert_eq!(held.len(), acknowledged.len(), "each once");
    for (capture, receipt) in acknowledged {
        let (manifest, held_receipt) = &held[&capture.id.to_string()];
        assert_eq!((manifest, held_receipt), (&capture.manifest, receipt));
    }
    drop(served);
    // fsck hashes every asset of every committed capture and verifies every receipt.
    let said = run(&["fsck"], &data);
    assert!(said.lines().last().unwrap().starts_with("sound: 0 damaged"), "{said}");
    assert!(!said.contains("leftover "), "staged files are cleared at the start: {said}");
}

async fn everything(served: &Served, api: &str) -> BTreeMap<String, (String, Receipt)> {
    let mut held = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page: ChangesResponse = served.wire.get(&format!("/v1/changes?cursor={cursor}"), api).await.ok();
        for event in page.events {
            let FeedEvent::Capture { capture } = event else { panic!("nothing was erased") };
            let before = held.insert(capture.capture_id.to_string(), (capture.manifest, capture.receipt));
            assert!(before.is_none(), "a capture came twice");
        }
        if !page.more {
            return held;
        }
        cursor = page.cursor;
    }
}

fn last_phase(log: &str) -> String {
    let phase = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line.get("phase").and_then(|phase| phase.as_str()).map(str::to_owned)
    };
    log.lines().rev().find_map(phase).unwrap_or_else(|| "none".into())
}
