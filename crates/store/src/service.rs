//! The ingest services that a library syncs from, and where each stands.

use muster_domain::{id::ServiceId, time::UtcMicros};

use crate::{Library, Result};

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its id.
    pub service_id: ServiceId,
    /// Where it answers.
    pub url: String,
    /// What people call it.
    pub name: String,
    /// The file that holds the token; the token itself is never in the library.
    pub token_file: Option<String>,
    /// Where its feed goes on; `None` before the first snapshot.
    pub cursor: Option<String>,
    /// When it was added.
    pub added_at: UtcMicros,
    /// When something was synced last.
    pub synced_at: Option<UtcMicros>,
}

/// A service to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewService {
    /// Its id, made by the caller.
    pub service_id: ServiceId,
    /// Where it answers.
    pub url: String,
    /// What people call it.
    pub name: String,
    /// The file that holds the token.
    pub token_file: Option<String>,
}

/// The folder that imported captures came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRoot {
    /// Its name in the library, which ids are made of.
    pub name: String,
    /// Where it lies on this machine.
    pub path: String,
}

impl Library {
    /// Adds a service, or finds the one of this address (also one that was removed).
    pub async fn add_service(&self, service: &NewService) -> Result<Service> {
        todo!()
    }
    pub async fn services(&self) -> Result<Vec<Service>> {
        todo!()
    }
    pub async fn service(&self, service_id: ServiceId) -> Result<Option<Service>> {
        todo!()
    }
    /// Removes the service; its captures stay.
    pub async fn remove_service(&self, service_id: ServiceId) -> Result<()> {
        todo!()
    }
    /// Saves where the feed goes on.
    pub async fn set_cursor(&self, service_id: ServiceId, cursor: Option<&str>) -> Result<()> {
        todo!()
    }
    /// Adds an import root, or moves it to another path.
    pub async fn set_import_root(&self, root: &ImportRoot) -> Result<()> {
        todo!()
    }
    pub async fn import_roots(&self) -> Result<Vec<ImportRoot>> {
        todo!()
    }
}
