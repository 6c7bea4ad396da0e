//! Slices (live queries) and picks (frozen lists).

use muster_domain::{
    id::{CaptureId, PersonId, ProjectId},
    time::UtcMicros,
};
use uuid::Uuid;

use crate::{Library, Noun, Result, StoreError, capture::live_key, project::project_key, table};

/// A saved, named, live query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Its id.
    pub slice_id: Uuid,
    /// Its name, unique in the project.
    pub name: String,
    /// The query's text.
    pub query: String,
    /// Who saved it.
    pub person_id: PersonId,
    /// When.
    pub saved_at: UtcMicros,
}

/// A pick to freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPick {
    /// Its id, made by the caller.
    pub pick_id: Uuid,
    /// Its name.
    pub name: String,
    /// The query's text.
    pub query: String,
    /// The seed, if chance had a part.
    pub seed: Option<u64>,
    /// Who made it.
    pub person_id: PersonId,
}

/// A frozen, ordered list of captures, with the query and seed that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// Its id.
    pub pick_id: Uuid,
    /// Its name.
    pub name: String,
    /// The query's text.
    pub query: String,
    /// The seed, if chance had a part.
    pub seed: Option<u64>,
    /// Who made it.
    pub person_id: PersonId,
    /// When.
    pub made_at: UtcMicros,
    /// How many captures it lists.
    pub captures: u64,
}

impl Library {
    /// Saves a slice; one of the same name in the project is replaced.
    pub async fn save_slice(&self, project_id: ProjectId, slice: &Slice) -> Result<()> {
        let mut transaction = self.begin().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        table::selection::save_slice(&mut transaction, project_key, slice).await?;
        self.commit(transaction).await
    }

    /// The slices of a project, by name.
    pub async fn slices(&self, project_id: ProjectId) -> Result<Vec<Slice>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        Ok(table::selection::slices(&mut transaction, project_key).await?)
    }

    /// Removes a slice.
    pub async fn remove_slice(&self, slice_id: Uuid) -> Result<()> {
        let mut transaction = self.begin().await?;
        if !table::selection::remove_slice(&mut transaction, slice_id).await? {
            return Err(StoreError::unknown(Noun::Slice, &slice_id));
        }
        self.commit(transaction).await
    }

    /// Freezes a list of captures in this order.
    pub async fn add_pick(&self, project_id: ProjectId, pick: &NewPick, captures: &[CaptureId]) -> Result<()> {
        let mut transaction = self.begin().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let mut keys = Vec::with_capacity(captures.len());
        for capture_id in captures {
            keys.push(live_key(&mut transaction, *capture_id).await?);
        }
        table::selection::add_pick(&mut transaction, project_key, pick, &keys, self.now()).await?;
        self.commit(transaction).await
    }

    /// The picks of a project, newest first.
    pub async fn picks(&self, project_id: ProjectId) -> Result<Vec<Pick>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        Ok(table::selection::picks(&mut transaction, project_key).await?)
    }

    /// The captures of a pick in order, those that were erased since too.
    pub async fn pick_captures(&self, pick_id: Uuid) -> Result<Vec<CaptureId>> {
        let captures = table::selection::pick_captures(&mut *self.read().await?, pick_id).await?;
        captures.ok_or_else(|| StoreError::unknown(Noun::Pick, &pick_id))
    }
}
