//! One decision or class for many annotations: what changed in the meantime is passed over, the rest is one statement a
//! group.

use std::collections::HashMap;

use muster_domain::{
    id::{AnnotationId, CaptureId, ClassId},
    operation::{Diff, Standing, StandingChange},
};
use sqlx::SqliteConnection;

use super::{Base, Outcome};
use crate::{
    Noun, Result, StoreError,
    lookup::Lookup,
    table::{
        self,
        origin::Hand,
        standing::{ClassColumns, Stood},
    },
};

pub(super) async fn standing(
    connection: &mut SqliteConnection,
    lookup: &mut Lookup,
    project_key: i64,
    changes: &[StandingChange],
    base: Base,
) -> Result<Outcome> {
    let mut classes: HashMap<ClassId, i64> = HashMap::new();
    for (key, class_id, _) in table::project::class_names(connection, project_key).await? {
        classes.insert(class_id, key);
    }
    let mut applied = Vec::with_capacity(changes.len());
    let mut outcome = Outcome::of("annotations");
    let mut captures: HashMap<u32, CaptureId> = HashMap::new();
    for change in changes {
        let found = table::standing::of(connection, project_key, &change.annotations).await?;
        // An act is based on versions, an undo on content: after undo, redo and undo the versions have moved on.
        let is_as_it_was = |stood: &Stood| match base {
            Base::Version => stood.version == change.version,
            Base::Content => stands(stood, &change.before),
        };
        let found: Vec<Stood> = found.into_iter().filter(is_as_it_was).collect();
        outcome.passed_over += change.annotations.len() - found.len();
        if found.is_empty() {
            continue;
        }
        let keys: Vec<i64> = found.iter().map(|stood| stood.row_key).collect();
        write(connection, lookup, &classes, &keys, &change.after).await?;
        outcome.changes += found.len();
        outcome.versions.extend(found.iter().map(|stood| (stood.annotation_id, stood.version + 1)));
        captures.extend(found.iter().map(|stood| (stood.capture_key, stood.capture_id)));
        let annotations: Vec<AnnotationId> = found.into_iter().map(|stood| stood.annotation_id).collect();
        applied.push(StandingChange { annotations, ..change.clone() });
    }
    outcome.captures = captures.into_iter().collect();
    outcome.captures.sort_unstable();
    outcome.diff = Some(Diff::Standing { changes: applied });
    Ok(outcome)
}

/// Whether an annotation stands so: its decision, and its class where that is said.
fn stands(stood: &Stood, so: &Standing) -> bool {
    stood.decision == so.decision && so.class.as_ref().is_none_or(|class| class.class_id == stood.class_id)
}

async fn write(
    connection: &mut SqliteConnection,
    lookup: &mut Lookup,
    classes: &HashMap<ClassId, i64>,
    keys: &[i64],
    after: &Standing,
) -> Result<()> {
    let Some(class) = &after.class else {
        return Ok(table::standing::decide(connection, keys, after.decision).await?);
    };
    let label_class_key = match class.class_id {
        None => None,
        Some(class_id) => {
            let key = classes.get(&class_id).copied();
            Some(key.ok_or_else(|| StoreError::unknown(Noun::Class, &class_id))?)
        }
    };
    let mut columns = ClassColumns {
        label_class_key,
        origin_key: None,
        confidence: None,
        source_id: None,
        schema_version: class.schema_version,
    };
    if let Some(origin) = &class.origin {
        let (hand, confidence, source_id) = Hand::of(origin);
        columns.origin_key = Some(lookup.hands.key(connection, &hand).await?);
        (columns.confidence, columns.source_id) = (confidence, source_id);
    }
    Ok(table::standing::classify(connection, keys, after.decision, &columns).await?)
}
