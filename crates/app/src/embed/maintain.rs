//! Embedding what arrives or changes, once the whole library was embedded.

use std::{sync::Arc, time::Duration};

use muster_index::IndexError;
use muster_inference::Embedder;

use super::pass::Pass;
use crate::{
    app::App,
    error::AppResult,
    session::opened::OpenLibrary,
    vectors::{EmbeddedSpaces, model_in_use},
};

/// How often it is looked for changes; nobody waits for them.
const POLL: Duration = Duration::from_secs(5);
/// Captures that are embedded between two looks.
const BATCH: u32 = 500;

/// Follows the library as long as it is open.
pub(crate) async fn maintain(app: App, opened: Arc<OpenLibrary>) {
    let mut loaded = None;
    loop {
        tokio::select! {
            () = opened.stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
        }
        if let Err(error) = catch_up(&app, &opened, &mut loaded).await {
            tracing::debug!(%error, "new captures are not embedded yet");
        }
    }
}

/// Embeds what changed since it was last looked, if this process may write.
async fn catch_up(app: &App, opened: &Arc<OpenLibrary>, loaded: &mut Option<(String, Embedder)>) -> AppResult<()> {
    let Some(identity) = opened.identity_if_any() else { return Ok(()) };
    if !opened.vectors_folder().is_dir() {
        return Ok(());
    }
    let model = model_in_use(app, opened, "").await?;
    let spaces = EmbeddedSpaces::open(opened, &model)?;
    let mut seq = spaces.captures.snapshot()?.seq();
    // Zero: nobody asked for all captures yet.
    while seq > 0 && seq < opened.library.change_seq().await? && !opened.stop.is_cancelled() {
        let changes = opened.library.changed_rows(identity.project_id, seq, BATCH).await?;
        let embedder = match loaded.take() {
            Some((id, embedder)) if id == model.manifest.id => embedder,
            _ => {
                let model = model.clone();
                app.blocking(crate::app::Urgency::Background, move || model.load(1)).await?
            }
        };
        let pass = match Pass::with(opened, &spaces, embedder, opened.stop.clone()) {
            Ok(pass) => pass,
            Err(failed) => {
                let (embedder, error) = *failed;
                *loaded = Some((model.manifest.id.clone(), embedder));
                // A job, or another process, embeds already.
                return if matches!(error, IndexError::Busy { .. }) { Ok(()) } else { Err(error.into()) };
            }
        };
        let keys: Vec<u32> = changes.rows.iter().map(|row| row.row_key).collect();
        let mut done = pass.over(&keys).await?;
        changes.removed.iter().for_each(|row_key| done.writers.remove(*row_key));
        if opened.stop.is_cancelled() {
            return Ok(());
        }
        seq = changes.max_seq;
        done.writers.commit_in_background(Some(seq)).await?;
        *loaded = Some((model.manifest.id.clone(), done.embedder));
    }
    Ok(())
}
