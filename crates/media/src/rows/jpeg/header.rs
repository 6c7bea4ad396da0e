//! The header of a JPEG up to its first scan (ITU T.81 annex B).

use std::io::{self, Read};

use super::bits::Bits;
use super::huffman::Huffman;

/// From the order of the stream to row by row (T.81 figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Why a JPEG is not read row by row.
#[derive(Debug)]
pub(super) enum Refusal {
    Io(io::Error),
    /// It breaks the rules.
    Damaged(&'static str),
    /// It is of a kind (progressive, arithmetic, CMYK, 12 bits, separate scans) whose rows do not come in order.
    OtherKind,
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// One colour component.
pub(super) struct Component {
    id: u8,
    pub(super) horizontal: usize,
    pub(super) vertical: usize,
    pub(super) quantiser: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// What stands before the first scan.
pub(super) struct Header {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
    pub(super) quantisers: [Option<[i32; 64]>; 4],
    pub(super) dc: [Option<Huffman>; 4],
    pub(super) ac: [Option<Huffman>; 4],
    pub(super) restart_interval: u32,
    /// The three components are red, green and blue as they stand.
    pub(super) is_rgb: bool,
}

/// Reads up to and with the header of the first scan.
pub(super) fn read<R: Read>(bits: &mut Bits<R>) -> Result<Header, Refusal> {
    if bits.word()? != 0xffd8 {
        return Err(Refusal::Damaged("it does not start as a JPEG"));
    }
    let mut header = Header {
        width: 0,
        height: 0,
        components: Vec::new(),
        quantisers: [None; 4],
        dc: [const { None }; 4],
        ac: [const { None }; 4],
        restart_interval: 0,
        is_rgb: false,
    };
    let mut adobe = None;
    loop {
        let marker = bits.next_marker()?;
        if matches!(marker, 0x01 | 0xd0..=0xd7) {
            continue;
        }
        let length = usize::from(bits.word()?).checked_sub(2).ok_or(Refusal::Damaged("a segment has no length"))?;
        match marker {
            0xc0 | 0xc1 => frame(bits, &mut header, length)?,
            0xc2 | 0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf if marker != 0xcc => return Err(Refusal::OtherKind),
            0xc4 => huffman(bits, &mut header, length)?,
            0xdb => quantisers(bits, &mut header, length)?,
            0xdd => {
                header.restart_interval = u32::from(bits.word()?);
                bits.skip(length.saturating_sub(2))?;
            }
            0xda => {
                scan(bits, &mut header, length)?;
                header.is_rgb = adobe == Some(0) || header.components.iter().map(|c| c.id).eq(*b"RGB");
                return Ok(header);
            }
            0xee if length >= 12 => {
                let mut segment = Vec::with_capacity(12);
                for _ in 0..12 {
                    segment.push(bits.byte()?);
                }
                bits.skip(length - 12)?;
                if segment.starts_with(b"Adobe") {
                    adobe = Some(segment[11]);
                }
            }
            0xd9 => return Err(Refusal::Damaged("it ends before its picture")),
            _ => bits.skip(length)?,
        }
    }
}

fn frame<R: Read>(bits: &mut Bits<R>, header: &mut Header, length: usize) -> Result<(), Refusal> {
    if bits.byte()? != 8 {
        return Err(Refusal::OtherKind);
    }
    header.height = usize::from(bits.word()?);
    header.width = usize::from(bits.word()?);
    let count = usize::from(bits.byte()?);
    if !header.components.is_empty() || length != 6 + 3 * count || header.width == 0 || header.height == 0 {
        return Err(Refusal::Damaged("its frame header is wrong"));
    }
    if !matches!(count, 1 | 3) {
        return Err(Refusal::OtherKind);
    }
    for _ in 0..count {
        let (id, sampling, quantiser) = (bits.byte()?, bits.byte()?, usize::from(bits.byte()?));
        let (horizontal, vertical) = (usize::from(sampling >> 4), usize::from(sampling & 15));
        if !(1..=4).contains(&horizontal) || !(1..=4).contains(&vertical) || quantiser > 3 {
            return Err(Refusal::Damaged("its sampling is wrong"));
        }
        header.components.push(Component { id, horizontal, vertical, quantiser, dc: 0, ac: 0 });
    }
    if count == 1 {
        // The blocks of a single component are never interleaved, whatever its sampling says (T.81 A.2.2).
        (header.components[0].horizontal, header.components[0].vertical) = (1, 1);
    }
    Ok(())
}

fn quantisers<R: Read>(bits: &mut Bits<R>, header: &mut Header, mut length: usize) -> Result<(), Refusal> {
    while length > 0 {
        let kind = bits.byte()?;
        let wide = kind >> 4 != 0;
        let bytes = 1 + if wide { 128 } else { 64 };
        if length < bytes || kind & 15 > 3 {
            return Err(Refusal::Damaged("a quantisation table is wrong"));
        }
        let mut table = [0; 64];
        for place in ZIGZAG {
            table[usize::from(place)] = i32::from(if wide { bits.word()? } else { u16::from(bits.byte()?) });
        }
        header.quantisers[usize::from(kind & 15)] = Some(table);
        length -= bytes;
    }
    Ok(())
}

fn huffman<R: Read>(bits: &mut Bits<R>, header: &mut Header, mut length: usize) -> Result<(), Refusal> {
    let wrong = Refusal::Damaged("a Huffman table is wrong");
    while length > 0 {
        let kind = bits.byte()?;
        let mut counts = [0; 16];
        for count in &mut counts {
            *count = bits.byte()?;
        }
        let total = counts.iter().map(|count| usize::from(*count)).sum::<usize>();
        if length < 17 + total || total > 256 || kind & 15 > 3 || kind >> 4 > 1 {
            return Err(wrong);
        }
        let mut symbols = Vec::with_capacity(total);
        for _ in 0..total {
            symbols.push(bits.byte()?);
        }
        let Some(table) = Huffman::new(counts, symbols) else { return Err(wrong) };
        let tables = if kind >> 4 == 0 { &mut header.dc } else { &mut header.ac };
        tables[usize::from(kind & 15)] = Some(table);
        length -= 17 + total;
    }
    Ok(())
}

fn scan<R: Read>(bits: &mut Bits<R>, header: &mut Header, length: usize) -> Result<(), Refusal> {
    let count = usize::from(bits.byte()?);
    if length != 4 + 2 * count {
        return Err(Refusal::Damaged("its scan header is wrong"));
    }
    if header.components.is_empty() {
        return Err(Refusal::Damaged("a scan stands before the frame"));
    }
    if count != header.components.len() {
        return Err(Refusal::OtherKind);
    }
    for place in 0..count {
        let (id, tables) = (bits.byte()?, bits.byte()?);
        let component = &mut header.components[place];
        if component.id != id {
            return Err(Refusal::OtherKind);
        }
        (component.dc, component.ac) = (usize::from(tables >> 4), usize::from(tables & 15));
        let known = component.dc < 4
            && component.ac < 4
            && header.dc[component.dc].is_some()
            && header.ac[component.ac].is_some()
            && header.quantisers[component.quantiser].is_some();
        if !known {
            return Err(Refusal::Damaged("a scan uses a table that is missing"));
        }
    }
    bits.skip(3)?;
    Ok(())
}
