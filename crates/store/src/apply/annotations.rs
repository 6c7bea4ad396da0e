//! Changes of annotations: what they are based on, who may make them, and what they become.

use std::collections::{HashMap, HashSet};

use muster_domain::{
    annotation::{Annotation, Decision},
    geometry::{BoundingBox, Geometry},
    id::{AnnotationId, CaptureId, ProjectId},
    operation::{Actor, AnnotationChange, Diff, Operation},
    origin::Origin,
};
use sqlx::SqliteConnection;

use super::{Base, Outcome};
use crate::{
    Result, StoreError,
    lookup::{AnnotationKeys, Lookup},
    table::{
        self,
        annotation::{FieldVersions, Record, Stored},
        origin::Hand,
    },
};

/// A change that was found to be in order.
pub(super) struct Accepted {
    pub before: Option<Annotation>,
    pub after: Annotation,
    field_versions: FieldVersions,
}

pub(super) async fn annotations(
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
    Ok(Outcome { diff, changes, versions, kept, captures, ..Outcome::of("annotations") })
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

pub(super) fn out_of_reach(operation: &Operation) -> StoreError {
    let operation_id = operation.undoes.unwrap_or(operation.operation_id);
    StoreError::OutOfReach { operation_id, title: operation.title.clone() }
}

fn same_content(one: &Annotation, other: &Annotation) -> bool {
    Annotation { version: other.version, ..one.clone() } == *other
}

/// The change with its new version, or `None` when it changes nothing.
pub(super) fn accept(
    change: &AnnotationChange,
    found: Option<Stored>,
    project_id: ProjectId,
) -> Result<Option<Accepted>> {
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

fn is_box(bounds: &BoundingBox) -> bool {
    BoundingBox::new(bounds.x, bounds.y, bounds.width, bounds.height).is_ok()
}

/// Writes the rows; the captures that show something new. Everything that the changes name is looked up first.
pub(super) async fn write(
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
