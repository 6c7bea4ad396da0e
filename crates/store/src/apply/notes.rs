//! Notes written and removed: what says something else than the act was based on is passed over.

use std::collections::HashMap;

use muster_domain::{
    id::{CaptureId, OperationId},
    operation::{Actor, Diff, NoteChange},
    time::UtcMicros,
};
use sqlx::SqliteConnection;

use super::Outcome;
use crate::{
    Result, StoreError,
    table::{self, note::Noted},
};

pub(super) async fn notes(
    connection: &mut SqliteConnection,
    (operation_id, actor): (OperationId, &Actor),
    changes: &[NoteChange],
    now: UtcMicros,
) -> Result<Outcome> {
    let Actor::Person { person_id } = actor else {
        return Err(StoreError::InvalidOperation { operation_id, rule: "people write notes" });
    };
    let ids: Vec<CaptureId> = changes.iter().map(|change| change.capture_id).collect();
    let found = table::note::on(connection, &ids).await?;
    let mut found: HashMap<CaptureId, Noted> = found.into_iter().map(|noted| (noted.capture_id, noted)).collect();
    let mut outcome = Outcome::of("note");
    let (mut writing, mut removing, mut applied) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        let noted = found.remove(&change.capture_id).filter(|noted| noted.text == change.before);
        let Some(noted) = noted else {
            outcome.passed_over += 1;
            continue;
        };
        if change.before == change.after {
            continue;
        }
        match &change.after {
            Some(text) => writing.push((noted.capture_key, text.as_str())),
            None => removing.push(noted.capture_key),
        }
        outcome.captures.push((noted.capture_key, noted.capture_id));
        applied.push(change.clone());
    }
    table::note::write(connection, &writing, *person_id, now).await?;
    table::note::remove(connection, &removing).await?;
    outcome.changes = applied.len();
    outcome.captures.sort_unstable();
    outcome.diff = Some(Diff::Note { changes: applied });
    Ok(outcome)
}
