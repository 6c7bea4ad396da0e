//! From what a source delivers to a capture on disk.

use std::{collections::BTreeMap, path::Path};

use bytes::Bytes;
use muster_domain::{
    digest::Digest,
    field::FieldValue,
    id::{CaptureId, DeviceId},
};
use muster_protocol::manifest::{DeviceProposal, DeviceTime, MAX_CHUNK_BYTES, Manifest, ManifestAsset, ManifestChunk};

use super::{Numbered, asset_name, staging_dir};
use crate::{EdgeError, disk};

/// The device and agent that make the captures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hardware {
    /// The enrolled device.
    pub device_id: DeviceId,
    /// The site that it stands at.
    pub site: String,
    /// Changes with every boot.
    pub boot_id: String,
    /// The agent's name and version.
    pub agent_version: String,
}

/// What a source delivers for one hit.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The capture's first moment.
    pub started: DeviceTime,
    /// The capture's last moment.
    pub ended: DeviceTime,
    /// Signal values at the hit.
    pub signals: BTreeMap<String, FieldValue>,
    /// What a model on the device saw.
    pub proposals: Vec<DeviceProposal>,
    /// Its files.
    pub assets: Vec<AssetDraft>,
}

/// One file of a capture.
#[derive(Debug, Clone)]
pub struct AssetDraft {
    /// Its name in the capture.
    pub name: String,
    /// The sensor.
    pub stream: String,
    /// IANA media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
    /// Width of the upright picture, px.
    pub width_px: Option<u32>,
    /// Height of the upright picture, px.
    pub height_px: Option<u32>,
    /// Length of a video or series.
    pub duration_micros: Option<i64>,
}

/// A capture ready to be written.
pub(super) struct Prepared {
    capture_id: CaptureId,
    pub(super) manifest: Vec<u8>,
    assets: Vec<Bytes>,
}

/// Hashes the assets and writes the manifest's bytes, which are never written a second time.
pub(super) fn prepare(hit: Numbered, draft: Draft, hardware: &Hardware) -> Result<Prepared, EdgeError> {
    let capture_id = hit.capture_id;
    let manifest = Manifest {
        capture_id,
        device_id: hardware.device_id,
        site: hardware.site.clone(),
        epoch: hit.epoch,
        seq: hit.seq,
        boot_id: hardware.boot_id.clone(),
        trigger: hit.trigger,
        started: draft.started,
        ended: draft.ended,
        assets: draft.assets.iter().map(describe).collect(),
        signals: draft.signals,
        proposals: draft.proposals,
        agent_version: hardware.agent_version.clone(),
        privacy_class: "raw".into(),
    };
    let manifest = serde_json::to_vec(&manifest)?;
    // What the service would refuse for ever is refused here, before it costs flash and traffic.
    Manifest::parse(&manifest)?;
    Ok(Prepared { capture_id, manifest, assets: draft.assets.into_iter().map(|asset| asset.bytes).collect() })
}

impl Prepared {
    pub(super) fn bytes(&self) -> u64 {
        self.manifest.len() as u64 + self.assets.iter().map(|bytes| bytes.len() as u64).sum::<u64>()
    }

    /// Writes everything into staging and fsyncs it: on return only the name is missing.
    pub(super) fn write(&self, root: &Path) -> Result<(), EdgeError> {
        let staging = staging_dir(root, self.capture_id);
        disk::make_dir(&staging)?;
        for (index, bytes) in self.assets.iter().enumerate() {
            disk::write_new(&staging.join(asset_name(index)), bytes, disk::PUBLIC)?;
        }
        disk::write_new(&staging.join("manifest.json"), &self.manifest, disk::PUBLIC)?;
        Ok(disk::sync_dir(&staging)?)
    }
}

fn describe(asset: &AssetDraft) -> ManifestAsset {
    let chunks = asset
        .bytes
        .chunks(MAX_CHUNK_BYTES as usize)
        .map(|chunk| ManifestChunk { blake3: Digest::of(chunk), bytes: chunk.len() as u64 })
        .collect();
    ManifestAsset {
        name: asset.name.clone(),
        stream: asset.stream.clone(),
        media_type: asset.media_type.clone(),
        bytes: asset.bytes.len() as u64,
        blake3: Digest::of(&asset.bytes),
        chunks,
        width_px: asset.width_px,
        height_px: asset.height_px,
        duration_micros: asset.duration_micros,
    }
}
