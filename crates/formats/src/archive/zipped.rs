//! Zip archives through their central directory.

use std::{fs::File, io::BufReader, path::Path};

use zip::{ZipArchive, read::ZipFileEntry};

use super::{ArchiveLimits, Bounded, Budget, Listing, Sorter, Visitor};
use crate::error::FormatError;

pub(super) fn visit(file: &Path, limits: &ArchiveLimits, visitor: &mut Visitor<'_>) -> Result<Listing, FormatError> {
    let damaged = |error: &dyn std::fmt::Display| FormatError::DamagedArchive {
        file: file.to_owned(),
        reason: error.to_string(),
    };
    let opened = File::open(file).map_err(FormatError::io("open", file))?;
    let mut archive = ZipArchive::new(BufReader::new(opened)).map_err(|error| damaged(&error))?;
    let mut budget = Budget::new(file, limits)?;
    let mut sorter = Sorter::new(file, limits, visitor);
    for index in 0..archive.len() {
        sorter.count()?;
        let entry = archive.by_index_data(index).map_err(|error| damaged(&error))?;
        let name = match entry.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
        };
        if entry.is_dir() {
            continue;
        }
        if entry.is_symlink() {
            sorter.leave_out(&name, "it is a link");
            continue;
        }
        if entry.encrypted() {
            sorter.leave_out(&name, "it is encrypted; unpack the archive with its password first");
            continue;
        }
        let (size, modified) = (entry.size(), modified_micros(&entry));
        match archive.by_index(index) {
            Ok(reader) => {
                let mut bytes = Bounded { reader, budget: &mut budget };
                if sorter.file(&name, (size, modified), &mut bytes)?.is_break() {
                    break;
                }
            }
            Err(error) => sorter.leave_out(&name, error.to_string()),
        }
    }
    Ok(sorter.listing)
}

fn modified_micros(entry: &ZipFileEntry<'_>) -> Option<i64> {
    let stated = entry.last_modified()?;
    let small = |value: u8| i8::try_from(value).ok();
    let civil = jiff::civil::DateTime::new(
        i16::try_from(stated.year()).ok()?,
        small(stated.month())?,
        small(stated.day())?,
        small(stated.hour())?,
        small(stated.minute())?,
        small(stated.second().min(59))?,
        0,
    );
    Some(civil.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}
