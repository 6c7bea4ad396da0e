//! `GET /v1/devices`: what a desktop sees of the fleet.

use muster_domain::{id::DeviceId, time::UtcMicros};
use serde::{Deserialize, Serialize};

use crate::report::DeviceReport;

/// `GET /v1/devices`, by site and name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceList {
    /// Every enrolled device, revoked ones too.
    pub devices: Vec<DeviceState>,
}

/// One device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceState {
    /// Its id.
    pub device_id: DeviceId,
    /// The name that people see.
    pub device: String,
    /// Where it stands.
    pub site: String,
    /// The agent's version at enrolment.
    pub agent_version: String,
    /// When it enrolled.
    pub enrolled_at_micros: UtcMicros,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at_micros: Option<UtcMicros>,
    /// Captures that the service holds of it.
    pub captures: u64,
    /// When the newest of them was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_committed_at_micros: Option<UtcMicros>,
    /// Its last report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_report: Option<LastReport>,
}

/// A report with what the service makes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastReport {
    /// When it arrived.
    pub received_at_micros: UtcMicros,
    /// Service time minus device time; network delay included.
    pub clock_offset_micros: i64,
    /// fired = committed + dropped + pending, and the service holds what the device counts as committed.
    pub ledger_agrees: bool,
    /// What the device said.
    pub report: DeviceReport,
}
