//! The key that signs receipts and the server's time, and the bearers derived from it.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use muster_domain::{id::DeviceId, time::UtcMicros};
use muster_protocol::auth::PublicKey;

use crate::{IngestError, entropy, layout::sync_dir};

const BEARER_CONTEXT: &str = "muster v1 ingest bearer";
const BEARER_PREFIX: &str = "mst_dev_";
const BEARER_BYTES: usize = 16 + 8 + 32;

/// The service's secrets.
pub struct Keys {
    /// Signs.
    pub signing: SigningKey,
    /// Names the key in receipts.
    pub key_id: String,
    bearer: [u8; 32],
}

/// What a device's bearer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// Whose it is.
    pub device_id: DeviceId,
    /// Until when.
    pub expires_at: UtcMicros,
}

impl Keys {
    /// Reads the key, or makes it at first start.
    pub fn open(path: &Path) -> Result<Self, IngestError> {
        if path.exists() { Self::read(path) } else { Self::create(path) }
    }

    fn read(path: &Path) -> Result<Self, IngestError> {
        let pem = fs::read_to_string(path).map_err(IngestError::file("read", path))?;
        match SigningKey::from_pkcs8_pem(&pem) {
            Ok(signing) => Ok(Self::of(signing)),
            Err(_) => Err(IngestError::Key { path: path.to_owned() }),
        }
    }

    fn create(path: &Path) -> Result<Self, IngestError> {
        let signing = SigningKey::from_bytes(&entropy::random()?);
        let pem = signing.to_pkcs8_pem(LineEnding::LF).map_err(|_| IngestError::Key { path: path.to_owned() })?;
        let staged = path.with_extension("pem.new");
        let write = || {
            let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&staged)?;
            file.write_all(pem.as_bytes())?;
            file.sync_all()?;
            fs::rename(&staged, path)
        };
        write().map_err(IngestError::file("write", path))?;
        if let Some(dir) = path.parent() {
            sync_dir(dir)?;
        }
        Ok(Self::of(signing))
    }

    fn of(signing: SigningKey) -> Self {
        let key_id = blake3::hash(signing.verifying_key().as_bytes()).to_hex()[..16].to_owned();
        let bearer = blake3::derive_key(BEARER_CONTEXT, &signing.to_bytes());
        Self { signing, key_id, bearer }
    }

    /// The public half, as devices pin it.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::new(&self.key_id, &self.signing.verifying_key())
    }

    /// Writes a bearer. It carries its own proof, so that a restart of the service does not log the fleet out.
    pub fn issue(&self, bearer: Bearer) -> String {
        let mut bytes = Vec::with_capacity(BEARER_BYTES);
        bytes.extend_from_slice(bearer.device_id.as_bytes());
        bytes.extend_from_slice(&bearer.expires_at.0.to_be_bytes());
        let mac = blake3::keyed_hash(&self.bearer, &bytes);
        bytes.extend_from_slice(mac.as_bytes());
        format!("{BEARER_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a bearer; `None` when this service never issued it. Whether it has expired is for the caller to see.
    pub fn read_bearer(&self, text: &str) -> Option<Bearer> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(BEARER_PREFIX)?).ok()?;
        let bytes: [u8; BEARER_BYTES] = bytes.try_into().ok()?;
        let (said, mac) = bytes.split_at(24);
        // Comparing two `blake3::Hash` takes the same time wherever they differ.
        let mac = blake3::Hash::from_bytes(mac.try_into().ok()?);
        if blake3::keyed_hash(&self.bearer, said) != mac {
            return None;
        }
        let (device_id, expires_at) = said.split_at(16);
        Some(Bearer {
            device_id: DeviceId(uuid::Uuid::from_slice(device_id).ok()?),
            expires_at: UtcMicros(i64::from_be_bytes(expires_at.try_into().ok()?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nobody_writes_a_bearer_by_chance(text: String, bytes: Vec<u8>) {
            let keys = Keys::of(SigningKey::from_bytes(&[7; 32]));
            for text in [text.clone(), format!("{BEARER_PREFIX}{text}"), format!("{BEARER_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))] {
                prop_assert_eq!(keys.read_bearer(&text), None);
            }
        }
    }

    #[test]
    fn bearers_round_trip_and_no_bit_can_change() {
        let keys = Keys::of(SigningKey::from_bytes(&[7; 32]));
        let bearer = Bearer { device_id: DeviceId(uuid::Uuid::from_u128(5)), expires_at: UtcMicros(9) };
        let text = keys.issue(bearer);
        assert_eq!(keys.read_bearer(&text), Some(bearer));
        assert_eq!(Keys::of(SigningKey::from_bytes(&[8; 32])).read_bearer(&text), None);
        for position in BEARER_PREFIX.len()..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_ne!(keys.read_bearer(&changed), Some(bearer), "{position}");
        }
    }
}
