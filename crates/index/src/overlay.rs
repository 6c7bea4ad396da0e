//! What changed since the index was written: such rows are evaluated themselves and mask what the index says.

use muster_domain::query::CaptureRow;
use roaring::RoaringBitmap;

/// The rows that changed after [`crate::Snapshot::indexed_seq`], so that a search sees every edit.
#[derive(Debug, Default, Clone)]
pub struct Overlay {
    rows: Vec<CaptureRow>,
    keys: RoaringBitmap,
}

impl Overlay {
    /// Rows as they are now, and the keys of rows that are gone. Of two rows with one key the later counts.
    pub fn new(mut rows: Vec<CaptureRow>, removed: &[u32]) -> Self {
        rows.reverse();
        let mut keys: RoaringBitmap = removed.iter().copied().collect();
        let mut seen = RoaringBitmap::new();
        rows.retain(|row| !keys.contains(row.row_key) && seen.insert(row.row_key));
        rows.sort_unstable_by_key(|row| row.row_key);
        keys |= seen;
        Self { rows, keys }
    }

    /// The rows, by key.
    pub fn rows(&self) -> &[CaptureRow] {
        &self.rows
    }

    /// The keys of the rows and of those that are gone.
    pub fn keys(&self) -> &RoaringBitmap {
        &self.keys
    }
}
