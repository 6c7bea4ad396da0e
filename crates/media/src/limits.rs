//! What one file may cost.

use std::time::{Duration, Instant};

use crate::error::{MediaError, Quantity, Result};

/// Bounds on what one file may cost; the defaults fit every camera and stop decompression bombs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest picture file that is read into memory.
    pub max_image_bytes: u64,
    /// The most pixels that one picture or frame may have to be decoded whole, which takes up to six bytes for each. A
    /// progressive JPEG may have half as many, because its coefficients are held beside its pixels.
    pub max_pixels: u64,
    /// The most pixels of a picture that is read row by row.
    pub max_streamed_pixels: u64,
    /// The most seconds that one picture may take to be read row by row, one series to be read, or one video to be searched for a frame.
    pub max_seconds: u32,
    /// The most bytes of a video that may be read to find out what is in it.
    pub max_video_probe_bytes: u64,
    /// Threads of one video decoder.
    pub decoder_threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_image_bytes: 256 << 20,
            max_pixels: 200_000_000,
            max_streamed_pixels: 2_000_000_000,
            max_seconds: 300,
            max_video_probe_bytes: 5 << 20,
            decoder_threads: 1,
        }
    }
}

impl Limits {
    /// Until when one act on a file may last that begins now.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline { at: Instant::now() + Duration::from_secs(u64::from(self.max_seconds)), limit_s: self.max_seconds }
    }

    pub(crate) fn check_bytes(&self, name: &str, bytes: u64) -> Result<()> {
        check(name, Quantity::Bytes, bytes, self.max_image_bytes)
    }

    pub(crate) fn check_streamed(&self, name: &str, width: u32, height: u32) -> Result<()> {
        Self { max_pixels: self.max_streamed_pixels, ..*self }.check_pixels(name, u64::from(width), u64::from(height))
    }

    pub(crate) fn check_pixels(&self, name: &str, width: u64, height: u64) -> Result<()> {
        if width == 0 || height == 0 {
            return Err(MediaError::malformed(name, format_args!("its size is {width} × {height}")));
        }
        check(name, Quantity::Pixels, width.saturating_mul(height), self.max_pixels)
    }
}

/// The end of the time that one act on a file has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    limit_s: u32,
}

impl Deadline {
    pub(crate) fn check(&self, name: &str) -> Result<()> {
        if Instant::now() > self.at {
            return Err(MediaError::TooSlow { name: name.to_owned(), limit_s: self.limit_s });
        }
        Ok(())
    }
}

fn check(name: &str, quantity: Quantity, value: u64, limit: u64) -> Result<()> {
    if value > limit {
        return Err(MediaError::TooLarge { name: name.to_owned(), quantity, value, limit });
    }
    Ok(())
}
