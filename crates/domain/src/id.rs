//! Typed identifiers. Ids are opaque: nothing sorts, dates or pages by a UUID.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The 16 bytes that the databases store.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
    )+};
}

typed_ids!(
    /// A capture: `UUIDv7` made on the device, or `UUIDv8` of its content when imported.
    CaptureId,
    /// A device, made by the ingest service at enrolment.
    DeviceId,
    /// An annotation; of a proposal, `UUIDv8` of what produced it (see [`crate::annotation::proposal_id`]).
    AnnotationId,
    /// A project.
    ProjectId,
    /// A class of a label schema. Names may change, the id never.
    ClassId,
    /// A person.
    PersonId,
    /// An operation.
    OperationId,
    /// A submission.
    SubmissionId,
    /// A job.
    JobId,
    /// An ingest service that a library syncs from.
    ServiceId,
    /// An object over several frames.
    TrackId,
);

/// The `UUIDv8` (RFC 9562, section 5.8) made from the first 16 bytes of a BLAKE3 hash over length-prefixed parts.
pub fn uuid_of_parts(context: &str, parts: &[&[u8]]) -> Uuid {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Uuid::new_v8(bytes)
}

/// The id of an imported capture: equal bytes at two paths are two captures; importing again changes nothing.
pub fn imported_capture_id(import_root: &str, relative_path: &str, digest: &crate::digest::Digest) -> CaptureId {
    CaptureId(uuid_of_parts(
        "muster 2026-11 imported capture id",
        &[import_root.as_bytes(), relative_path.as_bytes(), digest.as_bytes()],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_separated_by_their_lengths() {
        assert_ne!(uuid_of_parts("t", &[b"ab", b"c"]), uuid_of_parts("t", &[b"a", b"bc"]));
        assert_eq!(uuid_of_parts("t", &[b"ab"]).get_version_num(), 8);
    }
}
