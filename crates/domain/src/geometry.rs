//! Shapes in pixels of the upright picture.

use serde::{Deserialize, Serialize};

/// An axis-aligned box: `x, y` is its upper left corner. All `f64`, so that imported decimals come back unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoundingBox {
    /// Left edge, px.
    pub x: f64,
    /// Upper edge, px.
    pub y: f64,
    /// Width, px; positive.
    pub width: f64,
    /// Height, px; positive.
    pub height: f64,
}

/// Why four numbers are not a box.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum InvalidBox {
    /// One of the numbers is NaN or infinite.
    #[error("a box needs four finite numbers")]
    NotFinite,
    /// Width or height is zero or negative.
    #[error("a box needs a positive width and height")]
    Empty,
}

impl BoundingBox {
    /// Checks that the numbers are finite and the box is not empty.
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Result<Self, InvalidBox> {
        if ![x, y, width, height].iter().all(|number| number.is_finite()) {
            return Err(InvalidBox::NotFinite);
        }
        if width <= 0.0 || height <= 0.0 {
            return Err(InvalidBox::Empty);
        }
        Ok(Self { x, y, width, height })
    }

    /// Right edge, px.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Lower edge, px.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// Area, px².
    pub fn area(&self) -> f64 {
        self.width * self.height
    }

    /// Intersection over union, 0 to 1.
    pub fn iou(&self, other: &Self) -> f64 {
        let width = self.right().min(other.right()) - self.x.max(other.x);
        let height = self.bottom().min(other.bottom()) - self.y.max(other.y);
        if width <= 0.0 || height <= 0.0 {
            return 0.0;
        }
        let intersection = width * height;
        intersection / (self.area() + other.area() - intersection)
    }

    /// The part inside a picture, or `None` when nothing of it is inside.
    pub fn clipped(&self, width_px: f64, height_px: f64) -> Option<Self> {
        let (x, y) = (self.x.max(0.0), self.y.max(0.0));
        Self::new(x, y, self.right().min(width_px) - x, self.bottom().min(height_px) - y).ok()
    }
}

/// The geometry of an annotation. `None` is a classification of the whole asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Geometry {
    /// No geometry: the class holds for the whole asset.
    Classification,
    /// An axis-aligned box.
    Box(BoundingBox),
    /// A box turned about its centre.
    RotatedBox {
        /// The box before it is turned.
        bounds: BoundingBox,
        /// Radians, clockwise.
        angle_rad: f64,
    },
    /// Rings of points; the first is the outline, the others are holes.
    Polygon {
        /// Each ring: `[x, y]` pairs, px, not closed.
        rings: Vec<Vec<[f64; 2]>>,
    },
    /// An open line.
    Polyline {
        /// `[x, y]` pairs, px.
        points: Vec<[f64; 2]>,
    },
    /// A bitmap, run-length encoded column by column, starting with zeros (the COCO convention).
    Mask {
        /// Width of the bitmap, px.
        width_px: u32,
        /// Height of the bitmap, px.
        height_px: u32,
        /// Alternating run lengths of zeros and ones.
        counts: Vec<u32>,
    },
    /// Points of a skeleton.
    Keypoints {
        /// `[x, y, visibility]`; visibility 0 = not labelled, 1 = hidden, 2 = visible.
        points: Vec<[f64; 3]>,
    },
    /// Text about the asset, or about a region of it, such as a line that was read.
    Caption {
        /// The text.
        text: String,
        /// Where it was read, if it was.
        bounds: Option<BoundingBox>,
    },
    /// A span of a series.
    Interval {
        /// Start, microseconds from the start of the series.
        start_micros: i64,
        /// End, microseconds from the start of the series.
        end_micros: i64,
    },
}

