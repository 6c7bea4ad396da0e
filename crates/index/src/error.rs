//! What can go wrong with the index, and what to do about it.

use std::{io, path::PathBuf};

/// An error of the index. The index is derived data: whatever is wrong with it, [`crate::Index::rebuild`] and indexing
/// every capture again mends it.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Another process maintains the index.
    #[error("another process writes the search index in {}; search works meanwhile", dir.display())]
    Busy {
        /// The index's directory.
        dir: PathBuf,
    },
    /// The files do not fit together.
    #[error(
        "the search index in {} is damaged ({source}); rebuild it with `muster doctor`, no annotation is lost",
        dir.display()
    )]
    Damaged {
        /// The index's directory.
        dir: PathBuf,
        /// What the engine says.
        source: Box<tantivy::TantivyError>,
    },
    /// A file or directory could not be read or written.
    #[error("cannot use the search index in {}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The engine failed while it worked, for instance because the disk is full.
    #[error("the search index in {} failed: {source}", dir.display())]
    Engine {
        /// The index's directory.
        dir: PathBuf,
        /// What the engine says.
        source: Box<tantivy::TantivyError>,
    },
}

/// The result of an index function.
pub type Result<T> = std::result::Result<T, IndexError>;
