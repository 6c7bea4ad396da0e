//! Archives of captures: zip, tar and tar.gz, listed and unpacked within limits.
//!
//! **Limits.** [`ArchiveLimits`]: entries, unpacked bytes, and unpacked bytes per packed byte, counted on what is really
//! read and never on what a header promises. **Paths.** An entry is named by plain components below the archive; one
//! that is absolute or climbs (`..`) is left out, with the reason. Links and special files are left out, folders are
//! made as files need them, and no file is written over another. **Nesting.** An archive inside an archive is not opened.

mod path;
mod tarball;
mod zipped;

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read, Write},
    ops::ControlFlow,
    path::Path,
    time::{Duration, SystemTime},
};

use flate2::read::GzDecoder;

use crate::error::FormatError;

/// Below this many unpacked bytes the ratio is not looked at.
const RATIO_FROM_BYTES: u64 = 256 << 20;
/// The size of a tar header, which names the format near its end.
const TAR_HEADER_BYTES: usize = 512;

/// How an archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveKind {
    /// PKZIP.
    Zip,
    /// POSIX or GNU tar.
    Tar,
    /// The same, gzipped.
    TarGz,
}

/// What one archive may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// The most entries, folders included.
    pub max_entries: u64,
    /// The most bytes that may come out.
    pub max_bytes: u64,
    /// The most bytes that may come out of one packed byte, beyond the first 256 MiB: pictures hardly shrink, bombs do.
    pub max_ratio: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { max_entries: 2_000_000, max_bytes: 1 << 40, max_ratio: 200 }
    }
}

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveEntry {
    /// Plain components with forward slashes.
    pub path: String,
    /// Its size as the archive states it.
    pub bytes: u64,
    /// When it was changed last, microseconds since 1970, as the archive states it. A zip has no zone: read as UTC.
    pub modified_micros: Option<i64>,
}

/// An entry that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// As the archive names it.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What an archive holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Files, in the archive's order.
    pub entries: Vec<ArchiveEntry>,
    /// Entries that cannot be used.
    pub left_out: Vec<LeftOut>,
}

/// How the file is packed, from its first bytes; `None` when it is no archive that Muster opens.
pub fn kind(file: &Path) -> Result<Option<ArchiveKind>, FormatError> {
    let failed = || FormatError::io("read", file);
    let mut opened = File::open(file).map_err(failed())?;
    let head = read_head(&mut opened).map_err(failed())?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Some(ArchiveKind::Zip));
    }
    if is_tar(&head) {
        return Ok(Some(ArchiveKind::Tar));
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        let again = File::open(file).map_err(failed())?;
        // What does not unpack is no archive to us; whoever wanted it as one gets the reason from `list`.
        let inside = read_head(&mut GzDecoder::new(again)).unwrap_or_default();
        return Ok(is_tar(&inside).then_some(ArchiveKind::TarGz));
    }
    Ok(None)
}

fn read_head(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(TAR_HEADER_BYTES);
    reader.take(TAR_HEADER_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// Lists the files of an archive. A tar.gz is read through.
pub fn list(file: &Path, limits: &ArchiveLimits) -> Result<Listing, FormatError> {
    visit(file, limits, &mut |_, _| Ok(Took::Listed))
}

/// Writes the files that `wanted` chooses into `folder`, which should be empty and is nobody else's. `step` hears of
/// each file and may end it; what is written then stays. The listing names what was written.
pub fn unpack(
    file: &Path,
    folder: &Path,
    limits: &ArchiveLimits,
    wanted: &dyn Fn(&ArchiveEntry) -> bool,
    step: &mut dyn FnMut(&ArchiveEntry) -> ControlFlow<()>,
) -> Result<Listing, FormatError> {
    visit(file, limits, &mut |entry, bytes| {
        if !wanted(entry) {
            return Ok(Took::Passed);
        }
        if step(entry).is_break() {
            return Ok(Took::Ended);
        }
        write_file(folder, entry, bytes)
    })
}

/// What a visitor did with an entry.
enum Took {
    /// It belongs into the listing.
    Listed,
    /// It does not.
    Passed,
    /// It cannot be used.
    LeftOut(String),
    /// Nothing more is wanted.
    Ended,
}

/// Called with each usable file. Errors are about this machine (no room); what is wrong with the entry is `LeftOut`.
type Visitor<'a> = dyn FnMut(&ArchiveEntry, &mut dyn Read) -> Result<Took, FormatError> + 'a;

fn visit(file: &Path, limits: &ArchiveLimits, visitor: &mut Visitor<'_>) -> Result<Listing, FormatError> {
    match kind(file)? {
        Some(ArchiveKind::Zip) => zipped::visit(file, limits, visitor),
        Some(ArchiveKind::Tar) => {
            let opened = File::open(file).map_err(FormatError::io("open", file))?;
            tarball::visit(file, io::BufReader::with_capacity(256 * 1024, opened), limits, visitor)
        }
        Some(ArchiveKind::TarGz) => {
            let opened = File::open(file).map_err(FormatError::io("open", file))?;
            tarball::visit(file, GzDecoder::new(opened), limits, visitor)
        }
        None => Err(FormatError::NotAnArchive { file: file.to_owned() }),
    }
}

fn write_file(folder: &Path, entry: &ArchiveEntry, bytes: &mut dyn Read) -> Result<Took, FormatError> {
    let path = folder.join(&entry.path);
    if let Some(parent) = path.parent()
        && let Err(error) = std::fs::create_dir_all(parent)
    {
        // A file of the archive has the name of this folder.
        return Ok(Took::LeftOut(format!("its folder cannot be made: {error}")));
    }
    let mut out = match File::create_new(&path) {
        Ok(out) => out,
        Err(error) if error.kind() == io::ErrorKind::StorageFull => return Err(FormatError::io("write", &path)(error)),
        Err(error) => return Ok(Took::LeftOut(format!("it cannot be written: {error}"))),
    };
    let mut buffer = vec![0_u8; 256 * 1024];
    let mut written = 0;
    loop {
        let read = match bytes.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                // The other end of the same file: half a file is no file.
                std::fs::remove_file(&path).map_err(FormatError::io("remove", &path))?;
                return match limit_of(&error) {
                    Some(limit) => Err(limit),
                    None => Ok(Took::LeftOut(format!("it is damaged: {error}"))),
                };
            }
        };
        out.write_all(&buffer[..read]).map_err(FormatError::io("write", &path))?;
        written += read as u64;
    }
    if written != entry.bytes {
        std::fs::remove_file(&path).map_err(FormatError::io("remove", &path))?;
        return Ok(Took::LeftOut(format!("it is cut off: {written} of {} bytes are there", entry.bytes)));
    }
    if let Some(micros) = entry.modified_micros.and_then(|micros| u64::try_from(micros).ok()) {
        // Only a hint of when a picture was taken; a file system that refuses it costs nothing.
        let _ = out.set_modified(SystemTime::UNIX_EPOCH + Duration::from_micros(micros));
    }
    Ok(Took::Listed)
}

