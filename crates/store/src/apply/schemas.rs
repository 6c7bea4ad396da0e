//! New versions of a label schema.

use std::collections::HashMap;

use muster_domain::{
    id::{ClassId, OperationId},
    operation::Diff,
    schema::LabelSchema,
    time::UtcMicros,
};
use sqlx::SqliteConnection;

use super::{Base, Outcome};
use crate::{
    Result, StoreError,
    project::{current_schema, project_key},
    table,
};

pub(super) async fn schema(
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
    Ok(Outcome { diff: Some(diff), changes, ..Outcome::of("schema") })
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
