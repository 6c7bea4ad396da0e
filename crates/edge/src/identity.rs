//! Who the device is: an Ed25519 key made at its first start, and what the service said when it enrolled.
//!
//! ```text
//! DIR/key             32 bytes as hexadecimal, mode 0600, written once, never changed
//! DIR/enrolment.json  device id, name, site, service, pinned receipt keys
//! ```
//!
//! The key is durable before the service hears of it, and enrolling the same key again gives the same id: an enrolment
//! that was cut off anywhere is simply done again.

use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use muster_client::{DeviceClient, Transport};
use muster_domain::{digest::Digest, id::DeviceId};
use muster_protocol::auth::{EnrolRequest, PublicKey};
use serde::{Deserialize, Serialize};

use crate::{EdgeError, disk};

/// What the service said when the device enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The device's id.
    pub device_id: DeviceId,
    /// The device's name.
    pub device: String,
    /// The site that it stands at.
    pub site: String,
    /// The service's address.
    pub service: String,
    /// The receipt keys to trust, and no others.
    pub keys: Vec<PublicKey>,
}

/// A device's key and, once it has one, its enrolment.
#[derive(Debug, Clone)]
pub struct Identity {
    dir: PathBuf,
    /// The device's key.
    pub key: SigningKey,
    /// What the service said, if it has been asked.
    pub enrolment: Option<Enrolment>,
}

impl Identity {
    /// Opens the identity in a directory; the first time it makes the key.
    pub fn open(dir: &Path) -> Result<Self, EdgeError> {
        disk::make_dir(dir)?;
        let path = dir.join("key");
        let key = if let Some(text) = disk::read(&path)? {
            parse_key(&text).ok_or_else(|| EdgeError::BadKey { path: path.clone() })?
        } else {
            let mut secret = [0_u8; 32];
            getrandom::fill(&mut secret)?;
            disk::replace(&path, Digest::from_bytes(secret).to_hex().as_bytes(), disk::SECRET)?;
            SigningKey::from_bytes(&secret)
        };
        let enrolment = read_enrolment(dir)?;
        Ok(Self { dir: dir.into(), key, enrolment })
    }

    /// Enrols the device and keeps the answer.
    pub async fn enrol(
        &mut self,
        transport: &Transport,
        token: &str,
        device: &str,
        site: &str,
        agent_version: &str,
    ) -> Result<Enrolment, EdgeError> {
        let public_key = PublicKey::new("device", &self.key.verifying_key()).public_key;
        let request = EnrolRequest {
            token: token.into(),
            public_key,
            device: device.into(),
            site: site.into(),
            agent_version: agent_version.into(),
        };
        let answer = DeviceClient::enrol(transport, &request).await?;
        let enrolment = Enrolment {
            device_id: answer.device_id,
            device: device.into(),
            site: site.into(),
            service: transport.service().into(),
            keys: answer.keys,
        };
        let text = serde_json::to_vec_pretty(&enrolment)?;
        disk::replace(&self.dir.join("enrolment.json"), &text, disk::PUBLIC)?;
        self.enrolment = Some(enrolment.clone());
        Ok(enrolment)
    }
}

/// What the service said when the device enrolled, without opening its key.
pub fn read_enrolment(dir: &Path) -> Result<Option<Enrolment>, EdgeError> {
    let path = dir.join("enrolment.json");
    let Some(text) = disk::read(&path)? else { return Ok(None) };
    match serde_json::from_slice(&text) {
        Ok(enrolment) => Ok(Some(enrolment)),
        Err(error) => Err(EdgeError::BadEnrolment { path, reason: error.to_string() }),
    }
}

fn parse_key(text: &[u8]) -> Option<SigningKey> {
    let digest: Digest = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
    Some(SigningKey::from_bytes(digest.as_bytes()))
}
