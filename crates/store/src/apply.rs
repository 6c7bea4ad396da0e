//! How an operation becomes rows: the rules that hold whoever acts.
//!
//! Everything is checked before anything is written, so that a refusal inside a transaction leaves it clean.

mod annotation_tags;
mod annotations;
mod fields;
pub(crate) mod imports;
mod notes;
mod schemas;
mod standing;
mod tags;

use muster_domain::{
    id::{AnnotationId, CaptureId, ProjectId},
    operation::{Actor, Diff, Operation},
    time::UtcMicros,
};
use sqlx::SqliteConnection;

use crate::{
    Noun, Result, StoreError,
    lookup::Lookup,
    operation::Applied,
    table::{self, annotation::Stored},
};

/// What a change must find in the library.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// The version that it names: an act of somebody who has just read it.
    Version,
    /// The same content, at whatever version: an undo or redo.
    Content,
}

/// What one operation came to, ready for the `operation` table.
#[derive(Default)]
struct Outcome {
    /// The diff as it took place; `None` for model output.
    diff: Option<Diff>,
    kind: &'static str,
    changes: usize,
    versions: Vec<(AnnotationId, u32)>,
    kept: Vec<AnnotationId>,
    captures: Vec<(u32, CaptureId)>,
    /// What a bulk act left alone, because it had changed in the meantime.
    passed_over: usize,
}

impl Outcome {
    fn of(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }
}

/// Applies one operation inside a transaction. Its key too; `None` when it had been applied before.
pub(crate) async fn apply(
    connection: &mut SqliteConnection,
    lookup: &mut Lookup,
    operation: &Operation,
    base: Base,
    now: UtcMicros,
) -> Result<(Applied, Option<i64>)> {
    if table::operation::key(connection, operation.operation_id).await?.is_some() {
        return Ok((repeated(connection, operation).await?, None));
    }
    let project = match operation.project_id {
        None => None,
        Some(project_id) => Some((lookup.project(connection, project_id).await?.key, project_id)),
    };
    let undoes_key = match operation.undoes {
        None => None,
        Some(undone) => Some(
            table::operation::key(connection, undone)
                .await?
                .ok_or_else(|| StoreError::unknown(Noun::Operation, &undone))?,
        ),
    };
    let outcome = outcome_of(connection, lookup, operation, project, base, now).await?;
    if base == Base::Content && outcome.changes == 0 && outcome.passed_over > 0 {
        let operation_id = operation.undoes.unwrap_or(operation.operation_id);
        return Err(StoreError::OutOfReach { operation_id, title: operation.title.clone() });
    }
    let keys: Vec<u32> = outcome.captures.iter().map(|(key, _)| *key).collect();
    let change_seq = table::change::bump(connection, &keys).await?;
    let diff = outcome.diff.as_ref().map(serde_json::to_string).transpose();
    let record = table::operation::Record {
        operation_id: operation.operation_id,
        project_key: project.map(|(key, _)| key),
        actor: &operation.actor,
        at: operation.at,
        title: &operation.title,
        kind: outcome.kind,
        changes: outcome.changes as u32,
        diff: diff.map_err(|source| StoreError::unreadable("operation", source))?,
        undoes_key,
    };
    let operation_key = table::operation::append(connection, &record).await?;
    if record.diff.is_some() {
        table::operation::note_captures(connection, operation_key, &keys).await?;
    }
    if let Actor::Person { person_id } = operation.actor
        && base == Base::Version
        && outcome.changes > 0
    {
        table::operation::push(connection, operation_key, record.project_key, person_id).await?;
    }
    let applied = Applied {
        operation_id: operation.operation_id,
        change_seq,
        versions: outcome.versions,
        kept: outcome.kept,
        captures: outcome.captures.into_iter().map(|(_, capture_id)| capture_id).collect(),
        changed: outcome.changes as u32,
        passed_over: outcome.passed_over as u32,
        repeated: false,
    };
    Ok((applied, Some(operation_key)))
}

async fn outcome_of(
    connection: &mut SqliteConnection,
    lookup: &mut Lookup,
    operation: &Operation,
    project: Option<(i64, ProjectId)>,
    base: Base,
    now: UtcMicros,
) -> Result<Outcome> {
    let named = || {
        let rule = "annotations belong to a project; name it";
        project.ok_or(StoreError::InvalidOperation { operation_id: operation.operation_id, rule })
    };
    match &operation.diff {
        Diff::Annotations { changes } => {
            annotations::annotations(connection, lookup, operation, changes, named()?, base).await
        }
        Diff::Standing { changes } => {
            refuse_machine(operation)?;
            standing::standing(connection, lookup, named()?.0, changes, base).await
        }
        Diff::Tag { tag, added, removed } => tags::tags(connection, tag, added, removed).await,
        Diff::AnnotationTag { tag, added, removed } => {
            annotation_tags::annotation_tags(connection, tag, added, removed).await
        }
        Diff::Field { name, on_annotation, changes } => fields::fields(connection, name, *on_annotation, changes).await,
        Diff::Note { changes } => {
            notes::notes(connection, (operation.operation_id, &operation.actor), changes, now).await
        }
        Diff::Import { import_id, present } => {
            imports::import(connection, lookup, operation, (*import_id, *present), base, now).await
        }
        Diff::Schema { before, after } => {
            lookup.forget_project(after.project_id);
            schemas::schema(connection, operation.operation_id, before, after, base, now).await
        }
    }
}

fn refuse_machine(operation: &Operation) -> Result<()> {
    if matches!(operation.actor, Actor::Person { .. }) {
        return Ok(());
    }
    Err(StoreError::InvalidOperation { operation_id: operation.operation_id, rule: "people decide, machines propose" })
}

/// The answer to an operation that comes again: what its annotations are now.
async fn repeated(connection: &mut SqliteConnection, operation: &Operation) -> Result<Applied> {
    let ids: Vec<AnnotationId> = match &operation.diff {
        Diff::Annotations { changes } => changes.iter().map(|change| change.annotation_id).collect(),
        _ => Vec::new(),
    };
    let stored = table::annotation::by_ids(connection, &ids).await?;
    let version = |stored: &Stored| (stored.annotation.annotation_id, stored.annotation.version);
    Ok(Applied {
        operation_id: operation.operation_id,
        change_seq: table::change::latest(connection).await?,
        versions: stored.iter().map(version).collect(),
        kept: Vec::new(),
        captures: Vec::new(),
        changed: 0,
        passed_over: 0,
        repeated: true,
    })
}
