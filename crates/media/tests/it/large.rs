//! Pictures row by row: tiles, crops and thumbnails equal those of the picture decoded whole.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma};
use muster_domain::geometry::BoundingBox;
use muster_media::{
    Limits, MediaError, RgbImage, TILE_PX, TileGrid, crops, decode_reduced, decode_reduced_path, decode_upright,
    probe_path, resize, thumbnail_path, thumbnails, tile_picture,
};
use turbojpeg::{Compressor, PixelFormat, Subsamp};

/// Smooth colours with an edge here and there, so that a displaced tile shows.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let stripe = if (x / 97 + y / 61) % 2 == 0 { 40 } else { 0 };
        image::Rgb([
            (f64::from(x) / f64::from(width) * 200.0) as u8 + stripe,
            (f64::from(y) / f64::from(height) * 200.0) as u8 + stripe,
            (f64::from(x + y) / 400.0).sin().mul_add(60.0, 100.0) as u8,
        ])
    })
}

fn jpeg(picture: &RgbImage, sampling: Subsamp, progressive: bool) -> Vec<u8> {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(95).unwrap();
    compressor.set_subsamp(sampling).unwrap();
    compressor.set_progressive(progressive).unwrap();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.as_raw().as_slice();
    let image = turbojpeg::Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB };
    compressor.compress_to_vec(image).unwrap()
}

/// Adds an EXIF block with this orientation to a JPEG.
fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend(b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    bytes.extend([orientation, 0, 0, 0, 0, 0, 0]);
    bytes.extend(&jpeg[2..]);
    bytes
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The mean difference of two pictures of one size, in levels.
fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let sum: u64 = one.iter().zip(other.iter()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
    sum as f64 / one.len() as f64
}

/// The tiles of a file, put together again level by level.
fn assembled(path: &Path) -> (TileGrid, Vec<RgbImage>) {
    let mut tiles = BTreeMap::new();
    let grid = tile_picture(path, &Limits::default(), |tile| {
        let again = tiles.insert((tile.level, tile.x, tile.y), tile.jpeg);
        assert!(again.is_none(), "a tile came twice");
        ControlFlow::Continue(())
    });
    let grid = grid.unwrap().unwrap();
    let expected: usize = (0..grid.levels).map(|level| grid.tiles(level)).map(|(x, y)| (x * y) as usize).sum();
    assert_eq!(tiles.len(), expected);
    let levels = (0..grid.levels).map(|level| {
        let edge = |full: u32| full.div_ceil(1 << level);
        let mut whole = RgbImage::new(edge(grid.width_px), edge(grid.height_px));
        for ((_, x, y), bytes) in tiles.iter().filter(|((at, _, _), _)| *at == level) {
            let tile = decode_upright("tile", bytes, &Limits::default()).unwrap();
            let size = |whole: u32, place: u32| TILE_PX.min(whole - place * TILE_PX);
            assert_eq!(tile.dimensions(), (size(whole.width(), *x), size(whole.height(), *y)));
            image::imageops::replace(&mut whole, &tile, i64::from(x * TILE_PX), i64::from(y * TILE_PX));
        }
        whole
    });
    let levels = levels.collect();
    (grid, levels)
}

#[test]
fn tiles_of_every_format_put_together_are_the_picture() {
    let folder = tempfile::tempdir().unwrap();
    let picture = scene(1301, 1107);
    let rgb = DynamicImage::ImageRgb8(picture.clone());
    let cases = [
        ("444.jpg", jpeg(&picture, Subsamp::None, false)),
        ("422.jpg", jpeg(&picture, Subsamp::Sub2x1, false)),
        ("420.jpg", jpeg(&picture, Subsamp::Sub2x2, false)),
        ("440.jpg", jpeg(&picture, Subsamp::Sub1x2, false)),
        ("411.jpg", jpeg(&picture, Subsamp::Sub4x1, false)),
        ("grey.jpg", jpeg(&picture, Subsamp::Gray, false)),
        ("progressive.jpg", jpeg(&picture, Subsamp::Sub2x2, true)),
        ("8.png", encoded(&rgb, ImageFormat::Png)),
        ("16.png", encoded(&DynamicImage::ImageRgb16(rgb.to_rgb16()), ImageFormat::Png)),
        ("alpha.png", encoded(&DynamicImage::ImageRgba8(rgb.to_rgba8()), ImageFormat::Png)),
        ("8.tif", encoded(&rgb, ImageFormat::Tiff)),
        ("16.tif", encoded(&DynamicImage::ImageRgb16(rgb.to_rgb16()), ImageFormat::Tiff)),
        ("a.bmp", encoded(&rgb, ImageFormat::Bmp)),
        ("a.webp", encoded(&rgb, ImageFormat::WebP)),
    ];
    for (name, bytes) in cases {
        let path = save(folder.path(), name, &bytes);
        let whole = decode_upright(name, &bytes, &Limits::default()).unwrap();
        let (grid, levels) = assembled(&path);
        assert_eq!((grid.width_px, grid.height_px, grid.levels), (1301, 1107, 3), "{name}");
        for (level, tiled) in levels.iter().enumerate() {
            let reference = resize(&whole, tiled.width(), tiled.height());
            let mean = difference(tiled, &reference);
            // The halves are means; the reference weighs pixels nearby, which shows at edges.
            let most = if level == 0 { 2.5 } else { 5.0 };
            assert!(mean < most, "{name}: level {level} differs by {mean:.2} levels");
        }
    }
}

#[test]
fn tiles_of_all_eight_orientations_are_upright() {
    let folder = tempfile::tempdir().unwrap();
    let stored = jpeg(&scene(1031, 725), Subsamp::None, false);
    for orientation in 1..=8 {
        let bytes = oriented(&stored, orientation);
        let path = save(folder.path(), "turned.jpg", &bytes);
        let whole = decode_upright("turned", &bytes, &Limits::default()).unwrap();
        for tiled in assembled(&path).1 {
            let mean = difference(&tiled, &resize(&whole, tiled.width(), tiled.height()));
            assert!(mean < 5.0, "orientation {orientation}: {:?} differs by {mean:.2}", tiled.dimensions());
        }
    }
}

#[test]
fn a_sequential_jpeg_with_restarts_reads_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let status = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1400x900:rate=1", "-frames:v", "1"])
        .args(["-c:v", "mjpeg", "-q:v", "2", "-slices", "8", "-pix_fmt", "yuvj420p"])
        .arg(folder.path().join("slices.jpg"))
        .status()
        .expect("ffmpeg is installed by make setup");
    assert!(status.success());
    let path = folder.path().join("slices.jpg");
    let bytes = std::fs::read(&path).unwrap();
    let whole = decode_upright("slices", &bytes, &Limits::default()).unwrap();
    let mean = difference(&assembled(&path).1[0], &whole);
    assert!(mean < 3.0, "{mean}");
}

