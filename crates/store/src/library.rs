//! Creating and opening a library.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use muster_domain::time::{Clock, UtcMicros, WallClock};
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use crate::{
    Result, StoreError,
    blob::Blobs,
    lock::FileLock,
    snapshot,
    table::{self, migration::Standing},
    thumbnail::Thumbnails,
};

/// How long a writer waits for the writer of another process.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// The most captures, operations or rows that one call takes.
pub const MAX_BATCH: usize = 1_000;

const READERS: u32 = 4;
/// Pages that the writer keeps in memory; bulk inserts into random keys live on them.
const WRITER_CACHE_KIB: u32 = 64 * 1024;
const READER_CACHE_KIB: u32 = 16 * 1024;
const DATABASE: &str = "library.db";
/// Types of file systems that several machines mount at once.
const REMOTE: [&str; 15] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.s3fs",
    "ceph",
    "fuse.ceph",
    "fuse.glusterfs",
    "glusterfs",
    "afs",
    "lustre",
    "beegfs",
];
/// Types that one machine hands to another, mostly to a virtual one on itself.
const PERHAPS_REMOTE: [&str; 2] = ["9p", "virtiofs"];
/// Who has the library open has a part in this lock; a restoration wants all of it.
pub(crate) const OPEN_LOCK: &str = "open.lock";

const FOLDERS: [&str; 4] = ["blobs", "index", "snapshots", "locks"];

/// Something about a library's place that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LibraryWarning {
    /// It lies on a file system that another machine may have open too.
    SharedFileSystem {
        /// The library's folder.
        path: PathBuf,
        /// The file system's type.
        file_system: String,
    },
}

impl std::fmt::Display for LibraryWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SharedFileSystem { path, file_system } => write!(
                f,
                "{} lies on a file system that another machine may share ({file_system}), and two machines would \
                 damage the database; open it on this machine only, or move it to a local disk",
                path.display()
            ),
        }
    }
}

/// An open library. Cloning is cheap and shares everything.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

struct Inner {
    root: PathBuf,
    clock: Arc<dyn Clock>,
    writer: SqlitePool,
    readers: SqlitePool,
    blobs: Blobs,
    thumbnails: Thumbnails,
    warnings: Vec<LibraryWarning>,
    _open: FileLock,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("root", &self.inner.root).finish_non_exhaustive()
    }
}

impl Library {
    /// Makes a library in `root`, which is created where it is missing and must not hold one yet.
    pub async fn create(root: &Path) -> Result<Self> {
        Self::create_with(root, Arc::new(WallClock)).await
    }

    /// Like [`Self::create`], with a clock.
    pub async fn create_with(root: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        make_folders(root)?;
        place(root)?;
        let _guard = schema_lock(root).await?;
        let database = root.join(DATABASE);
        if database.exists() {
            return Err(StoreError::AlreadyALibrary { path: root.to_owned() });
        }
        // The database gets its name only when it is whole, so that a crash leaves no half library.
        let unfinished = root.join("library.db.new");
        for leftover in [unfinished.clone(), root.join("library.db.new-wal"), root.join("library.db.new-shm")] {
            remove_if_there(&leftover)?;
        }
        let pool = open_pool(&unfinished, SqliteJournalMode::Delete, (1, WRITER_CACHE_KIB)).await?;
        let mut connection = pool.acquire().await?;
        table::migration::run(&mut connection, &unfinished).await?;
        table::migration::mark(&mut connection, Uuid::new_v4(), clock.now()).await?;
        drop(connection);
        pool.close().await;
        let renamed = std::fs::rename(&unfinished, &database);
        renamed.map_err(|source| StoreError::Io { act: "create", path: database.clone(), source })?;
        sync_folder(root)?;
        let open = open_lock(root)?;
        Self::connect(root, clock, open).await
    }

    /// Opens the library in `root`, brings it to the present schema (after a snapshot) where that is needed.
    pub async fn open(root: &Path) -> Result<Self> {
        Self::open_with(root, Arc::new(WallClock)).await
    }

