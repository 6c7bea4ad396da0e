//! What an import will read: the pictures at a path, and the labels beside them.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Component, Path, PathBuf},
};

use muster_domain::digest::Digest;
use muster_formats::{
    FormatError,
    archive::{self, ArchiveLimits},
    coco::{self, CocoFile, CocoId},
};
use muster_store::{import::ImportFailure, service::ImportRoot};

use super::{
    finder::Finder,
    listing::{Listing, archive_kind, ending_of},
};
use crate::{
    error::{AppError, AppResult, ErrorCode},
    place,
};

/// Label files that are looked for in one folder; a folder of more has one a picture, which is another format.
const MAX_LABEL_FILES: usize = 64;
/// How deep below a folder its label files lie.
const LABEL_DEPTH: usize = 2;

/// Everything that an import will read, before anything is read in full.
pub(super) struct ImportPlan {
    pub root: ImportRoot,
    pub listing: Listing,
    /// By path.
    pub pictures: Vec<PlannedPicture>,
    pub labels: Vec<Labels>,
    /// File names in the labels that lead to no file.
    pub missing: Vec<String>,
}

/// One picture or video.
pub(super) struct PlannedPicture {
    /// Below the listing's folder.
    pub path: String,
    /// Below the root, with forward slashes.
    pub relative_path: String,
    pub bytes: u64,
    pub modified_micros: Option<i64>,
    /// Its ids in the label files, with the file's place among them.
    pub images: Vec<(usize, CocoId)>,
}

/// A label file.
pub(super) struct Labels {
    pub digest: Digest,
    /// Its path below the listing's folder.
    pub path: String,
    pub file: CocoFile,
}

/// What a person may ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Auto,
    Pictures,
    Coco,
}

impl ImportPlan {
    /// Plans `auto`, `images` or `coco`. Label files of an archive are unpacked into `scratch`. Blocks.
    pub fn make(path: &str, format: &str, roots: &[ImportRoot], scratch: &Path) -> AppResult<Self> {
        let path = fs::canonicalize(path).map_err(|error| place::unreadable("read", path.as_ref(), &error))?;
        let wanted = match format {
            "auto" => Wanted::Auto,
            "images" => Wanted::Pictures,
            "coco" => Wanted::Coco,
            other => {
                return Err(AppError::invalid(format!("there is no import format {other:?}"))
                    .with_remedy("use auto, images or coco"));
            }
        };
        if let Some(only) = Some(&path).filter(|path| wanted != Wanted::Pictures && is_label_file(path)) {
            let above = folder_of_labels(only);
            let listing = Listing::of_folder(&above)?;
            let label_path = relative(&above, only).unwrap_or_default();
            let labels = Labels::read(only, label_path)?;
            return Self::of_labels(listing, vec![labels], false, roots);
        }
        let listing = if archive_kind(&path)?.is_some() {
            Listing::of_archive(&path)?
        } else if path.is_dir() {
            Listing::of_folder(&path)?
        } else {
            Listing::of_file(&path)?
        };
        let labels = if wanted == Wanted::Pictures { Vec::new() } else { labels_in(&listing, wanted, scratch)? };
        if wanted == Wanted::Coco && labels.is_empty() {
            let message = format!("there is no COCO label file in {}", path.display());
            return Err(
                AppError::new(ErrorCode::UnreadableFile, message).with_remedy("name the annotations file itself")
            );
        }
        Self::of_labels(listing, labels, wanted == Wanted::Auto || wanted == Wanted::Pictures, roots)
    }

    /// The plan's format, as typed.
    pub fn format_name(&self) -> &'static str {
        if self.labels.is_empty() { "images" } else { coco::FORMAT }
    }

    /// How many annotations can be imported.
    pub fn annotations(&self) -> usize {
        self.labels.iter().map(|labels| labels.file.annotations.len()).sum()
    }

    /// How often each class name is used.
    pub fn class_names(&self) -> BTreeMap<&str, u32> {
        let mut names = BTreeMap::new();
        for labels in &self.labels {
            let by_id: HashMap<&CocoId, &str> =
                labels.file.categories.iter().map(|category| (&category.id, category.name.as_str())).collect();
            for annotation in &labels.file.annotations {
                if let Some(name) = by_id.get(&annotation.category_id) {
                    *names.entry(*name).or_default() += 1;
                }
            }
        }
        names
    }

    /// The pictures that labels name, and all others too where `all` says so.
    fn of_labels(listing: Listing, labels: Vec<Labels>, all: bool, roots: &[ImportRoot]) -> AppResult<Self> {
        let mut images: HashMap<String, Vec<(usize, CocoId)>> = HashMap::new();
        let mut missing = Vec::new();
        for (place, labels) in labels.iter().enumerate() {
            let finder = Finder::new(&listing.files, &labels.path);
            for image in &labels.file.images {
                match finder.find(&image.file_name) {
                    Some(path) => images.entry(path.to_owned()).or_default().push((place, image.id.clone())),
                    None => missing.push(image.file_name.clone()),
                }
            }
        }
        if images.is_empty() && !missing.is_empty() && !all {
            let file = labels.first().map(|labels| listing.on_disk(&labels.path)).unwrap_or_default();
            let message = format!("none of the {} pictures of {} is beside it", missing.len(), file.display());
            return Err(AppError::new(ErrorCode::UnreadableFile, message)
                .with_remedy("put the pictures beside the label file, or into a folder named images"));
        }
        // A label file may lie far above its pictures: their own common folder is the root.
        let common = if all { String::new() } else { common_folder(images.keys().map(String::as_str)) };
        let root = root_of(&listing, &common, roots);
        let mut pictures = Vec::new();
        for file in &listing.files {
            let images = images.remove(&file.path).unwrap_or_default();
            if images.is_empty() && !(all && listing.is_media(file)) {
                continue;
            }
            let Some(relative_path) = below_root(&root, &listing, &file.path) else { continue };
            let (bytes, modified_micros) = (file.bytes, file.modified_micros);
            pictures.push(PlannedPicture { path: file.path.clone(), relative_path, bytes, modified_micros, images });
        }
        if pictures.is_empty() && labels.is_empty() {
            let message = format!("there is no picture or video at {}", listing.folder.display());
            return Err(AppError::new(ErrorCode::UnreadableFile, message)
                .with_remedy("Muster reads JPEG, PNG, WebP, TIFF, BMP, GIF, and video that FFmpeg reads"));
        }
        Ok(Self { root, listing, pictures, labels, missing })
    }
}

