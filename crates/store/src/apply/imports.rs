//! Labels that an import brings, and an import that is taken back or repeated.

use std::collections::{HashMap, HashSet};

use muster_domain::{
    annotation::Annotation,
    digest::Digest,
    id::{AnnotationId, CaptureId, JobId},
    operation::{AnnotationChange, Diff, Operation},
    origin::Origin,
    time::UtcMicros,
};
use sqlx::SqliteConnection;

use super::{
    Base, Outcome,
    annotations::{Accepted, accept, out_of_reach, write},
};
use crate::{
    Noun, Result, StoreError,
    import::{Imported, OnExisting},
    lookup::Lookup,
    table::{
        self,
        annotation::Stored,
        import::{Footprint, Line},
    },
};

/// Annotations that are turned at once.
const TURNED_AT_ONCE: u32 = 2_000;

/// What the labels of a batch did.
pub(crate) struct Labelled {
    pub imported: Imported,
    /// Captures that show something new.
    pub captures: Vec<u32>,
}

/// Writes the labels of captures. On captures that this import brought they come and go with them; on others each
/// leaves a footprint.
pub(crate) async fn write_labels(
    connection: &mut SqliteConnection,
    import: &Line,
    labels: Vec<(u32, Vec<Annotation>)>,
    on_existing: OnExisting,
) -> Result<Labelled> {
    let keys: Vec<u32> = labels.iter().map(|(key, _)| *key).collect();
    let brought: HashSet<u32> =
        table::import::brought_of(connection, import.row_key, &keys).await?.into_iter().collect();
    let ids: Vec<AnnotationId> =
        labels.iter().flat_map(|(_, annotations)| annotations).map(|annotation| annotation.annotation_id).collect();
    let there = Present::load(connection, &ids).await?;
    let mut imported = Imported::default();
    let (mut accepted, mut footprints, mut named) = (Vec::new(), Vec::new(), HashSet::new());
    let mut replaced_on = Vec::new();
    for (key, annotations) in labels {
        let fresh = brought.contains(&key);
        if !fresh && on_existing == OnExisting::Replace {
            replaced_on.push(key);
        }
        for annotation in annotations {
            if !named.insert(annotation.annotation_id) {
                imported.kept += 1;
                continue;
            }
            let found = there.of(annotation.annotation_id);
            let may = match &found {
                None => fresh || on_existing != OnExisting::Skip,
                Some(found) => {
                    there.was_taken_back(found)?
                        || (on_existing == OnExisting::Replace && there.is_untouched(found, import)?)
                }
            };
            let change = may.then(|| change_to(annotation, found));
            let change = match change {
                Some(change) => accept(&change, found.map(copy), import.project_id)?,
                None => None,
            };
            let Some(change) = change else {
                imported.kept += 1;
                continue;
            };
            if change.before.as_ref().is_some_and(|before| !before.deleted) {
                imported.replaced += 1;
            } else {
                imported.added += 1;
            }
            if !fresh {
                footprints.push(footprint_of(&change, import, false)?);
            }
            accepted.push(change);
        }
    }
    let removed = missing(connection, import, &replaced_on, &named).await?;
    imported.removed = removed.len() as u64;
    for change in removed {
        footprints.push(footprint_of(&change, import, false)?);
        accepted.push(change);
    }
    let mut lookup = Lookup::default();
    lookup.project(connection, import.project_id).await?;
    let captures = write(connection, &mut lookup, import.project_key, &accepted).await?;
    table::import::leave(connection, import.row_key, &footprints).await?;
    Ok(Labelled { imported, captures: captures.into_iter().map(|(key, _)| key).collect() })
}

fn change_to(mut annotation: Annotation, found: Option<&Stored>) -> AnnotationChange {
    annotation.deleted = false;
    AnnotationChange {
        annotation_id: annotation.annotation_id,
        before: found.map(|found| found.annotation.clone()),
        after: Some(annotation),
    }
}

fn copy(found: &Stored) -> Stored {
    Stored {
        capture_key: found.capture_key,
        annotation: found.annotation.clone(),
        field_versions: found.field_versions,
    }
}

