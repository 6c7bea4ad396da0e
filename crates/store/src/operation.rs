//! Acts: applied once, durable on return, and taken back without end.

use muster_domain::{
    id::{AnnotationId, CaptureId, OperationId, PersonId, ProjectId},
    operation::{Actor, Operation},
    time::UtcMicros,
};

use crate::{Library, Result};

/// What an operation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The operation; of an undo or redo the new one that was written.
    pub operation_id: OperationId,
    /// The change sequence after it.
    pub change_seq: u64,
    /// The new version of each annotation that changed.
    pub versions: Vec<(AnnotationId, u32)>,
    /// Annotations that a machine would have changed, but that a person had decided on: they stay as they were.
    pub kept: Vec<AnnotationId>,
    /// Captures that show something new.
    pub captures: Vec<CaptureId>,
    /// True when the same operation had been applied before: this time nothing changed.
    pub repeated: bool,
}

/// What an undo or redo did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The act that was taken back or repeated.
    pub operation_id: OperationId,
    /// Its title.
    pub title: String,
    /// The new operation that did it.
    pub applied: Applied,
}

/// What a person could take back or repeat next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UndoDepth {
    /// The title of what an undo would take back.
    pub undo: Option<String>,
    /// The title of what a redo would repeat.
    pub redo: Option<String>,
}

/// A line in the list of recent acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationLine {
    /// Its key: the list is paged by it.
    pub row_key: u64,
    /// The operation.
    pub operation_id: OperationId,
    /// The project, where the act belongs to one.
    pub project_id: Option<ProjectId>,
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: UtcMicros,
    /// What a person reads.
    pub title: String,
    /// How many annotations, captures or classes it touched.
    pub changes: u32,
    /// The operation that it takes back or repeats.
    pub undoes: Option<OperationId>,
    /// True while it is taken back.
    pub undone: bool,
}

impl Library {
    /// Applies an operation once, for ever: durable on return, and doing it again changes nothing.
    ///
    /// Each change names the version that it was based on (`before.version`; no `before` for a creation); another
    /// version in the library is a [`StoreError::Conflict`] and nothing is applied. The library sets `after.version`.
    /// A job or sync never changes what a person decided: those annotations are reported in [`Applied::kept`].
    pub async fn apply(&self, operation: Operation) -> Result<Applied> {
        todo!()
    }
    /// Applies several in one transaction: all or none.
    pub async fn apply_all(&self, operations: Vec<Operation>) -> Result<Vec<Applied>> {
        todo!()
    }
    /// Takes back the person's latest act in the project; `None` when there is none.
    pub async fn undo(&self, project_id: ProjectId, person_id: PersonId) -> Result<Option<Undone>> {
        todo!()
    }
    /// Repeats what was taken back last; `None` when there is nothing.
    pub async fn redo(&self, project_id: ProjectId, person_id: PersonId) -> Result<Option<Undone>> {
        todo!()
    }
    /// What undo and redo would do.
    pub async fn undo_depth(&self, project_id: ProjectId, person_id: PersonId) -> Result<UndoDepth> {
        todo!()
    }
    /// Recent acts, newest first, before a key.
    pub async fn recent_operations(
        &self,
        project_id: Option<ProjectId>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<OperationLine>> {
        todo!()
    }
    /// The whole operation; its diff is `None` for model output and after an erasure.
    pub async fn operation(&self, operation_id: OperationId) -> Result<Option<Operation>> {
        todo!()
    }
}
