//! Writing the index: one process at a time, in batches, each with the change sequence that it completes.

use std::path::{Path, PathBuf};

use muster_domain::query::CaptureRow;
use roaring::RoaringBitmap;
use tantivy::Term;

use crate::{
    document::Fields,
    error::Result,
    index::{Locked, engine_error},
};

/// Memory for documents that are not written yet, bytes.
const MEMORY_BYTES: usize = 64 << 20;

/// The right to write the index; it ends when this is dropped or the process ends.
pub struct IndexWriter {
    dir: PathBuf,
    engine: tantivy::IndexWriter,
    fields: Fields,
    /// Row keys that have a document, perhaps an uncommitted one: only those need a deletion before a new one.
    known: RoaringBitmap,
    /// Dropped after the engine's writer has ended.
    _lock: Locked,
}

impl IndexWriter {
    pub(crate) fn new(
        dir: &Path,
        engine: &tantivy::Index,
        fields: Fields,
        known: RoaringBitmap,
        lock: Locked,
    ) -> Result<Self> {
        // One thread: the machine's other cores belong to the person and to decoding.
        let engine = engine.writer_with_num_threads(1, MEMORY_BYTES).map_err(|source| engine_error(dir, source))?;
        Ok(Self { dir: dir.to_owned(), engine, fields, known, _lock: lock })
    }

    /// Takes rows as they are now, and keys of rows that are gone. Searches see it after [`Self::commit`].
    pub fn apply<'a>(&mut self, rows: impl IntoIterator<Item = &'a CaptureRow>, removed: &[u32]) -> Result<()> {
        for key in removed {
            self.forget(*key);
        }
        for row in rows {
            self.forget(row.row_key);
            let document = self.fields.document(row);
            self.engine.add_document(document).map_err(|source| engine_error(&self.dir, source))?;
            self.known.insert(row.row_key);
        }
        Ok(())
    }

    /// Makes durable what was applied, together with the change sequence up to which the index is now complete.
    pub fn commit(&mut self, change_seq: u64) -> Result<()> {
        let committed = self.engine.prepare_commit().and_then(|mut commit| {
            commit.set_payload(&change_seq.to_string());
            commit.commit()
        });
        committed.map(|_| ()).map_err(|source| engine_error(&self.dir, source))
    }

    /// Waits until segments are merged, and ends.
    pub fn close(self) -> Result<()> {
        let Self { dir, engine, _lock, .. } = self;
        engine.wait_merging_threads().map_err(|source| engine_error(&dir, source))
    }

    fn forget(&mut self, row_key: u32) {
        if self.known.remove(row_key) {
            self.engine.delete_term(Term::from_field_u64(self.fields.row_key, u64::from(row_key)));
        }
    }
}
