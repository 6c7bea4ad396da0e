//! What a region's vector is stored under, and the part of a picture that it shows.

use muster_domain::{geometry::BoundingBox, id::AnnotationId};
use muster_media::RgbImage;

/// The item of an annotation: the first half of the BLAKE3 of its id.
pub(crate) fn region_item(annotation_id: AnnotationId) -> u64 {
    hash(&[annotation_id.0.as_bytes()])
}

/// Names what was looked at, or how it looked.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key("muster 2026-11 embedded item");
    for part in parts {
        hasher.update(part);
    }
    let bytes: [u8; 8] = hasher.finalize().as_bytes()[..8].try_into().expect("a hash has 32 bytes");
    u64::from_le_bytes(bytes)
}

/// The part of a picture that a box covers; `None` where it lies outside.
pub(crate) fn part(picture: &RgbImage, bounds: &BoundingBox) -> Option<RgbImage> {
    let inside = bounds.clipped(f64::from(picture.width()), f64::from(picture.height()))?;
    let x = (inside.x.floor() as u32).min(picture.width() - 1);
    let y = (inside.y.floor() as u32).min(picture.height() - 1);
    let width = (inside.width.ceil() as u32).clamp(1, picture.width() - x);
    let height = (inside.height.ceil() as u32).clamp(1, picture.height() - y);
    let mut part = RgbImage::new(width, height);
    for (row, line) in part.rows_mut().enumerate() {
        for (column, pixel) in line.enumerate() {
            *pixel = *picture.get_pixel(x + column as u32, y + row as u32);
        }
    }
    Some(part)
}
