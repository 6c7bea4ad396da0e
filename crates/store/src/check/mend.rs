//! Mending what a check found, as far as nothing has to be decided: what is derived, and what a service has.

use std::path::Path;

use muster_domain::digest::Digest;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::io_error;
use crate::{Library, Result, StoreError, library, lock::FileLock, table};

/// What can be deleted, because it comes back from what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derived {
    /// The search index.
    Index,
    /// Embeddings and what is made of them: models make them again, which takes their time.
    Vectors,
    /// Thumbnails, crops and tiles.
    Thumbnails,
}

/// What became of damaged originals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discarded {
    /// A service has them: they are gone here and come again when they are wanted.
    pub come_again: u64,
    /// Nobody else has them: they stay as they are.
    pub lost: Vec<Digest>,
}

impl Library {
    /// Makes every index inside the database anew, and says what the integrity check finds then.
    pub async fn reindex(&self) -> Result<Vec<String>> {
        let mut connection = self.write_connection().await?;
        table::check::reindex(&mut connection).await?;
        Ok(table::check::integrity(&mut connection).await?)
    }

    /// Removes damaged originals that a service can give again.
    pub async fn discard_damaged(&self, damaged: &[Digest]) -> Result<Discarded> {
        let again = table::blob::at_services(&mut *self.read().await?, damaged).await?;
        let mut transaction = self.begin().await?;
        table::blob::unlist(&mut transaction, &again).await?;
        self.commit(transaction).await?;
        for digest in &again {
            super::remove(&self.blobs().path(digest))?;
        }
        let lost = damaged.iter().filter(|digest| !again.contains(digest)).copied().collect();
        Ok(Discarded { come_again: again.len() as u64, lost })
    }

    /// True when the file of thumbnails is whole.
    pub async fn thumbnails_are_sound(&self) -> Result<bool> {
        let path = self.root().join("thumbs.db");
        let options = SqliteConnectOptions::new().filename(&path).read_only(true);
        let found = async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            let faults = table::check::quick(&mut connection).await?;
            connection.close().await?;
            Ok(faults.is_empty())
        };
        match found.await.map_err(|source| StoreError::of_sql(&path, source)) {
            Err(StoreError::Damaged { .. } | StoreError::NotALibrary { .. }) => Ok(false),
            other => other,
        }
    }
}

/// Deletes what is derived; it is made anew when the library opens or when it is wanted. Nobody may have the library
/// open.
pub fn drop_derived(root: &Path, derived: &[Derived]) -> Result<()> {
    let whole = FileLock::attempt(&root.join("locks").join(library::OPEN_LOCK))?;
    let Some(_guard) = whole else { return Err(StoreError::InUse { path: root.to_owned() }) };
    for what in derived {
        match what {
            Derived::Index => remove_folder(&root.join("index"))?,
            Derived::Vectors => remove_folder(&root.join("vectors"))?,
            Derived::Thumbnails => {
                for (file, end) in
                    ["thumbs.db", "pieces.db"].iter().flat_map(|file| ["", "-wal", "-shm"].map(|end| (file, end)))
                {
                    super::remove(&root.join(format!("{file}{end}")))?;
                }
            }
        }
    }
    Ok(())
}

/// Removes a folder with everything in it, if it is there.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(io_error("remove", folder, source)),
        _ => Ok(()),
    }
}
