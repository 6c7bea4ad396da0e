//! The device's report: health and the ledger at a watermark.

use std::collections::BTreeMap;

use muster_domain::{ledger::LedgerCounts, time::UtcMicros};
use serde::{Deserialize, Serialize};

/// `POST /v1/device/report`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// The ledger's epoch.
    pub epoch: u32,
    /// The highest sequence number that the counts cover.
    pub seq: u64,
    /// Counts at the watermark.
    pub counts: LedgerCounts,
    /// Captures given up, by reason.
    #[serde(default)]
    pub dropped_by_reason: BTreeMap<String, u64>,
    /// Hits and suppressed hits by trigger.
    #[serde(default)]
    pub triggers: BTreeMap<String, TriggerCounts>,
    /// Bytes in the spool.
    pub spool_bytes: u64,
    /// Free bytes on the spool's file system.
    pub free_bytes: u64,
    /// Age of the oldest pending capture, seconds.
    pub oldest_pending_s: u64,
    /// The device's wall clock when it sent the report.
    pub device_time_micros: UtcMicros,
    /// The agent's version.
    pub agent_version: String,
}

/// Counts of one trigger since the epoch began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TriggerCounts {
    /// Times that it fired.
    pub fired: u64,
    /// Times that cooldown or sampling held it back.
    pub suppressed: u64,
}

/// The answer to [`DeviceReport`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportResponse {
    /// When the service answered.
    pub server_time_micros: UtcMicros,
    /// Seconds until the next report is welcome; the device adds jitter.
    pub report_after_s: u32,
}
