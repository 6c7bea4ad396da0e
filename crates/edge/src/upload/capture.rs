//! One capture on its way: what the service asked for, the commit, and the receipt.

use std::{sync::Arc, time::Duration};

use muster_client::{ClientError, DeviceClient};
use muster_domain::{digest::Digest, id::CaptureId};
use muster_protocol::{
    auth::PublicKey,
    error::ErrorCode,
    offer::{OfferAnswer, RejectReason},
    receipt::Receipt,
};

use super::blocking;
use crate::{EdgeError, Spool, ledger::DropReason, spool::Sealed};

/// What came of one upload.
pub(super) enum Outcome {
    /// Committed and deleted, or settled by someone else meanwhile.
    Settled,
    /// It will never be taken.
    GiveUp(DropReason),
    /// Not now; after this long where the service said so.
    Later(Option<Duration>),
    /// Something went wrong.
    Failed(EdgeError),
}

/// Does what the answer to the offer asks for.
pub(super) async fn upload(
    spool: Arc<Spool>,
    client: Arc<DeviceClient>,
    keys: Arc<[PublicKey]>,
    sealed: Sealed,
    answer: OfferAnswer,
) -> Outcome {
    let capture_id = sealed.capture_id;
    let result = match answer {
        OfferAnswer::Have { receipt } => accept(&spool, &keys, &sealed, receipt).await,
        OfferAnswer::Need { chunks } => send(&spool, &client, &keys, sealed, &chunks).await,
        OfferAnswer::Reject { reason, message } => {
            tracing::warn!(%capture_id, ?reason, message, "the service does not take a capture");
            return match reason {
                RejectReason::Permanent => Outcome::GiveUp(DropReason::Rejected),
                RejectReason::Conflict => Outcome::GiveUp(DropReason::Conflict),
                RejectReason::OverBudget => Outcome::GiveUp(DropReason::OverBudget),
                RejectReason::RetryAfter { seconds } => Outcome::Later(Some(Duration::from_secs(seconds.into()))),
            };
        }
    };
    match result {
        Ok(()) => Outcome::Settled,
        // Evicted while it was being sent: its record says so already.
        Err(_) if !spool.is_pending(capture_id) => Outcome::Settled,
        Err(error @ EdgeError::Damaged { .. }) => {
            tracing::error!(%error, "a damaged capture is given up");
            Outcome::GiveUp(DropReason::Damaged)
        }
        Err(EdgeError::Service(error)) if error.code() == Some(ErrorCode::CaptureConflict) => {
            Outcome::GiveUp(DropReason::Conflict)
        }
        // Another device's commit may have taken the chunks, or the service lost its staging: offer again.
        Err(EdgeError::Service(error)) if error.code() == Some(ErrorCode::ChunksMissing) => Outcome::Later(None),
        Err(error) => Outcome::Failed(error),
    }
}

async fn send(
    spool: &Arc<Spool>,
    client: &DeviceClient,
    keys: &[PublicKey],
    sealed: Sealed,
    needed: &[Digest],
) -> Result<(), EdgeError> {
    let capture_id = sealed.capture_id;
    let sealed = Arc::new(sealed);
    for digest in needed {
        let (reader, place, wanted) = (Arc::clone(spool), Arc::clone(&sealed), *digest);
        let Some(bytes) = blocking(move || reader.chunk(&place, &wanted)).await? else {
            let call = "POST /v1/offers".into();
            let reason = format!("the service asks for chunk {digest}, which is not in the manifest");
            return Err(ClientError::Malformed { call, reason }.into());
        };
        let length = bytes.len();
        client.put_chunk(digest, bytes).await?;
        tracing::info!(phase = "chunk_sent", %capture_id, chunk = %digest, bytes = length, "the service has a chunk");
    }
    tracing::info!(phase = "commit_sent", %capture_id, "asking the service to commit");
    let receipt = client.commit(capture_id, sealed.manifest.clone()).await?;
    accept(spool, keys, &sealed, receipt).await
}

/// Verifies the receipt, makes the record durable, deletes.
async fn accept(spool: &Arc<Spool>, keys: &[PublicKey], sealed: &Sealed, receipt: Receipt) -> Result<(), EdgeError> {
    let capture_id: CaptureId = sealed.capture_id;
    if let Err(cause) = receipt.verify(keys, capture_id, &sealed.root_hash) {
        return Err(EdgeError::Receipt { capture_id, cause });
    }
    tracing::info!(phase = "receipt_verified", %capture_id, "the service holds the capture");
    let spool = Arc::clone(spool);
    blocking(move || spool.commit(capture_id, receipt)).await
}
