//! Slices (live queries) and picks (frozen lists).

use muster_domain::{
    id::{CaptureId, PersonId, ProjectId},
    time::UtcMicros,
};
use uuid::Uuid;

use crate::{Library, Noun, Result, StoreError, project::project_key, table};

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

    /// Gives a slice another name.
    pub async fn rename_slice(&self, slice_id: Uuid, name: &str) -> Result<()> {
        let mut transaction = self.begin().await?;
        match table::selection::slice_named(&mut transaction, slice_id, name).await? {
            Some(other) if other != slice_id => {
                return Err(StoreError::NameTaken { noun: Noun::Slice, name: name.to_owned() });
            }
            _ => {}
        }
        if !table::selection::rename_slice(&mut transaction, slice_id, name).await? {
            return Err(StoreError::unknown(Noun::Slice, &slice_id));
        }
        self.commit(transaction).await
    }

    /// Removes a slice.
    pub async fn remove_slice(&self, slice_id: Uuid) -> Result<()> {
        let mut transaction = self.begin().await?;
        if !table::selection::remove_slice(&mut transaction, slice_id).await? {
            return Err(StoreError::unknown(Noun::Slice, &slice_id));
        }
        self.commit(transaction).await
    }

    /// Freezes the captures of these row keys in this order; those that are unknown or erased are left out. Its name is
    /// its own in the project.
    pub async fn add_pick(&self, project_id: ProjectId, pick: &NewPick, row_keys: &[u32]) -> Result<()> {
        let mut transaction = self.begin().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        if table::selection::pick_named(&mut transaction, project_key, &pick.name).await?.is_some() {
            return Err(StoreError::NameTaken { noun: Noun::Pick, name: pick.name.clone() });
        }
        table::selection::add_pick(&mut transaction, project_key, pick, row_keys, self.now()).await?;
        self.commit(transaction).await
    }

    /// The picks of a project, newest first.
    pub async fn picks(&self, project_id: ProjectId) -> Result<Vec<Pick>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        Ok(table::selection::picks(&mut transaction, project_key).await?)
    }

    /// Removes a pick; its captures stay.
    pub async fn remove_pick(&self, pick_id: Uuid) -> Result<()> {
        let mut transaction = self.begin().await?;
        if !table::selection::remove_pick(&mut transaction, pick_id).await? {
            return Err(StoreError::unknown(Noun::Pick, &pick_id));
        }
        self.commit(transaction).await
    }

    /// The captures of a pick in order, those that were erased since too.
    pub async fn pick_captures(&self, pick_id: Uuid) -> Result<Vec<CaptureId>> {
        let captures = table::selection::pick_captures(&mut *self.read().await?, pick_id).await?;
        captures.ok_or_else(|| StoreError::unknown(Noun::Pick, &pick_id))
    }

    /// The row keys of the captures of a pick in order, without those that were erased since.
    pub async fn pick_rows(&self, pick_id: Uuid) -> Result<Vec<u32>> {
        let rows = table::selection::pick_rows(&mut *self.read().await?, pick_id).await?;
        rows.ok_or_else(|| StoreError::unknown(Noun::Pick, &pick_id))
    }
}
