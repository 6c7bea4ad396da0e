//! Captures and their assets as the library knows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    field::FieldValue,
    id::{CaptureId, DeviceId},
    time::UtcMicros,
};

/// What kind of file an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A still picture.
    Image,
    /// A moving picture.
    Video,
    /// A time series of sensor values.
    Series,
}

impl AssetKind {
    /// The name, as stored and queried.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Series => "series",
        }
    }

    /// The kind of an IANA media type.
    pub fn of_media_type(media_type: &str) -> Self {
        match media_type.split('/').next() {
            Some("image") => Self::Image,
            Some("video") => Self::Video,
            _ => Self::Series,
        }
    }
}

/// Where the bytes of an asset are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MediaPlace {
    /// In the library's blob store, or to be had from the service by digest.
    Stored,
    /// A person's own file, left where it is.
    Referenced {
        /// The import root's name in the library.
        root: String,
        /// The path below it, with forward slashes.
        relative_path: String,
    },
}

/// One file of a capture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Its name in the capture.
    pub name: String,
    /// The sensor that it came from.
    pub stream: String,
    /// IANA media type.
    pub media_type: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the bytes.
    pub digest: Digest,
    /// Width of the upright picture, px.
    pub width_px: Option<u32>,
    /// Height of the upright picture, px.
    pub height_px: Option<u32>,
    /// Length of a video or series.
    pub duration_micros: Option<i64>,
    /// Where the bytes are.
    pub place: MediaPlace,
}

impl Asset {
    /// What kind of file it is.
    pub fn kind(&self) -> AssetKind {
        AssetKind::of_media_type(&self.media_type)
    }
}

/// The rule that fired, with the values that fired it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriggerHit {
    /// The trigger's name.
    pub name: String,
    /// The trigger's version.
    pub version: u32,
    /// The CEL expression.
    pub expression: String,
    /// The values that the expression read.
    pub values: BTreeMap<String, FieldValue>,
}

/// Where a capture came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CaptureSource {
    /// A device of the fleet.
    Device {
        /// Which.
        device_id: DeviceId,
        /// Its name.
        device: String,
        /// Where it stood.
        site: String,
    },
    /// A person's import.
    Import {
        /// The import root.
        root: String,
        /// The path below it, with forward slashes.
        relative_path: String,
    },
}

/// What one hit recorded, or what a person imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// Its id.
    pub capture_id: CaptureId,
    /// Where it came from.
    pub source: CaptureSource,
    /// When it was captured: the service's estimate, revisable.
    pub captured_at: UtcMicros,
    /// The uncertainty of that estimate, microseconds.
    pub uncertainty_micros: i64,
    /// When the service or the import received it.
    pub received_at: UtcMicros,
    /// The rule that fired; `None` for imports.
    pub trigger: Option<TriggerHit>,
    /// Signal values at the moment of the hit.
    pub signals: BTreeMap<String, FieldValue>,
    /// Its files.
    pub assets: Vec<Asset>,
}
