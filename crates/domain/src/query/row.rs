//! The flat row of a capture: what queries are evaluated on, and what the index is built from.

use std::collections::BTreeMap;

use crate::{
    annotation::Decision,
    digest::Digest,
    field::FieldValue,
    id::{AnnotationId, CaptureId},
    time::UtcMicros,
};

/// Everything about a capture that a query can ask for, with names instead of ids where a person types names.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureRow {
    /// The library's integer key of the capture.
    pub row_key: u32,
    /// The change sequence at which this row was read.
    pub change_seq: u64,
    /// Its id.
    pub capture_id: CaptureId,
    /// The site's name; `None` for imports.
    pub site: Option<String>,
    /// The device's name; `None` for imports.
    pub device: Option<String>,
    /// The trigger's name; `None` for imports.
    pub trigger: Option<String>,
    /// Names of its streams.
    pub streams: Vec<String>,
    /// Kinds of its assets (`image`, `video`, `series`).
    pub media: Vec<&'static str>,
    /// Path below the import root, or asset names: part of full text.
    pub paths: Vec<String>,
    /// The IANA name of its site's time zone; `None` means UTC.
    pub time_zone: Option<String>,
    /// A number that captures share when their assets have the same bytes (see [`content_of`]); `None` without assets.
    pub content: Option<u64>,
    /// When it was captured.
    pub captured_at: UtcMicros,
    /// When it was received.
    pub received_at: UtcMicros,
    /// Width of the first picture, px.
    pub width_px: Option<u32>,
    /// Height of the first picture, px.
    pub height_px: Option<u32>,
    /// Length of the longest video or series, s.
    pub duration_s: Option<f64>,
    /// Where it was captured, degrees north.
    pub latitude: Option<f64>,
    /// Where it was captured, degrees east.
    pub longitude: Option<f64>,
    /// Signal values at the hit.
    pub signals: BTreeMap<String, FieldValue>,
    /// User fields on the capture.
    pub user_fields: BTreeMap<String, FieldValue>,
    /// Tags on the capture.
    pub tags: Vec<String>,
    /// The latest statement's name (`submitted`, …); `none` when nobody made one.
    pub submission: &'static str,
    /// Models that ran on it (done or empty).
    pub model_runs: Vec<String>,
    /// Notes and other free text.
    pub text: Vec<String>,
    /// Its annotations that are not deleted.
    pub annotations: Vec<AnnotationRow>,
}

/// Everything about an annotation that a query can ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotationRow {
    /// Its id.
    pub annotation_id: AnnotationId,
    /// The schema's class name, or the model's own while it is unmapped.
    pub class: String,
    /// What a person decided.
    pub decision: Decision,
    /// Who made it: `person`, `model`, `import`, `rule`.
    pub origin: &'static str,
    /// The model's id, if a model made it.
    pub model: Option<String>,
    /// The model's confidence, if a model made it.
    pub confidence: Option<f64>,
    /// The kind of its geometry.
    pub kind: &'static str,
    /// Width of its bounds, px.
    pub width_px: Option<f64>,
    /// Height of its bounds, px.
    pub height_px: Option<f64>,
    /// The layer.
    pub layer: String,
    /// The text of a caption or a line that was read.
    pub text: Option<String>,
    /// User fields on the annotation.
    pub user_fields: BTreeMap<String, FieldValue>,
}

/// What [`CaptureRow::content`] is for assets with these BLAKE3 digests, in their order. Of 64 bits: among a million
/// captures, two different ones share a number by chance once in forty million libraries.
pub fn content_of<'a>(digests: impl IntoIterator<Item = &'a Digest>) -> Option<u64> {
    let mut all = None;
    for digest in digests {
        let mut head = [0; 8];
        head.copy_from_slice(&digest.as_bytes()[..8]);
        let head = u64::from_le_bytes(head);
        all = Some(all.map_or(head, |all: u64| all.rotate_left(21).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ head));
    }
    all
}
