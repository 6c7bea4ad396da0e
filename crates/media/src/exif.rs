//! What a picture's EXIF block says: orientation, time and place. Damaged blocks say nothing.

use std::io::{BufRead, Cursor, Seek, SeekFrom};

use exif::{DateTime, Exif, In, Rational, Tag, Value};
use image::metadata::Orientation;
use tiff::decoder::Decoder;
use tiff::tags::Tag as TiffTag;

use crate::limits::Limits;
use crate::sniff::MediaFormat;

/// The largest TIFF that is read into memory for its EXIF block.
const MAX_TIFF_BYTES: u64 = 64 << 20;

/// A time that a file's metadata states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedTime {
    /// Microseconds since 1970. UTC when `has_zone`; otherwise the camera's wall clock read as if it were UTC.
    pub micros: i64,
    /// Whether the file states the zone. Most cameras do not, and then the time may be off by up to 14 hours.
    pub has_zone: bool,
}

/// Where a picture was taken, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GpsPosition {
    /// Degrees north.
    pub latitude_degrees: f64,
    /// Degrees east.
    pub longitude_degrees: f64,
    /// Metres above the sea, when stated.
    pub altitude_m: Option<f64>,
}

/// What an EXIF block says, as far as Muster uses it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ExifFacts {
    /// How the stored picture becomes upright.
    pub orientation: Orientation,
    /// When the picture was taken.
    pub time: Option<RecordedTime>,
    /// Where it was taken.
    pub gps: Option<GpsPosition>,
}

impl Default for ExifFacts {
    fn default() -> Self {
        Self { orientation: Orientation::NoTransforms, time: None, gps: None }
    }
}

/// Reads the EXIF block of a JPEG, PNG, TIFF or WebP file. Without one, or with a damaged one, the picture is upright
/// as it is stored.
pub(crate) fn read(bytes: &[u8]) -> ExifFacts {
    parse(&mut Cursor::new(bytes))
}

/// Like [`read`], from a file of `format`. Of a TIFF above the limit for files in memory only the turn is read.
pub(crate) fn read_from(format: MediaFormat, reader: &mut (impl BufRead + Seek), limits: &Limits) -> ExifFacts {
    if format == MediaFormat::Tiff {
        let length = reader.seek(SeekFrom::End(0)).unwrap_or(0);
        if reader.seek(SeekFrom::Start(0)).is_err() {
            return ExifFacts::default();
        }
        if length > limits.max_image_bytes.min(MAX_TIFF_BYTES) {
            let turn = Decoder::new(reader)
                .ok()
                .and_then(|mut decoder| decoder.find_tag_unsigned(TiffTag::Orientation).ok()?);
            let orientation = turn.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms);
            return ExifFacts { orientation, ..ExifFacts::default() };
        }
    }
    parse(reader)
}

fn parse(reader: &mut (impl BufRead + Seek)) -> ExifFacts {
    let mut parser = exif::Reader::new();
    parser.continue_on_error(true);
    let parsed = parser.read_from_container(reader).or_else(|error| error.distill_partial_result(|_| ()));
    let Ok(exif) = parsed else { return ExifFacts::default() };
    ExifFacts { orientation: orientation(&exif), time: time(&exif), gps: gps(&exif) }
}

fn orientation(exif: &Exif) -> Orientation {
    exif.get_field(Tag::Orientation, In::PRIMARY)
        .and_then(|field| field.value.get_uint(0))
        .and_then(|value| u8::try_from(value).ok())
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms)
}

fn time(exif: &Exif) -> Option<RecordedTime> {
    const TAGS: [(Tag, Tag, Tag); 3] = [
        (Tag::DateTimeOriginal, Tag::SubSecTimeOriginal, Tag::OffsetTimeOriginal),
        (Tag::DateTimeDigitized, Tag::SubSecTimeDigitized, Tag::OffsetTimeDigitized),
        (Tag::DateTime, Tag::SubSecTime, Tag::OffsetTime),
    ];
    TAGS.iter().find_map(|(main, fraction, offset)| {
        let mut stated = DateTime::from_ascii(ascii(exif, *main)?).ok()?;
        // A fraction or an offset that cannot be read leaves the time itself as it is.
        if let Some(text) = ascii(exif, *fraction) {
            let _ = stated.parse_subsec(text);
        }
        if let Some(text) = ascii(exif, *offset) {
            let _ = stated.parse_offset(text);
        }
        recorded_time(&stated)
    })
}

fn recorded_time(stated: &DateTime) -> Option<RecordedTime> {
    let small = |value: u8| i8::try_from(value).ok();
    let civil = jiff::civil::DateTime::new(
        i16::try_from(stated.year).ok()?,
        small(stated.month)?,
        small(stated.day)?,
        small(stated.hour)?,
        small(stated.minute)?,
        // A leap second is written as 60 and has no place of its own on the UTC scale.
        small(stated.second.min(59))?,
        i32::try_from(stated.nanosecond.unwrap_or(0)).ok()?,
    )
    .ok()?;
    let wall_micros = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond();
    let offset_micros = i64::from(stated.offset.unwrap_or(0)) * 60_000_000;
    Some(RecordedTime { micros: wall_micros - offset_micros, has_zone: stated.offset.is_some() })
}

fn ascii(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.first().map(Vec::as_slice),
        _ => None,
    }
}

fn rationals(exif: &Exif, tag: Tag) -> Option<&[Rational]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(values) => Some(values),
        _ => None,
    }
}

fn gps(exif: &Exif) -> Option<GpsPosition> {
    let degrees = |tag, reference, negative: u8, bound: f64| {
        let [degrees, minutes, seconds] = rationals(exif, tag)? else { return None };
        let value = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
        let sign = if ascii(exif, reference)?.first() == Some(&negative) { -1.0 } else { 1.0 };
        (value.is_finite() && value <= bound).then_some(sign * value)
    };
    let altitude_m = rationals(exif, Tag::GPSAltitude).and_then(<[Rational]>::first).map(|value| {
        let below =
            exif.get_field(Tag::GPSAltitudeRef, In::PRIMARY).and_then(|field| field.value.get_uint(0)) == Some(1);
        if below { -value.to_f64() } else { value.to_f64() }
    });
    Some(GpsPosition {
        latitude_degrees: degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S', 90.0)?,
        longitude_degrees: degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W', 180.0)?,
        altitude_m: altitude_m.filter(|value| value.is_finite()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(offset: Option<i16>) -> DateTime {
        let mut time = DateTime::from_ascii(b"2026:11:20 17:30:05").unwrap();
        time.offset = offset;
        time
    }

    #[test]
    fn a_stated_zone_is_applied_and_a_missing_one_is_flagged() {
        let wall = recorded_time(&stated(None)).unwrap();
        assert_eq!(wall, RecordedTime { micros: 1_795_195_805_000_000, has_zone: false });
        let zoned = recorded_time(&stated(Some(120))).unwrap();
        assert_eq!(zoned, RecordedTime { micros: wall.micros - 7_200_000_000, has_zone: true });
    }

    #[test]
    fn an_impossible_date_is_no_time() {
        let mut time = stated(None);
        time.month = 13;
        assert_eq!(recorded_time(&time), None);
    }

    #[test]
    fn bytes_without_exif_are_upright() {
        assert_eq!(read(b"no picture at all"), ExifFacts::default());
    }
}
