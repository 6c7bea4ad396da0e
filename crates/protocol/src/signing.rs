//! Ed25519 signatures over domain-separated messages, as base64 text.

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

/// An Ed25519 signature in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignatureText(pub String);

/// What came of checking a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The key signed exactly these bytes in this context.
    Genuine,
    /// It did not, or the text is no signature.
    Forged,
}

impl SignatureText {
    /// Signs `message` under a context, so that a signature for one purpose never serves another.
    pub fn sign(key: &SigningKey, context: &str, message: &[u8]) -> Self {
        Self(STANDARD.encode(key.sign(&in_context(context, message)).to_bytes()))
    }

    /// Checks the signature strictly (no small-order keys).
    pub fn verify(&self, key: &VerifyingKey, context: &str, message: &[u8]) -> Verdict {
        let signature = STANDARD.decode(&self.0).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
        match signature {
            Some(signature) if key.verify_strict(&in_context(context, message), &signature).is_ok() => Verdict::Genuine,
            _ => Verdict::Forged,
        }
    }
}

fn in_context(context: &str, message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(context.len() + 1 + message.len());
    bytes.extend_from_slice(context.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(message);
    bytes
}

/// A public key as base64 text.
pub(crate) fn key_to_text(key: &VerifyingKey) -> String {
    STANDARD.encode(key.as_bytes())
}

/// The public key behind base64 text.
pub(crate) fn key_from_text(text: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}