/// What an accepted change leaves: the version, and what was there before.
fn footprint_of(change: &Accepted, import: &Line, taken_back: bool) -> Result<Footprint> {
    let before = change.before.as_ref().filter(|before| !before.deleted);
    let other = before.map(serde_json::to_string).transpose();
    Ok(Footprint {
        annotation_id: change.after.annotation_id,
        fingerprint: fingerprint(&change.after)?,
        other: other.map_err(|source| StoreError::unreadable("annotation", source))?,
        taken_back,
        import_key: import.row_key,
    })
}

/// A number for the content of an annotation, whatever its version.
fn fingerprint(annotation: &Annotation) -> Result<i64> {
    let bare = Annotation { version: 0, ..annotation.clone() };
    let json = serde_json::to_vec(&bare).map_err(|source| StoreError::unreadable("annotation", source))?;
    let digest = Digest::of(&json);
    let (first, _) = digest.as_bytes().split_first_chunk::<8>().expect("a digest has 32 bytes");
    Ok(i64::from_le_bytes(*first))
}

/// Annotations that are there, and what imports left on them.
struct Present {
    stored: HashMap<AnnotationId, Stored>,
    footprints: HashMap<AnnotationId, Footprint>,
}

impl Present {
    async fn load(connection: &mut SqliteConnection, ids: &[AnnotationId]) -> Result<Self> {
        let stored = table::annotation::by_ids(connection, ids).await?;
        Self::around(connection, stored).await
    }

    async fn around(connection: &mut SqliteConnection, stored: Vec<Stored>) -> Result<Self> {
        let ids: Vec<AnnotationId> = stored.iter().map(|stored| stored.annotation.annotation_id).collect();
        let footprints = table::import::footprints_on(connection, &ids).await?;
        Ok(Self {
            stored: stored.into_iter().map(|stored| (stored.annotation.annotation_id, stored)).collect(),
            footprints: footprints.into_iter().map(|footprint| (footprint.annotation_id, footprint)).collect(),
        })
    }

    fn left_on(&self, annotation_id: AnnotationId) -> Option<&Footprint> {
        self.footprints.get(&annotation_id)
    }

    fn of(&self, annotation_id: AnnotationId) -> Option<&Stored> {
        self.stored.get(&annotation_id)
    }

    /// True for the tombstone that an undone import left.
    fn was_taken_back(&self, found: &Stored) -> Result<bool> {
        let annotation = &found.annotation;
        Ok(match self.left_on(annotation.annotation_id) {
            Some(left) if annotation.deleted && left.taken_back => left.fingerprint == fingerprint(annotation)?,
            _ => false,
        })
    }

    /// True when an import made it and nobody has been there since.
    fn is_untouched(&self, found: &Stored, import: &Line) -> Result<bool> {
        let annotation = &found.annotation;
        let imported = |origin: &Origin| matches!(origin, Origin::Import { .. });
        let origins = &annotation.field_origins;
        let as_left = match self.left_on(annotation.annotation_id) {
            Some(left) => left.fingerprint == fingerprint(annotation)?,
            None => annotation.version == 1,
        };
        Ok(as_left
            && !annotation.deleted
            && annotation.project_id == import.project_id
            && [&annotation.origin, &origins.geometry, &origins.class, &origins.attributes].into_iter().all(imported))
    }
}

/// Untouched labels of earlier imports on these captures that the new ones do not name: they become tombstones.
async fn missing(
    connection: &mut SqliteConnection,
    import: &Line,
    capture_keys: &[u32],
    named: &HashSet<AnnotationId>,
) -> Result<Vec<Accepted>> {
    let stored = table::annotation::of_captures(connection, import.project_key, None, false, capture_keys).await?;
    let there = Present::around(connection, stored).await?;
    let mut gone = Vec::new();
    for found in there.stored.values() {
        let annotation_id = found.annotation.annotation_id;
        // Several pictures of one import may have become one capture.
        let just_made = there.left_on(annotation_id).is_some_and(|left| left.import_key == import.row_key);
        if named.contains(&annotation_id) || just_made || !there.is_untouched(found, import)? {
            continue;
        }
        let after = Annotation { deleted: true, ..found.annotation.clone() };
        let change = AnnotationChange {
            annotation_id: after.annotation_id,
            before: Some(found.annotation.clone()),
            after: Some(after),
        };
        gone.extend(accept(&change, Some(copy(found)), import.project_id)?);
    }
    Ok(gone)
}

