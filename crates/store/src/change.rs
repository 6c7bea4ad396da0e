//! What changed since an index last looked, and the flat rows that queries are evaluated on.

use muster_domain::{id::ProjectId, query::row::CaptureRow};

use crate::{Library, Result};

/// One step of catching up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Captures that are new or changed, as they are now.
    pub rows: Vec<CaptureRow>,
    /// Row keys of captures that were erased.
    pub removed: Vec<u32>,
    /// Everything up to here is in `rows` and `removed`; ask again from here.
    pub max_seq: u64,
    /// True when there is more at once.
    pub more: bool,
}

impl Library {
    /// What changed after `after_seq`, at most `limit` captures, as of now. Annotations are those of `project_id`.
    pub async fn changed_rows(&self, project_id: ProjectId, after_seq: u64, limit: u32) -> Result<Changes> {
        todo!()
    }
    /// The rows of these captures, in this order; erased ones are left out.
    pub async fn rows(&self, project_id: ProjectId, row_keys: &[u32]) -> Result<Vec<CaptureRow>> {
        todo!()
    }
    /// The change sequence now: an index that contains it misses nothing.
    pub async fn change_seq(&self) -> Result<u64> {
        todo!()
    }
}
