//! What there is to decode: a video, a photo, or a folder of photos.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use muster_media::{MediaKind, VideoReader, probe_path};

use crate::reply::Replies;

/// File name endings of pictures. In a folder only these are looked at, so that a `.txt` beside the photos is no error.
const PICTURE_ENDINGS: [&str; 9] = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif", "jfif"];

/// Photos a second when nothing says otherwise.
const PHOTO_RATE: f64 = 1.0;

/// Writes every frame of a source.
pub fn write_frames<W: Write>(path: &Path, rate: Option<f64>, replies: &mut Replies<W>) -> anyhow::Result<()> {
    let photos = if path.is_dir() {
        pictures_in(path)?
    } else if probe_path(path, replies.limits()).is_ok_and(|probe| probe.kind == MediaKind::Video) {
        return write_video(path, rate, replies);
    } else {
        vec![path.to_owned()]
    };
    for photo in photos {
        replies.photo(&photo, rate.unwrap_or(PHOTO_RATE))?;
    }
    Ok(())
}

/// The pictures of a folder in the order of their names.
fn pictures_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list the folder {}", folder.display()))?;
    let mut pictures = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list the folder {}", folder.display()))?.path();
        let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
        if ending.is_some_and(|ending| PICTURE_ENDINGS.contains(&ending.as_str())) {
            pictures.push(path);
        }
    }
    pictures.sort();
    Ok(pictures)
}

fn write_video<W: Write>(path: &Path, rate: Option<f64>, replies: &mut Replies<W>) -> anyhow::Result<()> {
    let mut reader = VideoReader::open(path, replies.limits())?;
    let time_base = reader.header().time_base;
    let mut started_pts = None;
    let mut due_micros = 0.0;
    loop {
        let frame = reader.next_frame_where(|stamp| {
            let Some(pts) = stamp.pts else { return rate.is_none() };
            let offset_micros = time_base.micros(pts - *started_pts.get_or_insert(pts)) as f64;
            let Some(rate) = rate else { return true };
            if offset_micros < due_micros {
                return false;
            }
            // The next frame is due one period after this one was, not after this one came: the mean rate is kept.
            due_micros = (due_micros + 1e6 / rate).max(offset_micros + 0.5e6 / rate);
            true
        })?;
        let Some(frame) = frame else { return Ok(()) };
        replies.video_frame(path, time_base, started_pts.unwrap_or(0), frame)?;
    }
}
