//! The ingest services that a library syncs from, and where each stands.

use muster_domain::{id::ServiceId, time::UtcMicros};

use crate::{Library, Noun, Result, StoreError, table};

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
    /// Which captures are wanted, as JSON in the protocol's form; `None` is all.
    pub wanted: Option<String>,
    /// When it was added.
    pub added_at: UtcMicros,
    /// When something was synced last.
    pub synced_at: Option<UtcMicros>,
}

/// A service to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceDraft {
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
    /// Adds a service, or finds the one of this address (one that was removed comes back, with its cursor).
    pub async fn add_service(&self, service: &ServiceDraft) -> Result<Service> {
        let mut transaction = self.begin().await?;
        table::source::add_service(&mut transaction, service, self.now()).await?;
        let service = table::source::service_at(&mut transaction, &service.url).await?;
        self.commit(transaction).await?;
        Ok(service)
    }

    /// All services, in the order in which they were added.
    pub async fn services(&self) -> Result<Vec<Service>> {
        Ok(table::source::services(&mut *self.read().await?).await?)
    }

    /// One service.
    pub async fn service(&self, service_id: ServiceId) -> Result<Option<Service>> {
        Ok(self.services().await?.into_iter().find(|service| service.service_id == service_id))
    }

    /// How many captures came from a service.
    pub async fn captures_of_service(&self, service_id: ServiceId) -> Result<u64> {
        Ok(table::source::captures_of_service(&mut *self.read().await?, service_id).await?)
    }

    /// Removes the service; its captures stay.
    pub async fn remove_service(&self, service_id: ServiceId) -> Result<()> {
        let mut transaction = self.begin().await?;
        if table::source::remove_service(&mut transaction, service_id, self.now()).await? == 0 {
            return Err(StoreError::unknown(Noun::Service, &service_id));
        }
        self.commit(transaction).await
    }

    /// Saves where the feed goes on; `None` asks for a snapshot next time.
    pub async fn set_cursor(&self, service_id: ServiceId, cursor: Option<&str>) -> Result<()> {
        let mut transaction = self.begin().await?;
        if table::source::set_cursor(&mut transaction, service_id, cursor, self.now()).await? == 0 {
            return Err(StoreError::unknown(Noun::Service, &service_id));
        }
        self.commit(transaction).await
    }

    /// Says which captures of a service are wanted. Where that is something else than before, the feed starts with a
    /// snapshot again; captures that are here stay.
    pub async fn set_wanted(&self, service_id: ServiceId, wanted: Option<&str>) -> Result<()> {
        let mut transaction = self.begin().await?;
        if table::source::set_wanted(&mut transaction, service_id, wanted).await? == 0 {
            return Err(StoreError::unknown(Noun::Service, &service_id));
        }
        self.commit(transaction).await
    }

    /// Adds an import root, or moves it to another path.
    pub async fn set_import_root(&self, root: &ImportRoot) -> Result<()> {
        let mut transaction = self.begin().await?;
        table::source::set_import_root(&mut transaction, root, self.now()).await?;
        self.commit(transaction).await
    }

    /// All import roots, by name.
    pub async fn import_roots(&self) -> Result<Vec<ImportRoot>> {
        Ok(table::source::import_roots(&mut *self.read().await?).await?)
    }
}
