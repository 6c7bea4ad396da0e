//! BLAKE3 digests of files, read in pieces.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::{MediaError, Result};

/// The digest of a file's bytes and how many there are; memory does not grow with the file.
pub fn hash_file(path: &Path) -> Result<(blake3::Hash, u64)> {
    let read = |source| MediaError::Read { name: path.display().to_string(), source };
    hash_reader(File::open(path).map_err(read)?).map_err(read)
}

/// The digest of what `reader` yields and how many bytes that was.
pub fn hash_reader(mut reader: impl Read) -> io::Result<(blake3::Hash, u64)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&mut reader)?;
    Ok((hasher.finalize(), hasher.count()))
}