/// An import as an act: nothing to do when it is recorded first, everything to turn when it is taken back or repeated.
pub(super) async fn import(
    connection: &mut SqliteConnection,
    lookup: &mut Lookup,
    operation: &Operation,
    (import_id, present): (JobId, bool),
    base: Base,
    now: UtcMicros,
) -> Result<Outcome> {
    let import = table::import::line(connection, import_id).await?;
    let import = import.ok_or_else(|| StoreError::unknown(Noun::Import, &import_id))?;
    let (captures, annotations) = table::import::size(connection, import.row_key).await?;
    let mut outcome = Outcome {
        diff: Some(Diff::Import { import_id, present }),
        kind: "import",
        changes: (captures + annotations) as usize,
        ..Outcome::default()
    };
    if base == Base::Version {
        return Ok(outcome);
    }
    let brought = table::import::captures(connection, import.row_key, true).await?;
    let put_away = table::import::captures(connection, import.row_key, false).await?;
    let (appearing, leaving) = if present { (brought, put_away) } else { (put_away, brought) };
    // Labels are turned while their captures are there.
    let mut changed: HashMap<u32, CaptureId> =
        table::import::bring_back(connection, &appearing).await?.into_iter().collect();
    let turned = turn_labels(connection, lookup, &import, present, &mut outcome).await?;
    changed.extend(turned);
    changed.extend(table::import::withdraw(connection, &leaving, now).await?);
    if changed.is_empty() {
        return Err(out_of_reach(operation));
    }
    outcome.captures = changed.into_iter().collect();
    outcome.captures.sort_unstable();
    Ok(outcome)
}

async fn turn_labels(
    connection: &mut SqliteConnection,
    lookup: &mut Lookup,
    import: &Line,
    present: bool,
    outcome: &mut Outcome,
) -> Result<Vec<(u32, CaptureId)>> {
    lookup.project(connection, import.project_id).await?;
    let (mut after, mut captures) = (0, Vec::new());
    loop {
        let page = table::import::footprints(connection, import.row_key, present, after, TURNED_AT_ONCE).await?;
        let Some((last, _)) = page.last() else { return Ok(captures) };
        after = *last;
        let ids: Vec<AnnotationId> = page.iter().map(|(_, footprint)| footprint.annotation_id).collect();
        let stored = table::annotation::by_ids(connection, &ids).await?;
        let mut stored: HashMap<AnnotationId, Stored> =
            stored.into_iter().map(|stored| (stored.annotation.annotation_id, stored)).collect();
        let (mut accepted, mut left) = (Vec::new(), Vec::new());
        for (_, footprint) in page {
            let Some(found) = stored.remove(&footprint.annotation_id) else { continue };
            if fingerprint(&found.annotation)? != footprint.fingerprint {
                // Somebody has been there since; that stays.
                outcome.kept.push(footprint.annotation_id);
                continue;
            }
            let target = match &footprint.other {
                Some(json) => serde_json::from_str::<Annotation>(json)
                    .map_err(|source| StoreError::unreadable("annotation", source))?,
                None => Annotation { deleted: true, ..found.annotation.clone() },
            };
            let change = AnnotationChange {
                annotation_id: footprint.annotation_id,
                before: Some(found.annotation.clone()),
                after: Some(target),
            };
            if let Some(change) = accept(&change, Some(found), import.project_id)? {
                left.push(footprint_of(&change, import, !present)?);
                outcome.versions.push((change.after.annotation_id, change.after.version));
                accepted.push(change);
            }
        }
        captures.extend(write(connection, lookup, import.project_key, &accepted).await?);
        table::import::leave(connection, import.row_key, &left).await?;
    }
}
