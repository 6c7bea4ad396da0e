//! The wire between `muster-edge` and its child `muster-edge-av`: decoded frames over a pipe.
//!
//! The child alone links a decoder, so that a hostile file can crash a decoder and never the agent. What it writes to
//! its standard output is a sequence of replies; nothing else is ever written there. A reply is
//!
//! ```text
//! one line of JSON (a FrameReply, at most MAX_HEADER_BYTES) + '\n'
//! jpeg_bytes bytes: the picture as JPEG       (only for a frame)
//! gray_bytes bytes: gray_width × gray_height 8-bit grey values, rows from the top, no padding   (only for a frame)
//! ```
//!
//! `muster-edge-av decode` writes the frames of one source in order and then closes its output: exit code 0 says that
//! the source was read to its end, anything else that it was not (the reason is on standard error). With
//! `muster-edge-av serve` the agent writes one path a line to the child's standard input and reads one reply a line;
//! the end of standard input ends the child with exit code 0.

use serde::{Deserialize, Serialize};

/// The longest header line that a reader has to accept, with its newline.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;

/// The largest picture that a reader has to accept.
pub const MAX_JPEG_BYTES: u64 = 256 * 1024 * 1024;

/// The header line of one reply. A frame has `index`, an error has `error`; the two never mix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FrameReply {
    /// A frame; its pictures follow.
    Frame(FrameHeader),
    /// This picture could not be read; nothing follows, and the next reply is for the next picture.
    Failed(FrameFailure),
}

/// What is said about a frame before its bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameHeader {
    /// The frame's place in decoder output order, from 0; for photos their place in the source.
    pub index: u64,
    /// The presentation time in ticks of `time_base`; absent where the file has none (photos).
    pub pts: Option<i64>,
    /// Seconds a tick as numerator and denominator; `[1, 1000000]` for photos.
    pub time_base: [i32; 2],
    /// Microseconds since the start of the source: from the PTS for video, `index / rate` for photos.
    pub captured_offset_micros: i64,
    /// The width of the upright picture, in pixels.
    pub width_px: u32,
    /// The height of the upright picture, in pixels.
    pub height_px: u32,
    /// How many bytes of JPEG follow the header line.
    pub jpeg_bytes: u64,
    /// True when the JPEG is the file's own bytes (with its EXIF), false when this process encoded it.
    pub original: bool,
    /// The width of the grey picture that motion is computed on.
    pub gray_width: u32,
    /// The height of the grey picture.
    pub gray_height: u32,
    /// How many grey bytes follow the JPEG: `gray_width * gray_height`.
    pub gray_bytes: u64,
    /// The file's name without its folder: the photo's, or the video's.
    pub name: String,
}

/// Why a picture could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameFailure {
    /// What happened, to which file.
    pub error: String,
    /// The file's name without its folder.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_survives_its_line_and_the_two_kinds_stay_apart() {
        let frame = FrameReply::Frame(FrameHeader {
            index: 7,
            pts: Some(3584),
            time_base: [1, 12800],
            captured_offset_micros: 280_000,
            width_px: 768,
            height_px: 576,
            jpeg_bytes: 51_234,
            original: false,
            gray_width: 64,
            gray_height: 48,
            gray_bytes: 3072,
            name: "vtest.avi".into(),
        });
        let failed = FrameReply::Failed(FrameFailure { error: "cannot read x.jpg".into(), name: "x.jpg".into() });
        for reply in [frame, failed] {
            let line = serde_json::to_string(&reply).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<FrameReply>(&line).unwrap(), reply);
        }
    }
}