    /// Like [`Self::open`], with a clock.
    pub async fn open_with(root: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let database = root.join(DATABASE);
        if !database.is_file() {
            return Err(StoreError::NotALibrary { path: root.to_owned() });
        }
        make_folders(root)?;
        place(root)?;
        let open = open_lock(root)?;
        let guard = schema_lock(root).await?;
        migrate(root, &database, clock.now()).await?;
        drop(guard);
        Self::connect(root, clock, open).await
    }

    /// True when `root` holds a library.
    pub fn exists(root: &Path) -> bool {
        root.join(DATABASE).is_file()
    }

    async fn connect(root: &Path, clock: Arc<dyn Clock>, open: FileLock) -> Result<Self> {
        let database = root.join(DATABASE);
        let writer = open_pool(&database, SqliteJournalMode::Wal, (1, WRITER_CACHE_KIB)).await?;
        let readers = open_pool(&database, SqliteJournalMode::Wal, (READERS, READER_CACHE_KIB)).await?;
        let blobs = Blobs::open(root.join("blobs"), writer.clone(), clock.clone())?;
        let thumbnails = Thumbnails::open(&root.join("thumbs.db")).await?;
        let warnings = place(root)?.into_iter().collect();
        let root = root.to_owned();
        let inner = Inner { root, clock, writer, readers, blobs, thumbnails, warnings, _open: open };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Closes every connection; what was acknowledged is on disk anyway.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
        self.inner.thumbnails.close().await;
    }

    /// The library's folder.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// The folder of the search index.
    pub fn index_folder(&self) -> PathBuf {
        self.inner.root.join("index")
    }

    /// The originals.
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// The thumbnails.
    pub fn thumbnails(&self) -> &Thumbnails {
        &self.inner.thumbnails
    }

    /// What a person should know about the library's place.
    pub fn warnings(&self) -> &[LibraryWarning] {
        &self.inner.warnings
    }

    /// The right to maintain the derived index, or `None` while another process has it. It ends with the guard.
    pub fn elect_index_maintainer(&self) -> Result<Option<FileLock>> {
        FileLock::attempt(&self.inner.root.join("locks").join("index.lock"))
    }

    /// The present time, from the injected clock.
    pub fn now(&self) -> UtcMicros {
        self.inner.clock.now()
    }

    pub(crate) fn database_path(&self) -> PathBuf {
        self.inner.root.join(DATABASE)
    }

    /// Begins a transaction that can write. It waits for other processes here and nowhere else.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        let begun = self.inner.writer.begin_with("BEGIN IMMEDIATE").await;
        begun.map_err(|source| StoreError::of_sql(self.database_path(), source))
    }

    /// Commits: the write-ahead log is fsynced when this returns.
    pub(crate) async fn commit(&self, transaction: Transaction<'static, Sqlite>) -> Result<()> {
        transaction.commit().await.map_err(|source| StoreError::of_sql(self.database_path(), source))
    }

    /// The writing connection outside of any transaction, for what cannot run in one.
    pub(crate) async fn write_connection(&self) -> Result<sqlx::pool::PoolConnection<Sqlite>> {
        self.inner.writer.acquire().await.map_err(|source| StoreError::of_sql(self.database_path(), source))
    }

    /// A connection outside of any transaction, for what cannot run in one.
    pub(crate) async fn read_connection(&self) -> Result<sqlx::pool::PoolConnection<Sqlite>> {
        self.inner.readers.acquire().await.map_err(|source| StoreError::of_sql(self.database_path(), source))
    }

    /// Begins a transaction in which every query sees the same state.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>> {
        self.inner.readers.begin().await.map_err(|source| StoreError::of_sql(self.database_path(), source))
    }
}

/// A part in the lock of those who have the library open.
fn open_lock(root: &Path) -> Result<FileLock> {
    let lock = FileLock::share(&root.join("locks").join(OPEN_LOCK))?;
    lock.ok_or_else(|| StoreError::Busy { path: root.join(DATABASE) })
}

async fn schema_lock(root: &Path) -> Result<FileLock> {
    let path = root.join("locks").join("schema.lock");
    let waited = tokio::task::spawn_blocking(move || FileLock::wait(&path)).await;
    waited.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
}

