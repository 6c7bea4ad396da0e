//! What is wrong with a label file, and where.

use std::path::{Path, PathBuf};

/// Why a label file, or one entry of it, cannot be used.
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
            Self::Io { .. } | Self::Syntax { .. } | Self::MissingSection { .. } => None,
        }
    }
}
