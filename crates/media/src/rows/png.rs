//! PNG row by row, for pictures that are not interlaced.

use std::io::{BufRead, Seek};

use png::{BitDepth, ColorType, DecodingError, Transformations};

use super::sample::{Depth, Layout};
use crate::error::{MediaError, Result};

/// What text chunks, profiles and one row's buffers may take.
const MAX_BUFFER_BYTES: usize = 64 << 20;

/// Rows of a PNG.
pub(super) struct PngRows<R: BufRead + Seek> {
    reader: png::Reader<R>,
    layout: Layout,
    pub(super) depth: Depth,
}

impl<R: BufRead + Seek> PngRows<R> {
    /// Reads the header; `Ok(None)` for an interlaced picture.
    pub(super) fn open(name: &str, input: R) -> Result<Option<Self>> {
        let mut decoder = png::Decoder::new_with_limits(input, png::Limits { bytes: MAX_BUFFER_BYTES });
        decoder.set_transformations(Transformations::EXPAND);
        decoder.ignore_checksums(false);
        let reader = decoder.read_info().map_err(|error| png_error(name, error))?;
        if reader.info().interlaced {
            return Ok(None);
        }
        let (colour, depth) = reader.output_color_type();
        let channels = match colour {
            ColorType::Grayscale => 1,
            ColorType::GrayscaleAlpha => 2,
            ColorType::Rgb => 3,
            ColorType::Rgba => 4,
            ColorType::Indexed => return Ok(None),
        };
        let layout = Layout { channels, bytes: if depth == BitDepth::Sixteen { 2 } else { 1 }, big_endian: true };
        Ok(Some(Self { reader, layout, depth: Depth::FULL }))
    }

    pub(super) fn size(&self) -> (u32, u32) {
        self.reader.info().size()
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Writes the next row as RGB and gives its brightest grey.
    pub(super) fn read_row(&mut self, name: &str, rgb: &mut [u8]) -> Result<u16> {
        let row = self.reader.next_row().map_err(|error| png_error(name, error))?;
        let row = row.ok_or_else(|| MediaError::truncated(name, "a row is missing"))?;
        self.layout.to_rgb(row.data(), self.depth, rgb);
        Ok(if self.layout.is_deep_grey() { self.layout.brightest(row.data()) } else { 0 })
    }
}

fn png_error(name: &str, error: DecodingError) -> MediaError {
    match error {
        DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            MediaError::truncated(name, error)
        }
        DecodingError::IoError(source) => MediaError::Read { name: name.to_owned(), source },
        error => MediaError::malformed(name, error),
    }
}
