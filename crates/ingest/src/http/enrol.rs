//! Enrolment, challenge and token of devices.

use std::sync::Arc;

use axum::{Json, extract::State};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_domain::id::DeviceId;
use muster_protocol::{
    Verdict,
    auth::{
        ChallengeRequest, ChallengeResponse, EnrolRequest, EnrolResponse, KeyList, PublicKey, SignedTime, TokenRequest,
        TokenResponse,
    },
    error::ErrorCode,
};

use super::{
    call::{Call, revoked},
    refusal::Refusal,
};
use crate::{
    IngestError, entropy,
    ingest::Ingest,
    keys::Bearer,
    limit,
    table::device::{self, DeviceRow, Enrolment, NewDevice},
    token::Secret,
};

const TEXT_BYTES: usize = 200;

/// `POST /v1/enrol`.
pub async fn enrol(State(ingest): State<Arc<Ingest>>, call: Call) -> Result<Json<EnrolResponse>, Refusal> {
    let ask: EnrolRequest = call.json(limit::JSON_BYTES).await?;
    let key = PublicKey { key_id: String::new(), public_key: ask.public_key.clone() };
    if key.verifying_key().is_none_or(|key| key.is_weak()) {
        return Err(Refusal::new(ErrorCode::Malformed, "public_key is not an Ed25519 key in base64"));
    }
    for (field, text) in [("device", &ask.device), ("site", &ask.site), ("agent_version", &ask.agent_version)] {
        if text.is_empty() || text.len() > TEXT_BYTES || text.chars().any(char::is_control) {
            let message = format!("{field} is empty, longer than {TEXT_BYTES} bytes or has control characters");
            return Err(Refusal::new(ErrorCode::Malformed, message));
        }
    }
    let new = NewDevice {
        device_id: DeviceId(entropy::random_uuid()?),
        token_hash: Secret::hash(&ask.token),
        public_key: ask.public_key,
        name: ask.device,
        site: ask.site,
        agent_version: ask.agent_version,
        now: ingest.now(),
    };
    match ingest.writer.enrol(new).await? {
        Enrolment::Enrolled(device_id) => {
            tracing::info!(phase = "enrolled", %device_id);
            Ok(Json(EnrolResponse { device_id, keys: ingest.key_list.clone() }))
        }
        Enrolment::Refused => {
            let message =
                "the enrolment token is unknown, used up, expired, revoked or of another site; ask for a new one";
            Err(Refusal::new(ErrorCode::EnrolmentRefused, message))
        }
        Enrolment::Revoked => Err(revoked()),
    }
}

/// `POST /v1/challenge`.
pub async fn challenge(State(ingest): State<Arc<Ingest>>, call: Call) -> Result<Json<ChallengeResponse>, Refusal> {
    let ask: ChallengeRequest = call.json(limit::JSON_BYTES).await?;
    active_device(&ingest, ask.device_id).await?;
    let nonce = URL_SAFE_NO_PAD.encode(entropy::random::<32>()?);
    if !ingest.nonces.give(ask.device_id, nonce.clone(), ingest.now()) {
        return Err(Refusal::for_now(ErrorCode::Throttled, 60, "too many devices ask at once; try again in a minute"));
    }
    Ok(Json(ChallengeResponse { nonce }))
}

/// `POST /v1/token`.
pub async fn token(State(ingest): State<Arc<Ingest>>, call: Call) -> Result<Json<TokenResponse>, Refusal> {
    let ask: TokenRequest = call.json(limit::JSON_BYTES).await?;
    let device = active_device(&ingest, ask.device_id).await?;
    if ask.verify(&device.public_key) == Verdict::Forged {
        let message = "the signature is not of this device's enrolled key; enrol again if the key was replaced";
        return Err(Refusal::new(ErrorCode::Unauthenticated, message));
    }
    let now = ingest.now();
    // Only after the signature: whoever cannot sign must not use up a device's nonces.
    if !ingest.nonces.take(ask.device_id, &ask.nonce, now) {
        return Err(Refusal::new(
            ErrorCode::ChallengeStale,
            "the nonce is unknown, used or too old; ask for a new one",
        ));
    }
    let mut expires_at = now;
    expires_at.0 += i64::from(limit::BEARER_S) * 1_000_000;
    Ok(Json(TokenResponse {
        token: ingest.keys.issue(Bearer { device_id: device.device_id, expires_at }),
        expires_in_s: limit::BEARER_S,
        time: SignedTime::sign(&ingest.keys.signing, &ingest.keys.key_id, now),
    }))
}

async fn active_device(ingest: &Ingest, device_id: DeviceId) -> Result<DeviceRow, Refusal> {
    let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
    match device::sqlite::find(&mut db, device_id).await? {
        None => Err(Refusal::new(ErrorCode::NotFound, format!("no device {device_id} has enrolled here"))),
        Some(device) if device.revoked_at.is_some() => Err(revoked()),
        Some(device) => Ok(device),
    }
}

/// `GET /v1/keys`.
pub async fn keys(State(ingest): State<Arc<Ingest>>) -> Json<KeyList> {
    Json(KeyList { service_id: ingest.identity.service_id, keys: ingest.key_list.clone() })
}
