//! Whole pictures, upright, from any image format.

use std::borrow::Cow;
use std::error::Error as _;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use fast_image_resize::images::{Image as ResizeTarget, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage};

use crate::error::{MediaError, Result};
use crate::limits::Limits;
use crate::sniff::{MediaFormat, MediaKind, sniff};
use crate::{exif, jpeg};

/// The quality of pictures that are encoded again for display at full resolution.
const DISPLAY_QUALITY: u8 = 92;

/// Decodes a picture (JPEG, PNG, WebP, TIFF, BMP, GIF's first frame) to 8-bit RGB and turns it upright.
///
/// 16-bit samples keep their high byte, grey is repeated, and transparency is dropped without blending, as the common
/// training tools do it. Embedded colour profiles are not applied.
pub fn decode_upright(name: &str, bytes: &[u8], limits: &Limits) -> Result<RgbImage> {
    decode_reduced(name, bytes, limits, None)
}

/// Like [`decode_upright`], but a JPEG may come smaller, which costs less; never with a longer edge below
/// `min_long_edge_px`, unless the picture itself is smaller.
pub fn decode_reduced(name: &str, bytes: &[u8], limits: &Limits, min_long_edge_px: Option<u32>) -> Result<RgbImage> {
    limits.check_bytes(name, bytes.len() as u64)?;
    let format = image_format(name, bytes)?;
    let stored = match format {
        ImageFormat::Jpeg => match jpeg::decode(name, bytes, limits, min_long_edge_px)? {
            Some(picture) => picture,
            None => decode_stored(name, bytes, format, limits)?,
        },
        _ => decode_stored(name, bytes, format, limits)?,
    };
    Ok(turn(stored, exif::read(bytes).orientation))
}

/// Turns a stored picture upright.
pub(crate) fn turn(stored: RgbImage, orientation: Orientation) -> RgbImage {
    if orientation == Orientation::NoTransforms {
        return stored;
    }
    let mut picture = DynamicImage::ImageRgb8(stored);
    picture.apply_orientation(orientation);
    picture.into_rgb8()
}

/// The size of a picture that is stored as `width` × `height`, once it is upright.
pub(crate) fn turned_size(orientation: Orientation, width: u32, height: u32) -> (u32, u32) {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            (height, width)
        }
        _ => (width, height),
    }
}

/// The stored width and height of a picture, from its header.
pub(crate) fn stored_dimensions(name: &str, bytes: &[u8], limits: &Limits) -> Result<(u32, u32)> {
    let (width, height) = match image_format(name, bytes)? {
        ImageFormat::Jpeg => jpeg::dimensions(name, bytes)?,
        format => ImageReader::with_format(Cursor::new(bytes), format)
            .into_dimensions()
            .map_err(|error| image_error(name, &error))?,
    };
    limits.check_pixels(name, u64::from(width), u64::from(height))?;
    Ok((width, height))
}

/// The picture as a JPEG that any web view shows upright at full resolution. A JPEG that is upright as stored passes
/// through byte for byte.
pub fn upright_jpeg<'a>(name: &str, bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>> {
    if is_upright_jpeg(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    let picture = decode_upright(name, bytes, limits)?;
    Ok(Cow::Owned(jpeg::encode_jpeg(name, &picture, DISPLAY_QUALITY)?))
}

/// Whether the bytes are a JPEG whose stored pixels are upright.
pub fn is_upright_jpeg(bytes: &[u8]) -> bool {
    sniff(bytes) == Some(MediaFormat::Jpeg) && exif::read(bytes).orientation == Orientation::NoTransforms
}

/// Reads a picture file whole, within the limits.
pub fn read_limited(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    let read = |source| MediaError::Read { name: name.clone(), source };
    let file = File::open(path).map_err(read)?;
    let length = file.metadata().map_err(read)?.len();
    limits.check_bytes(&name, length)?;
    let mut bytes = Vec::with_capacity(length as usize);
    // The file may grow while it is read: the bound holds for what is read, not for what was promised.
    file.take(limits.max_image_bytes + 1).read_to_end(&mut bytes).map_err(read)?;
    limits.check_bytes(&name, bytes.len() as u64)?;
    Ok(bytes)
}

/// Resizes to exactly this size: the mean over the covered area when shrinking, which neither blurs nor aliases.
pub fn resize(picture: &RgbImage, width_px: u32, height_px: u32) -> RgbImage {
    let pixels = resample(picture.as_raw(), picture.dimensions(), (width_px, height_px), PixelType::U8x3);
    RgbImage::from_raw(width_px, height_px, pixels).expect("the buffer has three bytes a pixel")
}

/// Resizes a grey picture to exactly this size.
pub fn resize_gray(picture: &GrayImage, width_px: u32, height_px: u32) -> GrayImage {
    let pixels = resample(picture.as_raw(), picture.dimensions(), (width_px, height_px), PixelType::U8);
    GrayImage::from_raw(width_px, height_px, pixels).expect("the buffer has one byte a pixel")
}

fn resample(pixels: &[u8], from: (u32, u32), to: (u32, u32), pixel: PixelType) -> Vec<u8> {
    if from == to {
        return pixels.to_vec();
    }
    let source = ImageRef::new(from.0, from.1, pixels, pixel).expect("the buffer fits its dimensions");
    let mut target = ResizeTarget::new(to.0, to.1, pixel);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(&source, &mut target, &options).expect("source and target have one pixel type");
    target.into_vec()
}

fn image_format(name: &str, bytes: &[u8]) -> Result<ImageFormat> {
    if bytes.is_empty() {
        return Err(MediaError::truncated(name, "the file has no bytes"));
    }
    let format = sniff(bytes).ok_or_else(|| MediaError::unsupported(name, "its first bytes are of no known format"))?;
    format.image_format().ok_or_else(|| {
        let kind = if format.kind() == MediaKind::Video { "video" } else { "series" };
        MediaError::unsupported(name, format_args!("it is a {kind}, {}, not a picture", format.media_type()))
    })
}

fn decode_stored(name: &str, bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<RgbImage> {
    let failed = |error: ImageError| image_error(name, &error);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder_limits = image::Limits::default();
    // 16-bit RGBA is the widest sample that these formats decode to; doubled for the decoder's own buffers.
    decoder_limits.max_alloc = Some(limits.max_pixels.saturating_mul(16));
    reader.limits(decoder_limits);
    let decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    limits.check_pixels(name, u64::from(width), u64::from(height))?;
    Ok(DynamicImage::from_decoder(decoder).map_err(failed)?.into_rgb8())
}

fn image_error(name: &str, error: &ImageError) -> MediaError {
    match error {
        ImageError::Unsupported(_) => MediaError::unsupported(name, error),
        _ if ends_early(error) => MediaError::truncated(name, error),
        _ => MediaError::malformed(name, error),
    }
}

/// Whether an error was caused by the end of the data, however deep the decoder wrapped that.
fn ends_early(error: &ImageError) -> bool {
    if let ImageError::IoError(io) = error {
        return io.kind() == io::ErrorKind::UnexpectedEof;
    }
    let mut cause = error.source();
    while let Some(current) = cause {
        if current.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = current.source();
    }
    false
}
