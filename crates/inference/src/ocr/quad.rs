//! Rectangles that are turned, and pictures cut out along them.

use image::{Rgb, RgbImage};
use muster_domain::geometry::BoundingBox;

type Point = [f64; 2];

/// A rectangle turned about its centre. Its width runs along the line of text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TurnedRect {
    pub(super) center: Point,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Radians, clockwise on the picture (y points down), −π/4 to π/4.
    pub(super) angle: f64,
}

impl TurnedRect {
    /// The smallest rectangle around points, by rotating calipers over their convex hull (Toussaint 1983).
    pub(super) fn around(points: &[Point]) -> Option<Self> {
        let hull = convex_hull(points);
        let first = *hull.first()?;
        let mut best: Option<(f64, Self)> = None;
        for (place, from) in hull.iter().enumerate() {
            let to = hull[(place + 1) % hull.len()];
            let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
            // A single point has no edge; any direction will do.
            let angle = if dx == 0.0 && dy == 0.0 { 0.0 } else { dy.atan2(dx) };
            let rect = Self::along(&hull, angle, first);
            let area = rect.width * rect.height;
            if best.is_none_or(|(least, _)| area < least - 1e-9) {
                best = Some((area, rect));
            }
        }
        best.map(|(_, rect)| rect)
    }

    /// The rectangle around points whose sides run along `angle`, described with its width nearest to horizontal.
    fn along(points: &[Point], angle: f64, origin: Point) -> Self {
        let quarter = std::f64::consts::FRAC_PI_2;
        let angle = angle - (angle / quarter).round() * quarter;
        let (sin, cos) = angle.sin_cos();
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for point in points {
            let (dx, dy) = (point[0] - origin[0], point[1] - origin[1]);
            let turned = [dx * cos + dy * sin, dy * cos - dx * sin];
            for axis in 0..2 {
                low[axis] = low[axis].min(turned[axis]);
                high[axis] = high[axis].max(turned[axis]);
            }
        }
        let middle = [f64::midpoint(low[0], high[0]), f64::midpoint(low[1], high[1])];
        Self {
            center: [origin[0] + middle[0] * cos - middle[1] * sin, origin[1] + middle[0] * sin + middle[1] * cos],
            width: high[0] - low[0],
            height: high[1] - low[1],
            angle,
        }
    }

    /// Grown by this distance on every side.
    pub(super) fn grown(self, distance: f64) -> Self {
        Self { width: self.width + 2.0 * distance, height: self.height + 2.0 * distance, ..self }
    }

    /// In a picture that is scaled by these factors. Unequal factors bend right angles a little; the sides keep their
    /// directions' lengths.
    pub(super) fn scaled(self, [across, down]: [f64; 2]) -> Self {
        let (sin, cos) = self.angle.sin_cos();
        let length = |x: f64, y: f64| (x * across).hypot(y * down);
        Self {
            center: [self.center[0] * across, self.center[1] * down],
            width: self.width * length(cos, sin),
            height: self.height * length(-sin, cos),
            angle: (sin * down).atan2(cos * across),
        }
    }

