//! Annotations, proposals and decisions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    field::FieldValue,
    geometry::Geometry,
    id::{AnnotationId, CaptureId, ClassId, ProjectId, TrackId, uuid_of_parts},
    origin::Origin,
};

/// What a person has decided. Drawing or editing by a person is accepting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nobody has decided yet.
    Undecided,
    /// A person says that it is right.
    Accepted,
    /// A person says that it is wrong.
    Rejected,
}

impl Decision {
    /// Every decision, in the order of the database's codes.
    pub const ALL: [Self; 3] = [Self::Undecided, Self::Accepted, Self::Rejected];

    /// The name, as stored, queried and exported.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// The decision with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.name() == name)
    }
}

/// Who set each of the fields that can change alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldOrigins {
    /// Who set the geometry (one field).
    pub geometry: Origin,
    /// Who set the class.
    pub class: Origin,
    /// Who set the attributes.
    pub attributes: Origin,
}

impl FieldOrigins {
    /// All fields by the same hand.
    pub fn all(origin: &Origin) -> Self {
        Self { geometry: origin.clone(), class: origin.clone(), attributes: origin.clone() }
    }
}

/// Geometry (or none) + class + attributes on an asset, with an origin per field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// Its id.
    pub annotation_id: AnnotationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The layer, `main` unless said otherwise.
    pub layer: String,
    /// The capture.
    pub capture_id: CaptureId,
    /// The name of the asset in the capture.
    pub asset: String,
    /// The decode index of the frame; `None` on images.
    pub frame_index: Option<u32>,
    /// Where.
    pub geometry: Geometry,
    /// What; `None` while a model's class has no counterpart in the schema (then `model_class` names it).
    pub class_id: Option<ClassId>,
    /// The class name that a model or an import used, kept word for word.
    pub model_class: Option<String>,
    /// The version of the label schema in force when it was made.
    pub schema_version: u32,
    /// Attributes by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, FieldValue>,
    /// The object over frames, if it is tracked.
    pub track_id: Option<TrackId>,
    /// Stacking order; higher is nearer.
    pub z: i32,
    /// Who made it: the origin of the act that created it.
    pub origin: Origin,
    /// Who set each field last.
    pub field_origins: FieldOrigins,
    /// What a person decided.
    pub decision: Decision,
    /// Grows by one with every change: the base of compare-and-swap.
    pub version: u32,
    /// A deletion is a tombstone, so that it can be synced and undone.
    pub deleted: bool,
}

impl Annotation {
    /// True while a model made it and nobody has decided.
    pub fn is_proposal(&self) -> bool {
        self.decision == Decision::Undecided && matches!(self.origin, Origin::Model { .. })
    }
}

/// The id of a proposal: two desktops that run the same model on the same asset agree on it.
pub fn proposal_id(asset: &Digest, model_hash: &Digest, parameters_hash: &Digest, ordinal: u32) -> AnnotationId {
    AnnotationId(uuid_of_parts(
        "muster 2026-11 proposal id",
        &[asset.as_bytes(), model_hash.as_bytes(), parameters_hash.as_bytes(), &ordinal.to_le_bytes()],
    ))
}

/// The id of a proposal that a model on the device made: every desktop that syncs the capture agrees on it.
///
/// It begins with the first six bytes of the capture's id, which for an id of version 7 is when it was made: proposals
/// then arrive in the order of their ids, and an index of five million of them is written at its end and not all over.
pub fn device_proposal_id(capture_id: CaptureId, asset: &str, model: &str, ordinal: u32) -> AnnotationId {
    let parts: [&[u8]; 4] = [capture_id.as_bytes(), asset.as_bytes(), model.as_bytes(), &ordinal.to_le_bytes()];
    let mut bytes = uuid_of_parts("muster 2026-11 device proposal id", &parts).into_bytes();
    bytes[..6].copy_from_slice(&capture_id.as_bytes()[..6]);
    AnnotationId(uuid::Uuid::from_bytes(bytes))
}
