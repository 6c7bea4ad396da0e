//! How fast the library takes rows: what a service delivers, and a tag on many captures.
//!
//! Usage: `rates [CAPTURES] [BATCH] [SIGNALS] [PROPOSALS] [FOLDER]`. Seconds of processor time come from `/proc/self/stat`.

use std::{collections::BTreeMap, path::PathBuf, time::Instant};

use muster_domain::{
    capture::{Asset, Capture, CaptureSource, MediaPlace, TriggerHit},
    digest::Digest,
    field::FieldValue,
    geometry::BoundingBox,
    id::{CaptureId, DeviceId, OperationId, ServiceId},
    time::UtcMicros,
};
use muster_store::{
    Library,
    capture::SyncedCapture,
    delivery::{Delivery, SyncedProposal},
    mark::Act,
    service::ServiceDraft,
};
use uuid::Uuid;

const FIRST_MICROS: u64 = 1_787_184_000_000_000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (captures, batch, signals, proposals) = (number(100_000), number(2_000), number(40), number(5));
    let folder = tempfile::tempdir().expect("a folder");
    let root = arguments.next().map_or_else(|| folder.path().to_owned(), PathBuf::from);
    let library = Library::create(&root).await.expect("a library");
    let service = ServiceDraft {
        service_id: ServiceId(Uuid::from_u128(1)),
        url: "http://127.0.0.1:1".into(),
        name: "bench".into(),
        token_file: None,
    };
    let service_id = library.add_service(&service).await.expect("a service").service_id;
    let first = library.first_start("Ada", "Carts").await.expect("a project");
    let (person_id, project_id) = (first.person.person_id, first.project.project_id);
    let mut spent = std::time::Duration::ZERO;
    let mut cpu = 0.0;
    for first in (0..captures).step_by(batch) {
        let rows: Vec<SyncedCapture> =
            (first..captures.min(first + batch)).map(|number| synced(number as u64, signals, proposals)).collect();
        let (started, before) = (Instant::now(), cpu_s());
        let project_id = (proposals > 0).then_some(project_id);
        let delivery = Delivery { service_id, project_id, captures: &rows, unread: &[], cursor: Some("cursor") };
        library.deliver(&delivery).await.expect("rows");
        spent += started.elapsed();
        cpu += cpu_s() - before;
    }
    let rate = captures as f64 / spent.as_secs_f64();
    println!(
        "{captures} captures, {signals} signals and {proposals} proposals each, {batch} a transaction: \
         {rate:.0} captures/s, {:.1} µs of processor each",
        cpu / captures as f64 * 1e6
    );
    let rows = library.row_keys(0, captures.min(100_000) as u32).await.expect("keys");
    let act = Act { operation_id: OperationId(Uuid::new_v4()), project_id, person_id, title: "Tag".into() };
    let (started, before) = (Instant::now(), cpu_s());
    let marked = library.tag_rows(&act, &rows, "bench", true).await.expect("tags");
    let (took, cpu) = (started.elapsed().as_secs_f64(), cpu_s() - before);
    println!("tag {} captures: {took:.2} s, {cpu:.2} s of processor", marked.changed);
    let (started, before) = (Instant::now(), cpu_s());
    library.undo(project_id, person_id).await.expect("an undo");
    let (took, cpu) = (started.elapsed().as_secs_f64(), cpu_s() - before);
    println!("take it back: {took:.2} s, {cpu:.2} s of processor");
    let started = Instant::now();
    library.class_counts(project_id).await.expect("counts");
    library.unmapped_classes(project_id).await.expect("counts");
    library.captures_of_service(service_id).await.expect("a count");
    println!("class, unmapped and service counts: {:.2} ms", started.elapsed().as_secs_f64() * 1e3);
    library.close().await;
    let bytes = std::fs::metadata(root.join("library.db")).map_or(0, |file| file.len());
    println!("{} bytes a capture in the database", bytes / captures as u64);
}

/// User and system seconds of this process so far.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field =
        |n: usize| after_name.split_whitespace().nth(n).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (field(11) + field(12)) / 100.0
}

/// `SplitMix64` (Steele, Lea and Flood 2014).
fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn synced(number: u64, signals: usize, proposals: usize) -> SyncedCapture {
    let random = mixed(number);
    let device = random % 1_500;
    let captured = FIRST_MICROS + number * 7_776_000 + random % 60_000_000;
    // A version 7 id: 48 bits of milliseconds, then random bits.
    let high = (captured / 1_000) << 16 | 0x7000 | (random & 0xfff);
    let id = Uuid::from_u64_pair(high, 0x8000_0000_0000_0000 | (mixed(random) >> 2));
    let digest = Digest::of(&number.to_le_bytes());
    let signals: BTreeMap<String, FieldValue> = (0..signals)
        .map(|n| (format!("signal_{n}"), FieldValue::Number(n as f64 * 0.25 + number as f64 / 3.0)))
        .collect();
    let manifest = serde_json::json!({
        "capture_id": id, "site": format!("site-{:02}", device % 40), "signals": signals, "boot_id": "bench",
        "trigger": { "name": "motion_in_zone", "version": 1, "expression": "motion > 0.02", "values": { "motion": 0.06 } },
        "assets": [{ "name": "cam0.jpg", "stream": "cam0", "blake3": digest, "chunks": [{ "blake3": digest, "bytes": 17_000 }] }],
    });
    let manifest = manifest.to_string();
    let root_hash = Digest::of(manifest.as_bytes());
    let capture = Capture {
        capture_id: CaptureId(id),
        source: CaptureSource::Device {
            device_id: DeviceId(Uuid::from_u128(0xde1_0000 + u128::from(device))),
            device: format!("cart-{device:04}"),
            site: format!("site-{:02}", device % 40),
        },
        captured_at: UtcMicros(captured as i64),
        uncertainty_micros: 1_500,
        received_at: UtcMicros(captured as i64 + 1_000_000),
        trigger: Some(TriggerHit {
            name: "motion_in_zone".into(),
            version: 1,
            expression: "motion > 0.02".into(),
            values: BTreeMap::from([("motion".to_owned(), FieldValue::Number(0.06))]),
        }),
        signals,
        assets: vec![Asset {
            name: "cam0.jpg".into(),
            stream: "cam0".into(),
            media_type: "image/jpeg".into(),
            bytes: 17_000,
            digest,
            width_px: Some(600),
            height_px: Some(479),
            duration_micros: None,
            place: MediaPlace::Stored,
        }],
    };
    let proposals = (0..proposals as u64)
        .map(|n| SyncedProposal {
            asset: "cam0.jpg".into(),
            model: "ssd-mobilenet@1".into(),
            class: format!("class {}", mixed(random + n) % 80),
            confidence: (mixed(random ^ n) % 10_000) as f64 / 1e4,
            bounds: BoundingBox { x: n as f64 * 10.0, y: 20.5, width: 100.25, height: 80.0 },
        })
        .collect();
    let receipt = format!(
        "{{\"body\":\"{{\\\"capture_id\\\":\\\"{id}\\\",\\\"root_hash\\\":\\\"{root_hash}\\\",\\\"committed_at_micros\\\":{captured}}}\",\"signature\":\"{root_hash}{root_hash}\"}}"
    );
    SyncedCapture { capture, version: 1, manifest, root_hash, receipt, proposals }
}
