//! Offer, and the commit that follows.

use muster_domain::{digest::Digest, id::CaptureId};
use serde::{Deserialize, Serialize};

use crate::receipt::Receipt;

/// The most manifests in one offer.
pub const MAX_OFFERS: usize = 256;

/// `POST /v1/offers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferRequest {
    /// The exact manifests, each as text.
    pub manifests: Vec<String>,
}

/// The answer to [`OfferRequest`], in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferResponse {
    /// One answer a manifest.
    pub answers: Vec<OfferAnswer>,
}

/// What the service says to one manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum OfferAnswer {
    /// Committed before: here is the receipt (again).
    Have {
        /// The receipt.
        receipt: Receipt,
    },
    /// Send these chunks, then commit; possibly none.
    Need {
        /// The digests of the missing chunks.
        chunks: Vec<Digest>,
    },
    /// Not taken.
    Reject {
        /// Why.
        reason: RejectReason,
        /// What a person reads.
        message: String,
    },
}

/// Why an offer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RejectReason {
    /// Never: the device quarantines it and counts it as dropped with this reason.
    Permanent,
    /// The same id is committed with another manifest: the device quarantines it.
    Conflict,
    /// Not now.
    RetryAfter {
        /// Seconds to wait.
        seconds: u32,
    },
    /// The fleet has enough examples of this trigger: the device may drop it.
    OverBudget,
}

/// `POST /v1/captures/{id}/commit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRequest {
    /// The capture.
    pub capture_id: CaptureId,
    /// The exact manifest, as offered.
    pub manifest: String,
}

/// The answer to [`CommitRequest`]; repeating a commit gives the same receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitResponse {
    /// The proof that the capture is durable at the service.
    pub receipt: Receipt,
}
