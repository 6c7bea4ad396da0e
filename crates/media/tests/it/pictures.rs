//! Every image format comes out upright, with its facts.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use muster_media::{
    Limits, MediaKind, RgbImage, decode_upright, encode_jpeg, probe_bytes, probe_path, thumbnail, thumbnail_path,
    upright_jpeg,
};

use crate::{corners, test_data};

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG with an EXIF block that holds these big-endian IFD0 entries (tag, type, count, value or offset) and `tail`.
fn with_exif(jpeg: &[u8], entries: &[(u16, u16, u32, [u8; 4])], tail: &[u8]) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08".to_vec();
    tiff.extend((entries.len() as u16).to_be_bytes());
    for (tag, kind, count, value) in entries {
        tiff.extend(tag.to_be_bytes());
        tiff.extend(kind.to_be_bytes());
        tiff.extend(count.to_be_bytes());
        tiff.extend(value);
    }
    tiff.extend([0; 4]);
    tiff.extend(tail);
    let mut segment = b"Exif\0\0".to_vec();
    segment.extend(tiff);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend((segment.len() as u16 + 2).to_be_bytes());
    bytes.extend(segment);
    bytes.extend(&jpeg[2..]);
    bytes
}

fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    with_exif(jpeg, &[(0x0112, 3, 1, [0, orientation, 0, 0])], &[])
}

/// The colours of the four corners: upper left, upper right, lower left, lower right.
fn corner_colours(picture: &RgbImage) -> [char; 4] {
    let (right, bottom) = (picture.width() - 3, picture.height() - 3);
    [(2, 2), (right, 2), (2, bottom), (right, bottom)].map(|(x, y)| {
        let [red, green, blue] = picture.get_pixel(x, y).0.map(|value| value > 128);
        match (red, green, blue) {
            (true, true, true) => 'w',
            (true, false, false) => 'r',
            (false, true, false) => 'g',
            (false, false, true) => 'b',
            _ => '?',
        }
    })
}

#[test]
fn all_eight_exif_orientations_come_out_upright() {
    let limits = Limits::default();
    let jpeg = encode_jpeg("corners", &corners(64, 32), 95).unwrap();
    // What a viewer shows of a picture whose stored corners are r g / b w.
    let expected = [
        (1, ['r', 'g', 'b', 'w']),
        (2, ['g', 'r', 'w', 'b']),
        (3, ['w', 'b', 'g', 'r']),
        (4, ['b', 'w', 'r', 'g']),
        (5, ['r', 'b', 'g', 'w']),
        (6, ['b', 'r', 'w', 'g']),
        (7, ['w', 'g', 'b', 'r']),
        (8, ['g', 'w', 'r', 'b']),
    ];
    for (orientation, colours) in expected {
        let bytes = oriented(&jpeg, orientation);
        let size = if orientation < 5 { (64, 32) } else { (32, 64) };
        let upright = decode_upright("corners.jpg", &bytes, &limits).unwrap();
        assert_eq!(upright.dimensions(), size, "orientation {orientation}");
        assert_eq!(corner_colours(&upright), colours, "orientation {orientation}");
        let probe = probe_bytes("corners.jpg", &bytes, &limits).unwrap();
        assert_eq!((probe.width_px, probe.height_px), (Some(size.0), Some(size.1)));
        let small = thumbnail("corners.jpg", &bytes, 16, &limits).unwrap();
        assert_eq!(small.width_px.max(small.height_px), 16);
        let small = decode_upright("thumbnail", &small.jpeg, &limits).unwrap();
        assert_eq!(corner_colours(&small), colours, "thumbnail of orientation {orientation}");
        let shown = upright_jpeg("corners.jpg", &bytes, &limits).unwrap();
        assert_eq!(orientation == 1, shown.as_ref() == bytes, "only an upright JPEG passes through");
        assert_eq!(corner_colours(&decode_upright("shown", &shown, &limits).unwrap()), colours);
    }
}

