//! Tags set on annotations and taken off.

use std::collections::HashMap;

use muster_domain::{
    id::{AnnotationId, CaptureId},
    operation::Diff,
};
use sqlx::SqliteConnection;

use super::Outcome;
use crate::{
    Result,
    table::{self, tag::Tagged},
};

pub(super) async fn annotation_tags(
    connection: &mut SqliteConnection,
    tag: &str,
    added: &[AnnotationId],
    removed: &[AnnotationId],
) -> Result<Outcome> {
    let tag_key = table::tag::key(connection, tag).await?;
    // The diff holds what really changed, so that taking it back leaves alone what had the tag before.
    let adding = table::tag::annotations(connection, tag_key, added, false).await?;
    let removing = table::tag::annotations(connection, tag_key, removed, true).await?;
    let keys = |tagged: &[Tagged]| tagged.iter().map(|tagged| tagged.row_key).collect::<Vec<i64>>();
    table::tag::set_on_annotations(connection, tag_key, &keys(&adding)).await?;
    table::tag::unset_on_annotations(connection, tag_key, &keys(&removing)).await?;
    let ids = |tagged: &[Tagged]| tagged.iter().map(|tagged| tagged.annotation_id).collect();
    let mut outcome = Outcome::of("tag");
    outcome.diff = Some(Diff::AnnotationTag { tag: tag.to_owned(), added: ids(&adding), removed: ids(&removing) });
    outcome.changes = adding.len() + removing.len();
    outcome.passed_over = added.len() + removed.len() - outcome.changes;
    let captures: HashMap<u32, CaptureId> =
        adding.into_iter().chain(removing).map(|tagged| (tagged.capture_key, tagged.capture_id)).collect();
    outcome.captures = captures.into_iter().collect();
    outcome.captures.sort_unstable();
    Ok(outcome)
}
