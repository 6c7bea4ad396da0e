//! Everything that an import wants to know of a file, from one reading and one decoding.

use std::path::Path;

use muster_domain::digest::Digest;

use crate::error::{MediaError, Result};
use crate::hash::hash_file;
use crate::limits::Limits;
use crate::picture::read_limited;
use crate::probe::{Probe, probe_bytes, probe_path, sniff_file};
use crate::sniff::MediaKind;
use crate::thumbnail::{Thumbnail, shrink, thumbnails};
use crate::video::VideoReader;

/// A file as an import takes it in.
#[derive(Clone, Debug, PartialEq)]
pub struct Intake {
    /// BLAKE3 of its bytes.
    pub digest: Digest,
    /// How many bytes there are.
    pub bytes: u64,
    /// What it is.
    pub probe: Probe,
    /// In the order of the sizes that were asked for; none of a series, and of a picture too large to be decoded whole.
    pub thumbnails: Vec<Thumbnail>,
    /// The bytes themselves, where they were read into memory: of pictures that are not huge.
    pub content: Option<Vec<u8>>,
}

/// Takes a file in. One that does not decode is an error, though its header may be fine.
pub fn take_in(path: &Path, long_edges_px: &[u32], limits: &Limits) -> Result<Intake> {
    match sniff_file(path)?.kind() {
        MediaKind::Image => picture(path, long_edges_px, limits),
        MediaKind::Video => video(path, long_edges_px, limits),
        MediaKind::Series => {
            let (digest, bytes) = hash_file(path)?;
            let probe = probe_path(path, limits)?;
            Ok(Intake { digest, bytes, probe, thumbnails: Vec::new(), content: None })
        }
    }
}

fn picture(path: &Path, long_edges_px: &[u32], limits: &Limits) -> Result<Intake> {
    let name = path.display().to_string();
    let content = match read_limited(path, limits) {
        Ok(content) => content,
        Err(MediaError::TooLarge { .. }) => {
            // Its thumbnail is made when somebody looks, row by row.
            let (digest, bytes) = hash_file(path)?;
            let probe = probe_path(path, limits)?;
            return Ok(Intake { digest, bytes, probe, thumbnails: Vec::new(), content: None });
        }
        Err(error) => return Err(error),
    };
    let digest = Digest::of(&content);
    let probe = probe_bytes(&name, &content, limits)?;
    let thumbnails = match thumbnails(&name, &content, long_edges_px, limits) {
        Ok(thumbnails) => thumbnails,
        Err(MediaError::TooLarge { .. } | MediaError::TooSlow { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(Intake { digest, bytes: content.len() as u64, probe, thumbnails, content: Some(content) })
}

fn video(path: &Path, long_edges_px: &[u32], limits: &Limits) -> Result<Intake> {
    let (digest, bytes) = hash_file(path)?;
    let probe = probe_path(path, limits)?;
    let frame = VideoReader::open(path, limits)?.frame_at_index(0)?;
    let name = path.display().to_string();
    let thumbnails =
        long_edges_px.iter().map(|long_edge_px| shrink(&name, &frame.picture, *long_edge_px)).collect::<Result<_>>()?;
    Ok(Intake { digest, bytes, probe, thumbnails, content: None })
}
