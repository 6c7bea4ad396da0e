//! Acts: applied once, durable on return, and taken back without end.

use muster_domain::{
    id::{AnnotationId, CaptureId, OperationId, PersonId, ProjectId},
    operation::{Actor, Diff, Operation},
    time::UtcMicros,
};

use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    Library, Noun, Result, StoreError,
    apply::{Base, apply},
    capture::live_key,
    lookup::Lookup,
    project::project_key,
    table::{
        self,
        operation::{End, Fate, Stored},
    },
};

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
    /// How many annotations, captures or classes it changed.
    pub changed: u32,
    /// What a bulk act, or taking one back, left alone: it had changed in the meantime.
    pub passed_over: u32,
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

impl Undone {
    /// This and what another part of the same act did; the title is that of the first part, which an undo meets last.
    fn and(mut self, other: Self, other_is_earlier: bool) -> Self {
        if other_is_earlier {
            (self.operation_id, self.title) = (other.operation_id, other.title);
        }
        self.applied.change_seq = self.applied.change_seq.max(other.applied.change_seq);
        self.applied.versions.extend(other.applied.versions);
        self.applied.kept.extend(other.applied.kept);
        self.applied.captures.extend(other.applied.captures);
        self.applied.changed += other.applied.changed;
        self.applied.passed_over += other.applied.passed_over;
        self
    }
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

/// An act in the history of one capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActLine {
    /// The operation.
    pub operation_id: OperationId,
    /// What a person reads.
    pub title: String,
    /// When.
    pub at: UtcMicros,
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
        let mut transaction = self.begin().await?;
        let applied = apply(&mut transaction, &mut Lookup::default(), &operation, Base::Version, self.now()).await?;
        self.commit(transaction).await?;
        Ok(applied.0)
    }

    /// Applies several in one transaction: all or none.
    pub async fn apply_all(&self, operations: Vec<Operation>) -> Result<Vec<Applied>> {
        let mut transaction = self.begin().await?;
        let mut lookup = Lookup::default();
        let mut all = Vec::with_capacity(operations.len());
        for operation in &operations {
            all.push(apply(&mut transaction, &mut lookup, operation, Base::Version, self.now()).await?.0);
        }
        self.commit(transaction).await?;
        Ok(all)
    }

    /// Applies an operation that goes on with an earlier act of the same person: undo and redo take both together.
    pub async fn apply_joined(&self, operation: Operation, first: OperationId) -> Result<Applied> {
        let mut transaction = self.begin().await?;
        let first_key = table::operation::key(&mut transaction, first).await?;
        let first_key = first_key.ok_or_else(|| StoreError::unknown(Noun::Operation, &first))?;
        let (applied, key) =
            apply(&mut transaction, &mut Lookup::default(), &operation, Base::Version, self.now()).await?;
        if let Some(key) = key {
            table::operation::join(&mut transaction, key, first_key).await?;
        }
        self.commit(transaction).await?;
        Ok(applied)
    }

    /// Takes back the person's latest act in the project; `None` when there is none. It never ends: not at a save, not
    /// at a restart. An act whose result somebody else changed since is [`StoreError::OutOfReach`]; the next undo goes
    /// on with the act before it.
    pub async fn undo(&self, project_id: ProjectId, person_id: PersonId) -> Result<Option<Undone>> {
        self.step(End::Undo, project_id, person_id, None).await
    }

    /// Like [`Library::undo`], for the person's latest act on the annotations of one capture, whatever they did
    /// elsewhere since.
    pub async fn undo_on(
        &self,
        project_id: ProjectId,
        person_id: PersonId,
        capture_id: CaptureId,
    ) -> Result<Option<Undone>> {
        self.step(End::Undo, project_id, person_id, Some(capture_id)).await
    }

    /// Repeats what was taken back last; `None` when there is nothing. A new act ends what can be repeated.
    pub async fn redo(&self, project_id: ProjectId, person_id: PersonId) -> Result<Option<Undone>> {
        self.step(End::Redo, project_id, person_id, None).await
    }

    /// Like [`Library::redo`], for one capture.
    pub async fn redo_on(
        &self,
        project_id: ProjectId,
        person_id: PersonId,
        capture_id: CaptureId,
    ) -> Result<Option<Undone>> {
        self.step(End::Redo, project_id, person_id, Some(capture_id)).await
    }

    async fn step(
        &self,
        end: End,
        project_id: ProjectId,
        person_id: PersonId,
        capture_id: Option<CaptureId>,
    ) -> Result<Option<Undone>> {
        let mut transaction = self.begin().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let capture_key = match capture_id {
            None => None,
            Some(capture_id) => Some(live_key(&mut transaction, capture_id).await?),
        };
        loop {
            let next = table::operation::next(&mut transaction, end, project_key, person_id, capture_key).await?;
            let Some((next_key, _)) = next else {
                self.commit(transaction).await?;
                return Ok(None);
            };
            let members = table::operation::joined(&mut transaction, end, next_key).await?;
            match self.step_over_all(&mut transaction, end, &members, person_id).await {
                // Erased: nothing was left that could be taken back, so the act before it is next.
                Ok(None) => {}
                Ok(undone) => {
                    self.commit(transaction).await?;
                    return Ok(undone);
                }
                Err(out @ StoreError::OutOfReach { .. }) => {
                    // A part that went well must not stay without the others.
                    drop(transaction);
                    let mut transaction = self.begin().await?;
                    for (key, _) in &members {
                        table::operation::settle(&mut transaction, *key, Fate::OutOfReach, None).await?;
                    }
                    self.commit(transaction).await?;
                    return Err(out);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Steps over every part of an act that has several; `None` when all of them were erased.
    async fn step_over_all(
        &self,
        connection: &mut SqliteConnection,
        end: End,
        members: &[(i64, Option<i64>)],
        person_id: PersonId,
    ) -> Result<Option<Undone>> {
        let mut all: Option<Undone> = None;
        // The classes that an import made are a part of it, and the import is what the person did.
        let mut import_title = None;
        for (key, last_key) in members {
            let act = table::operation::get(connection, *key).await?;
            let Some(diff) = read_diff(&act)? else {
                table::operation::settle(connection, *key, Fate::OutOfReach, None).await?;
                continue;
            };
            if matches!(diff, Diff::Import { .. }) {
                import_title = Some(act.title.clone());
            }
            let undone = self.step_over(connection, end, &act, *last_key, diff, person_id).await?;
            all = Some(match (all, end) {
                (None, _) => undone,
                (Some(all), End::Undo) => all.and(undone, true),
                (Some(all), End::Redo) => all.and(undone, false),
            });
        }
        if let (Some(all), Some(title)) = (&mut all, import_title) {
            all.title = title;
        }
        Ok(all)
    }

    async fn step_over(
        &self,
        connection: &mut SqliteConnection,
        end: End,
        act: &Stored,
        last_key: Option<i64>,
        diff: Diff,
        person_id: PersonId,
    ) -> Result<Undone> {
        let last = match last_key {
            Some(last_key) => Some(table::operation::get(connection, last_key).await?),
            None => None,
        };
        let (title, diff, fate) = match (end, diff) {
            // A bulk act knows versions: what is taken back is what the last step really did.
            (_, diff @ Diff::Standing { .. }) => {
                let did =
                    last.as_ref().map_or(Ok(Some(diff)), read_diff)?.unwrap_or(Diff::Standing { changes: Vec::new() });
                match end {
                    End::Undo => (format!("Undo {}", act.title), did.inverse(), Fate::Undone),
                    End::Redo => (format!("Redo {}", act.title), did.inverse(), Fate::Done),
                }
            }
            (End::Undo, diff) => (format!("Undo {}", act.title), diff.inverse(), Fate::Undone),
            (End::Redo, diff) => (format!("Redo {}", act.title), diff, Fate::Done),
        };
        let undoes = match (end, &last) {
            (End::Redo, Some(last)) => last.operation_id,
            _ => act.operation_id,
        };
        let operation = Operation {
            operation_id: OperationId(Uuid::new_v4()),
            project_id: act.project_id,
            actor: Actor::Person { person_id },
            at: self.now(),
            title,
            diff,
            undoes: Some(undoes),
        };
        let applied = apply(connection, &mut Lookup::default(), &operation, Base::Content, self.now()).await;
        let (applied, key) = applied.map_err(|error| match error {
            // A class that is in use by now cannot be taken back either.
            StoreError::OutOfReach { .. } | StoreError::ClassInUse { .. } | StoreError::Unknown { .. } => {
                StoreError::OutOfReach { operation_id: act.operation_id, title: act.title.clone() }
            }
            other => other,
        })?;
        table::operation::settle(connection, act.row_key, fate, key).await?;
        Ok(Undone { operation_id: act.operation_id, title: act.title.clone(), applied })
    }

    /// What undo and redo would do.
    pub async fn undo_depth(&self, project_id: ProjectId, person_id: PersonId) -> Result<UndoDepth> {
        self.depth(project_id, person_id, None).await
    }

    /// Like [`Library::undo_depth`], for one capture.
    pub async fn undo_depth_on(
        &self,
        project_id: ProjectId,
        person_id: PersonId,
        capture_id: CaptureId,
    ) -> Result<UndoDepth> {
        self.depth(project_id, person_id, Some(capture_id)).await
    }

    async fn depth(
        &self,
        project_id: ProjectId,
        person_id: PersonId,
        capture_id: Option<CaptureId>,
    ) -> Result<UndoDepth> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let capture_key = match capture_id {
            None => None,
            Some(capture_id) => Some(live_key(&mut transaction, capture_id).await?),
        };
        let mut titles = [None, None];
        for (title, end) in titles.iter_mut().zip([End::Undo, End::Redo]) {
            let next = table::operation::next(&mut transaction, end, project_key, person_id, capture_key).await?;
            if let Some((key, _)) = next {
                let first = table::operation::first_of(&mut transaction, key).await?;
                *title = Some(table::operation::get(&mut transaction, first).await?.title);
            }
        }
        let [undo, redo] = titles;
        Ok(UndoDepth { undo, redo })
    }

    /// Recent acts, newest first, before a key ([`OperationLine::row_key`]).
    pub async fn recent_operations(
        &self,
        project_id: Option<ProjectId>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<OperationLine>> {
        let mut transaction = self.read().await?;
        let project_key = match project_id {
            None => None,
            Some(project_id) => Some(project_key(&mut transaction, project_id).await?),
        };
        let before = before.map_or(i64::MAX, |key| key as i64);
        Ok(table::operation::recent(&mut transaction, project_key, before, limit).await?)
    }

    /// The latest acts on a capture, newest first; undo and redo are marks on them.
    pub async fn acts_on(&self, capture_id: CaptureId, limit: u32) -> Result<Vec<ActLine>> {
        let mut transaction = self.read().await?;
        let key = live_key(&mut transaction, capture_id).await?;
        Ok(table::operation::on_capture(&mut transaction, key, limit).await?)
    }

    /// The whole operation, or `None` when it is unknown, was model output, or its diff was erased.
    pub async fn operation(&self, operation_id: OperationId) -> Result<Option<Operation>> {
        let mut transaction = self.read().await?;
        let Some(key) = table::operation::key(&mut transaction, operation_id).await? else { return Ok(None) };
        let stored = table::operation::get(&mut transaction, key).await?;
        Ok(read_diff(&stored)?.map(|diff| Operation {
            operation_id: stored.operation_id,
            project_id: stored.project_id,
            actor: stored.actor,
            at: stored.at,
            title: stored.title,
            diff,
            undoes: stored.undoes,
        }))
    }
}

fn read_diff(stored: &Stored) -> Result<Option<Diff>> {
    let diff = stored.diff.as_deref().map(serde_json::from_str).transpose();
    diff.map_err(|source| StoreError::unreadable("operation", source))
}