    /// Corners from the upper left, clockwise.
    pub(super) fn corners(&self) -> [Point; 4] {
        let (sin, cos) = self.angle.sin_cos();
        [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(|[u, v]| {
            let (x, y) = (u * self.width, v * self.height);
            [self.center[0] + x * cos - y * sin, self.center[1] + x * sin + y * cos]
        })
    }

    /// The axis-aligned box around it.
    pub(super) fn bounds(&self) -> BoundingBox {
        let corners = self.corners();
        let least = |axis: usize| corners.iter().map(|corner| corner[axis]).fold(f64::INFINITY, f64::min);
        let most = |axis: usize| corners.iter().map(|corner| corner[axis]).fold(f64::NEG_INFINITY, f64::max);
        let (x, y) = (least(0), least(1));
        BoundingBox { x, y, width: most(0) - x, height: most(1) - y }
    }

    /// Whether a point lies inside.
    pub(super) fn contains(&self, x: f64, y: f64) -> bool {
        let (sin, cos) = self.angle.sin_cos();
        let (dx, dy) = (x - self.center[0], y - self.center[1]);
        (dx * cos + dy * sin).abs() <= self.width / 2.0 && (dy * cos - dx * sin).abs() <= self.height / 2.0
    }

    /// The part of a picture inside, turned so that the width lies flat; pixels beyond the edge repeat it.
    pub(super) fn crop(&self, picture: &RgbImage) -> RgbImage {
        let (sin, cos) = self.angle.sin_cos();
        let size = |length: f64| (length.round() as u32).clamp(1, 8192);
        RgbImage::from_fn(size(self.width), size(self.height), |column, row| {
            let x = f64::from(column) + 0.5 - self.width / 2.0;
            let y = f64::from(row) + 0.5 - self.height / 2.0;
            sample(picture, self.center[0] + x * cos - y * sin - 0.5, self.center[1] + x * sin + y * cos - 0.5)
        })
    }
}

/// The colour between the four pixels around a place (in pixel centres).
fn sample(picture: &RgbImage, x: f64, y: f64) -> Rgb<u8> {
    let (right, bottom) = (f64::from(picture.width() - 1), f64::from(picture.height() - 1));
    let (x, y) = (x.clamp(0.0, right), y.clamp(0.0, bottom));
    let (x0, y0) = (x.floor(), y.floor());
    let (x1, y1) = ((x0 + 1.0).min(right), (y0 + 1.0).min(bottom));
    let at = |x: f64, y: f64| picture.get_pixel(x as u32, y as u32).0;
    let (upper_left, upper_right, lower_left, lower_right) = (at(x0, y0), at(x1, y0), at(x0, y1), at(x1, y1));
    let (across, down) = (x - x0, y - y0);
    Rgb([0, 1, 2].map(|channel| {
        let mix = |a: f64, b: f64, share: f64| a + (b - a) * share;
        let upper = mix(f64::from(upper_left[channel]), f64::from(upper_right[channel]), across);
        let lower = mix(f64::from(lower_left[channel]), f64::from(lower_right[channel]), across);
        mix(upper, lower, down).round() as u8
    }))
}

/// The convex hull by Andrew's monotone chain (1979), without repeated points.
fn convex_hull(points: &[Point]) -> Vec<Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let half = |points: &mut dyn Iterator<Item = &Point>| {
        let mut chain: Vec<Point> = Vec::new();
        for point in points {
            while let [.., a, b] = chain[..]
                && (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) <= 0.0
            {
                chain.pop();
            }
            chain.push(*point);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut sorted.iter());
    hull.extend(half(&mut sorted.iter().rev()));
    hull
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn the_smallest_rectangle_around_a_turned_one_is_itself() {
        for degrees in [-44.0f64, -10.0, 0.0, 3.0, 30.0, 44.0] {
            let rect = TurnedRect { center: [50.0, 40.0], width: 30.0, height: 8.0, angle: degrees.to_radians() };
            let mut points = rect.corners().to_vec();
            points.push(rect.center);
            let found = TurnedRect::around(&points).unwrap();
            assert!(
                close(found.angle, rect.angle) && close(found.width, 30.0) && close(found.height, 8.0),
                "{found:?}"
            );
            assert!(close(found.center[0], 50.0) && close(found.center[1], 40.0));
        }
    }

    #[test]
    fn points_without_area_have_a_rectangle() {
        let dot = TurnedRect::around(&[[3.0, 4.0]]).unwrap();
        assert_eq!((dot.center, dot.width, dot.height), ([3.0, 4.0], 0.0, 0.0));
        let line = TurnedRect::around(&[[0.0, 0.0], [10.0, 0.0], [5.0, 0.0]]).unwrap();
        assert!(close(line.width, 10.0) && close(line.height, 0.0));
        assert_eq!(TurnedRect::around(&[]), None);
    }

    #[test]
    fn a_crop_lies_flat() {
        let rect = TurnedRect { center: [50.0, 50.0], width: 40.0, height: 10.0, angle: 0.5 };
        let picture = RgbImage::from_fn(100, 100, |x, y| {
            Rgb(if rect.contains(f64::from(x) + 0.5, f64::from(y) + 0.5) { [255; 3] } else { [0; 3] })
        });
        let crop = rect.crop(&picture);
        assert_eq!(crop.dimensions(), (40, 10));
        for (x, y) in [(2, 2), (37, 2), (2, 7), (37, 7), (20, 5)] {
            assert!(crop.get_pixel(x, y)[0] > 200, "{x} {y}");
        }
        let whole = TurnedRect { center: [50.0, 50.0], width: 100.0, height: 100.0, angle: 0.0 };
        assert!(whole.crop(&picture) == picture);
    }
}
