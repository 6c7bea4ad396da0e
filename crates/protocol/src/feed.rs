//! The change feed and the snapshot that desktops sync from.

use muster_domain::{
    digest::Digest,
    id::{CaptureId, DeviceId},
    time::UtcMicros,
};
use serde::{Deserialize, Serialize};

/// The longest long poll, seconds.
pub const MAX_WAIT_S: u32 = 55;
/// The most events in one answer.
pub const MAX_EVENTS: usize = 1_000;

/// The media type of the snapshot: the first line is a [`SnapshotHead`], each further one a [`CaptureRecord`].
pub const NDJSON: &str = "application/x-ndjson";

/// Which captures a desktop wants: the parameter `wanted` of the feed and of the snapshot, as JSON. An empty list means
/// all. A capture that was revised comes in any case, because the desktop may have it from before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Names of sites.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// Names of devices.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<String>,
    /// Captured at this moment or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_micros: Option<UtcMicros>,
    /// Captured before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_micros: Option<UtcMicros>,
}

impl Wanted {
    /// True when nothing is left out.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// True when a capture of this site, device and moment is wanted.
    pub fn matches(&self, site: &str, device: &str, captured_at: UtcMicros) -> bool {
        let named = |names: &[String], name: &str| names.is_empty() || names.iter().any(|known| known == name);
        named(&self.sites, site)
            && named(&self.devices, device)
            && self.from_micros.is_none_or(|from| captured_at >= from)
            && self.until_micros.is_none_or(|until| captured_at < until)
    }
}

/// `GET /v1/changes?cursor=…&wait=…&wanted=…`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangesResponse {
    /// Opaque: feed epoch, shard and position. Ask with it next time.
    pub cursor: String,
    /// In order; possibly none after a long poll.
    pub events: Vec<FeedEvent>,
    /// True when there is more at once.
    pub more: bool,
}

/// One change. Events carry the full row; they arrive at least once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum FeedEvent {
    /// A capture was committed, or its row was revised.
    Capture {
        /// The full row.
        capture: Box<CaptureRecord>,
    },
    /// A capture's data was erased; purge it.
    Erased {
        /// Which.
        capture_id: CaptureId,
        /// Why.
        reason: String,
    },
}

/// A committed capture as the service knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaptureRecord {
    /// Its id.
    pub capture_id: CaptureId,
    /// The device.
    pub device_id: DeviceId,
    /// The device's name.
    pub device: String,
    /// The site that it stood at.
    pub site: String,
    /// Grows with each revision.
    pub version: u32,
    /// The service's estimate of when it was captured.
    pub captured_at_micros: UtcMicros,
    /// The uncertainty of that estimate.
    pub uncertainty_micros: i64,
    /// When the first offer arrived.
    pub offered_at_micros: UtcMicros,
    /// When it was committed.
    pub committed_at_micros: UtcMicros,
    /// The hash of the manifest.
    pub root_hash: Digest,
    /// The exact manifest.
    pub manifest: String,
    /// The text of the receipt.
    pub receipt: crate::receipt::Receipt,
}

/// The first line of `GET /v1/snapshot`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotHead {
    /// Where the feed goes on after the snapshot.
    pub cursor: String,
    /// How many captures follow.
    pub captures: u64,
}
