//! The data directory: its names, its lock, and the syncs that make its directories last.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use crate::IngestError;

/// The database's name.
pub const DATABASE: &str = "ingest.db";

/// Where things are.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The data directory.
    pub dir: PathBuf,
}

/// The sole right to something; the operating system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl Layout {
    /// Names a data directory; nothing is touched.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.dir.join(DATABASE)
    }

    /// The directory of the blobs.
    pub fn blobs(&self) -> PathBuf {
        self.dir.join("blobs")
    }

    /// The private receipt key.
    pub fn receipt_key(&self) -> PathBuf {
        self.dir.join("keys").join("receipt.pem")
    }

    /// Makes the directories and syncs them. All 256 blob directories are made here, so that an upload never depends on
    /// the sync of another upload's `mkdir`.
    pub fn create(&self) -> Result<(), IngestError> {
        let blobs = self.blobs();
        let keys = self.dir.join("keys");
        for dir in [&self.dir, &blobs, &keys] {
            fs::create_dir_all(dir).map_err(IngestError::file("create", dir))?;
        }
        for prefix in 0..=u8::MAX {
            let dir = blobs.join(format!("{prefix:02x}"));
            fs::create_dir_all(&dir).map_err(IngestError::file("create", &dir))?;
        }
        sync_dir(&blobs)?;
        sync_dir(&self.dir)?;
        match self.dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
            _ => Ok(()),
        }
    }

    /// Fails when the directory holds no service.
    pub fn require(&self) -> Result<(), IngestError> {
        if self.database().is_file() { Ok(()) } else { Err(IngestError::NoService { dir: self.dir.clone() }) }
    }

    /// Takes the right to serve.
    pub fn lock(&self) -> Result<DirLock, IngestError> {
        let path = self.dir.join("lock");
        let file = open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(DirLock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(IngestError::Locked { path }),
            Err(fs::TryLockError::Error(source)) => Err(IngestError::File { act: "lock", path, source }),
        }
    }

    /// Keeps other processes from changing the schema at the same time; waits for its turn.
    pub fn lock_schema(&self) -> Result<DirLock, IngestError> {
        let path = self.dir.join("schema.lock");
        let file = open_lock(&path)?;
        file.lock().map_err(IngestError::file("lock", &path))?;
        Ok(DirLock { _file: file })
    }
}

fn open_lock(path: &Path) -> Result<File, IngestError> {
    File::options().create(true).truncate(false).write(true).open(path).map_err(IngestError::file("open", path))
}

/// Makes the names in a directory last.
pub fn sync_dir(dir: &Path) -> Result<(), IngestError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(IngestError::file("sync", dir))
}
