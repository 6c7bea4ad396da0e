//! JPEG through libjpeg-turbo: header, decoding at a reduced size, encoding.

use image::RgbImage;
use turbojpeg::{Colorspace, Compressor, DecompressHeader, Decompressor, PixelFormat, ScalingFactor, Subsamp};

use crate::error::{MediaError, Result};
use crate::limits::Limits;

/// libjpeg-turbo's reductions of the DCT, smallest picture first.
const REDUCTIONS: [ScalingFactor; 4] =
    [ScalingFactor::ONE_EIGHTH, ScalingFactor::ONE_QUARTER, ScalingFactor::ONE_HALF, ScalingFactor::ONE];

/// A progressive JPEG may repeat scans without end; real ones have about ten.
const MAX_SCANS: u32 = 500;

/// The stored width and height, before orientation.
pub(crate) fn dimensions(name: &str, bytes: &[u8]) -> Result<(u32, u32)> {
    let header = new_decompressor(name)?.read_header(bytes).map_err(|error| broken(name, &error))?;
    Ok((header.width as u32, header.height as u32))
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
    limits.check_pixels(name, header.width as u64, header.height as u64)?;
    if !matches!(header.colorspace, Colorspace::YCbCr | Colorspace::RGB | Colorspace::Gray) {
        return Ok(None);
    }
    let factor = reduction(&header, min_long_edge_px);
    decompressor.set_scaling_factor(factor).map_err(|error| broken(name, &error))?;
    let (width, height) = (factor.scale(header.width), factor.scale(header.height));
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
