//! The manifest of an export. It is written last: a folder without one is not a complete export.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use muster_domain::time::UtcMicros;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{coco::WrittenFile, error::FormatError};

/// The manifest's file name.
pub const FILE_NAME: &str = "manifest.json";

/// What an export consists of and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportManifest {
    /// The version of Muster.
    pub muster_version: String,
    /// The format's name.
    pub format: String,
    /// The project's name.
    pub project: String,
    /// The version of its schema.
    pub schema_version: u32,
    /// The query that chose the captures; empty for all or for a picked list.
    pub query: String,
    /// True when undecided proposals are in it.
    pub includes_proposals: bool,
    /// When it was written.
    pub exported_at_micros: UtcMicros,
    /// Pictures.
    pub images: u64,
    /// Objects.
    pub annotations: u64,
    /// What the format cannot hold or what was left out on purpose, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// Every other file of the export.
    pub files: Vec<ExportedFile>,
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedFile {
    /// Relative to the manifest, with forward slashes.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

impl ExportManifest {
    /// Writes the manifest into the export's folder and brings it to disk.
    pub fn write(&self, folder: &Path) -> Result<(), FormatError> {
        let path = folder.join(FILE_NAME);
        let part = folder.join(".manifest.part");
        let write = || -> io::Result<()> {
            let mut file = File::create(&part)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            std::fs::rename(&part, &path)?;
            File::open(folder)?.sync_all()
        };
        write().map_err(FormatError::io("write", &path))
    }
}

/// Reads a file to its end and hashes it.
pub fn hash_file(path: &Path) -> Result<WrittenFile, FormatError> {
    let hash = || -> io::Result<(u64, String)> {
        let mut file = File::open(path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0_u8; 256 * 1024];
        let mut bytes = 0;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok((bytes, crate::coco::hex(&hasher.finalize())));
            }
            hasher.update(&buffer[..read]);
            bytes += read as u64;
        }
    };
    let (bytes, sha256) = hash().map_err(FormatError::io("read", path))?;
    Ok(WrittenFile { path: path.to_owned(), bytes, sha256 })
}
