//! Enrolment and short-lived tokens of devices.

use ed25519_dalek::{SigningKey, VerifyingKey};
use muster_domain::{id::DeviceId, time::UtcMicros};
use serde::{Deserialize, Serialize};

use crate::signing::{SignatureText, Verdict, key_from_text, key_to_text};

const TOKEN_CONTEXT: &str = "muster v1 device token";
const TIME_CONTEXT: &str = "muster v1 server time";

/// `POST /v1/enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The one-use token that `muster-ingest token` printed.
    pub token: String,
    /// The device's Ed25519 public key, base64.
    pub public_key: String,
    /// The name that people see, such as `yard-cam-02`.
    pub device: String,
    /// The site that it stands at.
    pub site: String,
    /// The agent's version.
    pub agent_version: String,
}

/// The answer to [`EnrolRequest`]. Enrolling the same key again gives the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolResponse {
    /// The device's id from now on.
    pub device_id: DeviceId,
    /// The service's receipt keys, to be pinned.
    pub keys: Vec<PublicKey>,
}

/// A receipt key of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Its id, named by each receipt.
    pub key_id: String,
    /// Ed25519, base64.
    pub public_key: String,
}

impl PublicKey {
    /// Writes a key.
    pub fn new(key_id: &str, key: &VerifyingKey) -> Self {
        Self { key_id: key_id.into(), public_key: key_to_text(key) }
    }

    /// Reads the key; `None` when the text is no key.
    pub fn verifying_key(&self) -> Option<VerifyingKey> {
        key_from_text(&self.public_key)
    }
}

/// `GET /v1/keys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// The service's id: every synced row carries it.
    pub service_id: muster_domain::id::ServiceId,
    /// Present and former keys.
    pub keys: Vec<PublicKey>,
}

/// `POST /v1/challenge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeRequest {
    /// Who asks.
    pub device_id: DeviceId,
}

/// The answer to [`ChallengeRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeResponse {
    /// To be signed once, within a minute.
    pub nonce: String,
}

/// `POST /v1/token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// Who asks.
    pub device_id: DeviceId,
    /// The nonce of the challenge.
    pub nonce: String,
    /// The device's signature over id and nonce.
    pub signature: SignatureText,
}

impl TokenRequest {
    /// Signs a nonce with the device's key.
    pub fn sign(key: &SigningKey, device_id: DeviceId, nonce: &str) -> Self {
        let signature = SignatureText::sign(key, TOKEN_CONTEXT, &message(device_id, nonce));
        Self { device_id, nonce: nonce.into(), signature }
    }

    /// Checks the signature against the enrolled key (base64).
    pub fn verify(&self, public_key: &str) -> Verdict {
        match key_from_text(public_key) {
            Some(key) => self.signature.verify(&key, TOKEN_CONTEXT, &message(self.device_id, &self.nonce)),
            None => Verdict::Forged,
        }
    }
}

fn message(device_id: DeviceId, nonce: &str) -> Vec<u8> {
    format!("{device_id}\n{nonce}").into_bytes()
}

/// The answer to [`TokenRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// Goes into `Authorization: Bearer …`.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in_s: u32,
    /// The server's time, signed: a floor for lying clocks.
    pub time: SignedTime,
}

/// The server's time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedTime {
    /// When the service answered.
    pub server_time_micros: UtcMicros,
    /// Which key signed.
    pub key_id: String,
    /// Over time and key id.
    pub signature: SignatureText,
}

impl SignedTime {
    /// Signs the time.
    pub fn sign(key: &SigningKey, key_id: &str, now: UtcMicros) -> Self {
        let signature = SignatureText::sign(key, TIME_CONTEXT, format!("{}\n{key_id}", now.0).as_bytes());
        Self { server_time_micros: now, key_id: key_id.into(), signature }
    }

    /// Checks the signature.
    pub fn verify(&self, key: &VerifyingKey) -> Verdict {
        let message = format!("{}\n{}", self.server_time_micros.0, self.key_id);
        self.signature.verify(key, TIME_CONTEXT, message.as_bytes())
    }
}