/// Keeps what the visitor says, and names each path once.
struct Sorter<'a, 'b> {
    file: &'a Path,
    limits: &'a ArchiveLimits,
    visitor: &'a mut Visitor<'b>,
    seen: HashSet<String>,
    entries: u64,
    listing: Listing,
}

impl<'a, 'b> Sorter<'a, 'b> {
    fn new(file: &'a Path, limits: &'a ArchiveLimits, visitor: &'a mut Visitor<'b>) -> Self {
        Self { file, limits, visitor, seen: HashSet::new(), entries: 0, listing: Listing::default() }
    }

    /// Counts an entry of any kind.
    fn count(&mut self) -> Result<(), FormatError> {
        self.entries += 1;
        if self.entries > self.limits.max_entries {
            return Err(FormatError::ArchiveBound {
                file: self.file.to_owned(),
                quantity: "entries",
                limit: self.limits.max_entries,
            });
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &str, reason: impl Into<String>) {
        self.listing.left_out.push(LeftOut { path: path.to_owned(), reason: reason.into() });
    }

    /// Checks the name of a file and shows it to the visitor.
    fn file(
        &mut self,
        name: &str,
        (size, modified_micros): (u64, Option<i64>),
        bytes: &mut dyn Read,
    ) -> Result<ControlFlow<()>, FormatError> {
        let path = match path::checked(name) {
            Ok(Some(path)) => path,
            Ok(None) => return Ok(ControlFlow::Continue(())),
            Err(reason) => {
                self.leave_out(name, reason);
                return Ok(ControlFlow::Continue(()));
            }
        };
        if !self.seen.insert(path.to_lowercase()) {
            self.leave_out(name, "the archive holds this name twice; the first one counts");
            return Ok(ControlFlow::Continue(()));
        }
        let entry = ArchiveEntry { path, bytes: size, modified_micros };
        match (self.visitor)(&entry, bytes)? {
            Took::Listed => self.listing.entries.push(entry),
            Took::Passed => {}
            Took::LeftOut(reason) => self.leave_out(name, reason),
            Took::Ended => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Counts what comes out, and ends it at the bound.
struct Bounded<'a, R> {
    reader: R,
    budget: &'a mut Budget,
}

/// How much may still come out of an archive.
struct Budget {
    file: std::path::PathBuf,
    left: u64,
    limit: u64,
}

impl Budget {
    fn new(file: &Path, limits: &ArchiveLimits) -> Result<Self, FormatError> {
        let packed = std::fs::metadata(file).map_err(FormatError::io("read", file))?.len();
        let by_ratio = packed.saturating_mul(limits.max_ratio).max(RATIO_FROM_BYTES);
        let limit = by_ratio.min(limits.max_bytes);
        Ok(Self { file: file.to_owned(), left: limit, limit })
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        match self.budget.left.checked_sub(read as u64) {
            Some(left) => self.budget.left = left,
            None => {
                return Err(io::Error::other(OverBound { file: self.budget.file.clone(), limit: self.budget.limit }));
            }
        }
        Ok(read)
    }
}

/// Travels through readers as the cause of an IO error.
#[derive(Debug, thiserror::Error)]
#[error("more than {limit} bytes come out of it")]
struct OverBound {
    file: std::path::PathBuf,
    limit: u64,
}

/// The bound that ended a reader, however deep it was wrapped.
fn limit_of(error: &io::Error) -> Option<FormatError> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(current) = cause {
        if let Some(over) = current.downcast_ref::<OverBound>() {
            let (file, limit) = (over.file.clone(), over.limit);
            return Some(FormatError::ArchiveBound { file, quantity: "unpacked bytes", limit });
        }
        cause = match current.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => current.source(),
        };
    }
    None
}
