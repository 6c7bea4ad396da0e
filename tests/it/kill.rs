//! Three agents, one service, `kill -9` in the middle of uploads; then nothing is lost, nothing is twice, and the
//! library equals the service.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use muster_client::{DesktopClient, Patience, Transport};
use muster_domain::{digest::Digest, id::CaptureId};
use muster_protocol::{
    feed::{CaptureRecord, Wanted},
    manifest::Manifest,
};
use muster_tests::{Running, binary, last_phase, repository, run, tail};
use rand::{RngExt, SeedableRng, rngs::StdRng};

const AGENTS: [&str; 3] = ["cart-1", "cart-2", "cart-3"];
const KILLS: usize = 10;
const LEAST_PHASES: usize = 4;

pub(crate) struct Scenario {
    home: PathBuf,
    pub address: String,
    service: Running,
    pub agents: Vec<Running>,
}

impl Scenario {
    pub fn start(home: &Path) -> Result<Self> {
        let mut service = start_service(home, "127.0.0.1:0")?;
        let line = service.first_line()?;
        let address = line.rsplit(['/', ' ']).next().context("the first line ends with the address")?.to_owned();
        let token = run(
            &binary("muster-ingest")?,
            &["token", "create", "--data", &data(home), "--role", "device", "--uses", "3"],
        )?;
        fs::write(home.join("device.token"), token)?;
        let mut agents = Vec::new();
        for (ordinal, name) in AGENTS.iter().enumerate() {
            configure(home, name, ordinal, &address)?;
            agents.push(start_agent(home, name)?);
        }
        Ok(Self { home: home.to_path_buf(), address, service, agents })
    }

    /// Kills one process at this moment, says in which phase, and starts it again.
    fn strike(&mut self, rng: &mut StdRng) -> Result<Option<String>> {
        let victim = rng.random_range(0..=AGENTS.len());
        if victim == AGENTS.len() {
            let phase = struck(&mut self.service)?;
            self.service = start_service(&self.home, &self.address)?;
            self.service.first_line()?;
            return Ok(phase.map(|phase| format!("service:{phase}")));
        }
        if !self.agents[victim].is_running()? {
            return Ok(None);
        }
        let phase = struck(&mut self.agents[victim])?;
        self.agents[victim] = start_agent(&self.home, AGENTS[victim])?;
        Ok(phase.map(|phase| format!("agent:{phase}")))
    }
}

fn struck(process: &mut Running) -> Result<Option<String>> {
    process.kill()?;
    Ok(last_phase(&process.log, 0))
}

pub(crate) fn data(home: &Path) -> String {
    home.join("ingest").display().to_string()
}

fn start_service(home: &Path, address: &str) -> Result<Running> {
    let arguments = ["serve", "--data", &data(home), "--listen", address];
    Running::start(&binary("muster-ingest")?, &arguments, &home.join("ingest.log"), Stdio::piped())
}

fn start_agent(home: &Path, name: &str) -> Result<Running> {
    let config = home.join(name).join("edge.toml").display().to_string();
    Running::start(
        &binary("muster-edge")?,
        &["run", "--config", &config],
        &home.join(format!("{name}.log")),
        Stdio::piped(),
    )
}

fn configure(home: &Path, name: &str, ordinal: usize, address: &str) -> Result<()> {
    let folder = home.join(name);
    fs::create_dir_all(&folder)?;
    let footage = repository().join("assets/demo").join(["lab", "store", "field"][ordinal]);
    let config = format!(
        r#"service = "http://{address}"
device = "{name}"
site = "site-{ordinal}"
enrolment_token_file = "{token}"
spool_dir = "{spool}"
exit_when_done = true
drain_timeout_s = 120

[[source]]
kind = "replay"
stream = "cam0"
path = "{footage}"
photo_interval_s = 60.0
speed = 600.0
repeat = 12
start = "2026-11-16T07:00:00Z"

[[trigger]]
name = "new_scene"
version = 1
when = "motion > 0.0"
mode = "level"
cooldown_s = 0.0
"#,
        token = home.join("device.token").display(),
        spool = folder.join("spool").display(),
        footage = footage.display(),
    );
    Ok(fs::write(folder.join("edge.toml"), config)?)
}

