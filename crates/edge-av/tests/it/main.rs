//! The program itself, read through its pipes.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use muster_domain::frame_pipe::{FrameFailure, FrameHeader, FrameReply};
use muster_media::{Limits, VideoReader, decode_upright};

struct Frame {
    header: FrameHeader,
    jpeg: Vec<u8>,
    gray: Vec<u8>,
}

/// Reads replies as the agent does.
fn read_replies(mut output: impl BufRead) -> (Vec<Frame>, Vec<FrameFailure>) {
    let (mut frames, mut failures) = (Vec::new(), Vec::new());
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        match serde_json::from_str(&line).unwrap() {
            FrameReply::Failed(failure) => failures.push(failure),
            FrameReply::Frame(header) => {
                let mut jpeg = vec![0; header.jpeg_bytes as usize];
                let mut gray = vec![0; header.gray_bytes as usize];
                output.read_exact(&mut jpeg).unwrap();
                output.read_exact(&mut gray).unwrap();
                assert_eq!(header.gray_bytes, u64::from(header.gray_width * header.gray_height));
                frames.push(Frame { header, jpeg, gray });
            }
        }
        line.clear();
    }
    (frames, failures)
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_muster-edge-av"))
}

fn decode(arguments: &[&str]) -> (Vec<Frame>, Vec<FrameFailure>) {
    let output = program().arg("decode").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    read_replies(&output.stdout[..])
}

fn test_data(relative: &str) -> Option<PathBuf> {
    let root = std::env::var_os("MUSTER_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let path = root.join(relative);
    if !path.exists() {
        eprintln!("SKIPPED: {} is missing, no MUSTER_TEST_DATA", path.display());
        return None;
    }
    Some(path)
}

/// A folder with a JPEG (white right half), the same as PNG, a cut JPEG and a text file.
fn photos() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let picture = image::RgbImage::from_fn(320, 240, |x, _| image::Rgb(if x < 160 { [0; 3] } else { [255; 3] }));
    let jpeg = muster_media::encode_jpeg("photo", &picture, 95).unwrap();
    std::fs::write(folder.path().join("a.jpg"), &jpeg).unwrap();
    picture.save(folder.path().join("b.png")).unwrap();
    std::fs::write(folder.path().join("c.JPG"), &jpeg[..jpeg.len() / 2]).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
    folder
}

#[test]
fn photos_pass_through_and_a_damaged_one_is_named() {
    let folder = photos();
    let (frames, failures) = decode(&["--source", folder.path().to_str().unwrap(), "--rate", "4"]);
    let names: Vec<&str> = frames.iter().map(|frame| frame.header.name.as_str()).collect();
    assert_eq!(names, ["a.jpg", "b.png"]);
    assert_eq!(frames[0].jpeg, std::fs::read(folder.path().join("a.jpg")).unwrap());
    assert_eq!((frames[0].header.original, frames[1].header.original), (true, false));
    assert_eq!((frames[1].header.index, frames[1].header.captured_offset_micros), (1, 250_000));
    for frame in &frames {
        assert_eq!((frame.header.width_px, frame.header.height_px), (320, 240));
        let row = &frame.gray[24 * 64..25 * 64];
        assert!(row[..30].iter().all(|value| *value < 20) && row[34..].iter().all(|value| *value > 235));
        decode_upright("reply", &frame.jpeg, &Limits::default()).unwrap();
    }
    assert_eq!(failures.len(), 1);
    assert!(failures[0].name == "c.JPG" && failures[0].error.contains("cut off"), "{failures:?}");
}

#[test]
fn serve_answers_every_line_before_the_next_is_sent() {
    let folder = photos();
    let mut child = program().arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for (name, is_frame) in [("a.jpg", true), ("c.JPG", false), ("nowhere.jpg", false), ("b.png", true)] {
        writeln!(input, "{}", folder.path().join(name).display()).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        match serde_json::from_str(&line).unwrap() {
            FrameReply::Frame(header) => {
                assert!(is_frame, "{name}");
                let mut body = vec![0; (header.jpeg_bytes + header.gray_bytes) as usize];
                output.read_exact(&mut body).unwrap();
            }
            FrameReply::Failed(failure) => assert!(!is_frame && failure.name == name, "{failure:?}"),
        }
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_video_is_thinned_to_the_rate_and_scaled() {
    let Some(path) = test_data("video/opencv/vtest.avi") else { return };
    let source = path.to_str().unwrap();
    let (frames, failures) = decode(&["--source", source, "--rate", "2", "--max-width", "384"]);
    assert!(failures.is_empty());
    // 795 frames at 10 a second.
    assert!((158..=160).contains(&frames.len()), "{}", frames.len());
    for (place, frame) in frames.iter().enumerate() {
        assert_eq!((frame.header.width_px, frame.header.height_px), (384, 288));
        assert_eq!(frame.header.index, place as u64 * 5);
        assert_eq!(frame.header.captured_offset_micros, place as i64 * 500_000);
    }
    let pts = frames[40].header.pts.unwrap();
    let exact = VideoReader::open(&path, &Limits::default()).unwrap().frame_at_pts(pts).unwrap().picture;
    let exact = muster_media::resize(&exact, 384, 288);
    let sent = decode_upright("frame", &frames[40].jpeg, &Limits::default()).unwrap();
    let difference: u64 = exact.iter().zip(sent.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(difference < 4 * exact.len() as u64, "mean difference {}", difference as f64 / exact.len() as f64);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let Some(path) = test_data("video/opencv/vtest.avi") else { return };
    let mut child = program().args(["decode", "--source"]).arg(path).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 64];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_missing_source_is_an_error_that_names_it() {
    let (frames, failures) = decode(&["--source", "/nowhere/at-all.mp4"]);
    assert!(frames.is_empty() && failures[0].error.contains("/nowhere/at-all.mp4"), "{failures:?}");
}
