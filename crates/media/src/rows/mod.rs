//! Pictures of any size, row by row, in the memory of a few rows.
//!
//! **Limits.** [`Limits::max_streamed_pixels`] and [`Limits::max_seconds`]. Sequential JPEG, PNG without interlacing, and
//! TIFF in strips, tiles or uncompressed come row by row; every other kind is decoded whole, within
//! [`Limits::max_pixels`].

mod jpeg;
mod png;
mod sample;
mod tiff;

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read as _, Seek, SeekFrom};
use std::path::Path;

use image::RgbImage;
use image::metadata::Orientation;

use self::jpeg::JpegRows;
use self::png::PngRows;
use self::tiff::TiffRows;
use crate::error::{MediaError, Result};
use crate::exif;
use crate::limits::{Deadline, Limits};
use crate::picture::{decode_unturned, read_limited};
use crate::sniff::{HEAD_BYTES, MediaFormat, sniff};
pub(crate) use sample::Depth;

/// Rows between two looks at the clock.
const CHECK_EVERY: u32 = 64;

/// A file or bytes in memory.
trait Input: BufRead + Seek {}
impl<T: BufRead + Seek> Input for T {}
type AnyInput<'a> = Box<dyn Input + 'a>;

/// The rows of a picture as it is stored, from the top.
pub(crate) struct Rows<'a> {
    name: String,
    width: u32,
    height: u32,
    orientation: Orientation,
    source: Source<'a>,
    next_row: u32,
    deadline: Deadline,
}

enum Source<'a> {
    Jpeg(Box<JpegRows<AnyInput<'a>>>),
    Png(Box<PngRows<AnyInput<'a>>>),
    Tiff(Box<TiffRows<AnyInput<'a>>>),
    Whole(RgbImage),
}

impl Rows<'static> {
    /// Opens a picture file.
    pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let name = path.display().to_string();
        let input = || -> Result<AnyInput<'static>> {
            let file = File::open(path).map_err(|source| MediaError::Read { name: name.clone(), source })?;
            Ok(Box::new(BufReader::with_capacity(256 << 10, file)))
        };
        let (orientation, stream) = prepare(&name, &input, limits)?;
        let source = match stream {
            Some(source) => source,
            None => Source::Whole(decode_unturned(&name, &read_limited(path, limits)?, limits, None)?),
        };
        Rows::new(name, source, orientation, limits)
    }
}

impl<'a> Rows<'a> {
    /// Opens a picture in memory; `Ok(None)` when it would have to be decoded whole.
    pub(crate) fn streamed(name: &str, bytes: &'a [u8], limits: &Limits) -> Result<Option<Self>> {
        let input = || -> Result<AnyInput<'a>> { Ok(Box::new(Cursor::new(bytes))) };
        let (orientation, stream) = prepare(name, &input, limits)?;
        stream.map(|source| Self::new(name.to_owned(), source, orientation, limits)).transpose()
    }

    fn new(name: String, source: Source<'a>, orientation: Orientation, limits: &Limits) -> Result<Self> {
        let (width, height) = match &source {
            Source::Jpeg(rows) => rows.size(),
            Source::Png(rows) => rows.size(),
            Source::Tiff(rows) => rows.size(),
            Source::Whole(picture) => picture.dimensions(),
        };
        limits.check_streamed(&name, width, height)?;
        Ok(Self { name, width, height, orientation, source, next_row: 0, deadline: limits.deadline() })
    }

    /// Width and height as stored.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// How the stored picture becomes upright.
    pub(crate) fn orientation(&self) -> Orientation {
        self.orientation
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes the next row as RGB into `rgb`, which has three bytes a pixel; `false` after the last one.
    pub(crate) fn read_row(&mut self, rgb: &mut [u8]) -> Result<bool> {
        if self.next_row == self.height {
            return Ok(false);
        }
        if self.next_row.is_multiple_of(CHECK_EVERY) {
            self.deadline.check(&self.name)?;
        }
        match &mut self.source {
            Source::Jpeg(rows) => rows.read_row(&self.name, rgb)?,
            Source::Png(rows) => drop(rows.read_row(&self.name, rgb)?),
            Source::Tiff(rows) => drop(rows.read_row(&self.name, rgb)?),
            Source::Whole(picture) => {
                let row = self.next_row as usize * rgb.len();
                rgb.copy_from_slice(&picture.as_raw()[row..row + rgb.len()]);
            }
        }
        self.next_row += 1;
        Ok(true)
    }
}

/// Reads the header, and for deep grey pictures the range of their samples, which takes one pass of its own.
fn prepare<'a>(
    name: &str,
    input: &dyn Fn() -> Result<AnyInput<'a>>,
    limits: &Limits,
) -> Result<(Orientation, Option<Source<'a>>)> {
    let read = |source| MediaError::Read { name: name.to_owned(), source };
    let mut first = input()?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    first.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(read)?;
    let format = sniff(&head).ok_or_else(|| MediaError::unsupported(name, "its first bytes are of no known format"))?;
    first.seek(SeekFrom::Start(0)).map_err(read)?;
    let orientation = exif::read_from(format, &mut first, limits).orientation;
    first.seek(SeekFrom::Start(0)).map_err(read)?;
    let source = match format {
        MediaFormat::Jpeg => JpegRows::open(name, first)?.map(|rows| Source::Jpeg(Box::new(rows))),
        MediaFormat::Png => match PngRows::open(name, first)? {
            Some(rows) if rows.layout().is_deep_grey() => {
                let depth = range(name, rows.size(), limits, rows, PngRows::read_row)?;
                let mut rows = PngRows::open(name, input()?)?;
                if let Some(rows) = &mut rows {
                    rows.depth = depth;
                }
                rows
            }
            rows => rows,
        }
        .map(|rows| Source::Png(Box::new(rows))),
        MediaFormat::Tiff => match TiffRows::open(name, first)? {
            Some(rows) if rows.layout().is_deep_grey() => {
                let depth = range(name, rows.size(), limits, rows, TiffRows::read_row)?;
                let mut rows = TiffRows::open(name, input()?)?;
                if let Some(rows) = &mut rows {
                    rows.depth = depth;
                }
                rows
            }
            rows => rows,
        }
        .map(|rows| Source::Tiff(Box::new(rows))),
        _ => None,
    };
    Ok((orientation, source))
}

fn range<T>(
    name: &str,
    (width, height): (u32, u32),
    limits: &Limits,
    mut rows: T,
    read: impl Fn(&mut T, &str, &mut [u8]) -> Result<u16>,
) -> Result<Depth> {
    limits.check_streamed(name, width, height)?;
    let mut rgb = vec![0; width as usize * 3];
    let mut brightest = 0;
    for _ in 0..height {
        brightest = brightest.max(read(&mut rows, name, &mut rgb)?);
    }
    Ok(Depth::of_brightest(brightest))
}
