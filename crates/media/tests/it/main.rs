//! Pictures and videos as they come from cameras, strangers and broken disks.

mod hostile;
mod large;
mod pictures;
mod series;
mod videos;

use std::path::PathBuf;

/// A file or folder of the shared test data, or `None` with a loud line when it is not there.
fn test_data(relative: &str) -> Option<PathBuf> {
    let root = std::env::var_os("MUSTER_TEST_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let path = root.join(relative);
    if !path.exists() {
        eprintln!("SKIPPED: {} is missing, no MUSTER_TEST_DATA", path.display());
        return None;
    }
    Some(path)
}

/// A picture whose every corner has its own colour, so that each turn shows.
fn corners(width: u32, height: u32) -> muster_media::RgbImage {
    image::RgbImage::from_fn(width, height, |x, y| {
        let (right, below) = (x * 2 >= width, y * 2 >= height);
        image::Rgb(match (right, below) {
            (false, false) => [250, 10, 10],
            (true, false) => [10, 250, 10],
            (false, true) => [10, 10, 250],
            (true, true) => [240, 240, 240],
        })
    })
}
