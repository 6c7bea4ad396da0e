//! Tells a container that was cut off from one that is damaged otherwise, for a message that helps.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// More top-level boxes than a real file has.
const MAX_BOXES: usize = 100_000;

/// Whether an MP4 or AVI file promises more bytes than it has, or has no index because its end is missing.
pub(super) fn is_cut_off(path: &Path) -> bool {
    let Ok(mut file) = File::open(path) else { return false };
    let Ok(length) = file.metadata().map(|metadata| metadata.len()) else { return false };
    let mut head = [0; 12];
    if file.read_exact(&mut head).is_err() {
        return true;
    }
    if head.starts_with(b"RIFF") {
        let promised = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]])) + 8;
        return promised > length;
    }
    &head[4..8] == b"ftyp" && boxes_exceed(&mut file, length).unwrap_or(true)
}

/// Walks the top-level boxes of ISO 14496-12 section 4.2.
fn boxes_exceed(file: &mut File, length: u64) -> std::io::Result<bool> {
    let mut at = 0;
    for _ in 0..MAX_BOXES {
        if at == length {
            return Ok(false);
        }
        file.seek(SeekFrom::Start(at))?;
        let mut header = [0; 8];
        file.read_exact(&mut header)?;
        let size = match u32::from_be_bytes([header[0], header[1], header[2], header[3]]) {
            0 => return Ok(false),
            1 => {
                let mut large = [0; 8];
                file.read_exact(&mut large)?;
                u64::from_be_bytes(large)
            }
            small => u64::from(small),
        };
        at = at.saturating_add(size.max(8));
        if at > length {
            return Ok(true);
        }
    }
    Ok(false)
}
