//! Damaged, truncated and absurd files become typed errors that name the file; nothing panics.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageFormat};
use muster_media::{
    Limits, MediaError, Quantity, VideoReader, decode_upright, encode_jpeg, hash_file, probe_bytes, probe_path,
    read_limited, thumbnail, thumbnail_path,
};

use crate::{corners, test_data};

fn png() -> Vec<u8> {
    let noise = image::RgbImage::from_fn(200, 100, |x, y| image::Rgb([(x * 7 + y * 13) as u8, (x ^ y) as u8, 9]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(noise).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn jpeg() -> Vec<u8> {
    encode_jpeg("corners", &corners(320, 200), 95).unwrap()
}

/// The error of decoding and of shrinking, which must agree in kind.
fn decode_error(name: &str, bytes: &[u8]) -> MediaError {
    let limits = Limits::default();
    let error = decode_upright(name, bytes, &limits).unwrap_err();
    let other = thumbnail(name, bytes, 64, &limits).unwrap_err();
    assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&other), "{error} / {other}");
    assert!(error.to_string().contains(name), "{error}");
    error
}

#[test]
fn a_truncated_picture_says_so() {
    for (name, bytes) in [("a.jpg", jpeg()), ("a.png", png())] {
        let half = &bytes[..bytes.len() / 2];
        let error = decode_error(name, half);
        assert!(matches!(error, MediaError::Truncated { .. }), "{error:?}");
    }
    let error = decode_error("empty.jpg", b"");
    assert!(matches!(error, MediaError::Truncated { .. }), "{error:?}");
    let error = probe_bytes("empty.jpg", b"", &Limits::default()).unwrap_err();
    assert!(matches!(error, MediaError::Truncated { .. }), "{error:?}");
}

#[test]
fn no_cut_of_a_picture_panics() {
    let limits = Limits::default();
    for bytes in [jpeg(), png()] {
        for length in (0..bytes.len()).step_by(37) {
            let cut = &bytes[..length];
            let _ = probe_bytes("cut", cut, &limits);
            // A JPEG that lacks only its end marker has all its pixels, so that no cut has to fail.
            let _ = decode_upright("cut", cut, &limits);
        }
    }
}

#[test]
fn flipped_bytes_never_panic() {
    let limits = Limits::default();
    for original in [jpeg(), png()] {
        for place in (0..original.len()).step_by(11) {
            let mut bytes = original.clone();
            bytes[place] ^= 0x5a;
            let _ = probe_bytes("flipped", &bytes, &limits);
            let _ = decode_upright("flipped", &bytes, &limits);
        }
    }
}

#[test]
fn text_named_jpg_is_unsupported() {
    let text = b"This is a shopping list.\nMilk, eggs, 20 metres of rope.\n";
    let error = decode_error("list.jpg", text);
    assert!(matches!(error, MediaError::Unsupported { .. }), "{error:?}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.mp4");
    std::fs::write(&path, text).unwrap();
    for error in
        [probe_path(&path, &Limits::default()).unwrap_err(), thumbnail_path(&path, 64, &Limits::default()).unwrap_err()]
    {
        assert!(matches!(error, MediaError::Unsupported { .. }), "{error:?}");
    }
    // The reader itself does not rely on the first look.
    assert!(VideoReader::open(&path, &Limits::default()).is_err());
}

#[test]
fn an_absurd_size_is_refused_before_memory_is_taken() {
    // The size fields of a valid JPEG (SOF0: height, width) and PNG (IHDR: width, height) say 65,500 × 65,500.
    let mut huge_jpeg = jpeg();
    let sof = huge_jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    huge_jpeg[sof + 5..sof + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    let mut huge_png = png();
    huge_png[16..24].copy_from_slice(&[0, 0, 0xff, 0xdc, 0, 0, 0xff, 0xdc]);
    let crc = crc32(&huge_png[12..29]);
    huge_png[29..33].copy_from_slice(&crc.to_be_bytes());
    for (name, bytes) in [("huge.jpg", huge_jpeg), ("huge.png", huge_png)] {
        let error = decode_error(name, &bytes);
        assert!(
            matches!(error, MediaError::TooLarge { quantity: Quantity::Pixels, value: 4_290_250_000, .. }),
            "{error:?}"
        );
        let error = probe_bytes(name, &bytes, &Limits::default()).unwrap_err();
        assert!(matches!(error, MediaError::TooLarge { .. }), "{error:?}");
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn a_progressive_jpeg_with_endless_scans_is_refused() {
    let picture = corners(320, 200);
    let mut compressor = turbojpeg::Compressor::new().unwrap();
    compressor.set_progressive(true).unwrap();
    let image = turbojpeg::Image {
        pixels: picture.as_raw().as_slice(),
        width: 320,
        pitch: 960,
        height: 200,
        format: turbojpeg::PixelFormat::RGB,
    };
    let bytes = compressor.compress_to_vec(image).unwrap();
    decode_upright("progressive.jpg", &bytes, &Limits::default()).unwrap();
    let last_scan = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    let (start, scan) = bytes[..bytes.len() - 2].split_at(last_scan);
    let endless = [start, &scan.repeat(2000), &[0xff, 0xd9]].concat();
    let error = decode_error("endless.jpg", &endless);
    assert!(matches!(error, MediaError::Malformed { .. }), "{error:?}");
}

#[test]
fn too_many_bytes_and_missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.png");
    std::fs::write(&path, png()).unwrap();
    let limits = Limits { max_image_bytes: 100, ..Limits::default() };
    let error = read_limited(&path, &limits).unwrap_err();
    assert!(matches!(error, MediaError::TooLarge { quantity: Quantity::Bytes, limit: 100, .. }), "{error:?}");
    let missing = folder.path().join("nowhere.jpg");
    for error in [probe_path(&missing, &limits).unwrap_err(), hash_file(&missing).unwrap_err()] {
        assert!(matches!(error, MediaError::Read { .. }), "{error:?}");
        assert!(error.to_string().contains("nowhere.jpg"));
    }
}

#[test]
fn a_series_is_told_from_a_picture() {
    let probe = probe_bytes("imu.parquet", b"PAR1....PAR1", &Limits::default()).unwrap();
    assert_eq!((probe.kind, probe.width_px), (muster_media::MediaKind::Series, None));
    let error = decode_error("imu.parquet", b"PAR1....PAR1");
    assert!(matches!(error, MediaError::Unsupported { .. }), "{error:?}");
}

fn cut_copy(source: &Path, folder: &Path, keep: f64) -> std::path::PathBuf {
    let bytes = std::fs::read(source).unwrap();
    let path = folder.join("cut.video");
    std::fs::write(&path, &bytes[..(bytes.len() as f64 * keep) as usize]).unwrap();
    path
}

#[test]
fn a_truncated_video_gives_its_frames_or_says_that_it_is_cut_off() {
    let Some(mp4) = test_data("video/opencv/cup.mp4") else { return };
    let Some(avi) = test_data("video/opencv/vtest.avi") else { return };
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default();
    for keep in [0.0005, 0.01, 0.3, 0.7, 0.99] {
        for source in [&mp4, &avi] {
            let path = cut_copy(source, folder.path(), keep);
            match VideoReader::open(&path, &limits) {
                Ok(mut reader) => {
                    let mut frames = 0;
                    while reader.next_frame_where(|_| false).unwrap_or(None).is_some() {
                        frames += 1;
                    }
                    assert!(frames <= 795);
                }
                Err(error) => assert!(matches!(error, MediaError::Truncated { .. }), "{keep}: {error:?}"),
            }
        }
    }
}

#[test]
fn flipped_bytes_in_a_video_never_panic() {
    let Some(source) = test_data("video/opencv/tree.avi") else { return };
    let folder = tempfile::tempdir().unwrap();
    let original = std::fs::read(source).unwrap();
    for seed in 0..6usize {
        let mut bytes = original.clone();
        for step in 0..200 {
            let place = (seed * 7919 + step * 104_729) % bytes.len();
            bytes[place] ^= 1 << (step % 8);
        }
        let path = folder.path().join("flipped.avi");
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(mut reader) = VideoReader::open(&path, &Limits::default()) {
            while let Ok(Some(_)) = reader.next_frame() {}
        }
    }
}

#[test]
fn a_playlist_cannot_open_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.mp4");
    std::fs::write(&path, "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
        .unwrap();
    assert!(VideoReader::open(&path, &Limits::default()).is_err());
}

#[test]
fn what_takes_too_long_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_seconds: 0, ..Limits::default() };
    let picture = folder.path().join("slow.jpg");
    std::fs::write(&picture, jpeg()).unwrap();
    let error = muster_media::tile_picture(&picture, &limits, |_| std::ops::ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, MediaError::TooSlow { limit_s: 0, .. }), "{error:?}");
    let series = folder.path().join("slow.csv");
    let lines: Vec<String> = (0..20_000).map(|line| format!("{line},1")).collect();
    std::fs::write(&series, format!("time_s,a\n{}\n", lines.join("\n"))).unwrap();
    let error = muster_media::read_series(&series, 100, &limits).unwrap_err();
    assert!(matches!(error, MediaError::TooSlow { .. }), "{error:?}");
    let Some(video) = test_data("video/opencv/tree.avi") else { return };
    let error = VideoReader::open(&video, &limits).unwrap().timeline().unwrap_err();
    assert!(matches!(error, MediaError::TooSlow { .. }), "{error:?}");
}