#[test]
fn deep_grey_is_stretched_only_when_it_uses_little_of_its_range() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default();
    for (brightest, white) in [(4000u16, 4000.0), (60_000, 65_535.0)] {
        let deep: ImageBuffer<Luma<u16>, Vec<u16>> =
            ImageBuffer::from_fn(2400, 1700, |x, _| Luma([(u32::from(brightest) * x / 2399) as u16]));
        let picture = DynamicImage::ImageLuma16(deep);
        for (name, format) in [("deep.png", ImageFormat::Png), ("deep.tif", ImageFormat::Tiff)] {
            let bytes = encoded(&picture, format);
            let path = save(folder.path(), name, &bytes);
            let whole = decode_upright(name, &bytes, &limits).unwrap();
            let expected = (f64::from(brightest) / white * 255.0).round() as u8;
            assert!(whole.get_pixel(2399, 0).0[0].abs_diff(expected) <= 1, "{name} {brightest}");
            assert!(difference(&assembled(&path).1[0], &whole) < 1.5, "{name} {brightest}");
            // The reduced one is read row by row.
            let small = decode_reduced(name, &bytes, &limits, Some(600)).unwrap();
            let reference = resize(&whole, small.width(), small.height());
            assert!(difference(&small, &reference) < 1.0, "{name} {brightest}");
        }
    }
}