impl Labels {
    fn read(file: &Path, path: String) -> AppResult<Self> {
        let (digest, _) = muster_media::hash_file(file)?;
        Ok(Self { digest, path, file: coco::read(file)? })
    }
}

/// The label files of a folder or archive. In `auto` a JSON file that is something else is passed over.
fn labels_in(listing: &Listing, wanted: Wanted, scratch: &Path) -> AppResult<Vec<Labels>> {
    let candidates: Vec<&str> = listing
        .files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| ending_of(path) == "json" && path.matches('/').count() <= LABEL_DEPTH)
        .collect();
    if candidates.is_empty() || candidates.len() > MAX_LABEL_FILES {
        return Ok(Vec::new());
    }
    let folder = match &listing.archive {
        None => listing.folder.clone(),
        Some(archive) => {
            let only_labels = |entry: &archive::ArchiveEntry| candidates.contains(&entry.path.as_str());
            let limits = ArchiveLimits::default();
            archive::unpack(archive, scratch, &limits, &only_labels, &mut |_| std::ops::ControlFlow::Continue(()))?;
            scratch.to_owned()
        }
    };
    let mut labels = Vec::new();
    for path in candidates {
        match coco::read(&folder.join(path)) {
            Ok(file) if file.annotations.len() < file.problems.len().max(1) && wanted == Wanted::Auto => {}
            Ok(file) => {
                let (digest, _) = muster_media::hash_file(&folder.join(path))?;
                labels.push(Labels { digest, path: path.to_owned(), file });
            }
            Err(error @ FormatError::Io { .. }) => return Err(error.into()),
            Err(_) if wanted == Wanted::Auto => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(labels)
}

fn is_label_file(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

/// The folder below which the pictures of a label file lie: its own, or the one above when that is `annotations`.
fn folder_of_labels(labels: &Path) -> PathBuf {
    let folder = labels.parent().unwrap_or(labels);
    let above = folder.parent().filter(|_| folder.file_name().is_some_and(|name| name == "annotations"));
    above.unwrap_or(folder).to_owned()
}

/// The root that already holds the files, else a new one named after them.
fn root_of(listing: &Listing, common: &str, roots: &[ImportRoot]) -> ImportRoot {
    let place =
        if listing.archive.is_some() || common.is_empty() { listing.folder.clone() } else { listing.on_disk(common) };
    let holds = |root: &&ImportRoot| match listing.archive {
        // What lies in an archive is at no path of the root around it.
        Some(_) => place == Path::new(&root.path),
        None => place.starts_with(&root.path),
    };
    if let Some(root) = roots.iter().filter(holds).max_by_key(|root| root.path.len()) {
        return root.clone();
    }
    let base = place.file_name().map_or_else(|| "pictures".into(), |name| name.to_string_lossy().into_owned());
    let taken = |name: &str| roots.iter().any(|root| root.name == name);
    let mut name = base.clone();
    for number in 2..=roots.len() + 1 {
        if !taken(&name) {
            break;
        }
        name = format!("{base}-{number}");
    }
    ImportRoot { name, path: place.display().to_string() }
}

fn below_root(root: &ImportRoot, listing: &Listing, path: &str) -> Option<String> {
    let root = Path::new(&root.path);
    match relative(root, &listing.folder) {
        Some(between) if between.is_empty() => Some(path.to_owned()),
        Some(between) => Some(format!("{between}/{path}")),
        None => relative(root, &listing.on_disk(path)),
    }
}

/// The deepest folder above all of these paths; empty where that is the listing's own.
fn common_folder<'a>(mut paths: impl Iterator<Item = &'a str>) -> String {
    let parent = |path: &'a str| path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Some(first) = paths.next() else { return String::new() };
    let mut common = parent(first);
    for path in paths {
        while !common.is_empty() && !path.strip_prefix(common).is_some_and(|below| below.starts_with('/')) {
            common = parent(common);
        }
    }
    common.to_owned()
}

/// The path below a folder with forward slashes; empty for the folder itself.
fn relative(folder: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(folder).ok()?;
    let parts: Vec<String> = below
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    Some(parts.join("/"))
}

impl ImportPlan {
    /// What cannot be used before anything is read.
    pub fn failures(&self) -> impl Iterator<Item = ImportFailure> {
        let missing = self.missing.iter().map(|name| ImportFailure {
            path: name.clone(),
            reason: "the label file names this picture and it is nowhere near".into(),
        });
        self.listing.failures.iter().cloned().chain(missing)
    }
}