#[test]
fn every_format_and_depth_decodes_to_the_same_picture() {
    let limits = Limits::default();
    let picture = corners(48, 36);
    let rgb = DynamicImage::ImageRgb8(picture.clone());
    let cases = [
        ("8-bit PNG", encoded(&rgb, ImageFormat::Png), "image/png"),
        ("16-bit PNG", encoded(&DynamicImage::ImageRgb16(rgb.to_rgb16()), ImageFormat::Png), "image/png"),
        ("PNG with alpha", encoded(&DynamicImage::ImageRgba8(rgb.to_rgba8()), ImageFormat::Png), "image/png"),
        ("WebP", encoded(&rgb, ImageFormat::WebP), "image/webp"),
        ("TIFF", encoded(&rgb, ImageFormat::Tiff), "image/tiff"),
        ("BMP", encoded(&rgb, ImageFormat::Bmp), "image/bmp"),
        ("GIF", encoded(&DynamicImage::ImageRgba8(rgb.to_rgba8()), ImageFormat::Gif), "image/gif"),
    ];
    for (what, bytes, media_type) in cases {
        let decoded = decode_upright(what, &bytes, &limits).unwrap();
        assert_eq!(decoded.dimensions(), (48, 36), "{what}");
        assert_eq!(corner_colours(&decoded), ['r', 'g', 'b', 'w'], "{what}");
        if what != "GIF" {
            assert_eq!(decoded, picture, "{what} is lossless");
        }
        let probe = probe_bytes(what, &bytes, &limits).unwrap();
        assert_eq!((probe.kind, probe.media_type), (MediaKind::Image, media_type));
        assert_eq!((probe.width_px, probe.height_px), (Some(48), Some(36)), "{what}");
        let shown = upright_jpeg(what, &bytes, &limits).unwrap();
        assert!(shown.starts_with(b"\xff\xd8"), "{what} is shown as JPEG");
    }
    let grey = DynamicImage::ImageLuma16(rgb.to_luma16());
    let decoded = decode_upright("16-bit grey", &encoded(&grey, ImageFormat::Png), &limits).unwrap();
    assert_eq!(decoded, DynamicImage::ImageLuma8(grey.to_luma8()).to_rgb8());
    let grey_jpeg = encoded(&DynamicImage::ImageLuma8(rgb.to_luma8()), ImageFormat::Jpeg);
    let decoded = decode_upright("grey JPEG", &grey_jpeg, &limits).unwrap();
    assert!(decoded.pixels().all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
}

#[test]
fn exif_time_and_place_are_read_and_a_missing_zone_is_flagged() {
    let jpeg = encode_jpeg("corners", &corners(16, 16), 90).unwrap();
    // IFD0 holds DateTime at offset 8 + 2 + 2 * 12 + 4 = 38 and a pointer to a GPS IFD behind it.
    let mut tail = b"2026:11:20 17:30:05\0".to_vec();
    let gps_at = 38 + tail.len() as u32;
    let values_at = gps_at + 2 + 4 * 12 + 4;
    tail.extend(4u16.to_be_bytes());
    for (tag, kind, count, value) in [
        (1u16, 2u16, 2u32, *b"S\0\0\0"),
        (2, 5, 3, values_at.to_be_bytes()),
        (3, 2, 2, *b"E\0\0\0"),
        (4, 5, 3, (values_at + 24).to_be_bytes()),
    ] {
        tail.extend(tag.to_be_bytes());
        tail.extend(kind.to_be_bytes());
        tail.extend(count.to_be_bytes());
        tail.extend(value);
    }
    tail.extend([0; 4]);
    for (numerator, denominator) in [(33u32, 1u32), (30, 1), (0, 1), (151, 1), (12, 1), (36, 1)] {
        tail.extend(numerator.to_be_bytes());
        tail.extend(denominator.to_be_bytes());
    }
    let entries = [(0x0132, 2, 20, 38u32.to_be_bytes()), (0x8825, 4, 1, gps_at.to_be_bytes())];
    let probe = probe_bytes("dated.jpg", &with_exif(&jpeg, &entries, &tail), &Limits::default()).unwrap();
    let time = probe.recorded_time.unwrap();
    assert_eq!((time.micros, time.has_zone), (1_795_195_805_000_000, false));
    let gps = probe.gps.unwrap();
    assert_eq!((gps.latitude_degrees, gps.altitude_m), (-33.5, None));
    assert!((gps.longitude_degrees - 151.21).abs() < 1e-9);
}

#[test]
fn real_photos_probe_decode_and_shrink() {
    let Some(folder) = test_data("photos/street128/images") else { return };
    let limits = Limits::default();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().take(24) {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).unwrap();
        let probe = probe_path(path, &limits).unwrap();
        let picture = decode_upright(&name, &bytes, &limits).unwrap();
        assert_eq!((probe.width_px, probe.height_px), (Some(picture.width()), Some(picture.height())), "{name}");
        let small = thumbnail_path(path, 256, &limits).unwrap();
        assert_eq!(small.width_px.max(small.height_px), 256, "{name}");
        let small = decode_upright(&name, &small.jpeg, &limits).unwrap();
        let exact = muster_media::resize(&picture, small.width(), small.height());
        let difference: u64 = small.as_raw().iter().zip(exact.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = difference as f64 / small.as_raw().len() as f64;
        assert!(mean < 9.0, "{name}: the thumbnail differs from the picture by {mean:.1} levels");
    }
}
