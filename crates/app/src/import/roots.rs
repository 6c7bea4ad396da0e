//! The folders that imports came from: where they lie now, and what became of their files.

use std::{fs, path::Path};

use muster_store::{import::KnownFile, service::ImportRoot};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::listing::{Listing, modified_micros};
use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult, ErrorCode},
    place,
};

/// Files that a report names.
const NAMED_FILES: usize = 1_000;

/// A folder or archive that captures were imported from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRootDto {
    /// Its name in the library.
    pub name: String,
    /// Where it lies on this machine.
    pub path: String,
    /// True when there is something at that path.
    pub exists: bool,
    /// Captures that came from it.
    pub captures: u64,
    /// Those whose bytes are only there.
    pub referenced: u64,
}

/// What became of the files of an import root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RootReport {
    /// Its name in the library.
    pub name: String,
    /// Where it lies.
    pub path: String,
    /// Files that are as they were.
    pub unchanged: u64,
    /// Files with other bytes than when they were imported.
    pub changed: u64,
    /// Files that are not there.
    pub missing: u64,
    /// Pictures and videos there that the library does not have.
    pub new: u64,
    /// The first of those that are not as they were.
    pub files: Vec<FileReport>,
}

/// A file that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// Below the root.
    pub path: String,
    /// What became of it.
    pub state: FileState,
    /// Its capture; none for a new file.
    pub capture_id: Option<String>,
    /// True when the library has a copy of what it was.
    pub has_copy: bool,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// It has other bytes.
    Changed,
    /// It is not there.
    Missing,
    /// The library does not have it.
    New,
}

/// The import roots, by name.
pub async fn import_roots(app: &App) -> AppResult<Vec<ImportRootDto>> {
    let opened = app.opened().await?;
    let mut roots = Vec::new();
    for ImportRoot { name, path } in opened.library.import_roots().await? {
        let files = opened.library.known_files(&name).await?;
        roots.push(ImportRootDto {
            exists: Path::new(&path).exists(),
            captures: files.len() as u64,
            referenced: files.iter().filter(|file| file.referenced).count() as u64,
            name,
            path,
        });
    }
    Ok(roots)
}

/// Compares the files of an import root with what the library knows: size and time first, bytes where those differ.
pub async fn changed_files(app: &App, root: String) -> AppResult<RootReport> {
    let opened = app.opened().await?;
    let root = root_named(app, &root).await?;
    let known = opened.library.known_files(&root.name).await?;
    let (report, same) = app.blocking(Urgency::Interactive, move || look(&root, &known)).await?;
    // Next time their time says that they are the same.
    for files in same.chunks(muster_store::MAX_BATCH) {
        opened.library.note_files(files).await?;
    }
    Ok(report)
}

/// Says where an import root lies now. Refused when none of its files is there.
pub async fn relink(app: &App, root: String, path: String) -> AppResult<RootReport> {
    let opened = app.opened().await?;
    let root = root_named(app, &root).await?;
    let found = fs::canonicalize(&path).map_err(|error| place::unreadable("read", path.as_ref(), &error))?;
    let moved = ImportRoot { name: root.name, path: found.display().to_string() };
    let known = opened.library.known_files(&moved.name).await?;
    let looking = moved.clone();
    let (report, same) = app.blocking(Urgency::Interactive, move || look(&looking, &known)).await?;
    if report.unchanged + report.changed == 0 && report.missing > 0 {
        let message = format!("none of the {} files of {} is in {path}", report.missing, moved.name);
        return Err(AppError::new(ErrorCode::NotFound, message)
            .with_remedy("name the folder that has the same folders and files in it as before"));
    }
    opened.library.set_import_root(&moved).await?;
    for files in same.chunks(muster_store::MAX_BATCH) {
        opened.library.note_files(files).await?;
    }
    opened.notify_changed();
    Ok(report)
}

async fn root_named(app: &App, name: &str) -> AppResult<ImportRoot> {
    let roots = app.opened().await?.library.import_roots().await?;
    let names = roots.iter().map(|root| root.name.as_str()).collect::<Vec<_>>().join(", ");
    roots.into_iter().find(|root| root.name == name).ok_or_else(|| {
        let remedy = if names.is_empty() { "nothing was imported yet".into() } else { format!("there are: {names}") };
        AppError::not_found(format!("import root {name:?}")).with_remedy(remedy)
    })
}

/// What became of each file, and the times of those that are the same. Blocks.
fn look(root: &ImportRoot, known: &[KnownFile]) -> AppResult<(RootReport, Vec<(u32, i64)>)> {
    let mut report = RootReport {
        name: root.name.clone(),
        path: root.path.clone(),
        unchanged: 0,
        changed: 0,
        missing: 0,
        new: 0,
        files: Vec::new(),
    };
    let folder = Path::new(&root.path);
    let mut same = Vec::new();
    if folder.is_file() {
        // What came out of an archive, or a single file's folder, is in the library.
        report.unchanged = known.len() as u64;
        return Ok((report, same));
    }
    // A file that changed and was imported again is there twice; the latest counts.
    let mut latest: Vec<&KnownFile> = Vec::with_capacity(known.len());
    for file in known {
        match latest.last_mut() {
            Some(last) if last.relative_path == file.relative_path => *last = file,
            _ => latest.push(file),
        }
    }
    for file in &latest {
        match state_of(folder, file) {
            None => report.unchanged += 1,
            Some((None, modified)) => {
                report.unchanged += 1;
                same.extend(modified.map(|modified| (file.row_key, modified)));
            }
            Some((Some(state), _)) => report.add(state, &file.relative_path, Some(file)),
        }
    }
    if folder.is_dir() {
        let paths: std::collections::HashSet<&str> = latest.iter().map(|file| file.relative_path.as_str()).collect();
        let listing = Listing::of_folder(folder)?;
        for file in &listing.files {
            if !paths.contains(file.path.as_str()) && listing.is_media(file) {
                report.add(FileState::New, &file.path, None);
            }
        }
    }
    Ok((report, same))
}

impl RootReport {
    fn add(&mut self, state: FileState, path: &str, file: Option<&KnownFile>) {
        match state {
            FileState::Changed => self.changed += 1,
            FileState::Missing => self.missing += 1,
            FileState::New => self.new += 1,
        }
        if self.files.len() < NAMED_FILES {
            self.files.push(FileReport {
                path: path.to_owned(),
                state,
                capture_id: file.map(|file| file.capture_id.to_string()),
                has_copy: file.is_some_and(|file| !file.referenced),
            });
        }
    }
}

/// None when size and time are as they were; else what became of the file, and its time now.
fn state_of(folder: &Path, file: &KnownFile) -> Option<(Option<FileState>, Option<i64>)> {
    let path = folder.join(&file.relative_path);
    let Ok(metadata) = fs::metadata(&path) else { return Some((Some(FileState::Missing), None)) };
    let modified = modified_micros(&metadata);
    if metadata.len() != file.bytes {
        return Some((Some(FileState::Changed), modified));
    }
    if modified.is_some() && modified == file.modified_micros {
        return None;
    }
    match muster_media::hash_file(&path) {
        Ok((digest, _)) if digest == file.digest => Some((None, modified)),
        Ok(_) => Some((Some(FileState::Changed), modified)),
        Err(_) => Some((Some(FileState::Missing), modified)),
    }
}
