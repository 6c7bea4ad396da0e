//! Blobs on the local disk by BLAKE3: the one place that builds the object store and knows its durability.

use std::{
    collections::BTreeSet,
    fs,
    ops::Range,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use muster_domain::digest::Digest;
use muster_protocol::manifest::ManifestChunk;
use object_store::{
    GetOptions, GetResultPayload, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem,
    path::Path,
};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::{
    IngestError,
    layout::{Layout, sync_dir},
    table::Durability,
};

/// Bytes that are held in memory before they go to the disk; smaller blobs are written in one go.
const PART_BYTES: usize = 512 * 1024;
/// Bytes read from the disk at a time.
const READ_BYTES: usize = 256 * 1024;

/// The blobs of one service.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<LocalFileSystem>,
    dir: PathBuf,
    durability: Durability,
}

/// What came of the bytes that should have a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// They had it, and are durable under it.
    Stored,
    /// They had another one; nothing is kept.
    Mismatch {
        /// What they had.
        got: Digest,
    },
}

/// A blob to be read.
pub struct Reading {
    /// The size of the whole blob.
    pub size: u64,
    /// The bytes of the range.
    pub bytes: BoxStream<'static, std::io::Result<Bytes>>,
}

/// A file below the blob directory, as `fsck` finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A blob by its name.
    Blob(Digest, u64),
    /// Being written when the service stopped.
    Staged(PathBuf),
    /// Nothing that the service made.
    Stranger(PathBuf),
}

impl Blobs {
    /// Opens the store; the directories exist, see [`Layout::create`].
    pub fn open(layout: &Layout, durability: Durability) -> Result<Self, IngestError> {
        let dir = layout.blobs();
        let store = LocalFileSystem::new_with_prefix(&dir)?.with_fsync(durability == Durability::Full);
        Ok(Self { store: Arc::new(store), dir, durability })
    }

    /// Deletes what was being written when the service stopped. Only the serving process may call it.
    pub fn clear_staged(&self) -> Result<usize, IngestError> {
        let staged: Vec<PathBuf> = self
            .list()?
            .into_iter()
            .filter_map(|found| if let Found::Staged(path) = found { Some(path) } else { None })
            .collect();
        for path in &staged {
            fs::remove_file(path).map_err(IngestError::file("delete", path))?;
        }
        Ok(staged.len())
    }

    /// Every file of the store.
    pub fn list(&self) -> Result<Vec<Found>, IngestError> {
        let mut found = Vec::new();
        for prefix in read_dir(&self.dir)? {
            let dir = prefix.path();
            if !dir.is_dir() {
                found.push(Found::Stranger(dir));
                continue;
            }
            for entry in read_dir(&dir)? {
                let bytes = entry.metadata().map_err(IngestError::file("look at", &entry.path()))?.len();
                found.push(self.classify(entry.path(), bytes));
            }
        }
        Ok(found)
    }

    fn classify(&self, path: PathBuf, bytes: u64) -> Found {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (stem, suffix) = name.split_once('#').map_or((name, None), |(stem, suffix)| (stem, Some(suffix)));
        match (stem.parse::<Digest>(), suffix) {
            (Ok(digest), None) if self.path(&digest) == path => Found::Blob(digest, bytes),
            (Ok(_), Some(suffix)) if suffix.bytes().all(|b| b.is_ascii_digit()) => Found::Staged(path),
            _ => Found::Stranger(path),
        }
    }

