//! How fast a library takes over what a service holds.
//!
//! Starts the real `muster-ingest`, commits synthetic captures (a manifest of about 2 KB, proposals of a model on the
//! device, and a small real JPEG each) through the protocol, then times the real `muster sync` into fresh libraries, and
//! the first search over each. Processor seconds of both sides stand apart.
//! Usage: `sync [CAPTURES] [RUNS] [PROPOSALS]`.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use ed25519_dalek::SigningKey;
use futures::{StreamExt, TryStreamExt, stream};
use muster_benches::{durations::Durations, process, synthetic::CLASSES};
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
use uuid::Uuid;

const IN_FLIGHT: usize = 16;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let captures: u64 = arguments.next().map_or(Ok(5_000), |text| text.parse())?;
    let runs: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let proposals: u32 = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let home = tempfile::tempdir()?;
    let data = home.path().join("ingest").display().to_string();
    let mut service = Service::start(&data)?;
    let token = output(&binary("muster-ingest")?, &["token", "create", "--data", &data, "--role", "device"])?;

    let started = Instant::now();
    tokio::runtime::Runtime::new()?.block_on(commit_all(&service.url, token.trim(), captures, proposals))?;
    let rate = captures as f64 / started.elapsed().as_secs_f64();
    println!("commit: {captures} captures, {rate:.0} captures/s with {IN_FLIGHT} in flight (client included)");

    let person = output(&binary("muster-ingest")?, &["token", "create", "--data", &data, "--role", "annotator"])?;
    let token_file = home.path().join("person.token");
    std::fs::write(&token_file, person)?;
    let (mut durations, mut searched) = (Durations::default(), Durations::default());
    let (mut service_cpu, mut desktop_cpu) = (0.0, 0.0);
    for run in 0..runs {
        let library = home.path().join(format!("library-{run}")).display().to_string();
        let muster = binary("muster")?;
        output(&muster, &["--library", &library, "init"])?;
        let token = token_file.display().to_string();
        let arguments = ["--library", &library, "--json", "sync", &service.url, "--token-file", &token];
        let before = (process::cpu_s(&service.child.id().to_string())?, children_cpu_s()?);
        durations.time(|| output(&muster, &arguments))?;
        service_cpu += process::cpu_s(&service.child.id().to_string())? - before.0;
        desktop_cpu += children_cpu_s()? - before.1;
        let search = ["--library", &library, "--json", "search", "class:person conf:>0.5"];
        searched.time(|| output(&muster, &search))?;
    }
    let median = captures as f64 / durations.percentile(0.5).as_secs_f64();
    println!("sync: {captures} captures, {median:.0} captures/s (median of {runs} runs)");
    let million = |cpu: f64| cpu / (captures as f64 * runs as f64) * 1e6;
    println!(
        "{proposals} proposals each; CPU seconds a million captures: service {:.0}, desktop {:.0}",
        million(service_cpu),
        million(desktop_cpu)
    );
    println!("{}", durations.row("muster sync, ms"));
    println!("{}", searched.row("muster search after it, a new process with its index to catch up, ms"));
    service.stop()
}

struct Service {
    child: Child,
    url: String,
}

impl Service {
    fn start(data: &str) -> Result<Self> {
        let mut child = Command::new(binary("muster-ingest")?)
            .args(["serve", "--data", data, "--listen", "127.0.0.1:0"])
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
        let address = line.trim().rsplit(['/', ' ']).next().context("the first line ends with the address")?.to_owned();
        Ok(Self { child, url: format!("http://{address}") })
    }

    fn stop(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

async fn commit_all(url: &str, token: &str, captures: u64, proposals: u32) -> Result<()> {
    let key = SigningKey::from_bytes(&[7; 32]);
    let request = EnrolRequest {
        token: token.to_owned(),
        public_key: PublicKey::new("device", &key.verifying_key()).public_key,
        device: "bench-cam".into(),
        site: "bench".into(),
        agent_version: env!("CARGO_PKG_VERSION").into(),
    };
    let transport = Transport::new(url, Patience::default())?;
    let device_id = DeviceClient::enrol(&transport, &request).await?.device_id;
    let client = DeviceClient::new(transport, device_id, key);
    let jpeg = std::fs::read(repository().join("assets/demo/store/smarties.jpg"))?;
    stream::iter(1..=captures)
        .map(|seq| commit(&client, device_id, seq, proposals, &jpeg))
        .buffer_unordered(IN_FLIGHT)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

async fn commit(client: &DeviceClient, device_id: DeviceId, seq: u64, proposals: u32, jpeg: &[u8]) -> Result<()> {
    // Distinct bytes behind the end-of-image marker: every capture has a blob of its own.
    let bytes = [jpeg, &seq.to_le_bytes()].concat();
    let manifest = manifest(device_id, seq, proposals, &bytes);
    let (capture_id, text) = (manifest.capture_id, serde_json::to_string(&manifest)?);
    client.offers(vec![text.clone()]).await?;
    client.put_chunk(&Digest::of(&bytes), bytes.into()).await?;
    client.commit(capture_id, text).await?;
    Ok(())
}

fn manifest(device_id: DeviceId, seq: u64, proposals: u32, bytes: &[u8]) -> Manifest {
    let moment = DeviceTime {
        wall_micros: UtcMicros(1_763_647_591_204_000 + seq as i64 * 1_000_000),
        monotonic_micros: seq as i64 * 1_000_000,
        uncertainty_micros: 40_000,
    };
    let signals =
        (0..40).map(|n| (format!("signal_{n}"), FieldValue::Number(f64::from(n) * 0.25 + seq as f64))).collect();
    let digest = Digest::of(bytes);
    let size = bytes.len() as u64;
    Manifest {
        capture_id: CaptureId(Uuid::from_u128(0x0193_6b2e_0000_7000_8000_0000_0000_0000 + u128::from(seq))),
        device_id,
        site: "bench".into(),
        epoch: 1,
        seq,
        boot_id: "bench".into(),
        trigger: TriggerHit {
            name: "motion_in_zone".into(),
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
            bytes: size,
            blake3: digest,
            chunks: vec![ManifestChunk { blake3: digest, bytes: size }],
            width_px: Some(600),
            height_px: Some(479),
            duration_micros: None,
        }],
        signals,
        proposals: (0..proposals).map(|ordinal| proposal(seq, ordinal)).collect(),
        agent_version: "0.1.0".into(),
        privacy_class: "raw".into(),
    }
}

fn proposal(seq: u64, ordinal: u32) -> DeviceProposal {
    let class = CLASSES[(seq as usize * 7 + ordinal as usize * 11) % CLASSES.len()];
    DeviceProposal {
        asset: "cam0.jpg".into(),
        model: "ssd-mobilenet@1".into(),
        class: class.into(),
        confidence: f64::from(ordinal + 1) / 8.0,
        bounds: BoundingBox { x: f64::from(ordinal) * 40.0, y: (seq % 300) as f64, width: 80.5, height: 60.25 },
    }
}

/// Processor seconds of the children of this process that have ended.
fn children_cpu_s() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = text.rsplit_once(") ").context("a name in parentheses")?;
    let ticks: Vec<u64> = fields.split_whitespace().skip(13).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() as f64 / 100.0)
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("benches/ lies in the repository").to_path_buf()
}

fn binary(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(path.exists(), "{} is missing: build the binaries in the same profile first", path.display());
    Ok(path)
}

fn output(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output()?;
    ensure!(output.status.success(), "{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
