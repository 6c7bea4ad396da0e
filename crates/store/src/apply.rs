//! How an operation becomes rows: the rules that hold whoever acts.
//!
//! Everything is checked before anything is written, so that a refusal inside a transaction leaves it clean.

use std::collections::{HashMap, HashSet};

use muster_domain::{
    annotation::{Annotation, Decision},
    geometry::Geometry,
    id::{AnnotationId, CaptureId, ClassId, OperationId, ProjectId},
    operation::{Actor, AnnotationChange, Diff, Operation},
    origin::Origin,
    schema::LabelSchema,
    time::UtcMicros,
};
use sqlx::SqliteConnection;

use crate::{
    Noun, Result, StoreError,
    lookup::{AnnotationKeys, Lookup},
    operation::Applied,
    project::{current_schema, project_key},
    table::{
        self,
        annotation::{FieldVersions, Record, Stored},
        origin::Hand,
    },
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
struct Outcome {
    /// The diff as it took place; `None` for model output.
    diff: Option<Diff>,
    kind: &'static str,
    changes: usize,
    versions: Vec<(AnnotationId, u32)>,
    kept: Vec<AnnotationId>,
    captures: Vec<(u32, CaptureId)>,
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
    let outcome = match &operation.diff {
        Diff::Annotations { changes } => {
            let project = project.ok_or(StoreError::InvalidOperation {
                operation_id: operation.operation_id,
                rule: "annotations belong to a project; name it",
            })?;
            annotations(connection, lookup, operation, changes, project, base).await?
        }
        Diff::Tag { tag, added, removed } => tags(connection, tag, added, removed).await?,
        Diff::Schema { before, after } => {
            lookup.forget_project(after.project_id);
            schema(connection, operation.operation_id, before, after, base, now).await?
        }
    };
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
    if record.diff.is_some() && record.kind == "annotations" {
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
        repeated: false,
    };
    Ok((applied, Some(operation_key)))
}

/// The answer to an operation that comes again: what its annotations are now.
async fn repeated(connection: &mut SqliteConnection, operation: &Operation) -> Result<Applied> {
    let ids: Vec<AnnotationId> = match &operation.diff {
        Diff::Annotations { changes } => changes.iter().map(|change| change.annotation_id).collect(),
        Diff::Tag { .. } | Diff::Schema { .. } => Vec::new(),
    };
    let stored = table::annotation::by_ids(connection, &ids).await?;
    let version = |stored: &Stored| (stored.annotation.annotation_id, stored.annotation.version);
    Ok(Applied {
        operation_id: operation.operation_id,
        change_seq: table::change::latest(connection).await?,
        versions: stored.iter().map(version).collect(),
        kept: Vec::new(),
        captures: Vec::new(),
        repeated: true,
    })
}

// Annotations ---------------------------------------------------------------------------------------------------------

/// A change that was found to be in order.
struct Accepted {
    before: Option<Annotation>,
    after: Annotation,
    field_versions: FieldVersions,
}

async fn annotations(
    connection: &mut SqliteConnection,
    lookup: &mut Lookup,
    operation: &Operation,
    changes: &[AnnotationChange],
    project: (i64, ProjectId),
    base: Base,
) -> Result<Outcome> {
    let machine = !matches!(operation.actor, Actor::Person { .. });
    let ids: Vec<AnnotationId> = changes.iter().map(|change| change.annotation_id).collect();
    refuse_twice(&ids)?;
    let stored = table::annotation::by_ids(connection, &ids).await?;
    let mut stored: HashMap<AnnotationId, Stored> =
        stored.into_iter().map(|stored| (stored.annotation.annotation_id, stored)).collect();
    let (mut accepted, mut kept) = (Vec::with_capacity(changes.len()), Vec::new());
    for change in changes {
        let found = stored.remove(&change.annotation_id);
        if machine {
            if let Some(after) = &change.after {
                check_machine(after)?;
            }
            if found.as_ref().is_some_and(|found| is_persons(&found.annotation)) {
                kept.push(change.annotation_id);
                continue;
            }
        } else {
            check_base(operation, change, found.as_ref().map(|found| &found.annotation), base)?;
        }
        accepted.extend(accept(change, found, project.1)?);
    }
    let captures = write(connection, lookup, project.0, &accepted).await?;
    let versions = accepted.iter().map(|change| (change.after.annotation_id, change.after.version)).collect();
    let changes = accepted.len();
    // The inverse of model output is to forget the run, so its diff is not written twice.
    let diff = (!machine).then(|| Diff::Annotations {
        changes: accepted
            .into_iter()
            .map(|change| AnnotationChange {
                annotation_id: change.after.annotation_id,
                before: change.before,
                after: Some(change.after),
            })
            .collect(),
    });
    Ok(Outcome { diff, kind: "annotations", changes, versions, kept, captures })
}

fn refuse_twice(ids: &[AnnotationId]) -> Result<()> {
    let mut seen = HashSet::with_capacity(ids.len());
    match ids.iter().find(|id| !seen.insert(**id)) {
        None => Ok(()),
        Some(annotation_id) => Err(StoreError::InvalidChange {
            annotation_id: *annotation_id,
            rule: "one operation changes an annotation once",
        }),
    }
}

/// A machine proposes; it neither decides nor deletes.
fn check_machine(after: &Annotation) -> Result<()> {
    if after.decision == Decision::Undecided && !after.deleted {
        return Ok(());
    }
    let rule = "a machine proposes; people decide and delete";
    Err(StoreError::InvalidChange { annotation_id: after.annotation_id, rule })
}

/// True when a person decided on it, deleted it, or set one of its fields: no machine touches it any more.
fn is_persons(annotation: &Annotation) -> bool {
    let origins = &annotation.field_origins;
    let by_person = |origin: &Origin| matches!(origin, Origin::Person { .. });
    annotation.deleted
        || annotation.decision != Decision::Undecided
        || [&annotation.origin, &origins.geometry, &origins.class, &origins.attributes].into_iter().any(by_person)
}

fn check_base(operation: &Operation, change: &AnnotationChange, found: Option<&Annotation>, base: Base) -> Result<()> {
    let fits = match base {
        Base::Version => change.before.as_ref().map(|before| before.version) == found.map(|found| found.version),
        Base::Content => match (&change.before, found) {
            // What was not there, or was taken back, is a tombstone at most.
            (None, found) => found.is_none_or(|found| found.deleted),
            (Some(before), Some(found)) => same_content(before, found),
            (Some(_), None) => false,
        },
    };
    match base {
        _ if fits => Ok(()),
        Base::Version => Err(StoreError::Conflict {
            annotation_id: change.annotation_id,
            based_on: change.before.as_ref().map(|before| before.version),
            found: found.map(|found| found.version),
        }),
        Base::Content => Err(out_of_reach(operation)),
    }
}

fn out_of_reach(operation: &Operation) -> StoreError {
    let operation_id = operation.undoes.unwrap_or(operation.operation_id);
    StoreError::OutOfReach { operation_id, title: operation.title.clone() }
}

fn same_content(one: &Annotation, other: &Annotation) -> bool {
    Annotation { version: other.version, ..one.clone() } == *other
}

/// The change with its new version, or `None` when it changes nothing.
fn accept(change: &AnnotationChange, found: Option<Stored>, project_id: ProjectId) -> Result<Option<Accepted>> {
    let invalid = |rule| Err(StoreError::InvalidChange { annotation_id: change.annotation_id, rule });
    let mut after = match (&change.after, &found) {
        (Some(after), _) => after.clone(),
        // What is taken back stays as a tombstone, because it may have been synced.
        (None, Some(found)) => Annotation { deleted: true, ..found.annotation.clone() },
        (None, None) => return Ok(None),
    };
    if after.annotation_id != change.annotation_id {
        return invalid("the change names another annotation than the one it carries");
    }
    if after.project_id != project_id {
        return invalid("it belongs to another project than the operation");
    }
    if !is_storable(&after.geometry) {
        return invalid("its geometry needs finite numbers and, for a box, a positive width and height");
    }
    let Some(found) = found else {
        after.version = 1;
        let field_versions = FieldVersions { geometry: 1, class: 1, attributes: 1, decision: 1 };
        return Ok(Some(Accepted { before: None, after, field_versions }));
    };
    let before = found.annotation;
    let place = |annotation: &Annotation| {
        (annotation.capture_id, annotation.asset.clone(), annotation.frame_index, annotation.layer.clone())
    };
    if place(&before) != place(&after) {
        return invalid("an annotation stays on its capture, asset, frame and layer; make a new one instead");
    }
    if same_content(&after, &before) {
        return Ok(None);
    }
    after.version = before.version + 1;
    let field_versions = next_versions(found.field_versions, &before, &after);
    Ok(Some(Accepted { before: Some(before), after, field_versions }))
}

fn next_versions(versions: FieldVersions, before: &Annotation, after: &Annotation) -> FieldVersions {
    let pick = |same: bool, version: u32| if same { version } else { after.version };
    let (old, new) = (&before.field_origins, &after.field_origins);
    let same_class = before.class_id == after.class_id && before.model_class == after.model_class;
    let same_decision = before.decision == after.decision && before.deleted == after.deleted;
    FieldVersions {
        geometry: pick(before.geometry == after.geometry && old.geometry == new.geometry, versions.geometry),
        class: pick(same_class && old.class == new.class, versions.class),
        attributes: pick(
            before.attributes == after.attributes && old.attributes == new.attributes,
            versions.attributes,
        ),
        decision: pick(same_decision, versions.decision),
    }
}

/// JSON and SQL hold finite numbers, and the table knows no empty box.
fn is_storable(geometry: &Geometry) -> bool {
    match geometry {
        Geometry::Classification | Geometry::Interval { .. } | Geometry::Mask { .. } => true,
        Geometry::Box(bounds) => is_box(bounds),
        Geometry::Caption { bounds, .. } => bounds.as_ref().is_none_or(is_box),
        Geometry::RotatedBox { bounds, angle_rad } => is_box(bounds) && angle_rad.is_finite(),
        Geometry::Polygon { rings } => rings.iter().flatten().flatten().all(|number| number.is_finite()),
        Geometry::Polyline { points } => points.iter().flatten().all(|number| number.is_finite()),
        Geometry::Keypoints { points } => points.iter().flatten().all(|number| number.is_finite()),
    }
}

fn is_box(bounds: &muster_domain::geometry::BoundingBox) -> bool {
    muster_domain::geometry::BoundingBox::new(bounds.x, bounds.y, bounds.width, bounds.height).is_ok()
}

/// Writes the rows; the captures that show something new. Everything that the changes name is looked up first.
async fn write(
    connection: &mut SqliteConnection,
    lookup: &mut Lookup,
    project_key: i64,
    changes: &[Accepted],
) -> Result<Vec<(u32, CaptureId)>> {
    lookup.load_captures(connection, changes.iter().map(|change| change.after.capture_id)).await?;
    let keys = changes.iter().map(|change| lookup.annotation(&change.after));
    let keys: Vec<AnnotationKeys> = keys.collect::<Result<_>>()?;
    let mut records = Vec::with_capacity(changes.len());
    let mut captures = HashMap::new();
    for (change, keys) in changes.iter().zip(keys) {
        let annotation = &change.after;
        let (hand, ..) = Hand::of(&annotation.origin);
        let origin_key = lookup.hands.key(connection, &hand).await?;
        let origins = &annotation.field_origins;
        let mut field_origin_keys = [None; 3];
        for (key, origin) in field_origin_keys.iter_mut().zip([&origins.geometry, &origins.class, &origins.attributes])
        {
            if *origin != annotation.origin {
                *key = Some(lookup.hands.key(connection, &Hand::of(origin).0).await?);
            }
        }
        captures.insert(keys.capture, annotation.capture_id);
        records.push(Record {
            annotation,
            field_versions: change.field_versions,
            project_key,
            layer_key: keys.layer,
            capture_key: keys.capture,
            label_class_key: keys.class,
            origin_key,
            field_origin_keys,
        });
    }
    table::annotation::write(connection, &records).await?;
    let mut captures: Vec<(u32, CaptureId)> = captures.into_iter().collect();
    captures.sort_unstable();
    Ok(captures)
}

// Tags ----------------------------------------------------------------------------------------------------------------

async fn tags(
    connection: &mut SqliteConnection,
    tag: &str,
    added: &[CaptureId],
    removed: &[CaptureId],
) -> Result<Outcome> {
    let (to_add, to_remove) = (live(connection, added).await?, live(connection, removed).await?);
    let tag_key = table::tag::key(connection, tag).await?;
    // The diff holds what really changed, so that taking it back leaves alone who had the tag before.
    let adding = only(connection, tag_key, to_add, false).await?;
    let removing = only(connection, tag_key, to_remove, true).await?;
    let keys = |captures: &[(u32, CaptureId)]| captures.iter().map(|(key, _)| *key).collect::<Vec<u32>>();
    table::tag::set(connection, tag_key, &keys(&adding)).await?;
    table::tag::unset(connection, tag_key, &keys(&removing)).await?;
    let ids = |captures: &[(u32, CaptureId)]| captures.iter().map(|(_, id)| *id).collect();
    let diff = Diff::Tag { tag: tag.to_owned(), added: ids(&adding), removed: ids(&removing) };
    let captures: Vec<(u32, CaptureId)> = adding.into_iter().chain(removing).collect();
    Ok(Outcome {
        diff: Some(diff),
        kind: "tag",
        changes: captures.len(),
        versions: Vec::new(),
        kept: Vec::new(),
        captures,
    })
}

/// Captures with their keys in the order given; one that was erased since is passed over, one that never was is an error.
async fn live(connection: &mut SqliteConnection, ids: &[CaptureId]) -> Result<Vec<(u32, CaptureId)>> {
    let known = table::capture::known(connection, ids).await?;
    let known: HashMap<CaptureId, table::capture::Known> =
        known.into_iter().map(|known| (known.capture_id, known)).collect();
    let mut found = Vec::with_capacity(ids.len());
    for capture_id in ids {
        let known = known.get(capture_id).ok_or_else(|| StoreError::unknown(Noun::Capture, &capture_id))?;
        if !known.erased {
            found.push((known.row_key, *capture_id));
        }
    }
    Ok(found)
}

/// Of the captures those that have the tag, or those that have it not; each once.
async fn only(
    connection: &mut SqliteConnection,
    tag_key: i64,
    captures: Vec<(u32, CaptureId)>,
    wanted: bool,
) -> Result<Vec<(u32, CaptureId)>> {
    let keys: Vec<u32> = captures.iter().map(|(key, _)| *key).collect();
    let having: HashSet<u32> = table::tag::having(connection, tag_key, &keys).await?.into_iter().collect();
    let mut seen = HashSet::with_capacity(captures.len());
    Ok(captures.into_iter().filter(|(key, _)| having.contains(key) == wanted && seen.insert(*key)).collect())
}

// Schemas -------------------------------------------------------------------------------------------------------------

async fn schema(
    connection: &mut SqliteConnection,
    operation_id: OperationId,
    before: &LabelSchema,
    after: &LabelSchema,
    base: Base,
    now: UtcMicros,
) -> Result<Outcome> {
    let project = (project_key(connection, after.project_id).await?, after.project_id);
    let current = current_schema(connection, project).await?;
    match base {
        Base::Version if before.version != current.version => {
            return Err(StoreError::SchemaConflict { based_on: before.version, found: current.version });
        }
        Base::Content if before.classes != current.classes => {
            return Err(StoreError::OutOfReach { operation_id, title: "the label schema".to_owned() });
        }
        _ => {}
    }
    after.check()?;
    let keys: HashMap<ClassId, i64> = table::project::class_keys(connection, project.0).await?.into_iter().collect();
    refuse_removal_of_used(connection, &current, after, &keys).await?;
    let next = LabelSchema { version: current.version + 1, ..after.clone() };
    table::project::insert_schema(connection, project.0, &next, now).await?;
    let renamed = current
        .classes
        .iter()
        .filter(|class| after.class(class.class_id).is_some_and(|after| after.name != class.name));
    let renamed: Vec<i64> = renamed.filter_map(|class| keys.get(&class.class_id).copied()).collect();
    table::change::bump_classes(connection, &renamed).await?;
    let changes = next.classes.len().abs_diff(current.classes.len()).max(1);
    let diff = Diff::Schema { before: Box::new(current), after: Box::new(next) };
    Ok(Outcome {
        diff: Some(diff),
        kind: "schema",
        changes,
        versions: Vec::new(),
        kept: Vec::new(),
        captures: Vec::new(),
    })
}

async fn refuse_removal_of_used(
    connection: &mut SqliteConnection,
    current: &LabelSchema,
    after: &LabelSchema,
    keys: &HashMap<ClassId, i64>,
) -> Result<()> {
    let removed = current.classes.iter().filter(|class| after.class(class.class_id).is_none());
    let removed: HashMap<i64, &str> =
        removed.filter_map(|class| Some((*keys.get(&class.class_id)?, class.name.as_str()))).collect();
    if removed.is_empty() {
        return Ok(());
    }
    let removed_keys: Vec<i64> = removed.keys().copied().collect();
    match table::project::uses(connection, &removed_keys).await?.first() {
        None => Ok(()),
        Some((key, annotations)) => {
            Err(StoreError::ClassInUse { name: removed[key].to_owned(), annotations: *annotations })
        }
    }
}
