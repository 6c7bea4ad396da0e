//! Parts of pictures as small JPEGs, several from one reading of the file.

use std::path::Path;

use image::metadata::Orientation;
use image::{RgbImage, imageops};
use muster_domain::geometry::BoundingBox;

use crate::error::Result;
use crate::limits::Limits;
use crate::mean::Mean;
use crate::picture::{decode_reduced_path, turn};
use crate::probe::probe_path;
use crate::rows::Rows;
use crate::sniff::MediaKind;
use crate::thumbnail::{Thumbnail, shrink};
use crate::video::VideoReader;

/// Pictures with more pixels are not decoded whole for their crops.
const MAX_WHOLE_PIXELS: u64 = 50_000_000;

/// The parts of a picture file (of a video, of its first frame) that these boxes cover, in their order. The longer edge
/// of each is `long_edge_px`, or the box's when that is shorter. A box outside the picture gives its nearest pixel.
pub fn crops(path: &Path, boxes: &[BoundingBox], long_edge_px: u32, limits: &Limits) -> Result<Vec<Thumbnail>> {
    let name = path.display().to_string();
    let probe = probe_path(path, limits)?;
    let size = (probe.width_px.unwrap_or(0), probe.height_px.unwrap_or(0));
    let areas: Vec<Area> = boxes.iter().map(|region| Area::of(region, size)).collect();
    let whole = if probe.kind == MediaKind::Video {
        VideoReader::open(path, limits)?.frame_at_index(0)?.picture
    } else if u64::from(size.0) * u64::from(size.1) > MAX_WHOLE_PIXELS.min(limits.max_pixels) {
        return streamed(path, &areas, long_edge_px, limits);
    } else {
        let least = areas.iter().map(|area| area.width.max(area.height)).min().unwrap_or(1);
        let wanted = f64::from(size.0.max(size.1)) * f64::from(long_edge_px) / f64::from(least);
        decode_reduced_path(path, limits, Some(wanted.ceil() as u32))?
    };
    cut(&name, &whole, size, &areas, long_edge_px)
}

/// Like [`crops`], of a picture that is decoded already.
pub fn crops_of(name: &str, picture: &RgbImage, boxes: &[BoundingBox], long_edge_px: u32) -> Result<Vec<Thumbnail>> {
    let size = picture.dimensions();
    let areas: Vec<Area> = boxes.iter().map(|region| Area::of(region, size)).collect();
    cut(name, picture, size, &areas, long_edge_px)
}

/// Cuts areas of a picture of `size` out of `whole`, which may be smaller than it.
fn cut(name: &str, whole: &RgbImage, size: (u32, u32), areas: &[Area], long_edge_px: u32) -> Result<Vec<Thumbnail>> {
    let scale = (f64::from(whole.width()) / f64::from(size.0), f64::from(whole.height()) / f64::from(size.1));
    areas
        .iter()
        .map(|area| {
            let area = area.scaled(scale, whole.dimensions());
            let part = imageops::crop_imm(whole, area.x, area.y, area.width, area.height).to_image();
            shrink(name, &part, long_edge_px)
        })
        .collect()
}

/// Whole pixels inside a picture; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Area {
    fn of(region: &BoundingBox, size: (u32, u32)) -> Self {
        let (x, width) = span(region.x, region.right(), size.0);
        let (y, height) = span(region.y, region.bottom(), size.1);
        Self { x, y, width, height }
    }

    fn scaled(self, scale: (f64, f64), size: (u32, u32)) -> Self {
        let (x, width) = span(f64::from(self.x) * scale.0, f64::from(self.x + self.width) * scale.0, size.0);
        let (y, height) = span(f64::from(self.y) * scale.1, f64::from(self.y + self.height) * scale.1, size.1);
        Self { x, y, width, height }
    }

    /// Where the area lies in a picture of `size` before it is turned upright.
    fn stored(self, orientation: Orientation, size: (u32, u32)) -> Self {
        let Self { x, y, width, height } = self;
        let (across, down) = (|x, width| size.0 - x - width, |y, height| size.1 - y - height);
        let (x, y, width, height) = match orientation {
            Orientation::NoTransforms => (x, y, width, height),
            Orientation::FlipHorizontal => (across(x, width), y, width, height),
            Orientation::Rotate180 => (across(x, width), down(y, height), width, height),
            Orientation::FlipVertical => (x, down(y, height), width, height),
            Orientation::Rotate90FlipH => (y, x, height, width),
            Orientation::Rotate90 => (y, down(x, width), height, width),
            Orientation::Rotate270FlipH => (across(y, height), down(x, width), height, width),
            Orientation::Rotate270 => (across(y, height), x, height, width),
        };
        Self { x, y, width, height }
    }
}

fn span(from: f64, to: f64, edge: u32) -> (u32, u32) {
    let edge = edge.max(1);
    let first = (from.floor().max(0.0) as u32).min(edge - 1);
    let end = (to.ceil().max(0.0) as u32).clamp(first + 1, edge);
    (first, end - first)
}

fn streamed(path: &Path, areas: &[Area], long_edge_px: u32, limits: &Limits) -> Result<Vec<Thumbnail>> {
    let mut rows = Rows::open(path, limits)?;
    let (name, orientation, size) = (rows.name().to_owned(), rows.orientation(), rows.size());
    let mut parts: Vec<(Area, Mean)> = areas
        .iter()
        .map(|area| {
            let area = area.stored(orientation, size);
            let factor = area.width.max(area.height) / long_edge_px.max(1);
            (area, Mean::new(area.width, area.height, factor.max(1)))
        })
        .collect();
    let mut row = vec![0; size.0 as usize * 3];
    let mut y = 0;
    while rows.read_row(&mut row)? {
        for (area, part) in parts.iter_mut().filter(|(area, _)| (area.y..area.y + area.height).contains(&y)) {
            part.push(&row[area.x as usize * 3..(area.x + area.width) as usize * 3]);
        }
        y += 1;
    }
    let finished = parts.into_iter().map(|(_, part)| -> RgbImage { turn(part.finish(), orientation) });
    finished.map(|part| shrink(&name, &part, long_edge_px)).collect()
}
