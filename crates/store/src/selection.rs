//! Slices (live queries) and picks (frozen lists).

use muster_domain::{
    id::{CaptureId, PersonId, ProjectId},
    time::UtcMicros,
};
use uuid::Uuid;

use crate::{Library, Result};

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
    /// Saves a slice; the same name in the project is replaced.
    pub async fn save_slice(&self, project_id: ProjectId, slice: &Slice) -> Result<()> {
        todo!()
    }
    pub async fn slices(&self, project_id: ProjectId) -> Result<Vec<Slice>> {
        todo!()
    }
    pub async fn remove_slice(&self, slice_id: Uuid) -> Result<()> {
        todo!()
    }
    /// Freezes a list of captures.
    pub async fn add_pick(&self, project_id: ProjectId, pick: &NewPick, captures: &[CaptureId]) -> Result<()> {
        todo!()
    }
    pub async fn picks(&self, project_id: ProjectId) -> Result<Vec<Pick>> {
        todo!()
    }
    /// The captures of a pick in order.
    pub async fn pick_captures(&self, pick_id: Uuid) -> Result<Vec<CaptureId>> {
        todo!()
    }
}
