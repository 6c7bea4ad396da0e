//! The capture manifest: the exact bytes that the device sent, hashed and stored verbatim.

use std::collections::BTreeMap;

use muster_domain::{
    capture::TriggerHit,
    digest::Digest,
    field::FieldValue,
    geometry::BoundingBox,
    id::{CaptureId, DeviceId},
    time::UtcMicros,
};
use serde::{Deserialize, Serialize};

/// The largest manifest, bytes.
pub const MAX_MANIFEST_BYTES: usize = 256 * 1024;
/// The largest chunk, bytes. Every chunk of an asset but the last has exactly this size.
pub const MAX_CHUNK_BYTES: u64 = 8 * 1024 * 1024;
/// The most assets of one capture.
pub const MAX_ASSETS: usize = 64;

const ROOT_CONTEXT: &str = "muster v1 capture manifest";

/// A capture as its device describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `UUIDv7` made on the device.
    pub capture_id: CaptureId,
    /// The authenticated device.
    pub device_id: DeviceId,
    /// The site that the device stood at.
    pub site: String,
    /// Grows when the device's ledger starts anew.
    pub epoch: u32,
    /// Gapless in an epoch, across boots, from 1.
    pub seq: u64,
    /// Changes with every boot.
    pub boot_id: String,
    /// The rule that fired, with the values that fired it.
    pub trigger: TriggerHit,
    /// The capture's first moment.
    pub started: DeviceTime,
    /// The capture's last moment.
    pub ended: DeviceTime,
    /// Its files.
    pub assets: Vec<ManifestAsset>,
    /// Signal values at the hit.
    #[serde(default)]
    pub signals: BTreeMap<String, FieldValue>,
    /// What a model on the device saw.
    #[serde(default)]
    pub proposals: Vec<DeviceProposal>,
    /// The agent's version.
    pub agent_version: String,
    /// `raw`, `blurred` or `features-only`.
    pub privacy_class: String,
}

/// A moment as the device's clocks told it. Device clocks lie; the service estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTime {
    /// The wall clock.
    pub wall_micros: UtcMicros,
    /// Since boot.
    pub monotonic_micros: i64,
    /// What the device believes of its wall clock's error.
    pub uncertainty_micros: i64,
}

/// One file of a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestAsset {
    /// Its name in the capture, such as `cam0.jpg`; never a path.
    pub name: String,
    /// The sensor.
    pub stream: String,
    /// IANA media type.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// BLAKE3 of the whole file.
    pub blake3: Digest,
    /// Its chunks in order.
    pub chunks: Vec<ManifestChunk>,
    /// Width of the upright picture, px.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_px: Option<u32>,
    /// Height of the upright picture, px.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_px: Option<u32>,
    /// Length of a video or series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_micros: Option<i64>,
}

/// A piece of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestChunk {
    /// Plain BLAKE3 of the piece.
    pub blake3: Digest,
    /// Size.
    pub bytes: u64,
}

/// What a model on the device saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceProposal {
    /// The asset's name.
    pub asset: String,
    /// The model's id and version.
    pub model: String,
    /// The model's own class name.
    pub class: String,
    /// 0 to 1.
    pub confidence: f64,
    /// Where.
    pub bounds: BoundingBox,
}

/// Why bytes are not a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Larger than [`MAX_MANIFEST_BYTES`].
    #[error("the manifest has {bytes} bytes; {MAX_MANIFEST_BYTES} is the limit")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not JSON, or not of this shape.
    #[error("the manifest does not parse: {0}")]
    Json(#[from] serde_json::Error),
    /// No asset, or more than [`MAX_ASSETS`].
    #[error("a capture has 1 to {MAX_ASSETS} assets, this one has {count}")]
    AssetCount {
        /// How many.
        count: usize,
    },
    /// Two assets of one name, or a name with a separator, a leading dot or control characters.
    #[error("the asset name {name:?} is used twice or is not a plain file name")]
    AssetName {
        /// The name.
        name: String,
    },
    /// The chunks do not add up to the file, or one has the wrong size.
    #[error("the chunks of asset {name:?} do not add up to its size")]
    Chunks {
        /// The asset's name.
        name: String,
    },
    /// A text that people and queries see is empty, longer than 200 bytes, or has control characters.
    #[error("the manifest's {field} is empty, longer than 200 bytes or has control characters")]
    Text {
        /// Which.
        field: &'static str,
    },
}

impl Manifest {
    /// Parses and checks the exact bytes that a device sent.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge { bytes: bytes.len() });
        }
        let manifest: Self = serde_json::from_slice(bytes)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The hash that receipts commit to: BLAKE3 of the exact bytes under a domain-separation context.
    pub fn root_hash(bytes: &[u8]) -> Digest {
        Digest::from_bytes(blake3::derive_key(ROOT_CONTEXT, bytes))
    }

    /// Every distinct chunk, in order of first use.
    pub fn chunks(&self) -> Vec<ManifestChunk> {
        let mut seen = std::collections::HashSet::new();
        self.assets.iter().flat_map(|asset| &asset.chunks).filter(|chunk| seen.insert(chunk.blake3)).copied().collect()
    }

    fn check(&self) -> Result<(), ManifestError> {
        if self.assets.is_empty() || self.assets.len() > MAX_ASSETS {
            return Err(ManifestError::AssetCount { count: self.assets.len() });
        }
        let texts = [("site", &self.site), ("boot_id", &self.boot_id), ("trigger.name", &self.trigger.name)];
        for (field, text) in texts {
            if !is_plain_text(text) {
                return Err(ManifestError::Text { field });
            }
        }
        let mut names = std::collections::HashSet::new();
        for asset in &self.assets {
            if !is_file_name(&asset.name) || !names.insert(&asset.name) {
                return Err(ManifestError::AssetName { name: asset.name.clone() });
            }
            asset.check_chunks()?;
        }
        Ok(())
    }
}

impl ManifestAsset {
    fn check_chunks(&self) -> Result<(), ManifestError> {
        let wrong = || ManifestError::Chunks { name: self.name.clone() };
        let (last, full) = self.chunks.split_last().ok_or_else(wrong)?;
        let full_sized = full.iter().all(|chunk| chunk.bytes == MAX_CHUNK_BYTES);
        let last_fits = (1..=MAX_CHUNK_BYTES).contains(&last.bytes);
        let total = (full.len() as u64).checked_mul(MAX_CHUNK_BYTES).and_then(|sum| sum.checked_add(last.bytes));
        if full_sized && last_fits && total == Some(self.bytes) { Ok(()) } else { Err(wrong()) }
    }
}

fn is_plain_text(text: &str) -> bool {
    (1..=200).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn is_file_name(name: &str) -> bool {
    is_plain_text(name) && !name.starts_with('.') && !name.contains(['/', '\\', ':'])
}
