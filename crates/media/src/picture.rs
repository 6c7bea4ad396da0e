//! Whole pictures, upright, from any image format.

use std::borrow::Cow;
use std::error::Error as _;
use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Seek};
use std::path::Path;

use fast_image_resize::images::{Image as ResizeTarget, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage};

use crate::error::{MediaError, Result};
use crate::limits::Limits;
use crate::mean::Mean;
use crate::probe::sniff_file;
use crate::rows::{Depth, Rows};
use crate::sniff::{MediaFormat, MediaKind, sniff};
use crate::{exif, jpeg};

/// The quality of pictures that are encoded again for display at full resolution.
const DISPLAY_QUALITY: u8 = 92;

/// Larger files are read from disk row by row, where that is possible.
const MAX_BYTES_HELD: u64 = 32 << 20;

/// How far into a PNG its chunks are searched.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// Smaller pictures are decoded whole before they are made smaller: it costs less.
const MIN_STREAMED_PIXELS: u64 = 4_000_000;

/// Decodes a picture (JPEG, PNG, WebP, TIFF, BMP, GIF's first frame) to 8-bit RGB and turns it upright.
///
/// 16-bit samples keep their high byte (grey ones that use less than an eighth of their range are stretched to their
/// brightest, or a thermal picture would be black), grey is repeated, and transparency is dropped without blending, as the common
/// training tools do it. Embedded colour profiles are not applied.
pub fn decode_upright(name: &str, bytes: &[u8], limits: &Limits) -> Result<RgbImage> {
    decode_reduced(name, bytes, limits, None)
}

/// Like [`decode_upright`], but a JPEG may come smaller, which costs less; never with a longer edge below
/// `min_long_edge_px`, unless the picture itself is smaller.
pub fn decode_reduced(name: &str, bytes: &[u8], limits: &Limits, min_long_edge_px: Option<u32>) -> Result<RgbImage> {
    limits.check_bytes(name, bytes.len() as u64)?;
    let stored = decode_unturned(name, bytes, limits, min_long_edge_px)?;
    Ok(turn(stored, exif::read(bytes).orientation))
}

/// Like [`decode_reduced`], from a file of any size: what can be read row by row is not held in memory.
pub fn decode_reduced_path(path: &Path, limits: &Limits, min_long_edge_px: Option<u32>) -> Result<RgbImage> {
    let name = path.display().to_string();
    let length = path.metadata().map_err(|source| MediaError::Read { name: name.clone(), source })?.len();
    let is_jpeg = sniff_file(path)? == MediaFormat::Jpeg;
    if length <= if is_jpeg { limits.max_image_bytes } else { MAX_BYTES_HELD } {
        return decode_reduced(&name, &read_limited(path, limits)?, limits, min_long_edge_px);
    }
    let mut rows = Rows::open(path, limits)?;
    let orientation = rows.orientation();
    Ok(turn(reduce(&mut rows, limits, min_long_edge_px)?, orientation))
}

/// Decodes a picture as it is stored.
pub(crate) fn decode_unturned(
    name: &str,
    bytes: &[u8],
    limits: &Limits,
    min_long_edge_px: Option<u32>,
) -> Result<RgbImage> {
    let format = image_format(name, bytes)?;
    if format == ImageFormat::Jpeg {
        if let Some(picture) = jpeg::decode(name, bytes, limits, min_long_edge_px)? {
            return Ok(picture);
        }
    } else if let Some(wanted) = min_long_edge_px {
        let (width, height) = dimensions_of(name, format, Cursor::new(bytes))?;
        limits.check_streamed(name, width, height)?;
        let worthwhile = u64::from(width) * u64::from(height) >= MIN_STREAMED_PIXELS && width.max(height) / 2 >= wanted;
        if worthwhile && let Some(mut rows) = Rows::streamed(name, bytes, limits)? {
            return reduce(&mut rows, limits, min_long_edge_px);
        }
    }
    decode_stored(name, bytes, format, limits)
}

