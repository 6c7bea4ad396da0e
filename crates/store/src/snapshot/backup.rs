//! A copy of the whole library in another folder: a library itself.

use std::path::{Path, PathBuf};

use muster_domain::digest::Digest;

use crate::{Library, Result, StoreError, library::sync_folder, snapshot, table};

/// Which originals go into a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupMedia {
    /// All that are on this disk.
    All,
    /// None: a service, or the folders that were imported, have them.
    None,
}

/// What a backup holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backup {
    /// Originals that were copied now.
    pub copied: u64,
    /// Their bytes, and those of the database.
    pub copied_bytes: u64,
    /// Originals that an earlier backup had copied.
    pub present: u64,
}

impl Library {
    /// Copies the library to `folder`, while others read and write: the database as of now, and the originals. Into a
    /// folder with an earlier backup of the same library, only what is new is copied. `progress` is told how many
    /// originals are done, and of how many.
    pub async fn backup(
        &self,
        folder: &Path,
        media: BackupMedia,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Backup> {
        self.check_target(folder).await?;
        create(folder)?;
        let database = folder.join("library.db");
        let mut connection = self.read_connection().await?;
        // The log of a backup that somebody opened belongs to the database that goes now.
        for leftover in ["library.db-wal", "library.db-shm"] {
            remove_if_there(&folder.join(leftover))?;
        }
        snapshot::write(&mut connection, &database).await?;
        drop(connection);
        let bytes = std::fs::metadata(&database).map_err(|source| io_error("read", &database, source))?.len();
        let mut backup = Backup { copied_bytes: bytes, ..Backup::default() };
        if media == BackupMedia::All {
            let listed = table::blob::all(&mut *self.read().await?).await?;
            let total = listed.len() as u64;
            for (done, (digest, bytes)) in (0_u64..).zip(&listed) {
                progress(done, total);
                self.copy_blob(folder, digest, *bytes, &mut backup).await?;
            }
            progress(total, total);
        }
        Ok(backup)
    }

    /// A backup neither lands in the library nor over another one.
    async fn check_target(&self, folder: &Path) -> Result<()> {
        let inside = |path: &Path| path.canonicalize().ok().filter(|path| path.starts_with(real(self.root())));
        let nearest = folder.ancestors().find(|path| path.exists());
        if nearest.and_then(inside).is_some() {
            return Err(StoreError::BackupTarget { path: folder.to_owned(), rule: "it lies in the library itself" });
        }
        if Self::exists(folder) {
            let theirs = snapshot::restore::library_id(&folder.join("library.db")).await?;
            let ours = table::migration::library_id(&mut *self.read_connection().await?).await?;
            if theirs != ours {
                return Err(StoreError::BackupTarget { path: folder.to_owned(), rule: "another library is there" });
            }
        } else if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(StoreError::BackupTarget { path: folder.to_owned(), rule: "other files are there" });
        }
        Ok(())
    }

    async fn copy_blob(&self, folder: &Path, digest: &Digest, bytes: u64, backup: &mut Backup) -> Result<()> {
        let from = self.blobs().path(digest);
        let to = folder.join(from.strip_prefix(self.root()).unwrap_or(&from));
        match copy_file(from, to, bytes).await? {
            Copied::New => {
                backup.copied += 1;
                backup.copied_bytes += bytes;
            }
            Copied::Present => backup.present += 1,
            // Evicted since it was listed: the service has it.
            Copied::Gone => {}
        }
        Ok(())
    }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copied {
    /// It was copied.
    New,
    /// A file of this size was there.
    Present,
    /// There is nothing to copy.
    Gone,
}

/// Copies a file whole or not at all, unless one of this size is there. The file system may share the bytes.
async fn copy_file(from: PathBuf, to: PathBuf, bytes: u64) -> Result<Copied> {
    let copied = tokio::task::spawn_blocking(move || {
        if std::fs::metadata(&to).is_ok_and(|metadata| metadata.len() == bytes) {
            return Ok(Copied::Present);
        }
        let folder = to.parent().expect("a blob lies in a folder").to_owned();
        create(&folder)?;
        let unfinished = to.with_extension("part");
        match std::fs::copy(&from, &unfinished) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound && !from.exists() => return Ok(Copied::Gone),
            Err(source) => return Err(io_error("copy", &from, source)),
            Ok(_) => {}
        }
        let synced = std::fs::File::open(&unfinished).and_then(|file| file.sync_all());
        synced.map_err(|source| io_error("sync", &unfinished, source))?;
        std::fs::rename(&unfinished, &to).map_err(|source| io_error("rename", &unfinished, source))?;
        sync_folder(&folder)?;
        Ok(Copied::New)
    });
    copied.await.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

pub(super) fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|source| io_error("create", folder, source))
}

pub(super) fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(io_error("remove", path, source)),
        _ => Ok(()),
    }
}

pub(super) fn io_error(act: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { act, path: path.to_owned(), source }
}
