//! Huffman tables of a JPEG (ITU T.81 annex C and F.2.2.3).

use std::io::{self, Read};

use super::bits::Bits;

/// Codes up to this length are looked up; longer ones are rare.
const QUICK_BITS: u32 = 10;

/// A decoding table.
#[derive(Clone)]
pub(super) struct Huffman {
    /// By the next bits: length of the code in the high byte, its symbol in the low one; 0 where the code is longer.
    quick: Vec<u16>,
    symbols: Vec<u8>,
    /// By length: one more than the largest code, left-aligned to 16 bits; and what to add to a code for its place.
    beyond: [u32; 17],
    offset: [i32; 17],
}

impl Huffman {
    /// A table from its numbers of codes by length and its symbols; `None` when they contradict each other.
    pub(super) fn new(counts: [u8; 16], symbols: Vec<u8>) -> Option<Self> {
        let mut table = Self { quick: vec![0; 1 << QUICK_BITS], symbols, beyond: [0; 17], offset: [0; 17] };
        let (mut code, mut place) = (0u32, 0usize);
        for length in 1..=16u32 {
            let count = usize::from(counts[length as usize - 1]);
            table.offset[length as usize] = place as i32 - code as i32;
            for _ in 0..count {
                let symbol = *table.symbols.get(place)?;
                if code >= 1 << length {
                    return None;
                }
                if length <= QUICK_BITS {
                    let first = (code << (QUICK_BITS - length)) as usize;
                    let entry = (length << 8) as u16 | u16::from(symbol);
                    table.quick[first..first + (1 << (QUICK_BITS - length))].fill(entry);
                }
                (code, place) = (code + 1, place + 1);
            }
            table.beyond[length as usize] = code << (16 - length);
            code <<= 1;
        }
        (place == table.symbols.len()).then_some(table)
    }

    /// The next symbol; `None` when the bits are no code.
    #[inline]
    pub(super) fn symbol<R: Read>(&self, bits: &mut Bits<R>) -> io::Result<Option<u8>> {
        let ahead = bits.peek16()?;
        let entry = self.quick[usize::from(ahead >> (16 - QUICK_BITS))];
        if entry != 0 {
            bits.take(u32::from(entry >> 8));
            return Ok(Some(entry as u8));
        }
        for length in QUICK_BITS + 1..=16 {
            if u32::from(ahead) < self.beyond[length as usize] {
                bits.take(length);
                let place = i32::from(ahead >> (16 - length)) + self.offset[length as usize];
                return Ok(usize::try_from(place).ok().and_then(|place| self.symbols.get(place)).copied());
            }
        }
        Ok(None)
    }
}