/// Reads all rows, as means over squares of pixels when a smaller picture is enough.
fn reduce(rows: &mut Rows<'_>, limits: &Limits, min_long_edge_px: Option<u32>) -> Result<RgbImage> {
    let (width, height) = rows.size();
    let factor = min_long_edge_px.map_or(1, |wanted| (width.max(height) / wanted.max(1)).max(1));
    let mut mean = Mean::new(width, height, factor);
    let (small_width, small_height) = mean.size();
    limits.check_pixels(rows.name(), u64::from(small_width), u64::from(small_height))?;
    let mut row = vec![0; width as usize * 3];
    while rows.read_row(&mut row)? {
        mean.push(&row);
    }
    Ok(mean.finish())
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
    let (width, height) = dimensions_of(name, image_format(name, bytes)?, Cursor::new(bytes))?;
    limits.check_streamed(name, width, height)?;
    Ok((width, height))
}

/// Like [`stored_dimensions`], from an open file.
pub(crate) fn stored_dimensions_of(
    name: &str,
    format: MediaFormat,
    reader: impl BufRead + Seek,
    limits: &Limits,
) -> Result<(u32, u32)> {
    let format = format.image_format().ok_or_else(|| MediaError::unsupported(name, "it is not a picture"))?;
    let (width, height) = dimensions_of(name, format, reader)?;
    limits.check_streamed(name, width, height)?;
    Ok((width, height))
}

fn dimensions_of(name: &str, format: ImageFormat, mut reader: impl BufRead + Seek) -> Result<(u32, u32)> {
    if format == ImageFormat::Jpeg {
        return jpeg::dimensions(name, &mut reader);
    }
    ImageReader::with_format(reader, format).into_dimensions().map_err(|error| image_error(name, &error))
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

/// The picture as a web view shows it upright at full resolution, with its media type. What a web view shows as it is
/// passes through byte for byte: upright JPEG, and 8-bit PNG and WebP that are opaque and stand still.
pub fn for_web_view<'a>(name: &str, bytes: &'a [u8], limits: &Limits) -> Result<(Cow<'a, [u8]>, &'static str)> {
    let passes = match sniff(bytes) {
        Some(MediaFormat::Png) => {
            // Bit depth and colour type stand in IHDR; transparency and frames are chunks before the pixels.
            let pixels_at = bytes.windows(4).take(MAX_HEADER_BYTES).position(|name| name == b"IDAT");
            let head = &bytes[..pixels_at.unwrap_or(0)];
            let special = |name: &[u8; 4]| head.windows(4).any(|chunk| chunk == name);
            bytes.get(24) == Some(&8)
                && matches!(bytes.get(25), Some(0 | 2 | 3))
                && !special(b"tRNS")
                && !special(b"acTL")
                && !head.is_empty()
        }
        // VP8 has neither transparency nor frames.
        Some(MediaFormat::WebP) => bytes.get(12..16) == Some(b"VP8 "),
        _ => false,
    };
    let format = sniff(bytes);
    if passes && bytes.len() as u64 <= MAX_BYTES_HELD && exif::read(bytes).orientation == Orientation::NoTransforms {
        return Ok((Cow::Borrowed(bytes), format.map_or("image/png", MediaFormat::media_type)));
    }
    Ok((upright_jpeg(name, bytes, limits)?, "image/jpeg"))
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
    Ok(to_rgb(DynamicImage::from_decoder(decoder).map_err(failed)?))
}

/// Eight bits of each sample; see [`Depth`] for deep grey.
fn to_rgb(picture: DynamicImage) -> RgbImage {
    let (grey, step) = match &picture {
        DynamicImage::ImageLuma16(grey) => (grey.as_raw(), 1),
        DynamicImage::ImageLumaA16(grey) => (grey.as_raw(), 2),
        _ => return picture.into_rgb8(),
    };
    let samples = || grey.iter().step_by(step).copied();
    let depth = Depth::of_brightest(samples().max().unwrap_or(0));
    let pixels = samples().flat_map(|sample| [depth.level(sample); 3]).collect();
    RgbImage::from_raw(picture.width(), picture.height(), pixels).expect("there are three bytes a pixel")
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
