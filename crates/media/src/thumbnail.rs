//! Small JPEGs for grids.

use std::path::Path;

use image::RgbImage;

use crate::error::{MediaError, Result};
use crate::jpeg::encode_jpeg;
use crate::limits::Limits;
use crate::picture::{decode_reduced, decode_reduced_path, resize};
use crate::probe::sniff_file;
use crate::sniff::MediaKind;
use crate::video::VideoReader;

/// JPEG quality of thumbnails: no visible blocks at the sizes of a grid.
const QUALITY: u8 = 82;

/// A small upright picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// JPEG bytes.
    pub jpeg: Vec<u8>,
    /// Width of the thumbnail.
    pub width_px: u32,
    /// Height of the thumbnail.
    pub height_px: u32,
}

/// The thumbnail of a picture in memory; its longer edge is `long_edge_px`, or the picture's when that is shorter.
pub fn thumbnail(name: &str, bytes: &[u8], long_edge_px: u32, limits: &Limits) -> Result<Thumbnail> {
    shrink(name, &decode_reduced(name, bytes, limits, Some(long_edge_px))?, long_edge_px)
}

/// Thumbnails of one picture in memory in several sizes, in the order of `long_edges_px`, from one decoding.
pub fn thumbnails(name: &str, bytes: &[u8], long_edges_px: &[u32], limits: &Limits) -> Result<Vec<Thumbnail>> {
    let largest = long_edges_px.iter().copied().max();
    let picture = decode_reduced(name, bytes, limits, largest)?;
    long_edges_px.iter().map(|long_edge_px| shrink(name, &picture, *long_edge_px)).collect()
}

/// The thumbnail of a picture or video file; of a video, its first frame that decodes.
pub fn thumbnail_path(path: &Path, long_edge_px: u32, limits: &Limits) -> Result<Thumbnail> {
    let name = path.display().to_string();
    let format = sniff_file(path)?;
    match format.kind() {
        MediaKind::Image => shrink(&name, &decode_reduced_path(path, limits, Some(long_edge_px))?, long_edge_px),
        MediaKind::Video => video_thumbnail(path, 0, long_edge_px, limits),
        MediaKind::Series => Err(MediaError::unsupported(&name, "a series has no picture")),
    }
}

/// The thumbnail of one frame of a video, by decode index.
pub fn video_thumbnail(path: &Path, frame_index: u64, long_edge_px: u32, limits: &Limits) -> Result<Thumbnail> {
    let frame = VideoReader::open(path, limits)?.frame_at_index(frame_index)?;
    shrink(&path.display().to_string(), &frame.picture, long_edge_px)
}

/// The thumbnail of a decoded picture; `name` is for the message of an error.
pub fn shrink(name: &str, picture: &RgbImage, long_edge_px: u32) -> Result<Thumbnail> {
    let (width, height) = fit(picture.width(), picture.height(), long_edge_px);
    let small = resize(picture, width, height);
    Ok(Thumbnail { jpeg: encode_jpeg(name, &small, QUALITY)?, width_px: width, height_px: height })
}

/// Scales a size down so that its longer edge is at most `long_edge_px`; never up, and no edge below one pixel.
pub(crate) fn fit(width: u32, height: u32, long_edge_px: u32) -> (u32, u32) {
    let long_edge = width.max(height);
    if long_edge <= long_edge_px {
        return (width, height);
    }
    let scale = f64::from(long_edge_px.max(1)) / f64::from(long_edge);
    let scaled = |edge: u32| ((f64::from(edge) * scale).round() as u32).max(1);
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_shrinks_into_its_bound_and_never_grows() {
        let check = |width, height, bound, expected| assert_eq!(fit(width, height, bound), expected);
        check(1920, 1080, 256, (256, 144));
        check(1080, 1920, 256, (144, 256));
        check(100, 50, 256, (100, 50));
        check(10_000, 3, 256, (256, 1));
    }
}
