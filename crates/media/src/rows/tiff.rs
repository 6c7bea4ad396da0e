//! TIFF by strips or rows of tiles; an uncompressed picture in one strip, as many tools write it, row by row.

use std::io::{ErrorKind, Read, Seek, SeekFrom};

use tiff::ColorType;
use tiff::decoder::{ChunkType, Decoder, Limits as TiffLimits};
use tiff::tags::{ByteOrder, Tag};
use tiff::{TiffError, TiffResult};

use super::sample::{Depth, Layout};
use crate::error::{MediaError, Result};

/// The largest row of chunks that is held.
const MAX_BAND_BYTES: usize = 96 << 20;

/// Rows of a TIFF.
pub(super) struct TiffRows<R: Read + Seek> {
    decoder: Decoder<R>,
    width: usize,
    height: usize,
    layout: Layout,
    pub(super) depth: Depth,
    source: Source,
    /// Decoded rows.
    band: Vec<u8>,
    next_row: usize,
}

enum Source {
    /// Strips or tiles of this size.
    Chunks { width: usize, height: usize },
    /// Uncompressed strips: where each begins, and its rows.
    Direct { offsets: Vec<u64>, rows: usize },
}

impl<R: Read + Seek> TiffRows<R> {
    /// Reads the header; `Ok(None)` for a kind of TIFF that does not come row by row.
    pub(super) fn open(name: &str, input: R) -> Result<Option<Self>> {
        Self::attempt(input).map_err(|error| tiff_error(name, error))
    }

    fn attempt(input: R) -> TiffResult<Option<Self>> {
        let mut limits = TiffLimits::default();
        limits.decoding_buffer_size = MAX_BAND_BYTES;
        limits.intermediate_buffer_size = MAX_BAND_BYTES;
        limits.ifd_value_size = 16 << 20;
        let mut decoder = Decoder::new(input)?.with_limits(limits);
        let (width, height) = decoder.dimensions()?;
        let (width, height) = (width as usize, height as usize);
        let (channels, bits) = match decoder.colortype()? {
            ColorType::Gray(bits) => (1, bits),
            ColorType::GrayA(bits) => (2, bits),
            ColorType::RGB(bits) => (3, bits),
            ColorType::RGBA(bits) => (4, bits),
            _ => return Ok(None),
        };
        let floats =
            decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat)?.is_some_and(|all| all.iter().any(|one| *one != 1));
        let planar = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration)? == Some(2);
        if !matches!(bits, 8 | 16) || floats || planar || width == 0 || height == 0 {
            return Ok(None);
        }
        let mut layout = Layout { channels, bytes: usize::from(bits) / 8, big_endian: cfg!(target_endian = "big") };
        let (chunk_width, chunk_height) = decoder.chunk_dimensions();
        let (chunk_width, chunk_height) = (chunk_width as usize, (chunk_height as usize).min(height));
        let band_bytes = (width * layout.pixel_bytes()).checked_mul(chunk_height);
        let source = if band_bytes.is_some_and(|bytes| bytes <= MAX_BAND_BYTES) {
            Source::Chunks { width: chunk_width, height: chunk_height }
        } else {
            let plain = decoder.get_chunk_type() == ChunkType::Strip
                && decoder.find_tag_unsigned::<u16>(Tag::Compression)?.unwrap_or(1) == 1
                && decoder.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation)? != Some(0);
            if !plain {
                return Ok(None);
            }
            layout.big_endian = decoder.byte_order() == ByteOrder::BigEndian;
            Source::Direct { offsets: decoder.get_tag_u64_vec(Tag::StripOffsets)?, rows: chunk_height }
        };
        Ok(Some(Self { decoder, width, height, layout, depth: Depth::FULL, source, band: Vec::new(), next_row: 0 }))
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (self.width as u32, self.height as u32)
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Writes the next row as RGB and gives its brightest grey.
    pub(super) fn read_row(&mut self, name: &str, rgb: &mut [u8]) -> Result<u16> {
        let row_bytes = self.width * self.layout.pixel_bytes();
        let row = self.next_row;
        let place = match &self.source {
            Source::Chunks { width, height } => {
                let (width, height) = (*width, *height);
                if row.is_multiple_of(height) {
                    self.read_band(row / height, width, height).map_err(|error| tiff_error(name, error))?;
                }
                row % height * row_bytes
            }
            Source::Direct { offsets, rows } => {
                let offset = offsets.get(row / rows).copied();
                let offset = offset.ok_or_else(|| MediaError::malformed(name, "a strip has no place"))?;
                let start = offset.saturating_add((row % rows * row_bytes) as u64);
                self.band.resize(row_bytes, 0);
                let input = self.decoder.inner();
                let read = input.seek(SeekFrom::Start(start)).and_then(|_| input.read_exact(&mut self.band));
                read.map_err(|error| tiff_error(name, TiffError::IoError(error)))?;
                0
            }
        };
        self.next_row += 1;
        let samples = &self.band[place..place + row_bytes];
        self.layout.to_rgb(samples, self.depth, rgb);
        Ok(if self.layout.is_deep_grey() { self.layout.brightest(samples) } else { 0 })
    }

    fn read_band(&mut self, band: usize, chunk_width: usize, chunk_height: usize) -> TiffResult<()> {
        let pixel = self.layout.pixel_bytes();
        let row_bytes = self.width * pixel;
        let rows = chunk_height.min(self.height - band * chunk_height);
        self.band.resize(row_bytes * rows, 0);
        let across = self.width.div_ceil(chunk_width);
        if across == 1 && chunk_width == self.width {
            return self.decoder.read_chunk_bytes(band as u32, &mut self.band);
        }
        let mut chunk = Vec::new();
        for column in 0..across {
            let index = (band * across + column) as u32;
            let (width, height) = self.decoder.chunk_data_dimensions(index);
            let (width, height) = (width as usize, (height as usize).min(rows));
            chunk.resize(width * height * pixel, 0);
            self.decoder.read_chunk_bytes(index, &mut chunk)?;
            let left = column * chunk_width * pixel;
            for (row, samples) in chunk.chunks_exact(width * pixel).enumerate() {
                self.band[row * row_bytes + left..][..samples.len()].copy_from_slice(samples);
            }
        }
        Ok(())
    }
}

pub(super) fn tiff_error(name: &str, error: TiffError) -> MediaError {
    match error {
        TiffError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => MediaError::truncated(name, error),
        // A damaged stream of compressed bytes comes as an error of reading.
        TiffError::IoError(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidData) => {
            MediaError::malformed(name, error)
        }
        TiffError::IoError(source) => MediaError::Read { name: name.to_owned(), source },
        TiffError::UnsupportedError(error) => MediaError::unsupported(name, error),
        error => MediaError::malformed(name, error),
    }
}
