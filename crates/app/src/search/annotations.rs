//! Annotations as results of their own.

use std::{collections::HashMap, time::Instant};

use muster_domain::{
    annotation::Annotation,
    geometry::{BoundingBox, Geometry},
    id::{AnnotationId, CaptureId},
};
use muster_index::{Hits, Request};
use muster_store::annotation::AnnotationFilter;

use super::{CropItem, PAGE, SearchResult, SortSpec, prepared, result_of};
use crate::{
    annotate::origin_kind,
    app::App,
    error::AppResult,
    session::{app::Urgency, searches::Search},
};

/// Runs a query for annotations and keeps its result for paging. It finds, of the captures that match, the annotations
/// that the query means: those that a group of it binds, all of them where no group asks anything of an annotation.
pub async fn search_annotations(app: &App, query: String, sort: Option<SortSpec>) -> AppResult<SearchResult> {
    let started = Instant::now();
    let opened = app.opened().await?;
    let asked = prepared(app, &opened, &query, sort, None).await?;
    let search = app
        .blocking(Urgency::Interactive, move || {
            let request = Request { query: &asked.query, sort: &asked.sort, group: None, external: &asked.external };
            let annotations = asked.view.search_annotations(&request)?;
            let mut search = Search::new(asked.query, asked.sort, None, Hits::default(), asked.view);
            search.annotations = Some(annotations);
            Ok(search)
        })
        .await?;
    Ok(result_of(&opened, search, started, None))
}

/// A page of at most 500 annotations. Those that were deleted since the search are left out; the others keep their places.
pub async fn annotation_page(app: &App, search_id: u32, offset: u32, limit: u32) -> AppResult<Vec<CropItem>> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    let Some((view, _)) = search.seen().filter(|_| search.annotations.is_some()) else { return Ok(Vec::new()) };
    let wanted = search.clone();
    let slice = app
        .blocking(Urgency::Interactive, move || {
            let Some(found) = &wanted.annotations else { return Ok(Vec::new()) };
            Ok(view.annotation_slice(found, offset as usize, limit.min(PAGE) as usize)?)
        })
        .await?;
    let mut row_keys: Vec<u32> = slice.iter().map(|(row_key, _)| *row_key).collect();
    row_keys.sort_unstable();
    row_keys.dedup();
    let filter = AnnotationFilter { layer: None, ..AnnotationFilter::main(opened.identity()?.project_id) };
    let mut annotations: HashMap<AnnotationId, Annotation> = HashMap::new();
    for capture in opened.library.annotations_of(&row_keys, &filter).await? {
        annotations.extend(capture.annotations.into_iter().map(|annotation| (annotation.annotation_id, annotation)));
    }
    let captures = opened.library.captures(&row_keys).await?;
    let sizes: HashMap<(CaptureId, &str), (u32, u32)> = captures
        .iter()
        .flat_map(|stored| stored.capture.assets.iter().map(|asset| (stored.capture.capture_id, asset)))
        .filter_map(|(capture_id, asset)| {
            Some(((capture_id, asset.name.as_str()), (asset.width_px?, asset.height_px?)))
        })
        .collect();
    let items = (offset..).zip(slice).filter_map(|(index, (_, annotation_id))| {
        let annotation = annotations.get(&annotation_id)?;
        let size = sizes.get(&(annotation.capture_id, annotation.asset.as_str())).copied().unwrap_or((0, 0));
        Some(crop_item(index, annotation, size))
    });
    Ok(items.collect())
}

fn crop_item(index: u32, annotation: &Annotation, (width_px, height_px): (u32, u32)) -> CropItem {
    let whole = BoundingBox { x: 0.0, y: 0.0, width: f64::from(width_px), height: f64::from(height_px) };
    let bounds = annotation.geometry.bounds().unwrap_or(whole);
    let text = match &annotation.geometry {
        Geometry::Caption { text, .. } => Some(text.clone()),
        _ => None,
    };
    CropItem {
        index,
        annotation_id: annotation.annotation_id.to_string(),
        capture_id: annotation.capture_id.to_string(),
        asset: annotation.asset.clone(),
        x: bounds.x,
        y: bounds.y,
        width: bounds.width,
        height: bounds.height,
        kind: annotation.geometry.kind().into(),
        class_id: annotation.class_id.map(|class_id| class_id.to_string()),
        unmapped_class: annotation.model_class.clone().filter(|_| annotation.class_id.is_none()),
        confidence: annotation.origin.confidence(),
        decision: annotation.decision.into(),
        origin: origin_kind(&annotation.origin),
        version: annotation.version,
        picture_width_px: width_px,
        picture_height_px: height_px,
        text,
    }
}
