//! Copies of the database: one before each migration, and those that are asked for.

use std::path::{Path, PathBuf};

use muster_domain::time::UtcMicros;
use sqlx::SqliteConnection;

use crate::{Library, Result, StoreError, library::sync_folder, table};

impl Library {
    /// Copies the database into the snapshots folder, while others read and write. `name` is part of the file's name:
    /// letters, digits and hyphens, other characters become hyphens.
    pub async fn snapshot(&self, name: &str) -> Result<PathBuf> {
        let copy = path(self.root(), name, self.now());
        let mut connection = self.read_connection().await?;
        write(&mut connection, &copy).await?;
        Ok(copy)
    }
}

/// Where a snapshot of this name goes.
pub(crate) fn path(root: &Path, name: &str, now: UtcMicros) -> PathBuf {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    root.join("snapshots").join(format!("library-{name}-{}.db", now.0))
}

/// Copies a database, consistent and compact, under a temporary name first.
pub(crate) async fn write(connection: &mut SqliteConnection, copy: &Path) -> Result<()> {
    let unfinished = copy.with_extension("part");
    let failed = |source| StoreError::Io { act: "write", path: copy.to_owned(), source };
    table::migration::vacuum_into(connection, &unfinished).await?;
    let file = tokio::fs::File::open(&unfinished).await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    tokio::fs::rename(&unfinished, copy).await.map_err(failed)?;
    sync_folder(copy.parent().expect("a snapshot lies in a folder"))
}
