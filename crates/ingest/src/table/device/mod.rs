//! The devices that have enrolled.

pub mod sqlite;

use muster_domain::{id::DeviceId, time::UtcMicros};

/// A device asks to be enrolled.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// The id that it gets when its key is new.
    pub device_id: DeviceId,
    /// The hash of its enrolment token.
    pub token_hash: [u8; 32],
    /// Its public key, base64.
    pub public_key: String,
    /// The name that people see.
    pub name: String,
    /// Where it stands.
    pub site: String,
    /// The agent's version.
    pub agent_version: String,
    /// When it asked.
    pub now: UtcMicros,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolment {
    /// This is its id; the same key has the same id.
    Enrolled(DeviceId),
    /// The token is unknown, used up, expired, revoked, or of another site.
    Refused,
    /// The device was revoked.
    Revoked,
}

/// An enrolled device.
#[derive(Debug, Clone)]
pub struct DeviceRow {
    /// Its row.
    pub device_key: i64,
    /// Its id.
    pub device_id: DeviceId,
    /// Its public key, base64.
    pub public_key: String,
    /// The name that people see.
    pub name: String,
    /// When it was revoked.
    pub revoked_at: Option<UtcMicros>,
    /// Service time minus device time at its last report.
    pub clock_offset_micros: Option<i64>,
}