#[test]
fn nothing_is_lost_when_processes_are_killed_in_the_middle_of_uploads() -> Result<()> {
    let home = tempfile::tempdir()?;
    let seed = std::env::var("MUSTER_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("seed {seed} (MUSTER_SEED repeats the choice of moments and victims)");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut scenario = Scenario::start(home.path())?;

    let mut phases = BTreeSet::new();
    let mut kills = 0;
    let deadline = Instant::now() + Duration::from_mins(1);
    while (kills < KILLS || phases.len() < LEAST_PHASES) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(rng.random_range(40..400)));
        if let Some(phase) = scenario.strike(&mut rng)? {
            kills += 1;
            println!("kill {kills}: {phase}");
            phases.insert(phase);
        }
    }
    ensure!(kills >= KILLS, "only {kills} kills struck a running process: give the agents more to do");
    ensure!(phases.len() >= LEAST_PHASES, "only these phases were struck: {phases:?}");

    let mut committed = 0;
    for (agent, name) in scenario.agents.iter_mut().zip(AGENTS) {
        let counts: serde_json::Value =
            serde_json::from_str(&agent.finish()?).context("the agent prints its counts")?;
        println!("{name}: {counts}");
        let count = |field: &str| counts[field].as_u64().with_context(|| format!("{name} counts {field}"));
        ensure!(count("pending")? == 0, "{name} still holds captures: {counts}");
        ensure!(count("dropped")? == 0, "{name} dropped captures: {counts}");
        ensure!(count("fired")? == count("committed")?, "{name}: the ledger does not add up: {counts}");
        committed += count("committed")?;
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let records = runtime.block_on(check_service(&scenario, committed))?;
    check_library(&scenario, &records)
}

/// Every fired capture is there once, its numbers are gapless, and its bytes have their digests.
async fn check_service(scenario: &Scenario, committed: u64) -> Result<BTreeMap<CaptureId, CaptureRecord>> {
    let token =
        run(&binary("muster-ingest")?, &["token", "create", "--data", &data(&scenario.home), "--role", "annotator"])?;
    fs::write(scenario.home.join("person.token"), &token)?;
    let transport = Transport::new(&format!("http://{}", scenario.address), Patience::default())?;
    let client = DesktopClient::new(transport, token.trim());
    let mut snapshot = client.snapshot(&Wanted::default()).await?;
    let mut records = BTreeMap::new();
    while let Some(lines) = snapshot.lines().await? {
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let record: CaptureRecord = serde_json::from_slice(line)?;
            ensure!(records.insert(record.capture_id, record).is_none(), "a capture is twice in the snapshot");
        }
    }
    ensure!(records.len() as u64 == committed, "{} captures at the service, {committed} committed", records.len());

    let mut numbers: BTreeMap<(String, u32), BTreeSet<u64>> = BTreeMap::new();
    for record in records.values() {
        let manifest = Manifest::parse(record.manifest.as_bytes())?;
        ensure!(Manifest::root_hash(record.manifest.as_bytes()) == record.root_hash, "a manifest lost bytes");
        ensure!(
            numbers.entry((record.device.clone(), manifest.epoch)).or_default().insert(manifest.seq),
            "a number is twice"
        );
        for asset in &manifest.assets {
            let mut bytes = Vec::new();
            client.blob(&asset.blake3, asset.bytes, &mut bytes).await?;
            ensure!(Digest::of(&bytes) == asset.blake3, "blob {} is damaged", asset.blake3);
        }
    }
    for ((device, epoch), numbers) in numbers {
        let last = numbers.last().copied().unwrap_or_default();
        ensure!(numbers.len() as u64 == last, "{device} epoch {epoch}: {} captures up to number {last}", numbers.len());
    }
    Ok(records)
}

/// The library holds the same captures, no more and no fewer.
fn check_library(scenario: &Scenario, records: &BTreeMap<CaptureId, CaptureRecord>) -> Result<()> {
    let muster = binary("muster")?;
    let library = scenario.home.join("library").display().to_string();
    let url = format!("http://{}", scenario.address);
    let token = scenario.home.join("person.token").display().to_string();
    run(&muster, &["--library", &library, "init"])?;
    run(&muster, &["--library", &library, "sync", &url, "--token-file", &token])?;
    let listing = run(&muster, &["--library", &library, "--json", "search", "", "--limit", "1000000"])?;
    let found: serde_json::Value = serde_json::from_str(&listing)?;
    let captures = found["captures"].as_array().context("a search lists captures")?;
    let id_of =
        |capture: &serde_json::Value| Ok(capture["captureId"].as_str().context("a capture has an id")?.parse()?);
    let ids: BTreeSet<CaptureId> = captures.iter().map(id_of).collect::<Result<_>>()?;
    ensure!(found["total"].as_u64() == Some(ids.len() as u64), "the search counts {} captures", found["total"]);
    let service: BTreeSet<CaptureId> = records.keys().copied().collect();
    ensure!(
        ids == service,
        "library {} captures, service {}; {}",
        ids.len(),
        service.len(),
        tail(&scenario.service.log)
    );
    Ok(())
}
