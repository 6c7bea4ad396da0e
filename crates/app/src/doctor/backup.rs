//! Snapshots, backups, and the way back.

use std::path::Path;

use muster_store::snapshot::{backup::BackupMedia, list, restore as way_back};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    open,
};

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackupReport {
    /// Its folder, which is a library.
    pub folder: String,
    /// Originals that were copied now.
    pub copied: u64,
    /// Originals that were there from an earlier backup.
    pub present: u64,
    /// Bytes that were written.
    pub copied_bytes: u64,
}

/// What a restoration brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RestoreReport {
    /// The library's folder.
    pub library: String,
    /// Captures in it now.
    pub captures: u64,
    /// Annotations in it now.
    pub annotations: u64,
    /// Originals that came out of the backup.
    pub originals: u64,
    /// Where the database that was there is kept.
    pub set_aside: Option<String>,
}

/// A copy of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotDto {
    /// The file.
    pub path: String,
    /// Why it was made.
    pub name: String,
    /// When.
    pub taken_at_micros: i64,
    /// Its size.
    pub bytes: u64,
}

/// Copies the open library into a folder; `originals` says whether the pictures go along. `progress` is told how many
/// are done, and of how many.
pub async fn back_up(
    app: &App,
    folder: &Path,
    originals: bool,
    progress: impl FnMut(u64, u64),
) -> AppResult<BackupReport> {
    let opened = app.opened().await?;
    let media = if originals { BackupMedia::All } else { BackupMedia::None };
    let done = opened.library.backup(folder, media, progress).await?;
    Ok(BackupReport {
        folder: folder.display().to_string(),
        copied: done.copied,
        present: done.present,
        copied_bytes: done.copied_bytes,
    })
}

/// Makes a snapshot, or the folder of a backup, the database of the library in `library`, and opens it. A library that
/// this process has open is closed before.
pub async fn restore(app: &App, library: &Path, from: &Path) -> AppResult<RestoreReport> {
    app.close().await;
    let (root, from) = (library.to_owned(), from.to_owned());
    // Opening holds a connection in a way that the compiler cannot prove `Send`.
    let runtime = tokio::runtime::Handle::current();
    let running = tokio::task::spawn_blocking(move || runtime.block_on(way_back::restore(&root, &from)));
    let restored = running.await.map_err(|panicked| AppError::new(ErrorCode::Internal, panicked.to_string()))??;
    open::open(app, library, false).await?;
    Ok(RestoreReport {
        library: library.display().to_string(),
        captures: restored.counts.captures,
        annotations: restored.counts.annotations,
        originals: restored.blobs,
        set_aside: restored.set_aside.map(|path| path.display().to_string()),
    })
}

/// The snapshots of the library in a folder, youngest first; it need not open.
pub fn snapshots(library: &Path) -> AppResult<Vec<SnapshotDto>> {
    let dto = |snapshot: muster_store::snapshot::SnapshotFile| SnapshotDto {
        path: snapshot.path.display().to_string(),
        name: snapshot.name,
        taken_at_micros: snapshot.taken_at.0,
        bytes: snapshot.bytes,
    };
    Ok(list(library)?.into_iter().map(dto).collect())
}
