//! Originals by BLAKE3: written once, never changed.
//!
//! **Limits.** A blob may be as large as the disk allows; writing streams it. **Layout.** `blobs/aa/bb…`: the first two
//! hexadecimal digits are a folder, the other 62 the file. A blob is written to `blobs/tmp`, fsynced, renamed, and its
//! folder fsynced; then the database lists it. **Deletion.** By an erasure, or by [`Blobs::evict`] when the cache is over
//! its limit: least recently used first, never what is pinned or what no service can give again.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use muster_domain::{digest::Digest, time::Clock};
use sqlx::SqlitePool;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use crate::{Result, StoreError, library::sync_folder, table};

const COPY_BYTES: usize = 256 * 1024;
/// Blobs that one step of eviction looks at.
const EVICTED_AT_ONCE: u32 = 1_000;

/// The originals of a library.
#[derive(Clone)]
pub struct Blobs {
    folder: PathBuf,
    writer: SqlitePool,
    clock: Arc<dyn Clock>,
}

/// How much room blobs take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlobUsage {
    /// How many there are.
    pub blobs: u64,
    /// Their size.
    pub bytes: u64,
    /// The size of those that are pinned.
    pub pinned_bytes: u64,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Blobs {
    pub(crate) fn open(folder: PathBuf, writer: SqlitePool, clock: Arc<dyn Clock>) -> Result<Self> {
        let unfinished = folder.join("tmp");
        std::fs::create_dir_all(&unfinished).map_err(|source| io_error("create", &unfinished, source))?;
        Ok(Self { folder, writer, clock })
    }

    /// Where the bytes of a digest are, or would be.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.to_hex();
        self.folder.join(&hex[..2]).join(&hex[2..])
    }

    pub(crate) fn unfinished_folder(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// True when the bytes are on this disk.
    pub fn has(&self, digest: &Digest) -> bool {
        self.path(digest).is_file()
    }

    /// The size, when the bytes are on this disk.
    pub fn size(&self, digest: &Digest) -> Result<Option<u64>> {
        let path = self.path(digest);
        match std::fs::metadata(&path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(io_error("read", &path, source)),
        }
    }

    /// Keeps these bytes.
    pub async fn put(&self, bytes: &[u8]) -> Result<Digest> {
        let digest = Digest::of(bytes);
        self.put_all(&[(digest, bytes)]).await?;
        Ok(digest)
    }

    /// Keeps several blobs whose digests are known already; each is checked, and all are listed in one transaction.
    pub async fn put_all(&self, blobs: &[(Digest, &[u8])]) -> Result<()> {
        let mut listed = Vec::with_capacity(blobs.len());
        for (wanted, bytes) in blobs {
            let found = Digest::of(bytes);
            if found != *wanted {
                return Err(StoreError::WrongBytes { wanted: *wanted, found });
            }
            if self.size(wanted)? != Some(bytes.len() as u64) {
                let mut unfinished = Unfinished::create(self.unfinished_folder()).await?;
                unfinished.write(bytes).await?;
                unfinished.finish(&self.path(wanted)).await?;
            }
            listed.push((*wanted, bytes.len() as u64));
        }
        self.list(&listed).await
    }

    /// Writes bytes under their digest, which the caller has just computed. Blocks, so that many threads can write at
    /// once; the blob counts only after [`Self::list_written`].
    pub fn write(&self, digest: &Digest, bytes: &[u8]) -> Result<()> {
        if self.size(digest)? == Some(bytes.len() as u64) {
            return Ok(());
        }
        self.write_from(digest, &mut &*bytes)
    }

    /// Like [`Self::write`], for a file; other bytes than the digest's are an error.
    pub fn write_file(&self, digest: &Digest, file: &Path) -> Result<()> {
        let mut opened = std::fs::File::open(file).map_err(|source| io_error("read", file, source))?;
        if self.size(digest)? == Some(opened.metadata().map_err(|source| io_error("read", file, source))?.len()) {
            return Ok(());
        }
        self.write_from(digest, &mut opened)
    }

    fn write_from(&self, digest: &Digest, reader: &mut dyn io::Read) -> Result<()> {
        let part = self.unfinished_folder().join(format!("{}.part", Uuid::new_v4().simple()));
        let target = self.path(digest);
        let mut write = || -> io::Result<Digest> {
            let mut file = std::fs::File::create_new(&part)?;
            let mut hasher = blake3::Hasher::new();
            let mut buffer = vec![0; COPY_BYTES];
            loop {
                let read = reader.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                hasher.update(&buffer[..read]);
                io::Write::write_all(&mut file, &buffer[..read])?;
            }
            file.sync_all()?;
            Ok(Digest::from(hasher.finalize()))
        };
        let done = match write() {
            Err(source) => Err(io_error("write", &part, source)),
            Ok(found) if found != *digest => Err(StoreError::WrongBytes { wanted: *digest, found }),
            Ok(_) => {
                let folder = target.parent().expect("a blob lies in a folder");
                std::fs::create_dir_all(folder)
                    .and_then(|()| std::fs::rename(&part, &target))
                    .map_err(|source| io_error("create", &target, source))
            }
        };
        if done.is_err() {
            // What cannot be removed now is removed by `Library::sweep`.
            let _ = std::fs::remove_file(&part);
        }
        done
    }

    /// Brings the names of blobs that were written to disk and lists them, all at once.
    pub async fn list_written(&self, blobs: &[(Digest, u64)]) -> Result<()> {
        let paths: std::collections::BTreeSet<PathBuf> =
            blobs.iter().filter_map(|(digest, _)| self.path(digest).parent().map(Path::to_owned)).collect();
        let above = self.folder.clone();
        let synced = tokio::task::spawn_blocking(move || {
            paths.iter().try_for_each(|folder| sync_folder(folder)).and_then(|()| sync_folder(&above))
        });
        synced.await.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))?;
        self.list(blobs).await
    }

    /// Keeps a copy of a file.
    pub async fn put_file(&self, path: &Path) -> Result<Digest> {
        let opened = tokio::fs::File::open(path).await;
        let file = opened.map_err(|source| io_error("read", path, source))?;
        Ok(self.put_stream(file, None).await?.0)
    }

    /// Keeps what a reader gives; `wanted` is checked before anything gets its name. Digest and size.
    pub async fn put_stream(&self, reader: impl AsyncRead, wanted: Option<&Digest>) -> Result<(Digest, u64)> {
        let mut reader = std::pin::pin!(reader);
        let mut unfinished = Unfinished::create(self.unfinished_folder()).await?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; COPY_BYTES];
        let mut size = 0_u64;
        loop {
            let read = reader.read(&mut buffer).await.map_err(|source| io_error("write", &unfinished.path, source))?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            size += read as u64;
            unfinished.write(&buffer[..read]).await?;
        }
        let found = Digest::from(hasher.finalize());
        if let Some(wanted) = wanted
            && *wanted != found
        {
            return Err(StoreError::WrongBytes { wanted: *wanted, found });
        }
        unfinished.finish(&self.path(&found)).await?;
        self.list(&[(found, size)]).await?;
        Ok((found, size))
    }

    /// The bytes, when they are on this disk.
    pub async fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let path = self.path(digest);
        match tokio::fs::read(&path).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(io_error("read", &path, source)),
        }
    }

    /// Like [`Self::read`], and hashed: other bytes are a [`StoreError::BlobDamaged`].
    pub async fn read_verified(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let Some(bytes) = self.read(digest).await? else { return Ok(None) };
        let found = Digest::of(&bytes);
        if found == *digest { Ok(Some(bytes)) } else { Err(StoreError::BlobDamaged { path: self.path(digest), found }) }
    }

    /// The open file, when the bytes are on this disk.
    pub async fn open_file(&self, digest: &Digest) -> Result<Option<tokio::fs::File>> {
        let path = self.path(digest);
        match tokio::fs::File::open(&path).await {
            Ok(file) => Ok(Some(file)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(io_error("read", &path, source)),
        }
    }

    /// Pins blobs, so that eviction passes them over, or lets them go.
    pub async fn pin(&self, digests: &[Digest], pinned: bool) -> Result<u64> {
        Ok(table::blob::pin(&mut *self.writer.acquire().await?, digests, pinned).await?)
    }

    /// Marks blobs as used now; eviction takes the least recently used first.
    pub async fn touch(&self, digests: &[Digest]) -> Result<()> {
        Ok(table::blob::touch(&mut *self.writer.acquire().await?, digests, self.clock.now()).await?)
    }

    /// How much room they take.
    pub async fn usage(&self) -> Result<BlobUsage> {
        let (blobs, bytes, pinned_bytes) = table::blob::usage(&mut *self.writer.acquire().await?).await?;
        Ok(BlobUsage { blobs, bytes, pinned_bytes })
    }

    /// Removes blobs until at most `limit_bytes` are left, or nothing more may go. Returns what was removed.
    pub async fn evict(&self, limit_bytes: u64) -> Result<BlobUsage> {
        let mut left = self.usage().await?.bytes;
        let mut removed = BlobUsage::default();
        let mut after = (i64::MIN, 0);
        while left > limit_bytes {
            let candidates = table::blob::evictable(&mut *self.writer.acquire().await?, after, EVICTED_AT_ONCE).await?;
            let Some((.., last)) = candidates.last() else { break };
            after = *last;
            let mut digests = Vec::new();
            for (digest, bytes, _) in candidates {
                if left <= limit_bytes {
                    break;
                }
                left -= bytes.min(left);
                removed.blobs += 1;
                removed.bytes += bytes;
                digests.push(digest);
            }
            self.remove(&digests).await?;
        }
        Ok(removed)
    }

    /// Takes blobs off the list and then off the disk: a crash in between leaves a file that `sweep` lists again.
    pub(crate) async fn remove(&self, digests: &[Digest]) -> Result<()> {
        table::blob::unlist(&mut *self.writer.acquire().await?, digests).await?;
        for digest in digests {
            let path = self.path(digest);
            match tokio::fs::remove_file(&path).await {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(io_error("remove", &path, source));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) async fn list(&self, blobs: &[(Digest, u64)]) -> Result<()> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        table::blob::list(&mut transaction, blobs, self.clock.now()).await?;
        let digests: Vec<Digest> = blobs.iter().map(|(digest, _)| *digest).collect();
        table::offline::pin_new(&mut transaction, &digests).await?;
        Ok(transaction.commit().await?)
    }
}

/// A file that has no name yet; dropped unfinished, it is removed.
struct Unfinished {
    path: PathBuf,
    file: tokio::fs::File,
    finished: bool,
}

impl Unfinished {
    async fn create(folder: PathBuf) -> Result<Self> {
        let path = folder.join(format!("{}.part", Uuid::new_v4().simple()));
        let created = tokio::fs::File::create_new(&path).await;
        let file = created.map_err(|source| io_error("create", &path, source))?;
        Ok(Self { path, file, finished: false })
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).await.map_err(|source| io_error("write", &self.path, source))
    }

    async fn finish(mut self, path: &Path) -> Result<()> {
        self.file.flush().await.map_err(|source| io_error("write", &self.path, source))?;
        self.file.sync_all().await.map_err(|source| io_error("sync", &self.path, source))?;
        let (from, to) = (self.path.clone(), path.to_owned());
        let renamed = tokio::task::spawn_blocking(move || give_name(&from, &to)).await;
        renamed.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is removed by `Library::sweep`.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn give_name(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().expect("a blob lies in a folder");
    if !folder.is_dir() {
        std::fs::create_dir_all(folder).map_err(|source| io_error("create", folder, source))?;
        sync_folder(folder.parent().expect("that folder lies in blobs"))?;
    }
    std::fs::rename(from, to).map_err(|source| io_error("create", to, source))?;
    sync_folder(folder)
}

fn io_error(act: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io { act, path: path.to_owned(), source }
}