    /// Where a blob is.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.to_hex();
        self.dir.join(&hex[..2]).join(hex)
    }

    /// The sizes of blobs; `None` for one that is not there.
    pub async fn sizes(&self, digests: Vec<Digest>) -> Result<Vec<Option<u64>>, IngestError> {
        let blobs = self.clone();
        blocking(move || digests.iter().map(|digest| blobs.size(digest)).collect()).await
    }

    fn size(&self, digest: &Digest) -> Result<Option<u64>, IngestError> {
        let path = self.path(digest);
        match fs::metadata(&path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(IngestError::File { act: "look at", path, source }),
        }
    }

    /// Makes the names of blobs last. A blob under its final name has durable bytes, but whoever renamed it may not have
    /// come to sync the directory: another upload that is still at it, or a process that was killed.
    pub async fn settle(&self, digests: Vec<Digest>) -> Result<(), IngestError> {
        if self.durability == Durability::None {
            return Ok(());
        }
        let paths: BTreeSet<PathBuf> = digests.iter().map(|digest| self.path(digest)).collect();
        blocking(move || {
            let dirs: BTreeSet<&FilePath> = paths.iter().filter_map(|path| path.parent()).collect();
            dirs.into_iter().try_for_each(sync_dir)
        })
        .await
    }

    /// Begins to receive a blob.
    pub fn receive(&self, digest: Digest) -> Incoming {
        Incoming {
            store: Arc::clone(&self.store),
            digest,
            hasher: blake3::Hasher::new(),
            held: Vec::new(),
            held_bytes: 0,
            upload: None,
        }
    }

    /// Puts chunks together to an asset, hashing on the way. `None` when a chunk is missing or has another size.
    pub async fn assemble(&self, asset: Digest, chunks: &[ManifestChunk]) -> Result<Option<Arrival>, IngestError> {
        let mut incoming = self.receive(asset);
        for chunk in chunks {
            let Some(mut reading) = self.read(&chunk.blake3, None).await? else { return Ok(None) };
            if reading.size != chunk.bytes {
                return Ok(None);
            }
            while let Some(piece) = reading.bytes.next().await {
                incoming.push(piece.map_err(IngestError::file("read", &self.path(&chunk.blake3)))?).await?;
            }
        }
        incoming.finish().await.map(Some)
    }

    /// Reads a blob, or a range of it that begins inside; `None` when it is not there.
    pub async fn read(&self, digest: &Digest, range: Option<Range<u64>>) -> Result<Option<Reading>, IngestError> {
        let options = GetOptions { range: range.map(object_store::GetRange::Bounded), ..GetOptions::default() };
        let result = match self.store.get_opts(&key(digest), options).await {
            Ok(result) => result,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (size, range) = (result.meta.size, result.range.clone());
        let bytes = match result.payload {
            // The store's own stream of a file reads 8 KiB at a time, each on another thread.
            GetResultPayload::File(file, path) => {
                let mut file = tokio::fs::File::from_std(file);
                let start = std::io::SeekFrom::Start(range.start);
                file.seek(start).await.map_err(IngestError::file("read", &path))?;
                ReaderStream::with_capacity(file.take(range.end - range.start), READ_BYTES).boxed()
            }
            GetResultPayload::Stream(stream) => stream.map(|piece| piece.map_err(std::io::Error::from)).boxed(),
        };
        Ok(Some(Reading { size, bytes }))
    }

    /// Deletes a blob; one that is not there is no error.
    pub async fn remove(&self, digest: &Digest) -> Result<(), IngestError> {
        match self.store.delete(&key(digest)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A blob that is arriving. Dropping it leaves nothing behind.
pub struct Incoming {
    store: Arc<LocalFileSystem>,
    digest: Digest,
    hasher: blake3::Hasher,
    held: Vec<Bytes>,
    held_bytes: usize,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl Incoming {
    /// Takes the next bytes.
    pub async fn push(&mut self, piece: Bytes) -> Result<(), IngestError> {
        self.hasher.update(&piece);
        self.held_bytes += piece.len();
        self.held.push(piece);
        if self.held_bytes >= PART_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), IngestError> {
        self.held_bytes = 0;
        let part = PutPayload::from_iter(std::mem::take(&mut self.held));
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => none.insert(self.store.put_multipart(&key(&self.digest)).await?),
        };
        Ok(upload.put_part(part).await?)
    }

    /// Compares the digest; on a match the bytes are fsynced, renamed to their place and the directory is fsynced.
    pub async fn finish(mut self) -> Result<Arrival, IngestError> {
        let got = Digest::from(self.hasher.finalize());
        if got != self.digest {
            if let Some(mut upload) = self.upload.take() {
                upload.abort().await?;
            }
            return Ok(Arrival::Mismatch { got });
        }
        if self.upload.is_none() {
            self.store.put(&key(&self.digest), PutPayload::from_iter(self.held)).await?;
            return Ok(Arrival::Stored);
        }
        if self.held_bytes > 0 {
            self.flush().await?;
        }
        if let Some(upload) = &mut self.upload {
            upload.complete().await?;
        }
        Ok(Arrival::Stored)
    }
}

fn key(digest: &Digest) -> Path {
    let hex = digest.to_hex();
    Path::from_iter([&hex[..2], &hex])
}

fn read_dir(dir: &FilePath) -> Result<Vec<fs::DirEntry>, IngestError> {
    fs::read_dir(dir).and_then(Iterator::collect).map_err(IngestError::file("list", dir))
}

/// Runs disk work where it may block. A panic in it goes on here.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IngestError> + Send + 'static,
) -> Result<T, IngestError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down.
            Err(_) => Err(IngestError::NotWritten),
        },
    }
}
