//! Between COCO's outlines and Muster's geometry: areas, and rings with holes as bitmaps.

use muster_domain::geometry::BoundingBox;

use super::model::Segmentation;

/// The area of a closed ring, px² (shoelace formula).
pub fn ring_area(ring: &[[f64; 2]]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    let doubled: f64 = ring.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    doubled.abs() / 2.0
}

/// The number of set pixels.
pub fn mask_area(counts: &[u32]) -> f64 {
    counts.iter().skip(1).step_by(2).map(|&run| f64::from(run)).sum()
}

/// The box around an outline.
pub fn bounds(segmentation: &Segmentation) -> Option<BoundingBox> {
    use muster_domain::geometry::Geometry;
    match segmentation {
        Segmentation::None => None,
        Segmentation::Polygons(rings) => Geometry::Polygon { rings: rings.clone() }.bounds(),
        Segmentation::Mask { width_px, height_px, counts, .. } => {
            Geometry::Mask { width_px: *width_px, height_px: *height_px, counts: counts.clone() }.bounds()
        }
    }
}

/// The area of an outline; `None` without one.
pub fn area(segmentation: &Segmentation) -> Option<f64> {
    match segmentation {
        Segmentation::None => None,
        Segmentation::Polygons(rings) => Some(rings.iter().map(|ring| ring_area(ring)).sum()),
        Segmentation::Mask { counts, .. } => Some(mask_area(counts)),
    }
}

/// Rings with holes as a bitmap: COCO's polygons cannot have holes. A pixel is set when its centre is inside by the
/// even-odd rule.
pub fn rasterise(rings: &[Vec<[f64; 2]>], width_px: u32, height_px: u32) -> Segmentation {
    let mut counts = Vec::new();
    let mut run = 0_u32;
    let mut set = false;
    for column in 0..width_px {
        let crossings = crossings(rings, f64::from(column) + 0.5);
        for row in 0..height_px {
            let centre = f64::from(row) + 0.5;
            let inside = crossings.partition_point(|&y| y <= centre) % 2 == 1;
            if inside != set {
                counts.push(run);
                run = 0;
                set = inside;
            }
            run += 1;
        }
    }
    counts.push(run);
    Segmentation::Mask { width_px, height_px, counts, compressed: false }
}

/// Where the rings' edges cross the vertical line at `x`, sorted.
fn crossings(rings: &[Vec<[f64; 2]>], x: f64) -> Vec<f64> {
    let mut crossings = Vec::new();
    for ring in rings {
        for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            if (a[0] <= x) != (b[0] <= x) {
                crossings.push(a[1] + (x - a[0]) / (b[0] - a[0]) * (b[1] - a[1]));
            }
        }
    }
    crossings.sort_by(f64::total_cmp);
    crossings
}
