//! The only place where this crate touches the file system.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::DiskError;

/// A file that only its owner may read.
pub(crate) const SECRET: u32 = 0o600;
/// A file that anyone on the device may read.
pub(crate) const PUBLIC: u32 = 0o644;

type Outcome<T> = Result<T, DiskError>;

fn told<T>(action: &'static str, path: &Path, result: io::Result<T>) -> Outcome<T> {
    result.map_err(|cause| DiskError { action, path: path.into(), cause })
}

/// The directory that holds a path; a bare name lies in the present one.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Makes a directory and its parents; the directory entry is durable on return.
pub(crate) fn make_dir(path: &Path) -> Outcome<()> {
    told("make the directory", path, fs::create_dir_all(path))?;
    sync_dir(parent(path))
}

/// Writes a new file and fsyncs it. Its directory entry is durable only after [`sync_dir`].
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Outcome<()> {
    let mut file = told("create", path, OpenOptions::new().write(true).create_new(true).mode(mode).open(path))?;
    told("write", path, file.write_all(bytes))?;
    told("sync", path, file.sync_all())
}

/// Replaces a file as a whole: after a crash there is the old or the new one, never a mixture.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Outcome<()> {
    rename(&write_beside(path, bytes, mode)?, path)
}

/// Writes and fsyncs the file that is to take the place of `path`; gives its name.
pub(crate) fn write_beside(path: &Path, bytes: &[u8], mode: u32) -> Outcome<PathBuf> {
    let temporary = path.with_extension("tmp");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return told("remove", &temporary, Err(error));
        }
        _ => {}
    }
    write_new(&temporary, bytes, mode)?;
    Ok(temporary)
}

/// Renames, and makes the new name durable.
pub(crate) fn rename(from: &Path, to: &Path) -> Outcome<()> {
    told("rename", from, fs::rename(from, to))?;
    sync_dir(parent(to))
}

/// Makes the entries of a directory durable.
pub(crate) fn sync_dir(path: &Path) -> Outcome<()> {
    told("sync the directory", path, File::open(path).and_then(|dir| dir.sync_all()))
}

/// Removes a directory with what is in it; one that is not there is fine.
pub(crate) fn remove_tree(path: &Path) -> Outcome<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => told("remove", path, other),
    }
}

/// The entries of a directory, sorted by name.
pub(crate) fn list(path: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = told("list", path, fs::read_dir(path))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(told("list", path, entry)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Reads a whole file; `None` when there is none.
pub(crate) fn read(path: &Path) -> Outcome<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => told("read", path, other).map(Some),
    }
}

/// Reads a part of a file; shorter when the file ends before.
pub(crate) fn read_part(path: &Path, offset: u64, length: u64) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(offset))?;
        file.take(length).read_to_end(&mut bytes)
    });
    told("read", path, read)?;
    Ok(bytes)
}

/// A file's size; `None` when there is none.
pub(crate) fn size(path: &Path) -> Outcome<Option<u64>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => told("look at", path, other).map(|metadata| Some(metadata.len())),
    }
}

/// When a file or directory was last changed, for choosing the oldest.
pub(crate) fn changed(path: &Path) -> Outcome<std::time::SystemTime> {
    told("look at", path, fs::metadata(path).and_then(|metadata| metadata.modified()))
}

/// Opens a file for appending, making it when there is none.
pub(crate) fn open_append(path: &Path) -> Outcome<File> {
    told("open", path, OpenOptions::new().append(true).create(true).mode(PUBLIC).open(path))
}

/// Appends bytes. They are durable only after [`sync`].
pub(crate) fn append(file: &mut File, path: &Path, bytes: &[u8]) -> Outcome<()> {
    told("append to", path, file.write_all(bytes))
}

/// Makes a file's bytes and length durable.
pub(crate) fn sync(file: &File, path: &Path) -> Outcome<()> {
    told("sync", path, file.sync_all())
}

/// Cuts a file to a length.
pub(crate) fn truncate(file: &File, path: &Path, length: u64) -> Outcome<()> {
    told("cut", path, file.set_len(length))
}

/// Takes a lock that lasts as long as the file is open; `None` when another process has it.
pub(crate) fn lock(path: &Path) -> Outcome<Option<File>> {
    let file = told("open", path, OpenOptions::new().write(true).create(true).truncate(false).mode(PUBLIC).open(path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => told("lock", path, Err(error)),
    }
}

/// Free bytes on the file system of a path.
pub(crate) fn free_bytes(path: &Path) -> Outcome<u64> {
    told("ask for free space at", path, fs4::available_space(path))
}
