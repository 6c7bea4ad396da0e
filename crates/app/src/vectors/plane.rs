//! The map as it was made last.

use std::sync::{Arc, PoisonError};

use muster_domain::query::Polygon;
use muster_index::vectors::{Plane, PlanePoint, VectorIndex};
use roaring::RoaringBitmap;

use super::{EmbeddedSpaces, model_in_use};
use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult},
    session::opened::OpenLibrary,
};

/// The captures whose places on the map lie inside a polygon.
pub(crate) async fn inside(app: &App, opened: &Arc<OpenLibrary>, polygon: &Polygon) -> AppResult<RoaringBitmap> {
    let plane = plane(app, opened).await?.ok_or_else(no_map)?;
    let holds = |point: &&PlanePoint| polygon.holds(f64::from(point.x), f64::from(point.y));
    Ok(plane.points.iter().filter(holds).map(|point| point.capture).collect())
}

/// There is none yet.
pub(crate) fn no_map() -> AppError {
    AppError::invalid("there is no map yet")
        .with_remedy("make it first: in the Map tab of the library, or with `muster map`")
}

/// The map of the model in use, if there is one.
pub(crate) async fn plane(app: &App, opened: &Arc<OpenLibrary>) -> AppResult<Option<Arc<Plane>>> {
    let index = EmbeddedSpaces::open(opened, &model_in_use(app, opened, "").await?)?.captures;
    saved(app, opened, &index).await
}

/// The map as it was saved last; read again only when it was.
pub(crate) async fn saved(
    app: &App,
    opened: &Arc<OpenLibrary>,
    index: &Arc<VectorIndex>,
) -> AppResult<Option<Arc<Plane>>> {
    let saved_at = std::fs::metadata(index.dir().join("plane")).and_then(|found| found.modified()).ok();
    let Some(saved_at) = saved_at else { return Ok(None) };
    let key = (index.dir().to_owned(), saved_at);
    if let Some((known, plane)) = &*opened.spaces.plane.lock().unwrap_or_else(PoisonError::into_inner)
        && *known == key
    {
        return Ok(Some(plane.clone()));
    }
    let loading = index.clone();
    let plane = app.blocking(Urgency::Interactive, move || Ok(Plane::load(&loading).map(Arc::new))).await?;
    let kept = plane.clone().map(|plane| (key, plane));
    *opened.spaces.plane.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    Ok(plane)
}
