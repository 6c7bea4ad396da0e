//! Offers, committed captures and their assets, and the ledger of both.

pub mod sqlite;

use muster_domain::{digest::Digest, id::CaptureId, time::UtcMicros};
use muster_protocol::receipt::Receipt;

/// A capture that a device offers.
#[derive(Debug, Clone, Copy)]
pub struct NewOffer {
    /// Which.
    pub capture_id: CaptureId,
    /// By whom.
    pub device_key: i64,
    /// When the offer arrived.
    pub at: UtcMicros,
}

/// A capture whose blobs are durable, to be committed.
#[derive(Debug, Clone)]
pub struct NewCapture {
    /// Its id.
    pub capture_id: CaptureId,
    /// By whom.
    pub device_key: i64,
    /// The device's name.
    pub device: String,
    /// Where it stood.
    pub site: String,
    /// The ledger's epoch.
    pub epoch: u32,
    /// The sequence number in it.
    pub seq: u64,
    /// The service's estimate.
    pub captured_at: UtcMicros,
    /// Of that estimate.
    pub uncertainty_micros: i64,
    /// When the first offer arrived.
    pub offered_at: UtcMicros,
    /// When the service began to commit it; the receipt says the same.
    pub committed_at: UtcMicros,
    /// The hash of the manifest.
    pub root_hash: Digest,
    /// The exact manifest.
    pub manifest: String,
    /// Already signed; worth nothing before the transaction is durable.
    pub receipt: Receipt,
    /// Digest and size of each asset, in order.
    pub assets: Vec<(Digest, u64)>,
    /// What the ledger says of it.
    pub ledger_payload: String,
    /// Hides the payload behind its hash once it is erased.
    pub ledger_salt: [u8; 16],
}

/// What the database holds under a capture's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The hash of its manifest.
    pub root_hash: Digest,
    /// Its receipt.
    pub receipt: Receipt,
}

/// What came of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commit {
    /// It is a new capture.
    New(Receipt),
    /// It was committed before, with this receipt.
    Repeated(Receipt),
    /// The id holds another manifest.
    Conflict,
}
