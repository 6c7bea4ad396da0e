//! Rows of samples of any depth and number of channels to rows of RGB.

/// How the samples of a pixel are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Grey, grey and alpha, RGB, RGB and alpha.
    pub(super) channels: usize,
    /// One or two bytes a sample.
    pub(super) bytes: usize,
    /// The first of two bytes is the high one.
    pub(super) big_endian: bool,
}

impl Layout {
    pub(super) fn pixel_bytes(self) -> usize {
        self.channels * self.bytes
    }

    /// Whether the range of the samples decides how they are shown.
    pub(super) fn is_deep_grey(self) -> bool {
        self.bytes == 2 && self.channels < 3
    }

    fn wide(self, bytes: &[u8]) -> u16 {
        let pair = [bytes[0], bytes[1]];
        if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    }

    /// The brightest grey of a row of 16-bit samples.
    pub(super) fn brightest(self, row: &[u8]) -> u16 {
        row.chunks_exact(self.pixel_bytes()).map(|pixel| self.wide(pixel)).max().unwrap_or(0)
    }

    /// Writes a row as RGB. Transparency is dropped.
    pub(super) fn to_rgb(self, row: &[u8], depth: Depth, rgb: &mut [u8]) {
        let pixels = row.chunks_exact(self.pixel_bytes()).zip(rgb.chunks_exact_mut(3));
        match (self.channels, self.bytes) {
            (1 | 2, 1) => pixels.for_each(|(from, to)| to.fill(from[0])),
            (_, 1) => pixels.for_each(|(from, to)| to.copy_from_slice(&from[..3])),
            (1 | 2, _) => pixels.for_each(|(from, to)| to.fill(depth.level(self.wide(from)))),
            _ => pixels.for_each(|(from, to)| {
                for channel in 0..3 {
                    to[channel] = Depth::FULL.level(self.wide(&from[channel * 2..]));
                }
            }),
        }
    }
}

/// The 16-bit value that is shown as white.
///
/// Thermal and depth cameras put 10 to 14 bits into 16, which would be shown as black. Grey pictures that leave more
/// than the upper seven eighths of the range unused are therefore shown up to their brightest sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Depth {
    white: u32,
}

impl Depth {
    pub(crate) const FULL: Self = Self { white: 0xffff };

    /// The depth of a grey picture with this brightest sample.
    pub(crate) fn of_brightest(brightest: u16) -> Self {
        if brightest == 0 || brightest >= 0x2000 { Self::FULL } else { Self { white: u32::from(brightest) } }
    }

    #[inline]
    pub(crate) fn level(self, value: u16) -> u8 {
        ((u32::from(value) * 255 + self.white / 2) / self.white).min(255) as u8
    }
}
