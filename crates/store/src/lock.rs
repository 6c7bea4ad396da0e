//! Locks between processes: files below `locks/`, held as long as a guard lives, and let go by the system when a
//! process dies.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use crate::{Result, StoreError};

/// A lock on a file, held until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    // The lock belongs to the open file; closing it lets go.
    _file: File,
    path: PathBuf,
}

impl FileLock {
    /// Waits for the lock. Blocks: call it off the async threads.
    pub(crate) fn wait(path: &Path) -> Result<Self> {
        let file = open(path)?;
        file.lock().map_err(|source| io("lock", path, source))?;
        Ok(Self { _file: file, path: path.to_owned() })
    }

    /// The lock, or `None` while another process (or another guard in this one) has it.
    pub(crate) fn attempt(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file, path: path.to_owned() })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(io("lock", path, source)),
        }
    }

    /// A part in the lock, beside others who have one, or `None` while somebody has all of it.
    pub(crate) fn share(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self { _file: file, path: path.to_owned() })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(io("lock", path, source)),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn open(path: &Path) -> Result<File> {
    File::options().create(true).truncate(false).write(true).open(path).map_err(|source| io("open", path, source))
}

fn io(act: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { act, path: path.to_owned(), source }
}
