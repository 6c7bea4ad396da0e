//! The agent at work: sources, spool, uploader and reporter, from start to a graceful end.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use muster_domain::time::{Clock, WallClock};
use muster_edge::{EdgeError, Hardware, Limits, Reporter, Spool, UploadOptions, Uploader, client::DeviceClient};
use muster_trigger::TriggerSet;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
    time::Instant,
};
use uuid::Uuid;

use crate::{
    config::{Config, Source},
    enrol::{AGENT_VERSION, Enrolled, enrol},
    source::{Eye, folder, replay},
};

/// The longest that a stopping agent waits for its last report.
const LAST_REPORT: Duration = Duration::from_secs(5);

/// Runs until SIGTERM or SIGINT, or until the sources end where the configuration says so.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let (stopper, stop) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let work = work(&config, stop);
    tokio::pin!(work);
    tokio::select! {
        outcome = &mut work => return outcome,
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: what waits in the spool is uploaded at the next start");
    stopper.send_replace(true);
    work.await
}

async fn work(config: &Config, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut stopping = stop.clone();
    let enrolled = tokio::select! {
        enrolled = enrol(config) => enrolled?,
        _ = stopping.wait_for(|stopping| *stopping) => return Ok(()),
    };
    let spool = open_spool(config).await?;
    let Enrolled { identity, enrolment, transport } = enrolled;
    let client = Arc::new(DeviceClient::new(transport, enrolment.device_id, identity.key));
    let options = UploadOptions { parallel: config.limits.parallel_uploads, ..UploadOptions::default() };
    let uploader = Uploader::new(Arc::clone(&spool), Arc::clone(&client), enrolment.keys, options);
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let reporter = Arc::new(Reporter::new(Arc::clone(&spool), client, clock, AGENT_VERSION));

    // The uploader outlives the sources: what they captured last is still to be delivered.
    let (drained, until_drained) = watch::channel(false);
    let uploading = tokio::spawn(async move { uploader.run(until_drained).await });
    let reporting = {
        let (reporter, stop) = (Arc::clone(&reporter), drained.subscribe());
        tokio::spawn(async move { reporter.run(stop).await })
    };
    let hardware = Arc::new(Hardware {
        device_id: enrolment.device_id,
        site: enrolment.site,
        boot_id: boot_id(),
        agent_version: AGENT_VERSION.into(),
    });
    let outcome = watch_sources(config, &spool, &hardware, stop.clone()).await;
    if config.exit_when_done && outcome.is_ok() {
        drain(&spool, Duration::from_secs_f64(config.drain_timeout_s), stop.clone()).await;
    }
    drained.send_replace(true);
    uploading.await.context("the uploader ended early")?;
    reporting.await.context("the reporter ended early")?;
    match tokio::time::timeout(LAST_REPORT, reporter.report()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last report did not arrive"),
        Err(_) => tracing::warn!("the last report did not arrive in time"),
    }
    if let Some(failure) = outcome? {
        return Err(failure);
    }
    if config.exit_when_done {
        let counts = tokio::task::spawn_blocking(move || spool.status()).await??.counts;
        println!("{}", serde_json::to_string(&counts)?);
    }
    Ok(())
}

async fn open_spool(config: &Config) -> anyhow::Result<Arc<Spool>> {
    let (dir, limits) = (config.spool_dir.clone(), config.limits);
    let limits = Limits { max_bytes: limits.spool_bytes, min_free_bytes: limits.free_bytes };
    let (spool, recovery) =
        tokio::task::spawn_blocking(move || Spool::open(&dir, limits, Arc::new(WallClock))).await??;
    tracing::info!(?recovery, pending = spool.pending_count(), "the spool is open");
    Ok(Arc::new(spool))
}

/// Runs every source; returns when all have ended or when the agent stops, with the first source's failure where the
/// agent ends with its sources. A source that fails leaves the others and the delivery alone; only a ledger in which
/// nothing can be counted any more is an error.
async fn watch_sources(
    config: &Config,
    spool: &Arc<Spool>,
    hardware: &Arc<Hardware>,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<Option<anyhow::Error>> {
    let mut sources = JoinSet::new();
    for source in config.sources.clone() {
        let seed = rand::random();
        let triggers = TriggerSet::new(config.triggers.clone(), seed)?;
        tracing::info!(stream = source.stream(), seed, "a source starts");
        let eye = Eye::new(source.stream(), triggers, Arc::clone(spool), Arc::clone(hardware));
        let state_dir = config.spool_dir.join("sources");
        sources.spawn(async move {
            let stream = source.stream().to_owned();
            let outcome = match source {
                Source::Replay(source) => replay::run(&source, eye).await,
                Source::Folder(source) => folder::run(&source, eye, &state_dir).await,
            };
            outcome.with_context(|| format!("source {stream:?} failed"))
        });
    }
    let all = async {
        let mut failure = None;
        while let Some(ended) = sources.join_next().await {
            let Err(error) = ended.context("a source ended early").flatten() else { continue };
            if is_ledger_poisoned(&error) {
                return Err(error);
            }
            tracing::error!(
                error = format!("{error:#}"),
                "a source has ended; what else is captured is still delivered"
            );
            failure.get_or_insert(error);
        }
        Ok(failure)
    };
    let ended = tokio::select! {
        outcome = all => outcome,
        _ = stop.wait_for(|stopping| *stopping) => return Ok(None),
    };
    let failure = ended?;
    if !config.exit_when_done {
        tracing::info!("every source has ended; the agent goes on delivering until it is stopped");
        // An error here says that nobody can stop the agent any more, which is as good as being stopped.
        let _ = stop.wait_for(|stopping| *stopping).await;
        return Ok(None);
    }
    Ok(failure)
}

/// Whether nothing can be counted any more until the agent starts anew.
pub fn is_ledger_poisoned(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(EdgeError::LedgerPoisoned { .. }))
}

/// Waits until nothing is pending, until the deadline, or until the agent stops.
async fn drain(spool: &Spool, timeout: Duration, stop: watch::Receiver<bool>) {
    let deadline = Instant::now() + timeout;
    while spool.pending_count() > 0 && Instant::now() < deadline && !*stop.borrow() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let pending = spool.pending_count();
    if pending > 0 {
        tracing::warn!(pending, "the queue did not empty in time; the rest waits for the next start");
    }
}

/// The kernel's boot id; where there is none, every start counts as a boot.
fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_or_else(|_| Uuid::new_v4().to_string(), |text| text.trim().to_owned())
}
