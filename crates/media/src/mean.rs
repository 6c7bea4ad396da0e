//! Means over squares of pixels, row by row: a picture made smaller by a whole number.

use image::RgbImage;

/// A picture that becomes `factor` times smaller while its rows arrive. The squares at the right and lower edges may be
/// incomplete.
pub(crate) struct Mean {
    width: u32,
    factor: u32,
    out_width: u32,
    out_height: u32,
    sums: Vec<u32>,
    rows_in_sums: u32,
    pixels: Vec<u8>,
}

impl Mean {
    pub(crate) fn new(width: u32, height: u32, factor: u32) -> Self {
        // A sum of 255 over factor² pixels has to fit.
        let factor = factor.clamp(1, 4096);
        let (out_width, out_height) = (width.div_ceil(factor), height.div_ceil(factor));
        Self {
            width,
            factor,
            out_width,
            out_height,
            sums: if factor == 1 { Vec::new() } else { vec![0; out_width as usize * 3] },
            rows_in_sums: 0,
            pixels: Vec::new(),
        }
    }

    /// Width and height of the result.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.out_width, self.out_height)
    }

    /// Adds the next row, three bytes a pixel.
    pub(crate) fn push(&mut self, row: &[u8]) {
        if self.factor == 1 {
            self.pixels.extend_from_slice(row);
            return;
        }
        for (sum, square) in self.sums.chunks_exact_mut(3).zip(row.chunks(self.factor as usize * 3)) {
            let mut totals = [0u32; 3];
            for pixel in square.chunks_exact(3) {
                for channel in 0..3 {
                    totals[channel] += u32::from(pixel[channel]);
                }
            }
            for channel in 0..3 {
                sum[channel] += totals[channel];
            }
        }
        self.rows_in_sums += 1;
        if self.rows_in_sums == self.factor {
            self.close_row();
        }
    }

    fn close_row(&mut self) {
        for (column, sum) in self.sums.chunks_exact_mut(3).enumerate() {
            let columns = self.factor.min(self.width - column as u32 * self.factor);
            let count = columns * self.rows_in_sums;
            for value in sum {
                self.pixels.push(((*value + count / 2) / count) as u8);
                *value = 0;
            }
        }
        self.rows_in_sums = 0;
    }

    /// The small picture, of the rows that arrived.
    pub(crate) fn finish(mut self) -> RgbImage {
        if self.rows_in_sums > 0 {
            self.close_row();
        }
        self.pixels.resize(self.out_width as usize * self.out_height as usize * 3, 0);
        RgbImage::from_raw(self.out_width, self.out_height, self.pixels).expect("there are three bytes a pixel")
    }
}
