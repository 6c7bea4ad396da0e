//! One service, one library: a part of it, then all, proposals of devices, working offline, and a session that ended.

use std::{fs, path::Path, process::Stdio};

use anyhow::{Context, Result, ensure};
use ed25519_dalek::SigningKey;
use muster_client::{DeviceClient, Patience, Transport};
use muster_domain::{
    capture::TriggerHit,
    digest::Digest,
    field::FieldValue,
    geometry::BoundingBox,
    id::{CaptureId, DeviceId},
    time::UtcMicros,
};
use muster_protocol::{
    auth::{EnrolRequest, PublicKey},
    manifest::{DeviceProposal, DeviceTime, Manifest, ManifestAsset, ManifestChunk},
};
use muster_tests::{Running, binary, repository, run};
use serde_json::Value;
use uuid::Uuid;

const SITES: [&str; 2] = ["east", "west"];
const EACH: u64 = 5;

#[test]
fn a_part_then_all_then_without_the_service() -> Result<()> {
    let home = tempfile::tempdir()?;
    let home = home.path();
    let data = home.join("ingest").display().to_string();
    let arguments = ["serve", "--data", &data, "--listen", "127.0.0.1:0"];
    let mut service = Running::start(&binary("muster-ingest")?, &arguments, &home.join("ingest.log"), Stdio::piped())?;
    let line = service.first_line()?;
    let url = format!("http://{}", line.rsplit(['/', ' ']).next().context("the first line ends with the address")?);
    let uses = SITES.len().to_string();
    let device =
        run(&binary("muster-ingest")?, &["token", "create", "--data", &data, "--role", "device", "--uses", &uses])?;
    tokio::runtime::Runtime::new()?.block_on(commit_all(&url, device.trim()))?;
    let person = run(&binary("muster-ingest")?, &["token", "create", "--data", &data, "--role", "annotator"])?;
    let token_file = home.join("person.token").display().to_string();
    fs::write(&token_file, person)?;
    let library = home.join("library");
    muster(&library, &["init"])?;

    muster(&library, &["sync", &url, "--token-file", &token_file, "--site", "east"])?;
    ensure!(total(&library, "")? == EACH, "only what is wanted came");
    ensure!(total(&library, "site:west")? == 0, "nothing of the other site came");
    ensure!(total(&library, "class:person decision:undecided")? == EACH, "proposals of devices are found");

    muster(&library, &["service", "want", &url])?;
    muster(&library, &["sync", &url])?;
    ensure!(total(&library, "")? == 2 * EACH, "then everything came");

    muster(&library, &["offline", "add", "--query", "site:west", "--name", "trip"])?;
    service.kill()?;
    let kept = muster(&library, &["offline", "list"])?;
    ensure!(kept["sets"][0]["ready"] == EACH && kept["sets"][0]["total"] == EACH, "ready offline: {kept}");
    ensure!(kept["cache"]["pinnedBytes"].as_u64() > Some(0), "and pinned: {kept}");
    let refused = muster(&library, &["sync", &url]);
    ensure!(refused.is_err(), "a service that is gone is told of");
    muster(&library, &["--yes", "tag", "add", "night", "--query", "site:west"])?;
    ensure!(total(&library, "tag:night")? == EACH, "and never blocks an edit");
    muster(&library, &["offline", "release", "trip"])?;
    ensure!(muster(&library, &["offline", "list"])?["cache"]["pinnedBytes"] == 0, "what is let go is not pinned");
    Ok(())
}

/// Runs `muster --json` and parses the last line that it prints.
fn muster(library: &Path, arguments: &[&str]) -> Result<Value> {
    let library = library.display().to_string();
    let printed = run(&binary("muster")?, &[&["--library", &library, "--json"], arguments].concat())?;
    let last = printed.lines().last().unwrap_or("null");
    serde_json::from_str(last).with_context(|| format!("{arguments:?} printed {last:?}"))
}

fn total(library: &Path, query: &str) -> Result<u64> {
    muster(library, &["search", query])?["total"].as_u64().context("a search has a total")
}

async fn commit_all(url: &str, token: &str) -> Result<()> {
    let jpeg = fs::read(repository().join("assets/demo/store/smarties.jpg"))?;
    for (ordinal, site) in (0_u64..).zip(SITES) {
        let key = SigningKey::from_bytes(&[ordinal as u8 + 1; 32]);
        let request = EnrolRequest {
            token: token.to_owned(),
            public_key: PublicKey::new("device", &key.verifying_key()).public_key,
            device: format!("cart-{site}"),
            site: site.into(),
            agent_version: env!("CARGO_PKG_VERSION").into(),
        };
        let transport = Transport::new(url, Patience::default())?;
        let device_id = DeviceClient::enrol(&transport, &request).await?.device_id;
        let client = DeviceClient::new(transport, device_id, key);
        for seq in 1..=EACH {
            let bytes = [jpeg.as_slice(), site.as_bytes(), &seq.to_le_bytes()].concat();
            let manifest = manifest(device_id, site, ordinal, seq, &bytes);
            let (capture_id, text) = (manifest.capture_id, serde_json::to_string(&manifest)?);
            client.offers(vec![text.clone()]).await?;
            client.put_chunk(&Digest::of(&bytes), bytes.into()).await?;
            client.commit(capture_id, text).await?;
        }
    }
    Ok(())
}

fn manifest(device_id: DeviceId, site: &str, ordinal: u64, seq: u64, bytes: &[u8]) -> Manifest {
    let moment = DeviceTime {
        wall_micros: UtcMicros(1_763_647_591_204_000 + seq as i64 * 1_000_000),
        monotonic_micros: seq as i64 * 1_000_000,
        uncertainty_micros: 40_000,
    };
    let (digest, length) = (Digest::of(bytes), bytes.len() as u64);
    let number = u128::from(ordinal * 1_000 + seq);
    Manifest {
        capture_id: CaptureId(Uuid::from_u128(0x0193_6b2e_0000_7000_8000_0000_0000_0000 + number)),
        device_id,
        site: site.into(),
        epoch: 1,
        seq,
        boot_id: "test".into(),
        trigger: TriggerHit {
            name: "motion".into(),
            version: 1,
            expression: "motion > 0.02".into(),
            values: [("motion".to_owned(), FieldValue::Number(0.06))].into(),
        },
        started: moment,
        ended: moment,
        assets: vec![ManifestAsset {
            name: "cam0.jpg".into(),
            stream: "cam0".into(),
            media_type: "image/jpeg".into(),
            bytes: length,
            blake3: digest,
            chunks: vec![ManifestChunk { blake3: digest, bytes: length }],
            width_px: Some(600),
            height_px: Some(479),
            duration_micros: None,
        }],
        signals: [("weight".to_owned(), FieldValue::Number(2.5))].into(),
        proposals: vec![DeviceProposal {
            asset: "cam0.jpg".into(),
            model: "ssd-mobilenet@1".into(),
            class: "person".into(),
            confidence: 0.75,
            bounds: BoundingBox { x: 10.0, y: 20.0, width: 100.0, height: 200.0 },
        }],
        agent_version: "0.1.0".into(),
        privacy_class: "raw".into(),
    }
}
