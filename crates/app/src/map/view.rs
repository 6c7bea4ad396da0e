//! What of the map is seen: points, or, where they are too many, their density.

use std::sync::{Arc, PoisonError};

use muster_index::vectors::Plane;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::legend::painted;
use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult},
    session::{opened::OpenLibrary, spaces::Painted},
    vectors::{no_map, plane},
};

/// Points that are sent one by one.
const POINTS: usize = 50_000;
/// Cells of a density.
const CELLS: u64 = 1 << 22;
/// Not in the result; no colour.
const NONE: u32 = u32::MAX;

/// The part of the map that is seen, and how finely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MapView {
    /// The least x.
    pub left: f64,
    /// The least y.
    pub top: f64,
    /// The greatest x.
    pub right: f64,
    /// The greatest y.
    pub bottom: f64,
    /// Columns of the density.
    pub columns: u32,
    /// Rows of the density.
    pub rows: u32,
    /// The field whose values colour the points.
    pub colour_by: Option<String>,
}

/// The map as bytes, all numbers little-endian: `u32` kind, `u32` count; then, for kind 0 (at most 50,000 points),
/// `f32` x, `f32` y, `u32` place in the result, `u32` place of its colour in the legend a point, with 2³²−1 for neither;
/// for kind 1 (density), row by row, `u32` captures, `u32` of them in the result, `u32` colour of most of those a cell.
pub async fn map_view(app: &App, search_id: u32, view: MapView) -> AppResult<Vec<u8>> {
    let opened = app.opened().await?;
    let plane = plane(app, &opened).await?.ok_or_else(no_map)?;
    let extent = [view.left, view.top, view.right, view.bottom];
    let is_sound = extent.iter().all(|edge| edge.is_finite()) && view.left < view.right && view.top < view.bottom;
    if !is_sound || u64::from(view.columns) * u64::from(view.rows) > CELLS {
        return Err(AppError::invalid(
            "a view of the map has a left below its right, a top below its bottom, and few cells",
        ));
    }
    let painted = match &view.colour_by {
        Some(field) => Some(painted(app, &opened, search_id, field).await?),
        None => None,
    };
    let places = places(app, &opened, search_id).await?;
    app.blocking(Urgency::Interactive, move || Ok(seen(&plane, &view, &places, painted.as_deref()))).await
}

/// The place of each row key in a result, [`NONE`] for those that are not in it.
async fn places(app: &App, opened: &Arc<OpenLibrary>, search_id: u32) -> AppResult<Arc<Vec<u32>>> {
    if let Some((known, places)) = &*opened.spaces.places.lock().unwrap_or_else(PoisonError::into_inner)
        && *known == search_id
    {
        return Ok(places.clone());
    }
    let search = opened.search(search_id)?;
    let places = app
        .blocking(Urgency::Interactive, move || {
            let row_keys = &search.hits.row_keys;
            let mut places = vec![NONE; row_keys.iter().max().map_or(0, |greatest| *greatest as usize + 1)];
            for (place, key) in (0u32..).zip(row_keys.iter()) {
                places[*key as usize] = place;
            }
            Ok(Arc::new(places))
        })
        .await?;
    *opened.spaces.places.lock().unwrap_or_else(PoisonError::into_inner) = Some((search_id, places.clone()));
    Ok(places)
}

fn seen(plane: &Plane, view: &MapView, places: &[u32], painted: Option<&Painted>) -> Vec<u8> {
    let inside = |x: f64, y: f64| x >= view.left && x <= view.right && y >= view.top && y <= view.bottom;
    let place_of = |capture: u32| places.get(capture as usize).copied().unwrap_or(NONE);
    let colour = |capture: u32| painted.map_or(NONE, |painted| painted.colour(capture));
    let points: Vec<_> = plane.points.iter().filter(|point| inside(f64::from(point.x), f64::from(point.y))).collect();
    if points.len() <= POINTS || view.columns == 0 || view.rows == 0 {
        let mut bytes = header(0, points.len().min(POINTS));
        for point in points.into_iter().take(POINTS) {
            bytes.extend(point.x.to_le_bytes());
            bytes.extend(point.y.to_le_bytes());
            bytes.extend(place_of(point.capture).to_le_bytes());
            bytes.extend(colour(point.capture).to_le_bytes());
        }
        return bytes;
    }
    let (columns, rows) = (view.columns as usize, view.rows as usize);
    let mut cells = vec![(0u32, 0u32); columns * rows];
    let colours = painted.map_or(0, |painted| painted.legend.len());
    let mut colour_counts = vec![0u32; cells.len() * colours];
    for point in points {
        let column = (f64::from(point.x) - view.left) / (view.right - view.left) * columns as f64;
        let row = (f64::from(point.y) - view.top) / (view.bottom - view.top) * rows as f64;
        let cell = (row as usize).min(rows - 1) * columns + (column as usize).min(columns - 1);
        cells[cell].0 += 1;
        if place_of(point.capture) != NONE {
            cells[cell].1 += 1;
            let colour = colour(point.capture);
            if colour != NONE {
                colour_counts[cell * colours + colour as usize] += 1;
            }
        }
    }
    let mut bytes = header(1, cells.len());
    for (cell, (all, in_result)) in cells.iter().enumerate() {
        let counts = &colour_counts[cell * colours..(cell + 1) * colours];
        let most =
            (0..colours).filter(|colour| counts[*colour] > 0).max_by_key(|colour| (counts[*colour], colours - colour));
        bytes.extend(all.to_le_bytes());
        bytes.extend(in_result.to_le_bytes());
        bytes.extend(most.map_or(NONE, |colour| colour as u32).to_le_bytes());
    }
    bytes
}

fn header(kind: u32, count: usize) -> Vec<u8> {
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend((count as u32).to_le_bytes());
    bytes
}
