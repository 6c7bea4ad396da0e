//! A few frames of a video side by side, for a preview that follows the pointer.

use std::path::Path;

use image::{RgbImage, imageops};

use super::{VideoFrame, VideoReader};
use crate::error::Result;
use crate::jpeg::encode_jpeg;
use crate::limits::Limits;
use crate::picture::resize;
use crate::thumbnail::fit;

/// The most frames in a strip.
const MAX_FRAMES: u32 = 64;

/// JPEG quality of a strip, whose frames are seen in motion.
const QUALITY: u8 = 75;

/// Videos up to this number of frames are decoded from end to end; in longer ones each frame of the strip is the one
/// that a seek lands on, or a little later.
const MAX_DECODED_FRAMES: u64 = 3000;

/// How far behind the place that a seek landed on is decoded.
const MAX_DECODED_BEHIND_SEEK: u32 = 48;

/// Frames of a video in one picture, from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    /// JPEG bytes.
    pub jpeg: Vec<u8>,
    /// How many frames there are; each has the same width.
    pub frames: u32,
    /// Width of one frame.
    pub frame_width_px: u32,
    /// Height of the strip.
    pub frame_height_px: u32,
}

/// Up to `frames` frames of a video at even distances in time, each with a longer edge of `long_edge_px`.
pub fn video_strip(path: &Path, frames: u32, long_edge_px: u32, limits: &Limits) -> Result<Strip> {
    let frames = frames.clamp(1, MAX_FRAMES);
    let mut reader = VideoReader::open(path, limits)?;
    let header = reader.header();
    let (width, height) = fit(header.width_px, header.height_px, long_edge_px.clamp(16, 640));
    let duration = header.duration_micros.unwrap_or(0).max(0);
    let is_long = header.frame_count_estimate.is_none_or(|count| count > MAX_DECODED_FRAMES);
    // In the middle of each stretch: the first and the last frame of a clip are often black.
    let targets = (0..i64::from(frames)).map(|place| duration / i64::from(2 * frames) * (2 * place + 1));
    let mut pictures: Vec<RgbImage> = Vec::new();
    for target in targets {
        let found = if is_long { sought(&mut reader, target)? } else { at_or_after(&mut reader, target, u32::MAX)? };
        let Some(frame) = found else { break };
        pictures.push(resize(&frame.picture, width, height));
    }
    if pictures.is_empty() {
        pictures.push(resize(&reader.frame_at_index(0)?.picture, width, height));
    }
    let mut strip = RgbImage::new(width * pictures.len() as u32, height);
    for (place, picture) in pictures.iter().enumerate() {
        imageops::replace(&mut strip, picture, place as i64 * i64::from(width), 0);
    }
    let jpeg = encode_jpeg(&reader.name(), &strip, QUALITY)?;
    Ok(Strip { jpeg, frames: pictures.len() as u32, frame_width_px: width, frame_height_px: height })
}

fn sought(reader: &mut VideoReader, micros: i64) -> Result<Option<VideoFrame>> {
    // Where there is no seeking, the next frames have to do.
    reader.seek(micros);
    at_or_after(reader, micros, MAX_DECODED_BEHIND_SEEK)
}

/// The next frame that is not earlier than `micros`, or the last of `most` frames.
fn at_or_after(reader: &mut VideoReader, micros: i64, most: u32) -> Result<Option<VideoFrame>> {
    let base = reader.header.time_base;
    let start = reader.start_micros();
    let mut seen = 0;
    reader.next_frame_where(|stamp| {
        seen += 1;
        seen >= most || stamp.pts.is_none_or(|pts| base.micros(pts) - start >= micros)
    })
}
