//! What the application tells its shells without being asked.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{connection::ConnectionDto, job::JobDto};

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum AppEvent {
    /// A job moved.
    Job(JobDto),
    /// Captures came, went or changed.
    LibraryChanged(LibraryChanged),
    /// A connection's state changed.
    Connection(ConnectionDto),
}

/// Captures came, went or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LibraryChanged {
    /// The library's change sequence now.
    pub change_seq: u64,
    /// Which captures, at most 200; empty means many.
    pub capture_ids: Vec<String>,
    /// How many of them are new.
    pub new_captures: u32,
}
