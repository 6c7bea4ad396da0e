//! The grid: pages, shapes and groups of a result.

use std::collections::HashMap;

use muster_domain::{
    annotation::Decision as DomainDecision, capture::AssetKind, digest::Digest, id::CaptureId, query::SortField,
};
use muster_index::Group;
use muster_store::{capture::StoredCapture, grid::GridRow};

use super::{GridBox, GridGroup, GridItem, MediaKind, PAGE};
use crate::{
    app::App,
    error::AppResult,
    session::{
        app::Urgency,
        opened::{OpenLibrary, parse_id},
    },
};

/// 4:3, for captures whose size nobody knows.
const UNKNOWN_ASPECT: u16 = 133;

/// A page of at most 500.
pub async fn grid_page(app: &App, search_id: u32, offset: u32, limit: u32) -> AppResult<Vec<GridItem>> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    let row_keys = &search.hits.row_keys;
    let start = (offset as usize).min(row_keys.len());
    let end = start.saturating_add(limit.min(PAGE) as usize).min(row_keys.len());
    let page = &row_keys[start..end];
    let rows = opened.library.captures_page(opened.identity()?.project_id, page).await?;
    opened.remember_covers(pictures_of(&rows));
    let durations = durations(&opened, &rows).await?;
    // Captures that were erased since the search are left out; the others keep their places.
    let mut places = page.iter().zip(start as u32..);
    let items = rows.into_iter().filter_map(|row| {
        let index = places.by_ref().find(|(key, _)| **key == row.row_key).map(|(_, index)| index)?;
        let duration_micros = durations.get(&row.row_key).copied();
        Some(GridItem { duration_micros, ..grid_item(index, row) })
    });
    Ok(items.collect())
}

/// The still pictures that stand for the captures of a page.
fn pictures_of(rows: &[GridRow]) -> impl Iterator<Item = (CaptureId, Digest)> {
    let covers = rows.iter().filter_map(|row| Some((row.capture_id, row.cover.as_ref()?)));
    covers.filter(|(_, cover)| cover.kind == AssetKind::Image).map(|(capture_id, cover)| (capture_id, cover.digest))
}

/// The lengths of the videos and series of a page.
async fn durations(opened: &OpenLibrary, rows: &[GridRow]) -> AppResult<HashMap<u32, i64>> {
    let moving = |row: &&GridRow| row.cover.as_ref().is_some_and(|cover| cover.kind != AssetKind::Image);
    let keys: Vec<u32> = rows.iter().filter(moving).map(|row| row.row_key).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let captures = opened.library.captures(&keys).await?;
    let longest = |stored: &StoredCapture| stored.capture.assets.iter().filter_map(|asset| asset.duration_micros).max();
    Ok(captures.iter().filter_map(|stored| Some((stored.row_key, longest(stored)?))).collect())
}

fn grid_item(index: u32, row: GridRow) -> GridItem {
    let cover = row.cover.as_ref();
    let undecided = row.boxes.iter().filter(|shape| shape.decision == DomainDecision::Undecided).count();
    let shape = |shape: &muster_store::grid::GridBox| GridBox {
        x: shape.bounds.x,
        y: shape.bounds.y,
        width: shape.bounds.width,
        height: shape.bounds.height,
        class_id: shape.class_id.map(|class_id| class_id.to_string()),
        decision: shape.decision.into(),
        confidence: shape.confidence,
    };
    GridItem {
        index,
        capture_id: row.capture_id.to_string(),
        row_key: row.row_key,
        width_px: cover.and_then(|cover| cover.width_px).unwrap_or(0),
        height_px: cover.and_then(|cover| cover.height_px).unwrap_or(0),
        media_kind: cover.map_or(MediaKind::Series, |cover| cover.kind.into()),
        duration_micros: None,
        captured_at_micros: row.captured_at.0,
        site: row.site,
        device: row.device,
        trigger: row.trigger,
        submission: row.submission.into(),
        tags: row.tags,
        boxes: row.boxes.iter().map(shape).collect(),
        undecided: undecided as u32,
    }
}

/// The shape of the whole result: for each hit width / height × 100 of its first picture, as little-endian 16-bit numbers.
pub async fn grid_layout(app: &App, search_id: u32) -> AppResult<Vec<u8>> {
    let (_, view, hits) = app.opened().await?.seen(search_id).await?;
    app.blocking(Urgency::Interactive, move || {
        let aspects = view.aspects(&hits, UNKNOWN_ASPECT)?;
        Ok(aspects.into_iter().flat_map(u16::to_le_bytes).collect())
    })
    .await
}

/// The groups of a result: those that were asked for, else the days of a result in order of capture, else none.
pub async fn grid_groups(app: &App, search_id: u32) -> AppResult<Vec<GridGroup>> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    if search.group.is_some() {
        return Ok(search.hits.groups.iter().cloned().map(group_dto).collect());
    }
    if search.sort.by != SortField::Captured {
        return Ok(Vec::new());
    }
    let (_, view, hits) = opened.seen(search_id).await?;
    app.blocking(Urgency::Interactive, move || Ok(view.days(&hits)?.into_iter().map(group_dto).collect())).await
}

fn group_dto(group: Group) -> GridGroup {
    let Group { first, count, label, clause } = group;
    GridGroup { first, count, value: label.clone(), label, clause }
}

/// Where a capture is in a result.
pub async fn index_of(app: &App, search_id: u32, capture_id: String) -> AppResult<Option<u32>> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    let row_key = opened.row_key(parse_id("capture", &capture_id)?).await?;
    Ok(search.hits.row_keys.iter().position(|key| *key == row_key).map(|place| place as u32))
}
