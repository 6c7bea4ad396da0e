//! BLAKE3 digests of files, read in pieces.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use muster_domain::digest::Digest;

use crate::error::{MediaError, Result};

/// The digest of a file's bytes and how many there are; memory does not grow with the file.
pub fn hash_file(path: &Path) -> Result<(Digest, u64)> {
    let read = |source| MediaError::Read { name: path.display().to_string(), source };
    hash_reader(File::open(path).map_err(read)?).map_err(read)
}

/// The digest of what `reader` yields and how many bytes that was.
pub fn hash_reader(reader: impl Read) -> io::Result<(Digest, u64)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(reader)?;
    Ok((Digest::from(hasher.finalize()), hasher.count()))
}
