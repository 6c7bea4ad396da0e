//! What is wrong with a label file or an archive, and where.

use std::path::{Path, PathBuf};

/// Why a label file, an archive, or one entry of it, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The file cannot be read or written.
    #[error("cannot {act} {}: {source}", .file.display())]
    Io {
        /// What was tried.
        act: &'static str,
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not JSON: damaged, cut off, or with numbers that JSON does not have (NaN, Infinity).
    #[error("{}, line {line}, column {column}: this is not JSON ({reason}); is the file complete?", .file.display())]
    Syntax {
        /// Which file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// JSON, but not of this format.
    #[error("{}, line {line}, {path}: {reason}", .file.display())]
    Shape {
        /// Which file.
        file: PathBuf,
        /// Such as `annotations[17]`.
        path: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A section that the format needs is not there.
    #[error("{}: there is no {section:?}; is this a COCO instances file?", .file.display())]
    MissingSection {
        /// Which file.
        file: PathBuf,
        /// Such as `images`.
        section: &'static str,
    },
    /// An id is used twice.
    #[error("{}, {path}: the id {id} is used twice", .file.display())]
    DuplicateId {
        /// Which file.
        file: PathBuf,
        /// Such as `annotations[17]`.
        path: String,
        /// The id.
        id: String,
    },
    /// A field that an entry needs is not there.
    #[error("{}, {path}: there is no {field:?}", .file.display())]
    MissingField {
        /// Which file.
        file: PathBuf,
        /// Such as `annotations[17]`.
        path: String,
        /// Such as `image_id`.
        field: &'static str,
    },
    /// An entry names another one that is not in the file.
    #[error("{}, {path}: {field} {id} is not in the file", .file.display())]
    UnknownReference {
        /// Which file.
        file: PathBuf,
        /// Such as `annotations[17]`.
        path: String,
        /// Such as `image_id`.
        field: &'static str,
        /// The id that it names.
        id: String,
    },
    /// A box, polygon or mask that encloses nothing or has the wrong size.
    #[error("{}, {path}: {reason}", .file.display())]
    Geometry {
        /// Which file.
        file: PathBuf,
        /// Such as `annotations[17]`.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// Neither zip nor tar nor tar.gz.
    #[error("{} is not an archive that can be opened; use zip, tar or tar.gz", .file.display())]
    NotAnArchive {
        /// Which file.
        file: PathBuf,
    },
    /// The archive cannot be read to its end.
    #[error("{} is damaged ({reason}); copy or pack it again", .file.display())]
    DamagedArchive {
        /// Which file.
        file: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// More comes out of the archive than its limits allow.
    #[error("{} holds more than {limit} {quantity}; unpack it yourself if it is trusted, and import the folder", .file.display())]
    ArchiveBound {
        /// Which file.
        file: PathBuf,
        /// What there is too much of.
        quantity: &'static str,
        /// How much is allowed.
        limit: u64,
    },
}

impl FormatError {
    pub(crate) fn io(act: &'static str, file: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Io { act, file, source }
    }

    /// An entry's place, such as `annotations[17]`, where the error is about one entry.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Shape { path, .. }
            | Self::DuplicateId { path, .. }
            | Self::MissingField { path, .. }
            | Self::UnknownReference { path, .. }
            | Self::Geometry { path, .. } => Some(path),
            Self::Io { .. }
            | Self::Syntax { .. }
            | Self::MissingSection { .. }
            | Self::NotAnArchive { .. }
            | Self::DamagedArchive { .. }
            | Self::ArchiveBound { .. } => None,
        }
    }
}
