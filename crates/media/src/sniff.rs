//! Tells what a file is from its first bytes; a name's ending proves nothing.

use crate::series::{is_time_name, separator};

/// How many bytes [`sniff`] looks at.
pub(crate) const HEAD_BYTES: usize = 512;

/// What an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// One picture.
    Image,
    /// Pictures over time.
    Video,
    /// Sensor values over time.
    Series,
}

/// A file format that is told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a format's name says all that there is to say")]
pub enum MediaFormat {
    Jpeg,
    Png,
    WebP,
    Tiff,
    Bmp,
    Gif,
    Mp4,
    QuickTime,
    Matroska,
    Avi,
    MpegTs,
    MpegPs,
    Ogg,
    Flv,
    Asf,
    Parquet,
    Csv,
}

impl MediaFormat {
    /// What an asset of this format is.
    pub fn kind(self) -> MediaKind {
        match self {
            Self::Jpeg | Self::Png | Self::WebP | Self::Tiff | Self::Bmp | Self::Gif => MediaKind::Image,
            Self::Parquet | Self::Csv => MediaKind::Series,
            _ => MediaKind::Video,
        }
    }

    /// The IANA media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Gif => "image/gif",
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::Matroska => "video/matroska",
            Self::Avi => "video/vnd.avi",
            Self::MpegTs => "video/mp2t",
            Self::MpegPs => "video/mpeg",
            Self::Ogg => "video/ogg",
            Self::Flv => "video/x-flv",
            Self::Asf => "video/x-ms-asf",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Csv => "text/csv",
        }
    }

    /// The format that the `image` crate decodes, for pictures.
    pub(crate) fn image_format(self) -> Option<image::ImageFormat> {
        Some(match self {
            Self::Jpeg => image::ImageFormat::Jpeg,
            Self::Png => image::ImageFormat::Png,
            Self::WebP => image::ImageFormat::WebP,
            Self::Tiff => image::ImageFormat::Tiff,
            Self::Bmp => image::ImageFormat::Bmp,
            Self::Gif => image::ImageFormat::Gif,
            _ => return None,
        })
    }
}

/// The format that these first bytes of a file announce; 512 bytes are enough. `None` when it is none that Muster
/// reads (HEIF and AVIF among them).
pub fn sniff(head: &[u8]) -> Option<MediaFormat> {
    const PREFIXES: [(&[u8], MediaFormat); 14] = [
        (b"\xff\xd8\xff", MediaFormat::Jpeg),
        (b"\x89PNG\r\n\x1a\n", MediaFormat::Png),
        (b"II*\0", MediaFormat::Tiff),
        (b"MM\0*", MediaFormat::Tiff),
        (b"II+\0", MediaFormat::Tiff),
        (b"MM\0+", MediaFormat::Tiff),
        (b"GIF87a", MediaFormat::Gif),
        (b"GIF89a", MediaFormat::Gif),
        (b"\x1a\x45\xdf\xa3", MediaFormat::Matroska),
        (b"OggS", MediaFormat::Ogg),
        (b"FLV\x01", MediaFormat::Flv),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", MediaFormat::Asf),
        (b"\0\0\x01\xba", MediaFormat::MpegPs),
        (b"PAR1", MediaFormat::Parquet),
    ];
    if let Some((_, format)) = PREFIXES.iter().find(|(prefix, _)| head.starts_with(prefix)) {
        return Some(*format);
    }
    let brand = head.get(8..12);
    if head.starts_with(b"RIFF") {
        return match brand? {
            b"WEBP" => Some(MediaFormat::WebP),
            b"AVI " => Some(MediaFormat::Avi),
            _ => None,
        };
    }
    match head.get(4..8) {
        Some(b"ftyp") => return iso_brand(brand?),
        Some(b"moov" | b"mdat" | b"wide" | b"free" | b"skip") => return Some(MediaFormat::QuickTime),
        _ => {}
    }
    if head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4]) {
        return Some(MediaFormat::Bmp);
    }
    let is_ts = head.len() > 188 && head.iter().step_by(188).all(|byte| *byte == 0x47);
    if is_ts {
        return Some(MediaFormat::MpegTs);
    }
    is_series_table(head).then_some(MediaFormat::Csv)
}

/// Whether these are the first lines of a table with a column of times and a line of numbers. Other tables, lists of
/// labels among them, are no sensor's values.
fn is_series_table(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let (Some(titles), Some(first)) = (lines.next(), lines.next()) else { return false };
    let separator = char::from(separator(titles.as_bytes()));
    let cells = |line: &str| -> Vec<String> {
        line.trim_start_matches('\u{feff}')
            .split(separator)
            .map(|cell| cell.trim().trim_matches('"').to_owned())
            .collect()
    };
    let (titles, first) = (cells(titles), cells(first));
    let numbers = || first.iter().filter(|cell| cell.parse::<f64>().is_ok()).count();
    titles.len() > 1
        && titles.iter().all(|title| !title.is_empty() && title.parse::<f64>().is_err())
        && titles.iter().any(|title| is_time_name(title))
        && numbers() > 0
}

fn iso_brand(brand: &[u8]) -> Option<MediaFormat> {
    match brand {
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"avif" | b"avis" | b"crx " => {
            None
        }
        b"qt  " => Some(MediaFormat::QuickTime),
        _ => Some(MediaFormat::Mp4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let check = |head: &[u8], expected| assert_eq!(sniff(head), expected, "{head:?}");
        check(b"\xff\xd8\xff\xe0\0\x10JFIF", Some(MediaFormat::Jpeg));
        check(b"RIFF\x10\0\0\0WEBPVP8 ", Some(MediaFormat::WebP));
        check(b"RIFF\x10\0\0\0AVI LIST", Some(MediaFormat::Avi));
        check(b"RIFF\x10\0\0\0WAVEfmt ", None);
        check(b"\0\0\0\x20ftypisom", Some(MediaFormat::Mp4));
        check(b"\0\0\0\x14ftypqt  ", Some(MediaFormat::QuickTime));
        check(b"\0\0\0\x18ftypheic", None);
        check(b"BM\x36\0\0\0\0\0\0\0\x36", Some(MediaFormat::Bmp));
        check(b"BMW drives on", None);
        check(b"just some words", None);
        check(b"time_s,speed [m/s]\n0.0,1.5\n", Some(MediaFormat::Csv));
        check(b"filename,width,class\na.jpg,640,cat\n", None);
        check(b"RIFF", None);
        check(b"", None);
    }
}
