//! What an import will read: the pictures below a path, and the labels beside them.

use std::{
    collections::HashMap,
    fs,
    path::{Component, Path, PathBuf},
};

use muster_domain::digest::Digest;
use muster_formats::coco::{self, CocoFile, CocoId};
use muster_media::{Limits, MediaKind};
use muster_store::service::ImportRoot;

use crate::{
    error::{AppError, AppResult, ErrorCode},
    place,
};

/// How deep folders may nest; a link that leads back up ends here.
const MAX_DEPTH: usize = 64;
/// The first bytes that tell a format.
const HEAD_BYTES: usize = 512;

/// Everything that an import will read, before anything is read in full.
pub(crate) struct ImportPlan {
    pub root: ImportRoot,
    /// By path.
    pub pictures: Vec<PlannedPicture>,
    pub labels: Option<Labels>,
    /// File names in the labels that lead to no file.
    pub missing: Vec<String>,
}

/// One picture or video.
pub(crate) struct PlannedPicture {
    pub path: PathBuf,
    /// Below the root, with forward slashes.
    pub relative_path: String,
    /// Its id in the labels.
    pub image_id: Option<CocoId>,
}

/// A label file.
pub(crate) struct Labels {
    pub digest: Digest,
    pub file: CocoFile,
}

impl ImportPlan {
    /// Plans `auto`, `images` or `coco`. Blocks.
    pub fn make(path: &str, format: &str, roots: &[ImportRoot]) -> AppResult<Self> {
        let path = fs::canonicalize(path).map_err(|error| place::unreadable("read", path.as_ref(), &error))?;
        match format {
            "coco" => Self::of_coco(&label_file(&path)?, roots),
            "auto" if is_json(&path) => Self::of_coco(&path, roots),
            "auto" | "images" => Self::of_folder(&path, roots),
            other => Err(AppError::invalid(format!("there is no import format {other:?}"))
                .with_remedy("use auto, images or coco")),
        }
    }

    /// The plan's format, as typed.
    pub fn format_name(&self) -> &'static str {
        if self.labels.is_some() { coco::FORMAT } else { "images" }
    }

    /// How many annotations can be imported.
    pub fn annotations(&self) -> usize {
        self.labels.as_ref().map_or(0, |labels| labels.file.annotations.len())
    }

    /// The class name of each annotation.
    pub fn class_names(&self) -> impl Iterator<Item = &str> {
        let names: HashMap<&CocoId, &str> = self
            .labels
            .iter()
            .flat_map(|labels| &labels.file.categories)
            .map(|category| (&category.id, category.name.as_str()))
            .collect();
        let annotations = self.labels.iter().flat_map(|labels| &labels.file.annotations);
        annotations.filter_map(move |annotation| names.get(&annotation.category_id).copied())
    }

    fn of_folder(path: &Path, roots: &[ImportRoot]) -> AppResult<Self> {
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        let root = root_of(folder, roots);
        let mut files = Vec::new();
        if path.is_dir() {
            walk(path, 0, &mut files)?;
        } else if is_media(path) {
            files.push(path.to_owned());
        }
        files.sort();
        if files.is_empty() {
            let message = format!("there is no picture or video at {}", path.display());
            return Err(AppError::new(ErrorCode::UnreadableFile, message)
                .with_remedy("Muster reads JPEG, PNG, WebP, TIFF, BMP, GIF, and video that FFmpeg reads"));
        }
        let planned = |path: PathBuf| {
            let relative_path = relative(&root, &path)?;
            Some(PlannedPicture { path, relative_path, image_id: None })
        };
        let pictures = files.into_iter().filter_map(planned).collect();
        Ok(Self { root, pictures, labels: None, missing: Vec::new() })
    }

    fn of_coco(path: &Path, roots: &[ImportRoot]) -> AppResult<Self> {
        let (digest, _) = muster_media::hash_file(path)?;
        let file = coco::read(path)?;
        let finder = PictureFinder::new(path)?;
        let mut found = Vec::with_capacity(file.images.len());
        let mut missing = Vec::new();
        for image in &file.images {
            match finder.find(&image.file_name) {
                Some(path) => found.push((path, image.id.clone())),
                None => missing.push(image.file_name.clone()),
            }
        }
        if found.is_empty() && !file.images.is_empty() {
            let message = format!("none of the {} pictures of {} is beside it", missing.len(), path.display());
            return Err(AppError::new(ErrorCode::UnreadableFile, message)
                .with_remedy("put the pictures beside the label file, or into a folder named images"));
        }
        let root = root_of(&common_folder(found.iter().map(|(path, _)| path.as_path()), path), roots);
        let planned = |(path, image_id): (PathBuf, CocoId)| {
            let relative_path = relative(&root, &path)?;
            Some(PlannedPicture { path, relative_path, image_id: Some(image_id) })
        };
        let mut pictures: Vec<PlannedPicture> = found.into_iter().filter_map(planned).collect();
        pictures.sort_by(|left, right| left.relative_path.cmp(&right.relative_path));
        Ok(Self { root, pictures, labels: Some(Labels { digest, file }), missing })
    }
}

