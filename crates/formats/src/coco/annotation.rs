//! Between a COCO object and the geometry and attributes of a Muster annotation.

use std::collections::BTreeMap;

use muster_domain::{
    annotation::Annotation,
    field::FieldValue,
    geometry::{BoundingBox, Geometry},
    origin::Origin,
};
use serde::{Deserialize, Serialize};

use super::{
    FORMAT,
    model::{CocoAnnotation, Segmentation},
    read::RawSegmentation,
    segmentation::{area, rasterise},
    write::SegmentationOut,
};

/// The attribute that says that an object is a crowd.
pub const CROWD_ATTRIBUTE: &str = "iscrowd";
/// The attribute that keeps, word for word, what the geometry alone would not give back: a box that is not the one
/// around the outline, an outline of several parts, an area that somebody else computed.
pub const SOURCE_ATTRIBUTE: &str = "coco_source";

/// What [`SOURCE_ATTRIBUTE`] holds, as JSON.
#[derive(Serialize, Deserialize)]
struct SourceShape {
    bbox: [f64; 4],
    area: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segmentation: Option<serde_json::Value>,
}

/// The COCO side of an annotation's geometry.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The box around it, px.
    pub bounds: BoundingBox,
    /// Its outline.
    pub segmentation: Segmentation,
    /// Area, px².
    pub area: f64,
}

/// The geometry and the attributes of a COCO object.
pub fn decode(object: &CocoAnnotation) -> (Geometry, BTreeMap<String, FieldValue>) {
    let geometry = match &object.segmentation {
        // Muster's rings after the first are holes, COCO's are further parts: those stay in the attribute.
        Segmentation::Polygons(parts) if parts.len() == 1 => Geometry::Polygon { rings: parts.clone() },
        Segmentation::None | Segmentation::Polygons(_) => Geometry::Box(object.bounds),
        Segmentation::Mask { width_px, height_px, counts, .. } => {
            Geometry::Mask { width_px: *width_px, height_px: *height_px, counts: counts.clone() }
        }
    };
    let mut attributes = object.attributes.clone();
    if object.is_crowd {
        attributes.insert(CROWD_ATTRIBUTE.into(), FieldValue::Boolean(true));
    }
    let source = Encoded { bounds: object.bounds, segmentation: object.segmentation.clone(), area: object.area };
    if encode_geometry(&geometry, None).as_ref() != Some(&source)
        && let Some(text) = source_text(&source)
    {
        attributes.insert(SOURCE_ATTRIBUTE.into(), FieldValue::Text(text));
    }
    (geometry, attributes)
}

/// The COCO side of an annotation; `None` for kinds that COCO instances cannot hold.
///
/// `picture` is width and height in px; holes need it.
pub fn encode(annotation: &Annotation, picture: Option<(u32, u32)>) -> Option<Encoded> {
    let untouched = matches!(&annotation.field_origins.geometry, Origin::Import { format, .. } if format == FORMAT);
    if untouched
        && let Some(FieldValue::Text(text)) = annotation.attributes.get(SOURCE_ATTRIBUTE)
        && let Some(source) = parse_source(text)
    {
        return Some(source);
    }
    encode_geometry(&annotation.geometry, picture)
}

fn encode_geometry(geometry: &Geometry, picture: Option<(u32, u32)>) -> Option<Encoded> {
    let bounds = geometry.bounds()?;
    let segmentation = match geometry {
        Geometry::Box(_) => Segmentation::None,
        Geometry::RotatedBox { bounds, angle_rad } => Segmentation::Polygons(vec![corners(bounds, *angle_rad)]),
        Geometry::Polygon { rings } if rings.len() == 1 => Segmentation::Polygons(rings.clone()),
        Geometry::Polygon { rings } => {
            let (width_px, height_px) = picture?;
            rasterise(rings, width_px, height_px)
        }
        Geometry::Mask { width_px, height_px, counts } => {
            Segmentation::Mask { width_px: *width_px, height_px: *height_px, counts: counts.clone(), compressed: false }
        }
        Geometry::Classification
        | Geometry::Polyline { .. }
        | Geometry::Keypoints { .. }
        | Geometry::Caption { .. }
        | Geometry::Interval { .. } => return None,
    };
    let area = area(&segmentation).unwrap_or_else(|| bounds.area());
    Some(Encoded { bounds, segmentation, area })
}

fn corners(bounds: &BoundingBox, angle_rad: f64) -> Vec<[f64; 2]> {
    let (sin, cos) = angle_rad.sin_cos();
    let (cx, cy) = (bounds.x + bounds.width / 2.0, bounds.y + bounds.height / 2.0);
    [(bounds.x, bounds.y), (bounds.right(), bounds.y), (bounds.right(), bounds.bottom()), (bounds.x, bounds.bottom())]
        .into_iter()
        .map(|(x, y)| [cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos])
        .collect()
}

fn source_text(source: &Encoded) -> Option<String> {
    let segmentation = match &source.segmentation {
        Segmentation::None => None,
        other => Some(serde_json::to_value(SegmentationOut(other)).ok()?),
    };
    let BoundingBox { x, y, width, height } = source.bounds;
    serde_json::to_string(&SourceShape { bbox: [x, y, width, height], area: source.area, segmentation }).ok()
}

fn parse_source(text: &str) -> Option<Encoded> {
    let shape: SourceShape = serde_json::from_str(text).ok()?;
    let [x, y, width, height] = shape.bbox;
    let segmentation = match shape.segmentation {
        None => Segmentation::None,
        Some(value) => serde_json::from_value::<RawSegmentation>(value).ok()?.checked(None).ok()?,
    };
    Some(Encoded { bounds: BoundingBox::new(x, y, width, height).ok()?, segmentation, area: shape.area })
}