impl Geometry {
    /// The name of the kind, as stored, queried and exported.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Box(_) => "box",
            Self::RotatedBox { .. } => "rotated_box",
            Self::Polygon { .. } => "polygon",
            Self::Polyline { .. } => "polyline",
            Self::Mask { .. } => "mask",
            Self::Keypoints { .. } => "keypoints",
            Self::Caption { .. } => "caption",
            Self::Interval { .. } => "interval",
        }
    }

    /// The axis-aligned box around the geometry, where it has an extent in the picture.
    pub fn bounds(&self) -> Option<BoundingBox> {
        match self {
            Self::Classification | Self::Interval { .. } => None,
            Self::Box(bounds) => Some(*bounds),
            Self::Caption { bounds, .. } => *bounds,
            Self::RotatedBox { bounds, angle_rad } => {
                let (sin, cos) = (angle_rad.sin().abs(), angle_rad.cos().abs());
                let width = bounds.width * cos + bounds.height * sin;
                let height = bounds.width * sin + bounds.height * cos;
                let (cx, cy) = (bounds.x + bounds.width / 2.0, bounds.y + bounds.height / 2.0);
                BoundingBox::new(cx - width / 2.0, cy - height / 2.0, width, height).ok()
            }
            Self::Polygon { rings } => around(rings.iter().flatten().map(|point| (point[0], point[1]))),
            Self::Polyline { points } => around(points.iter().map(|point| (point[0], point[1]))),
            Self::Keypoints { points } => {
                around(points.iter().filter(|point| point[2] > 0.0).map(|point| (point[0], point[1])))
            }
            Self::Mask { height_px, counts, .. } => mask_bounds(*height_px, counts),
        }
    }
}

fn around(points: impl Iterator<Item = (f64, f64)>) -> Option<BoundingBox> {
    let mut edges: Option<(f64, f64, f64, f64)> = None;
    for (x, y) in points {
        let (left, top, right, bottom) = edges.unwrap_or((x, y, x, y));
        edges = Some((left.min(x), top.min(y), right.max(x), bottom.max(y)));
    }
    let (left, top, right, bottom) = edges?;
    BoundingBox::new(left, top, right - left, bottom - top).ok()
}

fn mask_bounds(height_px: u32, counts: &[u32]) -> Option<BoundingBox> {
    let height = u64::from(height_px);
    if height == 0 {
        return None;
    }
    let mut start = 0_u64;
    let mut corners = Vec::new();
    for (ordinal, &run) in counts.iter().enumerate() {
        let end = start + u64::from(run);
        if ordinal % 2 == 1 && run > 0 {
            let (first_column, last_column) = (start / height, (end - 1) / height);
            // A run that crosses a column's end covers the column's whole height somewhere.
            let (top, bottom) =
                if first_column == last_column { (start % height, (end - 1) % height + 1) } else { (0, height) };
            corners.push((first_column as f64, top as f64));
            corners.push((last_column as f64 + 1.0, bottom as f64));
        }
        start = end;
    }
    around(corners.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounding_box(x: f64, y: f64, width: f64, height: f64) -> BoundingBox {
        BoundingBox::new(x, y, width, height).unwrap()
    }

    #[test]
    fn iou_of_known_pairs() {
        let unit = bounding_box(0.0, 0.0, 2.0, 2.0);
        for (other, expected) in [
            (unit, 1.0),
            (bounding_box(1.0, 0.0, 2.0, 2.0), 1.0 / 3.0),
            (bounding_box(2.0, 0.0, 2.0, 2.0), 0.0),
            (bounding_box(9.0, 9.0, 1.0, 1.0), 0.0),
        ] {
            assert!((unit.iou(&other) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn refuses_what_is_not_a_box() {
        assert_eq!(BoundingBox::new(0.0, 0.0, 0.0, 1.0), Err(InvalidBox::Empty));
        assert_eq!(BoundingBox::new(f64::NAN, 0.0, 1.0, 1.0), Err(InvalidBox::NotFinite));
        assert_eq!(bounding_box(-5.0, 0.0, 4.0, 4.0).clipped(10.0, 10.0), None);
    }

    #[test]
    fn bounds_of_a_mask_count_columns() {
        // 3 × 4 bitmap: column 1, rows 1 and 2 are set.
        let mask = Geometry::Mask { width_px: 3, height_px: 4, counts: vec![5, 2, 5] };
        assert_eq!(mask.bounds(), Some(bounding_box(1.0, 1.0, 1.0, 2.0)));
    }

    #[test]
    fn bounds_of_a_quarter_turn_swap_the_sides() {
        let turned =
            Geometry::RotatedBox { bounds: bounding_box(0.0, 0.0, 4.0, 2.0), angle_rad: std::f64::consts::FRAC_PI_2 };
        let bounds = turned.bounds().unwrap();
        assert!((bounds.width - 2.0).abs() < 1e-9 && (bounds.x - 1.0).abs() < 1e-9);
    }
}
