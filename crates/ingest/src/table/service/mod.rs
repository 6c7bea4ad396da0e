//! Who this service is, and its receipt keys.

pub mod sqlite;

use muster_domain::id::ServiceId;

/// The service's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its id: every row that a desktop syncs carries it.
    pub service_id: ServiceId,
    /// Changes when the feed starts anew.
    pub feed_epoch: u32,
}
