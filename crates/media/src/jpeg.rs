//! JPEG through libjpeg-turbo: header, decoding at a reduced size, encoding.

use std::io::{self, BufRead, ErrorKind, Seek};

use image::RgbImage;
use turbojpeg::{Colorspace, Compressor, DecompressHeader, Decompressor, PixelFormat, ScalingFactor, Subsamp};

use crate::error::{MediaError, Result};
use crate::limits::Limits;

/// libjpeg-turbo's reductions of the DCT, smallest picture first.
const REDUCTIONS: [ScalingFactor; 4] =
    [ScalingFactor::ONE_EIGHTH, ScalingFactor::ONE_QUARTER, ScalingFactor::ONE_HALF, ScalingFactor::ONE];

/// A progressive JPEG may repeat scans without end; real ones have about ten. The larger the picture, the fewer it may
/// have, so that time stays bounded.
const MAX_SCANS: u32 = 500;
const MIN_SCANS: u32 = 32;
const MAX_SCANNED_PIXELS: usize = 10_000_000_000;

/// The stored width and height, before orientation, from the frame header; what stands before it is skipped.
pub(crate) fn dimensions(name: &str, reader: &mut (impl BufRead + Seek)) -> Result<(u32, u32)> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::UnexpectedEof => MediaError::truncated(name, "its header is missing"),
        _ => MediaError::Read { name: name.to_owned(), source: error },
    };
    let mut bytes = |count: usize| -> Result<[u8; 5]> {
        let mut into = [0; 5];
        reader.read_exact(&mut into[..count]).map_err(failed)?;
        Ok(into)
    };
    bytes(2)?;
    loop {
        if bytes(1)?[0] != 0xff {
            return Err(MediaError::malformed(name, "a marker is missing in its header"));
        }
        let mut marker = 0xff;
        while marker == 0xff {
            marker = bytes(1)?[0];
        }
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        let head = bytes(2)?;
        let length = u16::from_be_bytes([head[0], head[1]]);
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let size = bytes(5)?;
                let edge = |at: usize| u32::from(u16::from_be_bytes([size[at], size[at + 1]]));
                return Ok((edge(3), edge(1)));
            }
            0xd9 | 0xda => return Err(MediaError::malformed(name, "it has no frame header")),
            _ => {}
        }
        let mut left = usize::from(length).saturating_sub(2);
        while left > 0 {
            let step = left.min(5);
            bytes(step)?;
            left -= step;
        }
    }
}

/// Decodes to RGB as stored. With `min_long_edge_px`, at the smallest DCT reduction whose longer edge is at least that.
///
/// `Ok(None)` says that libjpeg-turbo cannot give RGB for this kind of JPEG (CMYK) or found damage that another
/// decoder may read past.
pub(crate) fn decode(
    name: &str,
    bytes: &[u8],
    limits: &Limits,
    min_long_edge_px: Option<u32>,
) -> Result<Option<RgbImage>> {
    let mut decompressor = new_decompressor(name)?;
    let header = decompressor.read_header(bytes).map_err(|error| broken(name, &error))?;
    let progressive = is_progressive(bytes);
    let factor = reduction(&header, min_long_edge_px);
    let (width, height) = (factor.scale(header.width), factor.scale(header.height));
    if progressive {
        limits.check_pixels(name, 2 * header.width as u64, header.height as u64)?;
        let scans = (MAX_SCANNED_PIXELS / (header.width * header.height).max(1)) as u32;
        let scans = scans.clamp(MIN_SCANS, MAX_SCANS);
        decompressor.set_scan_limit(scans).map_err(|error| broken(name, &error))?;
    } else {
        // What is held is the reduced picture and a few rows.
        limits.check_streamed(name, header.width as u32, header.height as u32)?;
        limits.check_pixels(name, width as u64, height as u64)?;
    }
    if !matches!(header.colorspace, Colorspace::YCbCr | Colorspace::RGB | Colorspace::Gray) {
        return Ok(None);
    }
    decompressor.set_scaling_factor(factor).map_err(|error| broken(name, &error))?;
    let mut pixels = vec![0; width * height * 3];
    let output =
        turbojpeg::Image { pixels: &mut pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    match decompressor.decompress(bytes, output) {
        Ok(()) => Ok(RgbImage::from_raw(width as u32, height as u32, pixels)),
        // A file that fails for its number of scans is made to be slow: it does not get a second try.
        Err(error) if is_premature_end(&error) || error.to_string().contains("scans") => Err(broken(name, &error)),
        // libjpeg-turbo reports harmless warnings (stray bytes between markers) the same way as damage.
        Err(_) => Ok(None),
    }
}

fn new_decompressor(name: &str) -> Result<Decompressor> {
    let mut decompressor = Decompressor::new().map_err(|error| broken(name, &error))?;
    decompressor.set_scan_limit(MAX_SCANS).map_err(|error| broken(name, &error))?;
    Ok(decompressor)
}

/// Whether the frame header says that the picture comes in several scans of growing detail, or cannot be found.
fn is_progressive(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            0xc0 | 0xc1 | 0xc3 | 0xda => return false,
            0xc2 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return true,
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    true
}

fn reduction(header: &DecompressHeader, min_long_edge_px: Option<u32>) -> ScalingFactor {
    let Some(wanted) = min_long_edge_px.filter(|_| !header.is_lossless) else { return ScalingFactor::ONE };
    let long_edge = header.width.max(header.height);
    REDUCTIONS.into_iter().find(|factor| factor.scale(long_edge) >= wanted as usize).unwrap_or(ScalingFactor::ONE)
}

fn is_premature_end(error: &turbojpeg::Error) -> bool {
    matches!(error, turbojpeg::Error::TurboJpegError(message) if message.contains("remature end"))
}

fn broken(name: &str, error: &turbojpeg::Error) -> MediaError {
    if is_premature_end(error) {
        return MediaError::truncated(name, error);
    }
    MediaError::malformed(name, error)
}

/// Encodes a picture as a JPEG of `quality` 1 to 100. From 90 on colour keeps its full resolution. `name` is for the
/// message of an error.
pub fn encode_jpeg(name: &str, picture: &RgbImage, quality: u8) -> Result<Vec<u8>> {
    let failed = |error: turbojpeg::Error| MediaError::Encode { name: name.to_owned(), detail: error.to_string() };
    let mut compressor = Compressor::new().map_err(failed)?;
    let quality = quality.clamp(1, 100);
    compressor.set_quality(i32::from(quality)).map_err(failed)?;
    compressor.set_subsamp(if quality >= 90 { Subsamp::None } else { Subsamp::Sub2x2 }).map_err(failed)?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.as_raw().as_slice();
    compressor
        .compress_to_vec(turbojpeg::Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB })
        .map_err(failed)
}
