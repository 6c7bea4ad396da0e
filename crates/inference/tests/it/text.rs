//! Text that `ffmpeg` draws is read back.

use std::path::Path;
use std::process::Command;

use muster_inference::{ProposedBox, ProposerOptions};

use crate::{photo, proposer, test_data};

/// A white page with these lines (text, x, y, height of the letters).
fn page(folder: &Path, size: &str, lines: &[(&str, u32, u32, u32)], extra: &str) -> image::RgbImage {
    let drawn: Vec<String> = lines
        .iter()
        .map(|(text, x, y, size)| {
            format!("drawtext=font=DejaVu Sans:text='{text}':x={x}:y={y}:fontsize={size}:fontcolor=black")
        })
        .collect();
    let path = folder.join("page.png");
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &format!("color=white:s={size}:d=1")])
        .args(["-vf", &format!("{}{extra}", drawn.join(",")), "-frames:v", "1"])
        .arg(&path)
        .status()
        .expect("ffmpeg is installed by make setup");
    assert!(status.success());
    photo(&path)
}

fn texts(lines: &[ProposedBox]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_deref().unwrap()).collect()
}

#[test]
fn a_page_is_read_in_order_with_boxes_around_its_lines() {
    let Some(mut ocr) = proposer("ppocr-v4-det", &ProposerOptions::default()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        ("Cart 17 left the depot", 60, 40, 34),
        ("BATTERY LOW", 60, 140, 40),
        ("Bay 4", 500, 142, 40),
        ("Total 1234.50", 60, 260, 28),
    ];
    let read = ocr.propose(&page(folder.path(), "800x400", &lines, "")).unwrap();
    let without_spaces: Vec<String> = texts(&read).iter().map(|text| text.replace(' ', "")).collect();
    assert_eq!(without_spaces, ["Cart17leftthedepot", "BATTERYLOW", "Bay4", "Total1234.50"]);
    for (line, (_, x, y, size)) in read.iter().zip(lines) {
        assert!(line.class_name == "text" && line.confidence > 0.8, "{line:?}");
        let (x, y, size) = (f64::from(x), f64::from(y), f64::from(size));
        assert!((line.bbox.x - x).abs() < size && (line.bbox.y - y).abs() < size, "{line:?}");
        assert!(line.bbox.height > size * 0.6 && line.bbox.height < size * 2.2, "{line:?}");
    }
    assert_eq!(read, ocr.propose(&page(folder.path(), "800x400", &lines, "")).unwrap());
}

#[test]
fn a_slanted_line_is_read() {
    let Some(mut ocr) = proposer("ppocr-v4-det", &ProposerOptions::default()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let picture = page(folder.path(), "700x500", &[("Forklift 42", 180, 220, 48)], ",rotate=0.3:fillcolor=white");
    let read = ocr.propose(&picture).unwrap();
    assert_eq!(texts(&read).concat().replace(' ', ""), "Forklift42", "{read:?}");
}

#[test]
fn an_empty_page_has_no_text() {
    let Some(mut ocr) = proposer("ppocr-v4-det", &ProposerOptions::default()) else { return };
    let blank = image::RgbImage::from_pixel(640, 480, image::Rgb([250; 3]));
    assert_eq!(ocr.propose(&blank).unwrap(), []);
}

#[test]
fn signs_on_real_photos_are_read() {
    let Some(folder) = test_data("photos/street128/images") else { return };
    let Some(mut ocr) = proposer("ppocr-v4-det", &ProposerOptions::default()) else { return };
    for (name, expected) in [
        ("000000000081.jpg", "AIRFRANCE"),
        ("000000000089.jpg", "03.22.2010"),
        ("000000000094.jpg", "HOTEL"),
        ("000000000151.jpg", "STOP"),
        ("000000000250.jpg", "GREENWICH"),
    ] {
        let read = ocr.propose(&photo(&folder.join(name))).unwrap();
        assert!(texts(&read).iter().any(|text| text.contains(expected)), "{name}: {read:?}");
    }
}
