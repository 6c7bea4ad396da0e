//! The feed of changes and the snapshot of everything.

pub mod sqlite;

use muster_protocol::feed::CaptureRecord;

/// One event with its position.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Dense, in commit order.
    pub position: i64,
    /// The full row as it is now.
    pub capture: CaptureRecord,
}