#[test]
fn a_large_picture_shrinks_and_is_cropped_without_being_decoded_whole() {
    let folder = tempfile::tempdir().unwrap();
    let picture = scene(3600, 2400);
    let cases = [
        ("large.jpg", oriented(&jpeg(&picture, Subsamp::Sub2x2, false), 6)),
        ("large.png", encoded(&DynamicImage::ImageRgb8(picture), ImageFormat::Png)),
    ];
    // Whole pictures of this size are refused, so that whatever works does so row by row.
    let limits = Limits { max_pixels: 5_000_000, ..Limits::default() };
    for (name, bytes) in cases {
        let path = save(folder.path(), name, &bytes);
        let whole = decode_upright(name, &bytes, &Limits::default()).unwrap();
        let probe = probe_path(&path, &limits).unwrap();
        assert_eq!((probe.width_px, probe.height_px), (Some(whole.width()), Some(whole.height())));
        assert!(matches!(decode_upright(name, &bytes, &limits), Err(MediaError::TooLarge { .. })), "{name}");

        let small = thumbnail_path(&path, 320, &limits).unwrap();
        let small = decode_upright("thumbnail", &small.jpeg, &limits).unwrap();
        assert!(difference(&small, &resize(&whole, small.width(), small.height())) < 9.0, "{name}");
        let reduced = decode_reduced_path(&path, &limits, Some(1000)).unwrap();
        assert!(reduced.width().max(reduced.height()) >= 1000, "{name}: {:?}", reduced.dimensions());

        let boxes = [(100.0, 50.0, 900.0, 700.0), (1500.5, 2000.5, 40.0, 90.0), (-50.0, -50.0, 60.0, 60.0)];
        let boxes = boxes.map(|(x, y, width, height)| BoundingBox { x, y, width, height });
        for (region, crop) in boxes.iter().zip(crops(&path, &boxes, 128, &limits).unwrap()) {
            let crop = decode_upright("crop", &crop.jpeg, &limits).unwrap();
            let inside = region.clipped(f64::from(whole.width()), f64::from(whole.height())).unwrap();
            let (left, top) = (inside.x.floor() as u32, inside.y.floor() as u32);
            let (right, bottom) = (inside.right().ceil() as u32, inside.bottom().ceil() as u32);
            let part = image::imageops::crop_imm(&whole, left, top, right - left, bottom - top).to_image();
            let mean = difference(&crop, &resize(&part, crop.width(), crop.height()));
            assert!(mean < 6.0, "{name} {region:?} differs by {mean:.2}");
        }
    }
}

#[test]
fn crops_of_a_small_picture_have_their_size_and_place() {
    let folder = tempfile::tempdir().unwrap();
    let picture = scene(1280, 720);
    let path = save(folder.path(), "small.jpg", &jpeg(&picture, Subsamp::None, false));
    let boxes = [BoundingBox { x: 640.0, y: 360.0, width: 400.0, height: 200.0 }];
    for (long_edge, expected) in [(96, (96, 48)), (800, (400, 200))] {
        let crop = crops(&path, &boxes, long_edge, &Limits::default()).unwrap().remove(0);
        assert_eq!((crop.width_px, crop.height_px), expected);
        let part = image::imageops::crop_imm(&picture, 640, 360, 400, 200).to_image();
        let crop = decode_upright("crop", &crop.jpeg, &Limits::default()).unwrap();
        assert!(difference(&crop, &resize(&part, crop.width(), crop.height())) < 6.0);
    }
}

#[test]
fn several_thumbnails_come_from_one_decoding() {
    let bytes = jpeg(&scene(1600, 1200), Subsamp::Sub2x2, false);
    let made = thumbnails("a.jpg", &bytes, &[320, 160, 640], &Limits::default()).unwrap();
    let sizes: Vec<_> = made.iter().map(|small| (small.width_px, small.height_px)).collect();
    assert_eq!(sizes, [(320, 240), (160, 120), (640, 480)]);
}

#[test]
fn a_damaged_large_picture_says_what_is_wrong_and_tiling_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = jpeg(&scene(1301, 1107), Subsamp::Sub2x2, false);
    let cut = save(folder.path(), "cut.jpg", &bytes[..bytes.len() / 2]);
    let go_on = |_| ControlFlow::Continue(());
    let error = tile_picture(&cut, &Limits::default(), go_on).unwrap_err();
    assert!(matches!(error, MediaError::Truncated { .. }), "{error:?}");
    let fine = save(folder.path(), "fine.jpg", &bytes);
    let limits = Limits { max_streamed_pixels: 1000, ..Limits::default() };
    let error = tile_picture(&fine, &limits, go_on).unwrap_err();
    assert!(matches!(error, MediaError::TooLarge { .. }), "{error:?}");
    let stopped = tile_picture(&fine, &Limits::default(), |_| ControlFlow::Break(())).unwrap();
    assert_eq!(stopped, None);
    for place in (0..bytes.len()).step_by(1009) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 0x5a;
        let path = save(folder.path(), "flipped.jpg", &flipped);
        let _ = tile_picture(&path, &Limits::default(), go_on);
    }
}
