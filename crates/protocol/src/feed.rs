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

/// `GET /v1/changes?cursor=…&wait=…`.
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
