//! The last report of each device, and the service's check of its ledger.

pub mod sqlite;

use muster_domain::time::UtcMicros;
use muster_protocol::report::DeviceReport;

/// A report as it arrived.
#[derive(Debug, Clone)]
pub struct NewReport {
    /// From whom.
    pub device_key: i64,
    /// When.
    pub received_at: UtcMicros,
    /// What it says.
    pub report: DeviceReport,
}
