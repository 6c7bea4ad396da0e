//! What a device says to the service.

use std::time::Duration;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use muster_domain::{
    digest::Digest,
    id::{CaptureId, DeviceId},
};
use muster_protocol::{
    auth::{ChallengeRequest, ChallengeResponse, EnrolRequest, EnrolResponse, KeyList, TokenRequest, TokenResponse},
    error::ErrorCode,
    offer::{CommitRequest, CommitResponse, OfferAnswer, OfferRequest, OfferResponse},
    receipt::Receipt,
    report::{DeviceReport, ReportResponse},
};
use serde::de::DeserializeOwned;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    ClientError, Transport,
    transport::{Call, next_piece},
};

/// The largest answer to a small question.
const MAX_SMALL_BYTES: u64 = 1024 * 1024;
/// The largest answer to an offer: every chunk of 256 captures.
const MAX_OFFER_BYTES: u64 = 64 * 1024 * 1024;
/// The most of an empty answer that is read to keep its connection.
const MAX_DRAIN_BYTES: usize = 64 * 1024;

/// A device's client: proves itself with its key, keeps its short-lived bearer fresh, and speaks the device's calls.
pub struct DeviceClient {
    transport: Transport,
    device_id: DeviceId,
    key: SigningKey,
    bearer: Mutex<Option<Bearer>>,
}

#[derive(Clone)]
struct Bearer {
    token: String,
    renew_at: Instant,
}

impl DeviceClient {
    /// A client for an enrolled device.
    pub fn new(transport: Transport, device_id: DeviceId, key: SigningKey) -> Self {
        Self { transport, device_id, key, bearer: Mutex::new(None) }
    }

    /// Enrols a device by a one-use token. Enrolling the same key again gives the same id.
    pub async fn enrol(transport: &Transport, request: &EnrolRequest) -> Result<EnrolResponse, ClientError> {
        transport.json(&Call::post("/v1/enrol", request)?, MAX_SMALL_BYTES).await
    }

    /// The service's id and receipt keys.
    pub async fn keys(&self) -> Result<KeyList, ClientError> {
        self.transport.json(&Call::get("/v1/keys"), MAX_SMALL_BYTES).await
    }

    /// Offers up to [`muster_protocol::offer::MAX_OFFERS`] manifests, each the exact text that was hashed; one answer
    /// each, in order.
    pub async fn offers(&self, manifests: Vec<String>) -> Result<Vec<OfferAnswer>, ClientError> {
        let asked = manifests.len();
        let call = Call::post("/v1/offers", &OfferRequest { manifests })?;
        let OfferResponse { answers } = self.json(&call, MAX_OFFER_BYTES).await?;
        if answers.len() == asked {
            return Ok(answers);
        }
        let reason = format!("{} answers to {asked} manifests", answers.len());
        Err(ClientError::Malformed { call: call.name(), reason })
    }

    /// Sends one chunk under its digest; sending it again changes nothing.
    pub async fn put_chunk(&self, digest: &Digest, bytes: Bytes) -> Result<(), ClientError> {
        let call = Call::put(format!("/v1/chunks/{digest}"), bytes);
        let (call, response) = self.send(&call).await?;
        let mut body = response.into_body();
        let mut drained = 0;
        while let Some(piece) = next_piece(&call, &mut body, self.transport.stall()).await? {
            drained += piece.len();
            if drained > MAX_DRAIN_BYTES {
                break;
            }
        }
        Ok(())
    }

    /// Commits a capture whose chunks are all there. The receipt is not verified here: the caller holds pinned keys.
    pub async fn commit(&self, capture_id: CaptureId, manifest: String) -> Result<Receipt, ClientError> {
        let call = Call::post(format!("/v1/captures/{capture_id}/commit"), &CommitRequest { capture_id, manifest })?;
        Ok(self.json::<CommitResponse>(&call, MAX_SMALL_BYTES).await?.receipt)
    }

    /// Reports health and the ledger's watermark.
    pub async fn report(&self, report: &DeviceReport) -> Result<ReportResponse, ClientError> {
        self.json(&Call::post("/v1/device/report", report)?, MAX_SMALL_BYTES).await
    }

    async fn json<T: DeserializeOwned>(&self, call: &Call, limit: u64) -> Result<T, ClientError> {
        let (call, response) = self.send(call).await?;
        let body = self.transport.bytes(&call, response.into_body(), limit).await?;
        serde_json::from_slice(&body)
            .map_err(|error| ClientError::Malformed { call: call.name(), reason: error.to_string() })
    }

    /// Sends with a bearer. One that the service no longer takes is renewed once: it may have restarted.
    async fn send(&self, call: &Call) -> Result<(Call, http::Response<hyper::body::Incoming>), ClientError> {
        let token = self.token().await?;
        let with_token = call.clone().bearer(&token);
        match self.transport.send(&with_token).await {
            Err(error) if matches!(error.code(), Some(ErrorCode::TokenExpired | ErrorCode::Unauthenticated)) => {
                self.forget(&token).await;
                let renewed = call.clone().bearer(&self.token().await?);
                let response = self.transport.send(&renewed).await?;
                Ok((renewed, response))
            }
            Err(error) => Err(error),
            Ok(response) => Ok((with_token, response)),
        }
    }

    async fn token(&self) -> Result<String, ClientError> {
        // The lock is held over the exchange: parallel uploads wait for one renewal instead of each asking.
        let mut bearer = self.bearer.lock().await;
        if let Some(fresh) = bearer.as_ref().filter(|bearer| Instant::now() < bearer.renew_at) {
            return Ok(fresh.token.clone());
        }
        let answer = match self.ask_token().await {
            Err(error) if error.code() == Some(ErrorCode::ChallengeStale) => self.ask_token().await?,
            other => other?,
        };
        let lifetime = Duration::from_secs(answer.expires_in_s.into());
        // Renewed at four fifths of its life, so that no request in flight carries one that expires on the way.
        let renew_at = Instant::now() + lifetime.mul_f64(0.8);
        *bearer = Some(Bearer { token: answer.token.clone(), renew_at });
        Ok(answer.token)
    }

    async fn ask_token(&self) -> Result<TokenResponse, ClientError> {
        let challenge = Call::post("/v1/challenge", &ChallengeRequest { device_id: self.device_id })?;
        let ChallengeResponse { nonce } = self.transport.json(&challenge, MAX_SMALL_BYTES).await?;
        let signed = TokenRequest::sign(&self.key, self.device_id, &nonce);
        self.transport.json(&Call::post("/v1/token", &signed)?, MAX_SMALL_BYTES).await
    }

    async fn forget(&self, token: &str) {
        let mut bearer = self.bearer.lock().await;
        if bearer.as_ref().is_some_and(|bearer| bearer.token == token) {
            *bearer = None;
        }
    }
}
