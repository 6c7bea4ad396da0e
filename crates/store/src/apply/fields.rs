//! User fields set and cleared: what has another value than the act was based on is passed over.

use std::collections::HashMap;

use muster_domain::operation::{Diff, FieldChange};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::Outcome;
use crate::{
    Noun, Result, StoreError,
    field::check_type,
    table::{
        self,
        field::{Place, Valued},
    },
};

pub(super) async fn fields(
    connection: &mut SqliteConnection,
    name: &str,
    on_annotation: bool,
    changes: &[FieldChange],
) -> Result<Outcome> {
    let field = table::field::find(connection, name, on_annotation).await?;
    let (field_key, field_type) = field.ok_or_else(|| StoreError::unknown(Noun::UserField, &name))?;
    let place = if on_annotation { Place::Annotation } else { Place::Capture };
    let ids: Vec<Uuid> = changes.iter().map(|change| change.id).collect();
    let found = table::field::values(connection, place, field_key, &ids).await?;
    let mut found: HashMap<Uuid, Valued> = found.into_iter().map(|valued| (valued.id, valued)).collect();
    let mut outcome = Outcome::of("field");
    let (mut writing, mut applied) = (Vec::new(), Vec::new());
    for change in changes {
        check_type(name, field_type, change.after.as_ref())?;
        let valued = found.remove(&change.id).filter(|valued| valued.value == change.before);
        let Some(valued) = valued else {
            outcome.passed_over += 1;
            continue;
        };
        if change.before == change.after {
            continue;
        }
        writing.push((valued.row_key, change.after.as_ref()));
        outcome.captures.push((valued.capture_key, valued.capture_id));
        applied.push(change.clone());
    }
    table::field::set_many(connection, place, field_key, &writing).await?;
    outcome.changes = applied.len();
    outcome.captures.sort_unstable();
    outcome.captures.dedup();
    outcome.diff = Some(Diff::Field { name: name.to_owned(), on_annotation, changes: applied });
    Ok(outcome)
}