fn is_json(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// The file itself, or the only JSON file of a folder.
fn label_file(path: &Path) -> AppResult<PathBuf> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    for folder in [path.to_owned(), path.join("annotations")] {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let files: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_json(path)).collect();
        if let [only] = files.as_slice() {
            return Ok(only.clone());
        }
    }
    Err(AppError::new(ErrorCode::UnreadableFile, format!("{} does not hold exactly one label file", path.display()))
        .with_remedy("name the annotations file itself"))
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> AppResult<()> {
    let entries = fs::read_dir(folder).map_err(|error| place::unreadable("read", folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| place::unreadable("read", folder, &error))?;
        let path = entry.path();
        // Hidden files and folders are other programs' business.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if depth < MAX_DEPTH {
                walk(&path, depth + 1, files)?;
            }
        } else if is_media(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// True for a file that begins as a picture or video; one that turns out to be damaged is listed later.
fn is_media(path: &Path) -> bool {
    let mut head = [0_u8; HEAD_BYTES];
    let read = fs::File::open(path).and_then(|mut file| std::io::Read::read(&mut file, &mut head));
    let format = read.ok().and_then(|bytes| muster_media::sniff(&head[..bytes]));
    format.is_some_and(|format| format.kind() != MediaKind::Series)
}

/// The root that already holds the folder, else a new one named after it.
fn root_of(folder: &Path, roots: &[ImportRoot]) -> ImportRoot {
    let containing = roots.iter().filter(|root| folder.starts_with(&root.path));
    if let Some(root) = containing.max_by_key(|root| root.path.len()) {
        return root.clone();
    }
    let base = folder.file_name().map_or_else(|| "pictures".into(), |name| name.to_string_lossy().into_owned());
    let taken = |name: &str| roots.iter().any(|root| root.name == name);
    let mut name = base.clone();
    for number in 2..=roots.len() + 1 {
        if !taken(&name) {
            break;
        }
        name = format!("{base}-{number}");
    }
    ImportRoot { name, path: folder.display().to_string() }
}

/// The path below the root with forward slashes.
fn relative(root: &ImportRoot, path: &Path) -> Option<String> {
    let below = path.strip_prefix(&root.path).ok()?;
    let parts: Vec<String> = below
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    Some(parts.join("/"))
}

/// The deepest folder above all pictures.
fn common_folder<'a>(mut paths: impl Iterator<Item = &'a Path>, otherwise: &Path) -> PathBuf {
    let parent = |path: &Path| path.parent().map(Path::to_owned).unwrap_or_default();
    let Some(first) = paths.next() else { return parent(otherwise) };
    paths.fold(parent(first), |common, path| {
        let mut common = common;
        while !path.starts_with(&common) && common.pop() {}
        common
    })
}

/// Finds the pictures of a label file: beside it, in a folder named `images`, or by their unique name nearby.
struct PictureFinder {
    folders: Vec<PathBuf>,
    by_name: HashMap<String, Option<PathBuf>>,
}

impl PictureFinder {
    fn new(labels: &Path) -> AppResult<Self> {
        let folder = labels.parent().unwrap_or(labels);
        let above = folder.parent().unwrap_or(folder);
        let stem = labels.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        // `annotations/instances_val2017.json` has its pictures in `val2017` or `images/val2017`.
        let subset = stem.rsplit('_').next().unwrap_or_default().to_owned();
        let mut folders = vec![folder.join("images"), folder.to_owned(), folder.join("data")];
        if folder.file_name().is_some_and(|name| name == "annotations") {
            folders.splice(0..0, [above.join("images").join(&subset), above.join(&subset), above.join("images")]);
            folders.push(above.to_owned());
        }
        let mut files = Vec::new();
        for base in &folders[..folders.len().min(4)] {
            if base.is_dir() {
                walk(base, 0, &mut files)?;
            }
        }
        files.sort();
        files.dedup();
        let mut by_name = HashMap::new();
        for path in files {
            let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
            // A name that two files have finds neither.
            by_name.entry(name).and_modify(|found| *found = None).or_insert(Some(path));
        }
        Ok(Self { folders, by_name })
    }

    fn find(&self, file_name: &str) -> Option<PathBuf> {
        let below: PathBuf =
            file_name.replace('\\', "/").split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
        let direct = self.folders.iter().map(|folder| folder.join(&below)).find(|path| path.is_file());
        let by_name = || self.by_name.get(below.file_name()?.to_string_lossy().as_ref()).cloned().flatten();
        direct.or_else(by_name).and_then(|path| fs::canonicalize(path).ok())
    }
}

/// What is read of one picture before it becomes a capture.
pub(crate) struct PictureFacts {
    pub digest: Digest,
    pub bytes: u64,
    pub probe: muster_media::Probe,
    /// When the file was changed last, microseconds since 1970.
    pub modified_micros: Option<i64>,
}

impl PlannedPicture {
    /// Reads the whole picture: its hash and what its bytes say. Blocks.
    pub fn facts(&self) -> AppResult<PictureFacts> {
        let (digest, bytes) = muster_media::hash_file(&self.path)?;
        let probe = muster_media::probe_path(&self.path, &Limits::default())?;
        let modified = fs::metadata(&self.path).and_then(|metadata| metadata.modified()).ok();
        let since_1970 = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let modified_micros = since_1970.and_then(|since| i64::try_from(since.as_micros()).ok());
        Ok(PictureFacts { digest, bytes, probe, modified_micros })
    }
}
