//! Annotations as pictures.

use muster_domain::{
    annotation::Annotation,
    capture::{Asset, AssetKind},
    geometry::BoundingBox,
    id::AnnotationId,
};
use muster_media::{Limits, VideoReader};
use muster_store::{annotation::AnnotationFilter, thumbnail::piece::NewPiece};

use super::{Picture, asset_of};
use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult},
    session::opened::{OpenLibrary, parse_id},
};

/// The sizes that crops are kept in, px of the longer edge.
const SIZES_PX: [u32; 3] = [96, 160, 320];
/// The most crops that are made from one reading of their picture.
const MAX_TOGETHER: usize = 64;

/// What an annotation covers, of at least this long edge where there are so many pixels. The crops of the same picture
/// are made with it, because reading the picture is what costs.
pub async fn crop(app: &App, annotation_id: &str, long_edge_px: u32) -> AppResult<Picture> {
    let opened = app.opened().await?;
    let annotation_id: AnnotationId = parse_id("annotation", annotation_id)?;
    let annotation = opened.library.annotation(annotation_id).await?;
    let annotation = annotation.ok_or_else(|| AppError::not_found(format!("annotation {annotation_id}")))?;
    let asset = asset_of(&opened, &annotation.capture_id.to_string(), &annotation.asset).await?;
    let size_px = SIZES_PX.into_iter().find(|size| *size >= long_edge_px).unwrap_or(SIZES_PX[2]);
    let region = region_of(&annotation, &asset);
    let what = what(size_px, annotation.frame_index, &region);
    let version = format!("{}-{what}", asset.digest);
    if let Some(bytes) = opened.library.thumbnails().pieces().get(&asset.digest, &what).await? {
        return Ok(Picture::jpeg(bytes, version));
    }
    let others = others(&opened, &annotation, &asset, size_px, &what).await?;
    let wanted: Vec<(String, BoundingBox)> = std::iter::once((what, region)).chain(others).collect();
    let path = opened.original(&asset).await?;
    let (kind, frame) = (asset.kind(), annotation.frame_index);
    let made = app.blocking(Urgency::Interactive, move || {
        let limits = Limits::default();
        let regions: Vec<BoundingBox> = wanted.iter().map(|(_, region)| *region).collect();
        let crops = match (kind, frame) {
            (AssetKind::Video, Some(index)) => {
                let frame = VideoReader::open(&path, &limits)?.frame_at_index(u64::from(index))?;
                muster_media::crops_of(&path.display().to_string(), &frame.picture, &regions, size_px)?
            }
            _ => muster_media::crops(&path, &regions, size_px, &limits)?,
        };
        Ok(wanted.into_iter().map(|(what, _)| what).zip(crops.into_iter().map(|crop| crop.jpeg)).collect::<Vec<_>>())
    });
    let made = made.await?;
    let bytes = made.first().map(|(_, bytes)| bytes.clone()).unwrap_or_default();
    let new = made.into_iter().map(|(what, picture)| NewPiece { digest: asset.digest, what, picture });
    opened.library.thumbnails().pieces().put(&new.collect::<Vec<_>>()).await?;
    Ok(Picture::jpeg(bytes, version))
}

/// What the other annotations of the same frame cover.
async fn others(
    opened: &OpenLibrary,
    annotation: &Annotation,
    asset: &Asset,
    size_px: u32,
    of_first: &str,
) -> AppResult<Vec<(String, BoundingBox)>> {
    let filter = AnnotationFilter {
        project_id: annotation.project_id,
        layer: Some(annotation.layer.clone()),
        with_deleted: false,
    };
    let annotations = opened.library.annotations(annotation.capture_id, &filter).await?;
    let beside = annotations
        .iter()
        .filter(|other| other.asset == annotation.asset && other.frame_index == annotation.frame_index)
        .map(|other| {
            let region = region_of(other, asset);
            (what(size_px, other.frame_index, &region), region)
        })
        .filter(|(what, _)| what != of_first);
    Ok(beside.take(MAX_TOGETHER).collect())
}

/// The bounds of an annotation; of one without any, the whole picture.
fn region_of(annotation: &Annotation, asset: &Asset) -> BoundingBox {
    annotation.geometry.bounds().unwrap_or(BoundingBox {
        x: 0.0,
        y: 0.0,
        width: f64::from(asset.width_px.unwrap_or(1)),
        height: f64::from(asset.height_px.unwrap_or(1)),
    })
}

/// A crop's name among the pieces of its original: what it shows, so that a moved box has another.
fn what(size_px: u32, frame_index: Option<u32>, region: &BoundingBox) -> String {
    let BoundingBox { x, y, width, height } = region;
    let frame = frame_index.unwrap_or(0);
    format!("crop/{size_px}/{frame}/{x:.1},{y:.1},{width:.1},{height:.1}")
}
