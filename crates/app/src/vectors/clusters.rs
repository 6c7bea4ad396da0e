//! The clusters of near duplicates that were found last.

use std::{collections::HashMap, sync::Arc};

use muster_index::vectors::Duplicates;
use roaring::RoaringBitmap;

use super::{EmbeddedSpaces, model_in_use};
use crate::{
    app::App,
    error::{AppError, AppResult},
    session::opened::OpenLibrary,
};

/// The captures that have near duplicates.
pub(crate) async fn near_duplicates(app: &App, opened: &Arc<OpenLibrary>) -> AppResult<RoaringBitmap> {
    Ok(known(app, opened).await?.clusters.into_iter().flat_map(|cluster| cluster.captures).collect())
}

/// The cluster of each capture that has near duplicates, by row key.
pub(crate) async fn duplicate_clusters(app: &App, opened: &Arc<OpenLibrary>) -> AppResult<HashMap<u32, u32>> {
    let found = known(app, opened).await?;
    let of = |(number, captures): (u32, Vec<u32>)| captures.into_iter().map(move |capture| (capture, number));
    Ok((0u32..).zip(found.clusters.into_iter().map(|cluster| cluster.captures)).flat_map(of).collect())
}

async fn known(app: &App, opened: &Arc<OpenLibrary>) -> AppResult<Duplicates> {
    found_last(app, opened).await?.ok_or_else(|| {
        AppError::invalid("near duplicates are not known yet")
            .with_remedy("look for them first: `muster embed`, then `muster dedupe`")
    })
}

/// What was found last, if anybody looked.
pub(crate) async fn found_last(app: &App, opened: &Arc<OpenLibrary>) -> AppResult<Option<Duplicates>> {
    let spaces = EmbeddedSpaces::open(opened, &model_in_use(app, opened, "").await?)?;
    Ok(Duplicates::load(&spaces.captures))
}
