//! Sequential JPEG (ITU T.81), decoded row by row from a stream.
//!
//! libjpeg-turbo's API gives whole pictures; this gives a picture of any height in the memory of one row of blocks.
//! **Limits.** Huffman coding, 8 bits, grey or three components in one scan: what cameras and cameras' software write.
//! Progressive pictures need all their coefficients at once, and are decoded whole by libjpeg-turbo within
//! [`Limits::max_pixels`](crate::Limits::max_pixels).

mod bits;
mod header;
mod huffman;
mod idct;

use std::io::{self, Read};

use crate::error::{MediaError, Result};
use bits::Bits;
use header::{Header, Refusal, ZIGZAG};

/// The samples of one component, for one row of MCUs.
struct Plane {
    samples: Vec<u8>,
    stride: usize,
    predictor: i32,
}

/// Rows of a JPEG.
pub(super) struct JpegRows<R> {
    bits: Bits<R>,
    header: Header,
    planes: Vec<Plane>,
    /// The largest sampling factors.
    horizontal: usize,
    vertical: usize,
    mcus_across: usize,
    next_row: usize,
    until_restart: u32,
    next_restart: u8,
}

impl<R: Read> JpegRows<R> {
    /// Reads the header; `Ok(None)` for a kind of JPEG whose rows do not come in order.
    pub(super) fn open(name: &str, reader: R) -> Result<Option<Self>> {
        let mut bits = Bits::new(reader);
        let header = match header::read(&mut bits) {
            Ok(header) => header,
            Err(Refusal::OtherKind) => return Ok(None),
            Err(Refusal::Io(error)) => return Err(io_error(name, error)),
            Err(Refusal::Damaged(detail)) => return Err(MediaError::malformed(name, detail)),
        };
        let largest = |factor: fn(&header::Component) -> usize| header.components.iter().map(factor).max().unwrap_or(1);
        let (horizontal, vertical) = (largest(|c| c.horizontal), largest(|c| c.vertical));
        let even = |component: &header::Component| {
            horizontal.is_multiple_of(component.horizontal) && vertical.is_multiple_of(component.vertical)
        };
        if !header.components.iter().all(even) {
            return Ok(None);
        }
        let mcus_across = header.width.div_ceil(8 * horizontal);
        let planes = header.components.iter().map(|component| {
            let stride = mcus_across * component.horizontal * 8;
            Plane { samples: vec![0; stride * component.vertical * 8], stride, predictor: 0 }
        });
        let planes = planes.collect();
        let until_restart = header.restart_interval;
        Ok(Some(Self {
            bits,
            header,
            planes,
            horizontal,
            vertical,
            mcus_across,
            next_row: 0,
            until_restart,
            next_restart: 0,
        }))
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (self.header.width as u32, self.header.height as u32)
    }

    /// Writes the next row as RGB.
    pub(super) fn read_row(&mut self, name: &str, rgb: &mut [u8]) -> Result<()> {
        let row = self.next_row % (self.vertical * 8);
        if row == 0 {
            self.decode_mcu_row(name)?;
        }
        self.next_row += 1;
        let rows: Vec<&[u8]> = self
            .planes
            .iter()
            .zip(&self.header.components)
            .map(|(plane, component)| {
                let y = row * component.vertical / self.vertical;
                &plane.samples[y * plane.stride..][..plane.stride]
            })
            .collect();
        let repeat: Vec<usize> = self.header.components.iter().map(|c| self.horizontal / c.horizontal).collect();
        match rows[..] {
            [grey] => {
                for (pixel, value) in rgb.chunks_exact_mut(3).zip(grey) {
                    pixel.fill(*value);
                }
            }
            [red, green, blue] if self.header.is_rgb => {
                for (x, pixel) in rgb.chunks_exact_mut(3).enumerate() {
                    pixel.copy_from_slice(&[red[x / repeat[0]], green[x / repeat[1]], blue[x / repeat[2]]]);
                }
            }
            [luma, blue, red] if repeat == [1, 2, 2] => {
                for ((pair, luma), (blue, red)) in rgb.chunks_mut(6).zip(luma.chunks(2)).zip(blue.iter().zip(red)) {
                    for (pixel, luma) in pair.chunks_exact_mut(3).zip(luma) {
                        pixel.copy_from_slice(&to_rgb(*luma, *blue, *red));
                    }
                }
            }
            [luma, blue, red] if repeat == [1, 1, 1] => {
                for ((pixel, luma), (blue, red)) in rgb.chunks_exact_mut(3).zip(luma).zip(blue.iter().zip(red)) {
                    pixel.copy_from_slice(&to_rgb(*luma, *blue, *red));
                }
            }
            [luma, blue, red] => {
                for (x, pixel) in rgb.chunks_exact_mut(3).enumerate() {
                    pixel.copy_from_slice(&to_rgb(luma[x / repeat[0]], blue[x / repeat[1]], red[x / repeat[2]]));
                }
            }
            _ => unreachable!("a header has one or three components"),
        }
        Ok(())
    }

