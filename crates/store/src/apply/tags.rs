//! Tags set on captures and taken off.

use std::collections::{HashMap, HashSet};

use muster_domain::{id::CaptureId, operation::Diff};
use sqlx::SqliteConnection;

use super::Outcome;
use crate::{
    Noun, Result, StoreError,
    table::{self, capture::Known},
};

pub(super) async fn tags(
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
    Ok(Outcome { diff: Some(diff), changes: captures.len(), captures, ..Outcome::of("tag") })
}

/// Captures with their keys in the order given; one that was erased since is passed over, one that never was is an error.
async fn live(connection: &mut SqliteConnection, ids: &[CaptureId]) -> Result<Vec<(u32, CaptureId)>> {
    let known = table::capture::known(connection, ids).await?;
    let known: HashMap<CaptureId, Known> = known.into_iter().map(|known| (known.capture_id, known)).collect();
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
