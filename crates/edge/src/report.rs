//! The device's report: the ledger at a watermark and the state of the spool, as often as the service wants it.

use std::{sync::Arc, time::Duration};

use muster_client::{Backoff, DeviceClient};
use muster_domain::time::Clock;
use muster_protocol::report::{DeviceReport, ReportResponse};
use rand::RngExt;
use tokio::sync::watch;

use crate::{EdgeError, Spool, upload::blocking};

/// The least pause between two reports, whatever the service says.
const SHORTEST_PAUSE: Duration = Duration::from_secs(5);

/// Sends reports.
pub struct Reporter {
    spool: Arc<Spool>,
    client: Arc<DeviceClient>,
    clock: Arc<dyn Clock>,
    agent_version: String,
}

impl Reporter {
    /// A reporter over a spool.
    pub fn new(spool: Arc<Spool>, client: Arc<DeviceClient>, clock: Arc<dyn Clock>, agent_version: &str) -> Self {
        Self { spool, client, clock, agent_version: agent_version.into() }
    }

    /// Reports until `stop` turns true.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.report_for_ever() => {}
            _ = stop.wait_for(|stopping| *stopping) => {}
        }
    }

    /// Sends one report.
    pub async fn report(&self) -> Result<ReportResponse, EdgeError> {
        let spool = Arc::clone(&self.spool);
        let status = blocking(move || spool.status()).await?;
        let now = self.clock.now();
        let waiting_micros = status.oldest_pending_at.map_or(0, |fired_at| now.0.saturating_sub(fired_at.0));
        let report = DeviceReport {
            epoch: status.epoch,
            seq: status.seq,
            counts: status.counts,
            dropped_by_reason: status
                .dropped_by_reason
                .into_iter()
                .map(|(reason, count)| (reason.to_owned(), count))
                .collect(),
            triggers: status.triggers,
            spool_bytes: status.spool_bytes,
            free_bytes: status.free_bytes,
            oldest_pending_s: u64::try_from(waiting_micros / 1_000_000).unwrap_or_default(),
            device_time_micros: now,
            agent_version: self.agent_version.clone(),
        };
        Ok(self.client.report(&report).await?)
    }

    async fn report_for_ever(&self) {
        let mut backoff = Backoff::edge();
        loop {
            let pause = match self.report().await {
                Ok(answer) => {
                    backoff.succeeded();
                    let wanted = Duration::from_secs(answer.report_after_s.into()).max(SHORTEST_PAUSE);
                    // A tenth of jitter keeps a fleet that started together from reporting together.
                    wanted.mul_f64(rand::rng().random_range(0.9..1.1))
                }
                Err(error) => {
                    tracing::warn!(%error, "the report did not arrive");
                    let named = match &error {
                        EdgeError::Service(error) => error.retry_after(),
                        _ => None,
                    };
                    backoff.failed(named, &mut rand::rng()).max(SHORTEST_PAUSE)
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
}
