//! The way back: a snapshot or a backup becomes the library's database.

use std::path::{Path, PathBuf};

use muster_domain::time::{Clock, UtcMicros, WallClock};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;

use super::backup::{create, io_error, remove_if_there};
use crate::{
    Library, Result, StoreError,
    check::{Counts, mend},
    library,
    library::sync_folder,
    lock::FileLock,
    snapshot, table,
};

/// What a restoration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where the database that was there lies now; `None` when there was none.
    pub set_aside: Option<PathBuf>,
    /// Originals that came back from the backup.
    pub blobs: u64,
    /// What the library holds now.
    pub counts: Counts,
}

/// Makes `from`, a snapshot or the folder of a backup, the database of the library in `root`. Nobody may have that
/// library open. What was there is kept beside the snapshots; the search index and the vectors are made anew when the
/// library opens. A crash leaves the old database or the new one.
pub async fn restore(root: &Path, from: &Path) -> Result<Restored> {
    let folder = from.is_dir().then(|| from.to_owned());
    let source = folder.as_ref().map_or_else(|| from.to_owned(), |folder| folder.join("library.db"));
    check(&source).await?;
    library::make_folders(root)?;
    let in_use = FileLock::attempt(&root.join("locks").join(library::OPEN_LOCK))?;
    let Some(guard) = in_use else { return Err(StoreError::InUse { path: root.to_owned() }) };
    let database = root.join("library.db");
    let unfinished = root.join("library.db.new");
    remove_if_there(&unfinished)?;
    std::fs::copy(&source, &unfinished).map_err(|error| io_error("copy", &source, error))?;
    let synced = std::fs::File::open(&unfinished).and_then(|file| file.sync_all());
    synced.map_err(|error| io_error("sync", &unfinished, error))?;
    let set_aside = set_aside(root, &database, WallClock.now()).await?;
    // Derived, and ahead of the database that comes now.
    for derived in ["index", "vectors"] {
        mend::remove_folder(&root.join(derived))?;
    }
    std::fs::rename(&unfinished, &database).map_err(|error| io_error("rename", &unfinished, error))?;
    sync_folder(root)?;
    let mut blobs = 0;
    if let Some(folder) = &folder {
        blobs = bring_blobs(folder, root)?;
    }
    drop(guard);
    let library = Library::open(root).await?;
    library.sweep().await?;
    let counts = library.counts().await?;
    library.close().await;
    Ok(Restored { set_aside, blobs, counts })
}

/// The id of the library whose database this is.
pub(super) async fn library_id(database: &Path) -> Result<Uuid> {
    let mut connection = read_only(database).await?;
    let found = table::migration::library_id(&mut connection).await;
    connection.close().await.map_err(|source| StoreError::of_sql(database, source))?;
    found.map_err(|source| StoreError::of_sql(database, source))
}

/// A database that is damaged, or too new, or none of Muster's, is no way back.
async fn check(source: &Path) -> Result<()> {
    if !source.is_file() {
        return Err(StoreError::NotALibrary { path: source.to_owned() });
    }
    let mut connection = read_only(source).await?;
    table::migration::standing(&mut connection, source).await?;
    let faults = table::check::integrity(&mut connection).await;
    connection.close().await.map_err(|error| StoreError::of_sql(source, error))?;
    match faults.map_err(|error| StoreError::of_sql(source, error))?.first() {
        None => Ok(()),
        Some(first) => {
            Err(StoreError::Damaged { path: source.to_owned(), source: Box::new(sqlx::Error::Protocol(first.clone())) })
        }
    }
}

async fn read_only(database: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    SqliteConnection::connect_with(&options).await.map_err(|source| StoreError::of_sql(database, source))
}

/// Puts what was there beside the snapshots, with what its log holds.
async fn set_aside(root: &Path, database: &Path, now: UtcMicros) -> Result<Option<PathBuf>> {
    if !database.exists() {
        return Ok(None);
    }
    let kept = snapshot::path(root, "before-restore", now);
    // A log must never meet another database than its own. A sound one is emptied into its database first.
    if let Err(error) = checkpoint(database).await {
        tracing::warn!(%error, "the database that is replaced is damaged; it is kept as it is");
    }
    for end in ["-wal", "-shm"] {
        let log = with_end(database, end);
        if log.exists() {
            std::fs::rename(&log, with_end(&kept, end)).map_err(|error| io_error("rename", &log, error))?;
        }
    }
    // A second name: the old database keeps the first one until the new one takes it.
    std::fs::hard_link(database, &kept)
        .or_else(|_| std::fs::copy(database, &kept).map(drop))
        .map_err(|error| io_error("keep", database, error))?;
    sync_folder(kept.parent().expect("a snapshot lies in a folder"))?;
    Ok(Some(kept))
}

async fn checkpoint(database: &Path) -> Result<()> {
    let failed = |source| StoreError::of_sql(database, source);
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    let emptied = table::capture::empty_wal(&mut connection).await;
    // The last connection that closes removes the log.
    connection.close().await.map_err(failed)?;
    emptied.map_err(failed)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Copies originals that the library lacks out of a backup.
fn bring_blobs(backup: &Path, root: &Path) -> Result<u64> {
    let mut brought = 0;
    let blobs = backup.join("blobs");
    if !blobs.is_dir() {
        return Ok(0);
    }
    for head in entries(&blobs)? {
        if head.file_name().is_none_or(|name| name == "tmp") {
            continue;
        }
        for file in entries(&head)?.into_iter().filter(|file| file.extension().is_none()) {
            let to = root.join(file.strip_prefix(backup).unwrap_or(&file));
            if !to.exists() {
                create(to.parent().expect("a blob lies in a folder"))?;
                let unfinished = to.with_extension("part");
                std::fs::copy(&file, &unfinished).map_err(|error| io_error("copy", &file, error))?;
                std::fs::rename(&unfinished, &to).map_err(|error| io_error("rename", &unfinished, error))?;
                brought += 1;
            }
        }
    }
    Ok(brought)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = std::fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    read.map_err(|source| io_error("read", folder, source))
}
