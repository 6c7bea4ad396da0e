//! The snapshot of each day.

use std::{sync::Arc, time::Duration};

use muster_store::snapshot::Daily;

use super::opened::OpenLibrary;

/// After opening: a person who has just come waits for other things.
const SETTLED: Duration = Duration::from_mins(3);
/// How often it is asked whether a day has passed.
const ASKED: Duration = Duration::from_hours(1);

/// Takes the snapshot of each day as long as the library is open.
pub(crate) async fn snapshot_daily(opened: Arc<OpenLibrary>) {
    let mut pause = SETTLED;
    loop {
        tokio::select! {
            () = opened.stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = ASKED;
        match opened.library.daily_snapshot().await {
            Ok(Daily::Taken(path)) => tracing::info!(snapshot = %path.display(), "the snapshot of the day is taken"),
            Ok(Daily::NotDue | Daily::ElsewhereInProgress) => {}
            Err(error) => tracing::warn!(%error, "there is no snapshot of today"),
        }
    }
}