async fn migrate(root: &Path, database: &Path, now: UtcMicros) -> Result<()> {
    let pool = open_pool(database, SqliteJournalMode::Wal, (1, WRITER_CACHE_KIB)).await?;
    let mut connection = pool.acquire().await.map_err(|source| StoreError::of_sql(database, source))?;
    match table::migration::standing(&mut connection, database).await? {
        Standing::Present => {}
        Standing::Behind { version } => {
            let copy = snapshot::path(root, &format!("before-schema-{}", version + 1), now);
            snapshot::write(&mut connection, &copy).await?;
            tracing::info!(snapshot = %copy.display(), "bringing the library to the present schema");
            table::migration::run(&mut connection, database).await?;
        }
    }
    drop(connection);
    pool.close().await;
    Ok(())
}

async fn open_pool(
    database: &Path,
    journal: SqliteJournalMode,
    (connections, cache_kib): (u32, u32),
) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(journal == SqliteJournalMode::Delete)
        .journal_mode(journal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(256)
        // A batch of sync is one checkpoint's worth of pages and more; checkpointing after each would double its writes.
        .pragma("wal_autocheckpoint", "8000")
        .pragma("cache_size", format!("-{cache_kib}"))
        .pragma("temp_store", "MEMORY");
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(BUSY_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(|source| StoreError::of_sql(database, source))
}

pub(crate) fn make_folders(root: &Path) -> Result<()> {
    for folder in FOLDERS {
        let path = root.join(folder);
        std::fs::create_dir_all(&path).map_err(|source| StoreError::Io { act: "create", path, source })?;
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::Io { act: "remove", path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Makes renames and new names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    let synced = std::fs::File::open(folder).and_then(|handle| handle.sync_all());
    synced.map_err(|source| StoreError::Io { act: "sync", path: folder.to_owned(), source })
}

/// Refuses a folder where two machines would damage the database, from what the kernel's mount table says
/// (`proc_pid_mountinfo(5)`; other systems give no such list).
fn place(root: &Path) -> Result<Option<LibraryWarning>> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    match root.canonicalize() {
        Ok(path) => place_among(&mounts, path),
        Err(_) => Ok(None),
    }
}

fn place_among(mounts: &str, path: PathBuf) -> Result<Option<LibraryWarning>> {
    let Some(file_system) = file_system_of(mounts, &path).map(str::to_owned) else { return Ok(None) };
    if REMOTE.contains(&file_system.as_str()) {
        return Err(StoreError::NetworkFileSystem { path, file_system });
    }
    Ok(PERHAPS_REMOTE.contains(&file_system.as_str()).then_some(LibraryWarning::SharedFileSystem { path, file_system }))
}

fn file_system_of<'a>(mountinfo: &'a str, path: &Path) -> Option<&'a str> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?.replace("\\040", " ");
        let depth = path.starts_with(&point).then(|| Path::new(&point).components().count())?;
        Some((depth, after.split(' ').next()?))
    });
    // A later mount on the same point hides an earlier one.
    mounts.max_by_key(|(depth, _)| *depth).map(|(_, file_system)| file_system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_and_latest_mount_holds_a_path() {
        let mounts = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      30 21 0:50 / /mnt/share\\040one rw shared:1 - nfs4 host:/x rw\n\
                      31 21 0:51 / /mnt rw - tmpfs none rw\n";
        for (path, expected) in [("/var/a", "ext4"), ("/mnt/b", "tmpfs"), ("/mnt/share one/library", "nfs4")] {
            assert_eq!(file_system_of(mounts, Path::new(path)), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_network_file_system_is_refused_and_a_shared_one_is_warned_of() {
        let mounts = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      30 21 0:50 / /mnt/share rw - nfs4 host:/x rw\n\
                      31 21 0:51 / /mnt/host rw - 9p host rw\n";
        let at = |path: &str| place_among(mounts, PathBuf::from(path));
        assert_eq!(at("/var/library").unwrap(), None);
        let warning = at("/mnt/host/library").unwrap().unwrap().to_string();
        assert!(warning.contains("9p") && warning.contains("/mnt/host/library"), "{warning}");
        let refusal = at("/mnt/share/library").unwrap_err().to_string();
        assert!(refusal.contains("nfs4") && refusal.contains("local disk"), "{refusal}");
    }
}
