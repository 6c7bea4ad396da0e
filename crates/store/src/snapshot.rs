//! Copies of the database: one before each migration, one a day, those that are asked for; backups; and the way back.
//!
//! A snapshot is a whole database file in `snapshots/`. Of each kind the youngest [`KEPT`] stay. A backup is a folder of
//! its own with the database and the originals; it is a library, and opens as one.

pub mod backup;
pub mod restore;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use muster_domain::time::UtcMicros;
use sqlx::SqliteConnection;

use crate::{Library, Result, StoreError, library::sync_folder, lock::FileLock, table};

/// How many snapshots of each kind are kept.
pub const KEPT: usize = 3;
/// How old the youngest daily snapshot is when the next one is due.
const DAY: Duration = Duration::from_hours(24);
const DAILY: &str = "daily";
const FOLDER: &str = "snapshots";

/// A copy of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// The file.
    pub path: PathBuf,
    /// Why it was made: `daily`, `before-schema-3`, or the name that somebody gave it.
    pub name: String,
    /// When.
    pub taken_at: UtcMicros,
    /// Its size.
    pub bytes: u64,
}

/// What became of the daily snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Daily {
    /// It was taken.
    Taken(PathBuf),
    /// The last one is younger than a day, or nothing was written since.
    NotDue,
    /// Another process is at it.
    ElsewhereInProgress,
}

impl Library {
    /// Copies the database into the snapshots folder, while others read and write. `name` is part of the file's name:
    /// letters, digits and hyphens, other characters become hyphens.
    pub async fn snapshot(&self, name: &str) -> Result<PathBuf> {
        let copy = path(self.root(), name, self.now());
        let mut connection = self.read_connection().await?;
        write(&mut connection, &copy).await?;
        prune(self.root())?;
        Ok(copy)
    }

    /// Takes the snapshot of the day where it is due. A process that dies leaves a file that [`Library::sweep`] removes.
    pub async fn daily_snapshot(&self) -> Result<Daily> {
        let Some(_guard) = FileLock::attempt(&self.root().join("locks").join("snapshot.lock"))? else {
            return Ok(Daily::ElsewhereInProgress);
        };
        let last = self.snapshots()?.into_iter().find(|snapshot| snapshot.name == DAILY);
        if let Some(last) = last {
            let age = self.now().0.saturating_sub(last.taken_at.0);
            if age < DAY.as_micros() as i64 || !written_since(self.root(), &last.path)? {
                return Ok(Daily::NotDue);
            }
        }
        Ok(Daily::Taken(self.snapshot(DAILY).await?))
    }

    /// The snapshots of this library, youngest first.
    pub fn snapshots(&self) -> Result<Vec<SnapshotFile>> {
        list(self.root())
    }
}

/// The snapshots of the library in a folder, youngest first; it need not open.
pub fn list(root: &Path) -> Result<Vec<SnapshotFile>> {
    let folder = root.join(FOLDER);
    let failed = |source| StoreError::Io { act: "read", path: folder.clone(), source };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(source)),
    };
    let mut snapshots = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if let Some((name, taken_at)) = read_name(&path) {
            let bytes = entry.metadata().map_err(failed)?.len();
            snapshots.push(SnapshotFile { path, name, taken_at, bytes });
        }
    }
    snapshots.sort_by(|a, b| b.taken_at.cmp(&a.taken_at).then_with(|| b.name.cmp(&a.name)));
    Ok(snapshots)
}

/// Where a snapshot of this name goes.
pub(crate) fn path(root: &Path, name: &str, now: UtcMicros) -> PathBuf {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    root.join(FOLDER).join(format!("library-{name}-{}.db", now.0))
}

/// What [`path`] put into the name of a file.
fn read_name(path: &Path) -> Option<(String, UtcMicros)> {
    let name = path.file_name()?.to_str()?.strip_prefix("library-")?.strip_suffix(".db")?;
    let (name, taken_at) = name.rsplit_once('-')?;
    Some((name.to_owned(), UtcMicros(taken_at.parse().ok()?)))
}

/// Copies a database, consistent and compact, under a temporary name first.
pub(crate) async fn write(connection: &mut SqliteConnection, copy: &Path) -> Result<()> {
    let unfinished = copy.with_extension("part");
    let failed = |source| StoreError::Io { act: "write", path: copy.to_owned(), source };
    if unfinished.exists() {
        tokio::fs::remove_file(&unfinished).await.map_err(failed)?;
    }
    table::migration::vacuum_into(connection, &unfinished).await?;
    let file = tokio::fs::File::open(&unfinished).await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    tokio::fs::rename(&unfinished, copy).await.map_err(failed)?;
    sync_folder(copy.parent().expect("a snapshot lies in a folder"))
}

/// Removes the oldest of each kind. Those before a migration are one kind.
fn prune(root: &Path) -> Result<()> {
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for snapshot in list(root)? {
        let kind = if snapshot.name.starts_with("before-schema-") { "before-schema" } else { &snapshot.name };
        let count = seen.entry(kind.to_owned()).or_default();
        *count += 1;
        if *count > KEPT {
            std::fs::remove_file(&snapshot.path).map_err(|source| StoreError::Io {
                act: "remove",
                path: snapshot.path.clone(),
                source,
            })?;
        }
    }
    Ok(())
}

/// True when the database or its log changed after a snapshot was written.
fn written_since(root: &Path, snapshot: &Path) -> Result<bool> {
    let modified = |path: &Path| match std::fs::metadata(path).and_then(|metadata| metadata.modified()) {
        Ok(time) => Ok(Some(time)),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Io { act: "read", path: path.to_owned(), source }),
    };
    let taken = modified(snapshot)?;
    Ok(modified(&root.join("library.db"))? > taken || modified(&root.join("library.db-wal"))? > taken)
}
