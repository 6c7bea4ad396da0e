//! What devices call: offers, chunks, commits and reports.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use http::StatusCode;
use muster_domain::{digest::Digest, id::CaptureId};
use muster_protocol::{
    error::ErrorCode,
    manifest::MAX_CHUNK_BYTES,
    offer::{CommitRequest, CommitResponse, MAX_OFFERS, OfferAnswer, OfferRequest, OfferResponse},
    report::{DeviceReport, ReportResponse},
};

use super::{
    call::{Call, authenticate},
    refusal::Refusal,
};
use crate::{IngestError, blobs::Arrival, commit, ingest::Ingest, limit, table::report::NewReport};

/// `POST /v1/offers`.
pub async fn offers(State(ingest): State<Arc<Ingest>>, call: Call) -> Result<Json<OfferResponse>, Refusal> {
    let (caller, ask): (_, OfferRequest) = call.device_json(&ingest, limit::OFFER_BYTES).await?;
    if ask.manifests.len() > MAX_OFFERS {
        let message = format!("{} manifests in one offer; {MAX_OFFERS} is the limit", ask.manifests.len());
        return Err(Refusal::new(ErrorCode::TooLarge, message));
    }
    let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
    let mut answers = Vec::with_capacity(ask.manifests.len());
    let mut taken = Vec::new();
    for text in &ask.manifests {
        let answer = commit::answer_offer(&ingest, &mut db, &caller.device, text, &mut taken).await?;
        let count = match &answer {
            OfferAnswer::Have { .. } => &ingest.metrics.offers_had,
            OfferAnswer::Need { .. } => &ingest.metrics.offers_needed,
            OfferAnswer::Reject { message, .. } => {
                tracing::warn!(device = caller.device.name, message, "an offer was rejected");
                &ingest.metrics.offers_rejected
            }
        };
        count.add(1);
        answers.push(answer);
    }
    if !taken.is_empty() {
        ingest.writer.offers(taken).await?;
    }
    Ok(Json(OfferResponse { answers }))
}

/// `PUT /v1/chunks/{blake3}`.
pub async fn put_chunk(
    State(ingest): State<Arc<Ingest>>,
    path: Result<Path<String>, PathRejection>,
    mut call: Call,
) -> Result<StatusCode, Refusal> {
    let result = receive_chunk(&ingest, path, &mut call).await;
    call.settle(result).await
}

async fn receive_chunk(
    ingest: &Arc<Ingest>,
    path: Result<Path<String>, PathRejection>,
    call: &mut Call,
) -> Result<StatusCode, Refusal> {
    let _caller = authenticate(&call.headers, ingest).await?;
    let digest: Digest = path?
        .parse()
        .map_err(|error: muster_domain::digest::InvalidDigest| Refusal::new(ErrorCode::Malformed, error.to_string()))?;
    if let [Some(_)] = ingest.blobs.sizes(vec![digest]).await?.as_slice() {
        ingest.metrics.chunks_known.add(1);
        call.body.drain().await;
        return Ok(StatusCode::NO_CONTENT);
    }
    let mut incoming = ingest.blobs.receive(digest);
    let mut bytes = 0;
    while let Some(piece) = call.body.next(MAX_CHUNK_BYTES).await? {
        bytes += piece.len() as u64;
        incoming.push(piece).await?;
    }
    match incoming.finish().await? {
        Arrival::Stored => {
            ingest.metrics.chunks_stored.add(1);
            ingest.metrics.chunk_bytes.add(bytes);
            tracing::info!(phase = "chunk_stored", %digest, bytes);
            Ok(StatusCode::NO_CONTENT)
        }
        Arrival::Mismatch { got } => {
            let message = format!("the {bytes} bytes have the digest {got}, the path says {digest}; send them again");
            Err(Refusal::new(ErrorCode::DigestMismatch, message))
        }
    }
}

/// `POST /v1/captures/{id}/commit`.
pub async fn commit(
    State(ingest): State<Arc<Ingest>>,
    path: Result<Path<String>, PathRejection>,
    call: Call,
) -> Result<Json<CommitResponse>, Refusal> {
    let (caller, ask): (_, CommitRequest) = call.device_json(&ingest, limit::JSON_BYTES).await?;
    let capture_id = ask.capture_id;
    if path?.parse() != Ok(capture_id) {
        return Err(Refusal::new(ErrorCode::Malformed, "the path and the body name different captures"));
    }
    if !is_about(&ask.manifest, capture_id) {
        return Err(Refusal::new(ErrorCode::Malformed, "the manifest is not of the capture that the path names"));
    }
    // The turn goes along: whoever hangs up has a commit in work until it ends.
    let work = tokio::spawn(async move { commit::commit(ingest, &caller.device, ask.manifest).await });
    let receipt = work.await.map_err(|error| {
        tracing::error!(%error, %capture_id, "a commit failed");
        Refusal::new(ErrorCode::Internal, "the service failed; its log says why")
    })??;
    tracing::info!(phase = "receipt_sent", %capture_id);
    Ok(Json(CommitResponse { receipt }))
}

/// Whether the manifest names this capture. One that does not parse is refused by the commit, with the reason.
fn is_about(manifest: &str, capture_id: CaptureId) -> bool {
    #[derive(serde::Deserialize)]
    struct Named {
        capture_id: CaptureId,
    }
    serde_json::from_str(manifest).map_or(true, |named: Named| named.capture_id == capture_id)
}

/// `POST /v1/device/report`.
pub async fn report(State(ingest): State<Arc<Ingest>>, call: Call) -> Result<Json<ReportResponse>, Refusal> {
    let (caller, report): (_, DeviceReport) = call.device_json(&ingest, limit::JSON_BYTES).await?;
    let received_at = ingest.now();
    let counts = report.counts;
    let new = NewReport { device_key: caller.device.device_key, received_at, report };
    ingest.metrics.reports.add(1);
    if !ingest.writer.report(new).await? {
        ingest.metrics.ledger_mismatches.add(1);
        tracing::warn!(device = caller.device.name, ?counts, "the device's ledger does not agree with the service");
    }
    Ok(Json(ReportResponse { server_time_micros: received_at, report_after_s: limit::REPORT_AFTER_S }))
}
