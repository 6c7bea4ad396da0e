//! Mending what the doctor found, as far as nothing has to be decided.

use std::sync::Arc;

use muster_store::check::{
    BlobCheck,
    mend::{Derived, drop_derived},
};

use super::{DoctorReport, SAMPLE, doctor, index_fault, vectors};
use crate::{app::App, error::AppResult, open, session::opened::OpenLibrary};

/// Mends the open library and looks again. What nobody can mend without a decision stays in the findings, with its
/// remedy. What is derived can be made anew only while no other process has the library open.
pub async fn mend(app: &App) -> AppResult<DoctorReport> {
    let opened = app.opened().await?;
    let mut mended = Vec::new();
    mend_database(&opened, &mut mended).await?;
    let mut broken = Vec::new();
    if index_fault(app, &opened).await?.is_some() {
        broken.push((Derived::Index, "the search index"));
    }
    if vectors(app, &opened).await.is_err() {
        broken.push((Derived::Vectors, "the vectors: `muster embed` makes them again"));
    }
    if !opened.library.thumbnails_are_sound().await? {
        broken.push((Derived::Thumbnails, "the thumbnails"));
    }
    if !broken.is_empty() {
        let root = opened.library.root().to_owned();
        drop(opened);
        // It goes only while nobody has it open, this process included.
        app.close().await;
        let derived: Vec<Derived> = broken.iter().map(|(derived, _)| *derived).collect();
        let dropped = drop_derived(&root, &derived);
        open::open(app, &root, false).await?;
        dropped?;
        app.opened().await?.catch_up_index().await?;
        mended.extend(broken.iter().map(|(_, name)| format!("made anew: {name}")));
    }
    Ok(DoctorReport { mended, ..doctor(app).await? })
}

async fn mend_database(opened: &Arc<OpenLibrary>, mended: &mut Vec<String>) -> AppResult<()> {
    let report = opened.library.check(BlobCheck::Sample(SAMPLE)).await?;
    if !report.integrity.is_empty() && opened.library.reindex().await?.is_empty() {
        mended.push("made anew: indexes inside the database".into());
    }
    if !report.damaged_blobs.is_empty() {
        let discarded = opened.library.discard_damaged(&report.damaged_blobs).await?;
        if discarded.come_again > 0 {
            mended.push(format!(
                "{} damaged originals removed: the service sends them again when they are wanted",
                discarded.come_again
            ));
        }
    }
    let swept = opened.library.sweep().await?;
    let counted = [
        (swept.dropped_rows, "lost originals taken off the list"),
        (swept.adopted_blobs, "originals put on the list again"),
        (swept.orphan_files, "files that a crash left half written removed"),
        (swept.counters, "counters counted anew"),
    ];
    mended.extend(counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    Ok(())
}
