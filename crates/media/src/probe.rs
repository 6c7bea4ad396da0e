//! What a file is, without decoding it.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{MediaError, Result};
use crate::exif::{self, GpsPosition, RecordedTime};
use crate::limits::Limits;
use crate::picture::{stored_dimensions, stored_dimensions_of, turned_size};
use crate::sniff::{HEAD_BYTES, MediaFormat, MediaKind, sniff};
use crate::video::VideoReader;

/// What a file is and what its headers say.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Image, video or series.
    pub kind: MediaKind,
    /// The IANA media type, from the bytes.
    pub media_type: &'static str,
    /// Width of the upright picture; absent for a series.
    pub width_px: Option<u32>,
    /// Height of the upright picture; absent for a series.
    pub height_px: Option<u32>,
    /// How long a video lasts, in microseconds, as its container states it.
    pub duration_micros: Option<i64>,
    /// How many frames a video has, as its container states it or its rate suggests; 1 for an image. The true number is
    /// known after decoding.
    pub frame_count_estimate: Option<u64>,
    /// When it was recorded, as its metadata states it.
    pub recorded_time: Option<RecordedTime>,
    /// Where it was recorded.
    pub gps: Option<GpsPosition>,
}

/// Probes a picture or a series in memory. A video is probed by its path.
pub fn probe_bytes(name: &str, bytes: &[u8], limits: &Limits) -> Result<Probe> {
    limits.check_bytes(name, bytes.len() as u64)?;
    let format = known(name, bytes)?;
    match format.kind() {
        MediaKind::Image => {
            let stored = stored_dimensions(name, bytes, limits)?;
            Ok(image(format, stored, &exif::read(bytes)))
        }
        MediaKind::Series => Ok(series(format)),
        MediaKind::Video => Err(MediaError::unsupported(name, "a video is read from a file, not from memory")),
    }
}

/// Probes a file.
pub fn probe_path(path: &Path, limits: &Limits) -> Result<Probe> {
    let format = sniff_file(path)?;
    match format.kind() {
        MediaKind::Image => probe_image_file(path, format, limits),
        MediaKind::Series => Ok(series(format)),
        MediaKind::Video => Ok(probe_video(&VideoReader::open(path, limits)?, format)),
    }
}

/// Reads a file's first bytes and tells its format.
pub(crate) fn sniff_file(path: &Path) -> Result<MediaFormat> {
    let name = path.display().to_string();
    let read = |source| MediaError::Read { name: name.clone(), source };
    let mut head = Vec::with_capacity(HEAD_BYTES);
    File::open(path).map_err(read)?.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(read)?;
    known(&name, &head)
}

fn known(name: &str, head: &[u8]) -> Result<MediaFormat> {
    if head.is_empty() {
        return Err(MediaError::truncated(name, "the file has no bytes"));
    }
    sniff(head).ok_or_else(|| MediaError::unsupported(name, "its first bytes are of no known format"))
}

/// Reads the headers of a picture file and not its pixels.
fn probe_image_file(path: &Path, format: MediaFormat, limits: &Limits) -> Result<Probe> {
    let name = path.display().to_string();
    let read = |source| MediaError::Read { name: name.clone(), source };
    let mut reader = BufReader::new(File::open(path).map_err(read)?);
    let facts = exif::read_from(format, &mut reader, limits);
    reader.seek(SeekFrom::Start(0)).map_err(read)?;
    Ok(image(format, stored_dimensions_of(&name, format, reader, limits)?, &facts))
}

fn image(format: MediaFormat, stored: (u32, u32), facts: &exif::ExifFacts) -> Probe {
    let (width, height) = turned_size(facts.orientation, stored.0, stored.1);
    Probe {
        kind: MediaKind::Image,
        media_type: format.media_type(),
        width_px: Some(width),
        height_px: Some(height),
        duration_micros: None,
        frame_count_estimate: Some(1),
        recorded_time: facts.time,
        gps: facts.gps,
    }
}

fn probe_video(reader: &VideoReader, format: MediaFormat) -> Probe {
    let header = reader.header();
    Probe {
        kind: MediaKind::Video,
        media_type: format.media_type(),
        width_px: Some(header.width_px),
        height_px: Some(header.height_px),
        duration_micros: header.duration_micros,
        frame_count_estimate: header.frame_count_estimate,
        recorded_time: header.recorded_time,
        gps: None,
    }
}

fn series(format: MediaFormat) -> Probe {
    Probe {
        kind: MediaKind::Series,
        media_type: format.media_type(),
        width_px: None,
        height_px: None,
        duration_micros: None,
        frame_count_estimate: None,
        recorded_time: None,
        gps: None,
    }
}
