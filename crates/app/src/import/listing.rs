//! What lies at a path: the files of a folder or archive, by relative path, before any of them is read.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use muster_formats::archive::{self, ArchiveKind, ArchiveLimits};
use muster_media::MediaKind;
use muster_store::import::ImportFailure;

use crate::{error::AppResult, place};

/// How deep folders may nest.
const MAX_DEPTH: usize = 64;
/// The first bytes that tell a format.
const HEAD_BYTES: usize = 512;
/// Endings of names that are pictures and videos without a look inside; one that is neither is listed as unreadable.
const MEDIA_ENDINGS: [&str; 24] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "tif", "tiff", "bmp", "gif", "mp4", "m4v", "mov", "mkv", "webm",
    "avi", "ts", "m2ts", "mts", "mpg", "mpeg", "ogv", "flv", "wmv",
];
/// Endings of names that are neither, without a look inside.
const OTHER_ENDINGS: [&str; 16] = [
    "json", "txt", "xml", "csv", "md", "yaml", "yml", "html", "htm", "log", "py", "parquet", "npy", "pdf", "zip", "gz",
];

/// The files at a path.
pub(super) struct Listing {
    /// The folder that the relative paths are below; of an archive, nothing is there yet.
    pub folder: PathBuf,
    /// The archive that holds them.
    pub archive: Option<PathBuf>,
    /// By path.
    pub files: Vec<ListedFile>,
    /// What cannot be listed.
    pub failures: Vec<ImportFailure>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListedFile {
    /// Below the folder, with forward slashes.
    pub path: String,
    pub bytes: u64,
    /// When it was changed last, microseconds since 1970.
    pub modified_micros: Option<i64>,
}

impl Listing {
    /// Lists everything below a folder. Blocks.
    pub fn of_folder(folder: &Path) -> AppResult<Self> {
        let mut listing = Self { folder: folder.to_owned(), archive: None, files: Vec::new(), failures: Vec::new() };
        // A folder that was asked for and cannot be read is an error; one below it is a line in the list.
        fs::read_dir(folder).map_err(|error| place::unreadable("read", folder, &error))?;
        let mut linked = HashSet::from([folder.to_owned()]);
        listing.walk(folder, "", 0, &mut linked);
        listing.files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(listing)
    }

    /// Lists one file of a folder.
    pub fn of_file(file: &Path) -> AppResult<Self> {
        let folder = file.parent().unwrap_or(file).to_owned();
        let metadata = fs::metadata(file).map_err(|error| place::unreadable("read", file, &error))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let only = ListedFile { path: name, bytes: metadata.len(), modified_micros: modified_micros(&metadata) };
        Ok(Self { folder, archive: None, files: vec![only], failures: Vec::new() })
    }

    /// Lists an archive. Blocks; a tar.gz is read through.
    pub fn of_archive(file: &Path) -> AppResult<Self> {
        let listed = archive::list(file, &ArchiveLimits::default())?;
        let mut files: Vec<ListedFile> = listed
            .entries
            .into_iter()
            .map(|entry| ListedFile { path: entry.path, bytes: entry.bytes, modified_micros: entry.modified_micros })
            .collect();
        files.sort_by(|left, right| left.path.cmp(&right.path));
        let failures = listed.left_out.into_iter().map(|left| ImportFailure { path: left.path, reason: left.reason });
        Ok(Self { folder: file.to_owned(), archive: Some(file.to_owned()), files, failures: failures.collect() })
    }

    fn walk(&mut self, folder: &Path, below: &str, depth: usize, linked: &mut HashSet<PathBuf>) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.fail(below, &error.to_string()),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.fail(below, &error.to_string());
                    continue;
                }
            };
            let os_name = entry.file_name();
            let name = os_name.to_string_lossy();
            // Hidden files and folders are other programs' business.
            if name.starts_with('.') {
                continue;
            }
            let path = if below.is_empty() { name.clone().into_owned() } else { format!("{below}/{name}") };
            if os_name.to_str().is_none() {
                self.fail(&path, "its name is not Unicode; rename it");
                continue;
            }
            match fs::metadata(entry.path()) {
                Err(error) => self.fail(&path, &error.to_string()),
                Ok(metadata) if metadata.is_dir() => {
                    if depth < MAX_DEPTH && is_new_folder(&entry, linked) {
                        self.walk(&entry.path(), &path, depth + 1, linked);
                    }
                }
                Ok(metadata) if metadata.is_file() => {
                    let modified_micros = modified_micros(&metadata);
                    self.files.push(ListedFile { path, bytes: metadata.len(), modified_micros });
                }
                Ok(_) => {}
            }
        }
    }

    fn fail(&mut self, path: &str, reason: &str) {
        self.failures.push(ImportFailure { path: path.to_owned(), reason: reason.to_owned() });
    }

    /// The file on this disk; of an archive only once it is unpacked into `folder`.
    pub fn on_disk(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// True for a picture or video: by its ending, and where that says nothing by its first bytes.
    pub fn is_media(&self, file: &ListedFile) -> bool {
        let ending = ending_of(&file.path);
        if MEDIA_ENDINGS.contains(&ending.as_str()) {
            return true;
        }
        if OTHER_ENDINGS.contains(&ending.as_str()) || self.archive.is_some() {
            return false;
        }
        let mut head = Vec::with_capacity(HEAD_BYTES);
        let read = fs::File::open(self.on_disk(&file.path)).and_then(|opened| {
            std::io::Read::read_to_end(&mut std::io::Read::take(opened, HEAD_BYTES as u64), &mut head)
        });
        let format = read.ok().and_then(|_| muster_media::sniff(&head));
        format.is_some_and(|format| format.kind() != MediaKind::Series)
    }
}

/// The ending of a name in lower case; empty where there is none.
pub(super) fn ending_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// True for names that are unpacked out of an archive.
pub(super) fn is_wanted(path: &str) -> bool {
    let ending = ending_of(path);
    ending == "json" || MEDIA_ENDINGS.contains(&ending.as_str())
}

/// How a file is packed, if it is an archive.
pub(super) fn archive_kind(path: &Path) -> AppResult<Option<ArchiveKind>> {
    Ok(if path.is_file() { archive::kind(path)? } else { None })
}

/// A linked folder counts once, and never when it leads back up.
fn is_new_folder(entry: &fs::DirEntry, linked: &mut HashSet<PathBuf>) -> bool {
    let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
    if !is_link {
        return true;
    }
    let Ok(target) = fs::canonicalize(entry.path()) else { return false };
    !entry.path().starts_with(&target) && linked.insert(target)
}

pub(super) fn modified_micros(metadata: &fs::Metadata) -> Option<i64> {
    let since_1970 = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since_1970.as_micros()).ok()
}
