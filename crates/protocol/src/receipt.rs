//! Signed receipts: the only thing that lets a device delete a capture.

use ed25519_dalek::SigningKey;
use muster_domain::{digest::Digest, id::CaptureId, time::UtcMicros};
use serde::{Deserialize, Serialize};

use crate::{
    auth::PublicKey,
    signing::{SignatureText, Verdict},
};

const CONTEXT: &str = "muster v1 receipt";

/// A receipt: the exact text that was signed, and the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The JSON text of a [`ReceiptBody`], stored verbatim.
    pub body: String,
    /// Over the text.
    pub signature: SignatureText,
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptBody {
    /// The capture.
    pub capture_id: CaptureId,
    /// The hash of its manifest, see [`crate::manifest::Manifest::root_hash`].
    pub root_hash: Digest,
    /// When the service committed it.
    pub committed_at_micros: UtcMicros,
    /// Which key signed.
    pub key_id: String,
}

/// Why a receipt proves nothing.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum InvalidReceipt {
    /// The text is not a receipt.
    #[error("the receipt does not parse")]
    Malformed,
    /// None of the pinned keys has this id.
    #[error("the receipt names a key that this device does not know")]
    UnknownKey,
    /// The signature is not of this key over this text.
    #[error("the receipt's signature is forged or damaged")]
    Forged,
    /// It is about another capture or another manifest.
    #[error("the receipt is about another capture or manifest")]
    Other,
}

impl Receipt {
    /// Signs a receipt.
    pub fn sign(key: &SigningKey, body: &ReceiptBody) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_string(body)?;
        let signature = SignatureText::sign(key, CONTEXT, body.as_bytes());
        Ok(Self { body, signature })
    }

    /// Proves that the service holds exactly this manifest: the right key, the right capture, the right hash.
    pub fn verify(
        &self,
        keys: &[PublicKey],
        capture_id: CaptureId,
        root_hash: &Digest,
    ) -> Result<ReceiptBody, InvalidReceipt> {
        let body: ReceiptBody = serde_json::from_str(&self.body).map_err(|_| InvalidReceipt::Malformed)?;
        let key = keys.iter().find(|key| key.key_id == body.key_id).ok_or(InvalidReceipt::UnknownKey)?;
        let key = key.verifying_key().ok_or(InvalidReceipt::UnknownKey)?;
        if self.signature.verify(&key, CONTEXT, self.body.as_bytes()) == Verdict::Forged {
            return Err(InvalidReceipt::Forged);
        }
        if body.capture_id != capture_id || body.root_hash != *root_hash {
            return Err(InvalidReceipt::Other);
        }
        Ok(body)
    }
}
