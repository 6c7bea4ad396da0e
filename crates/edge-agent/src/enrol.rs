//! Enrolment: at the first start, and again until it succeeded once.

use anyhow::Context;
use muster_edge::{
    EdgeError,
    client::{Backoff, Patience, Transport},
    identity::{Enrolment, Identity},
};

use crate::config::Config;

/// What the manifests and reports call this agent.
pub const AGENT_VERSION: &str = concat!("muster-edge ", env!("CARGO_PKG_VERSION"));

/// A device that is enrolled, and the way to its service.
pub struct Enrolled {
    /// Its key.
    pub identity: Identity,
    /// What the service said.
    pub enrolment: Enrolment,
    /// The way to the service.
    pub transport: Transport,
}

/// `muster-edge enrol`.
pub async fn command(config: &Config) -> anyhow::Result<()> {
    let enrolled = enrol(config).await?;
    println!("{} is device {}", enrolled.enrolment.device, enrolled.enrolment.device_id);
    Ok(())
}

/// Enrols the device unless it is enrolled. While the service cannot be reached this waits; a refusal is an error.
pub async fn enrol(config: &Config) -> anyhow::Result<Enrolled> {
    let transport = Transport::new(&config.service, Patience::default())?;
    let mut identity = Identity::open(&config.spool_dir.join("identity"))?;
    if let Some(enrolment) = identity.enrolment.clone() {
        if (&enrolment.device, &enrolment.site) != (&config.device, &config.site) {
            tracing::warn!(
                device = enrolment.device,
                site = enrolment.site,
                "the configuration names another device or site than the one that enrolled; the enrolment counts"
            );
        }
        return Ok(Enrolled { identity, enrolment, transport });
    }
    let token = config.token()?;
    let mut backoff = Backoff::edge();
    loop {
        match identity.enrol(&transport, &token, &config.device, &config.site, AGENT_VERSION).await {
            Ok(enrolment) => {
                tracing::info!(device = enrolment.device, device_id = %enrolment.device_id, "enrolled");
                return Ok(Enrolled { identity, enrolment, transport });
            }
            Err(EdgeError::Service(error)) if error.is_transient() => {
                let pause = backoff.failed(error.retry_after(), &mut rand::rng());
                tracing::warn!(%error, pause_s = pause.as_secs_f64(), "enrolment has to wait");
                tokio::time::sleep(pause).await;
            }
            Err(error) => return Err(error).context("this device could not be enrolled"),
        }
    }
}
