//! What a receipt proves, and what a signature does not.

use ed25519_dalek::SigningKey;
use muster_domain::{
    digest::Digest,
    id::{CaptureId, DeviceId},
    time::UtcMicros,
};
use muster_protocol::{
    SignatureText, Verdict,
    auth::{PublicKey, SignedTime, TokenRequest},
    manifest::Manifest,
    receipt::{InvalidReceipt, Receipt, ReceiptBody},
};
use uuid::Uuid;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

#[test]
fn a_receipt_proves_one_manifest_of_one_capture_under_one_key() {
    let capture_id = CaptureId(Uuid::from_u128(7));
    let root_hash = Manifest::root_hash(b"{}");
    let keys = [PublicKey::new("k1", &key(1).verifying_key())];
    let body = ReceiptBody { capture_id, root_hash, committed_at_micros: UtcMicros(5), key_id: "k1".into() };
    let receipt = Receipt::sign(&key(1), &body).expect("signs");
    assert_eq!(receipt.verify(&keys, capture_id, &root_hash), Ok(body.clone()));

    let other_capture = CaptureId(Uuid::from_u128(8));
    assert_eq!(receipt.verify(&keys, other_capture, &root_hash), Err(InvalidReceipt::Other));
    assert_eq!(receipt.verify(&keys, capture_id, &Digest::of(b"{}")), Err(InvalidReceipt::Other));
    assert_eq!(receipt.verify(&[], capture_id, &root_hash), Err(InvalidReceipt::UnknownKey));
    let forged = Receipt::sign(&key(2), &body).expect("signs");
    assert_eq!(forged.verify(&keys, capture_id, &root_hash), Err(InvalidReceipt::Forged));
    let edited = Receipt { body: receipt.body.replace(":5", ":6"), ..receipt.clone() };
    assert_eq!(edited.verify(&keys, capture_id, &root_hash), Err(InvalidReceipt::Forged));
    let garbled = Receipt { body: "ok".into(), signature: SignatureText("!".into()) };
    assert_eq!(garbled.verify(&keys, capture_id, &root_hash), Err(InvalidReceipt::Malformed));
}

#[test]
fn a_signature_serves_one_purpose_only() {
    let device_id = DeviceId(Uuid::from_u128(1));
    let request = TokenRequest::sign(&key(3), device_id, "nonce");
    let text = PublicKey::new("d", &key(3).verifying_key()).public_key;
    assert_eq!(request.verify(&text), Verdict::Genuine);
    let replayed = TokenRequest { nonce: "other".into(), ..request.clone() };
    assert_eq!(replayed.verify(&text), Verdict::Forged);
    assert_eq!(request.verify("not a key"), Verdict::Forged);

    let time = SignedTime::sign(&key(3), "k1", UtcMicros(9));
    assert_eq!(time.verify(&key(3).verifying_key()), Verdict::Genuine);
    let borrowed = SignedTime { signature: request.signature, ..time };
    assert_eq!(borrowed.verify(&key(3).verifying_key()), Verdict::Forged);
}
