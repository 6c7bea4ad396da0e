//! Tar archives, read from front to back.

use std::{
    io::{self, Read},
    path::Path,
};

use tar::{Archive, EntryType};

use super::{ArchiveLimits, Bounded, Budget, Listing, Sorter, Visitor, limit_of};
use crate::error::FormatError;

pub(super) fn visit(
    file: &Path,
    reader: impl Read,
    limits: &ArchiveLimits,
    visitor: &mut Visitor<'_>,
) -> Result<Listing, FormatError> {
    let damaged = |error: io::Error| {
        limit_of(&error)
            .unwrap_or_else(|| FormatError::DamagedArchive { file: file.to_owned(), reason: error.to_string() })
    };
    let mut budget = Budget::new(file, limits)?;
    let mut archive = Archive::new(Bounded { reader, budget: &mut budget });
    let mut sorter = Sorter::new(file, limits, visitor);
    for entry in archive.entries().map_err(damaged)? {
        sorter.count()?;
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            EntryType::Directory | EntryType::XGlobalHeader | EntryType::XHeader => continue,
            EntryType::Symlink | EntryType::Link => {
                sorter.leave_out(&name, "it is a link");
                continue;
            }
            _ => {
                sorter.leave_out(&name, "it is a special file");
                continue;
            }
        }
        let modified = entry.header().mtime().ok().and_then(|seconds| i64::try_from(seconds).ok());
        let facts = (entry.size(), modified.and_then(|seconds| seconds.checked_mul(1_000_000)));
        if sorter.file(&name, facts, &mut entry)?.is_break() {
            break;
        }
    }
    Ok(sorter.listing)
}
