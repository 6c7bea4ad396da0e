//! What a video's container says before anything is decoded.

use ffmpeg_next as ffmpeg;
use image::metadata::Orientation;

use crate::error::Result;
use crate::exif::RecordedTime;
use crate::limits::Limits;
use crate::picture::turned_size;

/// FFmpeg's `AV_NOPTS_VALUE`: the container does not say.
const NOT_STATED: i64 = i64::MIN;

/// Seconds a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeBase {
    /// Numerator.
    pub numerator: i32,
    /// Denominator; positive.
    pub denominator: i32,
}

impl TimeBase {
    /// Ticks in microseconds, rounded down.
    pub fn micros(self, ticks: i64) -> i64 {
        let scaled = i128::from(ticks) * i128::from(self.numerator) * 1_000_000;
        let micros = scaled.div_euclid(i128::from(self.denominator.max(1)));
        micros.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }
}

/// What a video's container says.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoHeader {
    /// Width of the upright frames.
    pub width_px: u32,
    /// Height of the upright frames.
    pub height_px: u32,
    /// The unit of every PTS.
    pub time_base: TimeBase,
    /// How long it lasts, when stated.
    pub duration_micros: Option<i64>,
    /// How many frames it has, as stated or as duration and rate suggest.
    pub frame_count_estimate: Option<u64>,
    /// When it was recorded, when stated; containers state UTC.
    pub recorded_time: Option<RecordedTime>,
    /// Width with square pixels, before it is turned upright.
    pub(crate) stored_width_px: u32,
    pub(crate) stored_height_px: u32,
    pub(crate) orientation: Orientation,
}

pub(super) fn read(
    name: &str,
    input: &ffmpeg::format::context::Input,
    stream_index: usize,
    decoder: &ffmpeg::decoder::Video,
    limits: &Limits,
) -> Result<VideoHeader> {
    let stream = input.stream(stream_index).expect("the stream was chosen from this container");
    let aspect = decoder.aspect_ratio();
    let stored_width_px = square_width(decoder.width(), aspect.numerator(), aspect.denominator());
    let stored_height_px = decoder.height();
    limits.check_pixels(name, u64::from(decoder.width()), u64::from(stored_height_px))?;
    limits.check_pixels(name, u64::from(stored_width_px), u64::from(stored_height_px))?;
    let orientation = stream
        .side_data()
        .find(|data| data.kind() == ffmpeg::codec::packet::side_data::Type::DisplayMatrix)
        .map_or(Orientation::NoTransforms, |data| display_orientation(data.data()));
    let (width_px, height_px) = turned_size(orientation, stored_width_px, stored_height_px);
    let duration_micros = Some(input.duration()).filter(|micros| *micros != NOT_STATED && *micros >= 0);
    let time_base = stream.time_base();
    Ok(VideoHeader {
        width_px,
        height_px,
        time_base: TimeBase { numerator: time_base.numerator(), denominator: time_base.denominator() },
        duration_micros,
        frame_count_estimate: frame_count(stream.frames(), stream.avg_frame_rate(), duration_micros),
        recorded_time: input.metadata().get("creation_time").and_then(recorded_time),
        stored_width_px,
        stored_height_px,
        orientation,
    })
}

fn frame_count(stated: i64, rate: ffmpeg::Rational, duration_micros: Option<i64>) -> Option<u64> {
    if stated > 0 {
        return u64::try_from(stated).ok();
    }
    let per_second = f64::from(rate);
    let frames = duration_micros? as f64 / 1e6 * per_second;
    (frames.is_finite() && frames >= 1.0).then(|| frames.round() as u64)
}

fn recorded_time(text: &str) -> Option<RecordedTime> {
    let time: jiff::Timestamp = text.parse().ok()?;
    // Cameras without a clock write the epoch of QuickTime (1904) or of Unix.
    (time.as_second() > 0).then_some(RecordedTime { micros: time.as_microsecond(), has_zone: true })
}

/// The width in square pixels. An aspect ratio of 0 says "unknown", and absurd ones are not believed.
fn square_width(width: u32, numerator: i32, denominator: i32) -> u32 {
    if numerator <= 0 || denominator <= 0 {
        return width;
    }
    let ratio = f64::from(numerator) / f64::from(denominator);
    if !(0.1..=10.0).contains(&ratio) {
        return width;
    }
    ((f64::from(width) * ratio).round() as u32).max(1)
}

/// A display matrix (ISO 14496-12 section 8.5.2: rows `a b u, c d v, x y w`, 16.16 fixed point, native byte order) as
/// one of the eight turns of a picture; other angles leave the picture as it is.
fn display_orientation(bytes: &[u8]) -> Orientation {
    let entry = |place: usize| {
        let value = bytes.get(place * 4..place * 4 + 4).map_or(0, |raw| i32::from_ne_bytes(raw.try_into().unwrap()));
        (value / 0x8000).signum()
    };
    match (entry(0), entry(1), entry(3), entry(4)) {
        (0, 1, -1, 0) => Orientation::Rotate90,
        (-1, 0, 0, -1) => Orientation::Rotate180,
        (0, -1, 1, 0) => Orientation::Rotate270,
        (-1, 0, 0, 1) => Orientation::FlipHorizontal,
        (1, 0, 0, -1) => Orientation::FlipVertical,
        (0, 1, 1, 0) => Orientation::Rotate90FlipH,
        (0, -1, -1, 0) => Orientation::Rotate270FlipH,
        _ => Orientation::NoTransforms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_matrix_becomes_a_turn() {
        const ONE: i32 = 0x1_0000;
        let check = |matrix: [i32; 4], expected| {
            let nine = [matrix[0], matrix[1], 0, matrix[2], matrix[3], 0, 0, 0, 0x4000_0000];
            let bytes: Vec<u8> = nine.iter().flat_map(|value: &i32| value.to_ne_bytes()).collect();
            assert_eq!(display_orientation(&bytes), expected, "{matrix:?}");
        };
        check([ONE, 0, 0, ONE], Orientation::NoTransforms);
        check([0, ONE, -ONE, 0], Orientation::Rotate90);
        check([-ONE, 0, 0, -ONE], Orientation::Rotate180);
        check([0, -ONE, ONE, 0], Orientation::Rotate270);
        check([-ONE, 0, 0, ONE], Orientation::FlipHorizontal);
        check([46_341, 46_341, -46_341, 46_341], Orientation::NoTransforms);
        assert_eq!(display_orientation(&[1, 2]), Orientation::NoTransforms);
    }

    #[test]
    fn a_sample_aspect_ratio_stretches_the_width() {
        assert_eq!(square_width(720, 16, 15), 768);
        assert_eq!(square_width(720, 0, 1), 720);
        assert_eq!(square_width(720, 1_000_000, 1), 720);
    }

    #[test]
    fn ticks_round_down() {
        let base = TimeBase { numerator: 1, denominator: 3 };
        assert_eq!((base.micros(1), base.micros(-1), base.micros(3)), (333_333, -333_334, 1_000_000));
    }
}
