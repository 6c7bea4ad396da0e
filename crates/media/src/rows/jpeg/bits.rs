//! Bits of the entropy-coded part of a JPEG (ITU T.81 annex F.2.2.5), read from a stream through a small buffer.

use std::io::{self, Read};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 64 << 10;

/// Reads bytes, and bits without the stuffed zeros.
pub(super) struct Bits<R> {
    reader: R,
    buffer: Vec<u8>,
    at: usize,
    length: usize,
    /// Bits that were read and not taken, left-aligned.
    window: u64,
    held: u32,
    /// The marker that ended the entropy-coded bytes.
    marker: Option<u8>,
    /// Zero bits that were made up behind the marker or the end.
    invented: u32,
    ended: bool,
}

impl<R: Read> Bits<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER_BYTES],
            at: 0,
            length: 0,
            window: 0,
            held: 0,
            marker: None,
            invented: 0,
            ended: false,
        }
    }

    /// One byte outside the entropy-coded part.
    pub(super) fn byte(&mut self) -> io::Result<u8> {
        if self.at == self.length && !self.more()? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += 1;
        Ok(self.buffer[self.at - 1])
    }

    pub(super) fn word(&mut self) -> io::Result<u16> {
        Ok(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    pub(super) fn skip(&mut self, bytes: usize) -> io::Result<()> {
        for _ in 0..bytes {
            self.byte()?;
        }
        Ok(())
    }

    fn more(&mut self) -> io::Result<bool> {
        loop {
            match self.reader.read(&mut self.buffer) {
                Ok(read) => {
                    (self.at, self.length) = (0, read);
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Holds at least 48 bits, of which those behind the end are zero.
    #[inline]
    fn fill(&mut self) -> io::Result<()> {
        while self.held <= 56 {
            let byte = if self.marker.is_some() || self.ended {
                self.invented += 8;
                0
            } else {
                self.entropy_byte()?
            };
            self.window |= u64::from(byte) << (56 - self.held);
            self.held += 8;
        }
        Ok(())
    }

    fn entropy_byte(&mut self) -> io::Result<u8> {
        let byte = match self.byte() {
            Ok(byte) => byte,
            Err(error) => return self.end(error),
        };
        if byte != 0xff {
            return Ok(byte);
        }
        loop {
            match self.byte() {
                Ok(0) => return Ok(0xff),
                // Fill bytes may stand before a marker.
                Ok(0xff) => {}
                Ok(marker) => {
                    self.marker = Some(marker);
                    self.invented += 8;
                    return Ok(0);
                }
                Err(error) => return self.end(error),
            }
        }
    }

    fn end(&mut self, error: io::Error) -> io::Result<u8> {
        if error.kind() != io::ErrorKind::UnexpectedEof {
            return Err(error);
        }
        self.ended = true;
        self.invented += 8;
        Ok(0)
    }

    /// The next 16 bits, not yet taken.
    #[inline]
    pub(super) fn peek16(&mut self) -> io::Result<u16> {
        if self.held < 32 {
            self.fill()?;
        }
        Ok((self.window >> 48) as u16)
    }

    #[inline]
    pub(super) fn take(&mut self, count: u32) {
        self.window <<= count;
        self.held -= count;
    }

    /// Up to 16 bits as T.81's EXTEND reads them (table F.1). At least 16 bits are held after a `peek16` and the code
    /// that was taken from it.
    #[inline]
    pub(super) fn signed(&mut self, count: u32) -> i32 {
        if count == 0 {
            return 0;
        }
        let value = (self.window >> (64 - count)) as i32;
        self.take(count);
        if value < 1 << (count - 1) { value - (1 << count) + 1 } else { value }
    }

    /// Whether more bits were taken than the file has.
    pub(super) fn overran(&self) -> bool {
        self.invented > self.held
    }

    /// Whether the bytes ended without a marker.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Drops the bits that are left before a marker and gives the marker.
    pub(super) fn next_marker(&mut self) -> io::Result<u8> {
        (self.window, self.held, self.invented) = (0, 0, 0);
        if let Some(marker) = self.marker.take() {
            return Ok(marker);
        }
        loop {
            while self.byte()? != 0xff {}
            let mut marker = self.byte()?;
            while marker == 0xff {
                marker = self.byte()?;
            }
            if marker != 0 {
                return Ok(marker);
            }
        }
    }
}
