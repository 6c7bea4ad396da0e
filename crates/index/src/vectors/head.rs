//! What counts of a space's files.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{AXES, NEAR_AXES};
use crate::error::{IndexError, Result};

/// The version of the layout. Another one is embedded anew.
pub(crate) const FORMAT: u32 = 1;

/// A model, and what it looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// The folder's name: letters, digits and `-`.
    pub name: String,
    /// The length of the model's vectors.
    pub dimensions: usize,
    /// Rows from which vectors are reduced and quantised; 4,096 serves everywhere but in tests.
    pub reduce_at: usize,
    /// Rows up to which all are compared in full; 20,000 serves everywhere but in tests.
    pub exact_rows: usize,
}

impl Space {
    /// The space of a model (by the hash of what decides about its results) on one kind of thing.
    pub fn new(model_hash: &str, kind: &str, dimensions: usize) -> Self {
        let short: String = model_hash.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        Self { name: format!("{kind}-{short}"), dimensions, reduce_at: 4096, exact_rows: 20_000 }
    }

    /// Axes that vectors are reduced to.
    pub(crate) fn axes(&self) -> usize {
        self.dimensions.min(AXES)
    }

    /// Axes that every row is compared on.
    pub(crate) fn near_axes(&self) -> usize {
        self.axes().min(NEAR_AXES)
    }
}

/// The content of `head.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub format: u32,
    pub dimensions: usize,
    /// Number of the row files.
    pub generation: u32,
    pub rows: usize,
    pub dead: usize,
    /// The projection in use.
    pub codes: Option<Codes>,
    /// The change sequence of the library up to which everything was looked at.
    pub seq: u64,
}

/// A fitted projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Codes {
    /// Its version: the number of its files.
    pub version: u32,
    /// The rows that there were when it was fitted.
    pub fitted_at: usize,
}

impl Head {
    pub fn empty(dimensions: usize) -> Self {
        Self { format: FORMAT, dimensions, generation: 0, rows: 0, dead: 0, codes: None, seq: 0 }
    }

    /// The bytes of a folder's head; none where there is no head yet.
    pub fn read_bytes(dir: &Path) -> Result<Vec<u8>> {
        let path = dir.join("head.json");
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(IndexError::Io { path, source }),
        }
    }

    /// The head in these bytes. A damaged one, or one of another layout or model, is `None`: the space is derived data.
    pub fn parse(bytes: &[u8], dimensions: usize) -> Option<Self> {
        let head: Self = serde_json::from_slice(bytes).ok()?;
        (head.format == FORMAT && head.dimensions == dimensions).then_some(head)
    }

    /// Replaces the head of a folder and makes it durable.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let (path, part) = (dir.join("head.json"), dir.join("head.json.part"));
        let write = || {
            let mut file = File::create(&part)?;
            file.write_all(&serde_json::to_vec(self).map_err(io::Error::other)?)?;
            file.sync_all()?;
            fs::rename(&part, &path)?;
            File::open(dir)?.sync_all()
        };
        write().map_err(|source| IndexError::Io { path: path.clone(), source })
    }

    pub fn rows_dir(&self, dir: &Path) -> PathBuf {
        dir.join(format!("rows-{}", self.generation))
    }

    pub fn codes_dir(&self, dir: &Path) -> Option<PathBuf> {
        // A generation's rows are numbered anew, so its codes are files of their own.
        self.codes.map(|codes| dir.join(format!("codes-{}", codes.version)))
    }
}

/// An IO error with the file that it happened to.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> IndexError + use<> {
    let path = path.to_owned();
    move |source| IndexError::Io { path, source }
}