    fn decode_mcu_row(&mut self, name: &str) -> Result<()> {
        for mcu in 0..self.mcus_across {
            if self.header.restart_interval > 0 {
                if self.until_restart == 0 {
                    self.restart(name)?;
                }
                self.until_restart -= 1;
            }
            self.decode_mcu(mcu)
                .map_err(|error| io_error(name, error))?
                .ok_or_else(|| MediaError::malformed(name, "its bits are no Huffman code"))?;
        }
        if self.bits.overran() {
            if self.bits.ended() {
                return Err(MediaError::truncated(name, format_args!("at row {}", self.next_row)));
            }
            return Err(MediaError::malformed(name, format_args!("a marker stands in row {}", self.next_row)));
        }
        Ok(())
    }

    fn decode_mcu(&mut self, mcu: usize) -> io::Result<Option<()>> {
        let header = &self.header;
        for (component, plane) in header.components.iter().zip(&mut self.planes) {
            let missing = "the scan header was checked for its tables";
            let dc = header.dc[component.dc].as_ref().expect(missing);
            let ac = header.ac[component.ac].as_ref().expect(missing);
            let quantiser = header.quantisers[component.quantiser].as_ref().expect(missing);
            for down in 0..component.vertical {
                for across in 0..component.horizontal {
                    let mut coefficients = [0i32; 64];
                    let Some(size) = dc.symbol(&mut self.bits)? else { return Ok(None) };
                    if size > 11 {
                        return Ok(None);
                    }
                    plane.predictor = plane.predictor.wrapping_add(self.bits.signed(u32::from(size)));
                    coefficients[0] = plane.predictor.wrapping_mul(quantiser[0]);
                    let mut place = 1;
                    let mut only_dc = true;
                    while place < 64 {
                        let Some(symbol) = ac.symbol(&mut self.bits)? else { return Ok(None) };
                        let (run, size) = (usize::from(symbol >> 4), symbol & 15);
                        if size == 0 {
                            if run < 15 {
                                break;
                            }
                            place += 16;
                            continue;
                        }
                        place += run;
                        if place > 63 {
                            return Ok(None);
                        }
                        let at = usize::from(ZIGZAG[place]);
                        coefficients[at] = self.bits.signed(u32::from(size)).wrapping_mul(quantiser[at]);
                        only_dc = false;
                        place += 1;
                    }
                    let start = down * 8 * plane.stride + (mcu * component.horizontal + across) * 8;
                    idct::block(&coefficients, only_dc, &mut plane.samples, start, plane.stride);
                }
            }
        }
        Ok(Some(()))
    }

    fn restart(&mut self, name: &str) -> Result<()> {
        let marker = self.bits.next_marker().map_err(|error| io_error(name, error))?;
        if marker != 0xd0 + self.next_restart {
            return Err(MediaError::malformed(
                name,
                format_args!("a restart marker is missing in row {}", self.next_row),
            ));
        }
        self.next_restart = (self.next_restart + 1) % 8;
        self.until_restart = self.header.restart_interval;
        for plane in &mut self.planes {
            plane.predictor = 0;
        }
        Ok(())
    }
}

/// JFIF's conversion in 16-bit fixed point.
#[inline]
fn to_rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let (luma, blue, red) = (i32::from(luma) << 16, i32::from(blue) - 128, i32::from(red) - 128);
    let half = 1 << 15;
    let level = |value: i32| ((value + half) >> 16).clamp(0, 255) as u8;
    [level(luma + 91_881 * red), level(luma - 22_554 * blue - 46_802 * red), level(luma + 116_130 * blue)]
}

fn io_error(name: &str, source: io::Error) -> MediaError {
    if source.kind() == io::ErrorKind::UnexpectedEof {
        return MediaError::truncated(name, "its header or a marker is missing");
    }
    MediaError::Read { name: name.to_owned(), source }
}
