//! Finds manifests and the files that they name.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use muster_domain::digest::Digest;
use sha2::{Digest as _, Sha256};

use crate::error::{InferenceError, Result};
use crate::manifest::{Manifest, ManifestFile, Role, Source};
use crate::places;

/// The manifests of a folder and of the cache, and the files in both.
#[derive(Clone, Debug)]
pub struct ModelStore {
    models_dir: PathBuf,
    cache_dir: PathBuf,
    manifests: BTreeMap<String, Manifest>,
}

/// Whether a model can be used at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// Its files are there; their hashes are checked when it is loaded.
    Installed,
    /// A file is missing.
    NotInstalled {
        /// What to do.
        remedy: String,
    },
}

/// A model whose files are there and have the right hashes.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// The manifest.
    pub manifest: Manifest,
    /// The files in the manifest's order.
    pub paths: Vec<PathBuf>,
    /// BLAKE3 of what decides about the results.
    pub model_hash: Digest,
}

impl ModelStore {
    /// Opens the store that belongs to this program: the manifests in `$MUSTER_MODELS`, else in `models/` beside the
    /// program or in its `share/muster/`, else those that `make setup` left in the cache.
    pub fn open_default() -> Result<Self> {
        Self::open(&places::find_models_dir()?, &places::cache_dir())
    }

    /// Reads the manifests in `models_dir` and those that were added to the cache; the first have precedence.
    pub fn open(models_dir: &Path, cache_dir: &Path) -> Result<Self> {
        let mut manifests = BTreeMap::new();
        let added = places::manifests_in(cache_dir);
        let folders = [models_dir].into_iter().chain(added.is_dir().then_some(added.as_path()));
        for folder in folders {
            for path in toml_files(folder)? {
                let manifest = Manifest::read(&path)?;
                manifests.entry(manifest.id.clone()).or_insert(manifest);
            }
        }
        if manifests.is_empty() {
            return Err(InferenceError::NoModels { looked: vec![models_dir.to_owned(), added] });
        }
        Ok(Self { models_dir: models_dir.to_owned(), cache_dir: cache_dir.to_owned(), manifests })
    }

    /// Every manifest, by id.
    pub fn list(&self) -> impl Iterator<Item = &Manifest> {
        self.manifests.values()
    }

    /// The manifest with this id.
    pub fn manifest(&self, id: &str) -> Result<&Manifest> {
        self.manifests.get(id).ok_or_else(|| InferenceError::UnknownModel {
            id: id.to_owned(),
            known: self.manifests.keys().cloned().collect(),
        })
    }

    /// Whether the model with this id can be used at once. Only looks for its files.
    pub fn state(&self, id: &str) -> Result<ModelState> {
        let manifest = self.manifest(id)?;
        let missing = manifest.files.iter().any(|file| self.locate(manifest, file).is_none());
        Ok(if missing { ModelState::NotInstalled { remedy: remedy(manifest) } } else { ModelState::Installed })
    }

    /// The files of the model with this id, after their hashes were checked.
    pub fn resolve(&self, id: &str) -> Result<ModelFiles> {
        let manifest = self.manifest(id)?;
        let mut paths = Vec::new();
        for file in &manifest.files {
            let path = self
                .locate(manifest, file)
                .ok_or_else(|| InferenceError::NotInstalled { id: id.to_owned(), remedy: remedy(manifest) })?;
            check_hash(&path, &file.sha256)?;
            paths.push(path);
        }
        Ok(ModelFiles { manifest: manifest.clone(), paths, model_hash: manifest.model_hash() })
    }

    fn locate(&self, manifest: &Manifest, file: &ManifestFile) -> Option<PathBuf> {
        let beside = (manifest.source == Source::File).then(|| self.models_dir.join(&file.path));
        let name = Path::new(&file.path).file_name()?;
        let cached = self.cache_dir.join("models").join(&manifest.id).join(&manifest.version).join(name);
        beside.into_iter().chain([cached]).find(|path| path.is_file())
    }
}

impl ModelFiles {
    /// The model itself.
    pub fn model(&self) -> &Path {
        &self.paths[0]
    }

    /// The file that the manifest names by this path; the manifest was checked to have it.
    pub(crate) fn named(&self, path: &str) -> &Path {
        let place = self.manifest.files.iter().position(|file| file.path == path);
        &self.paths[place.expect("a checked manifest names its own files")]
    }

    pub(crate) fn expect_role(&self, needed: Role) -> Result<()> {
        let found = self.manifest.role;
        if found == needed {
            return Ok(());
        }
        Err(InferenceError::WrongRole { id: self.manifest.id.clone(), found, needed })
    }
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| InferenceError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn remedy(manifest: &Manifest) -> String {
    match &manifest.source {
        Source::Url { url } => format!("fetch {url} into the model cache"),
        _ if manifest.default => "run `make setup`".to_owned(),
        _ => format!("run `scripts/install_models.py {}`", manifest.id),
    }
}

fn check_hash(path: &Path, expected: &str) -> Result<()> {
    let failed = |source| InferenceError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 18];
    loop {
        match file.read(&mut block) {
            Ok(0) => break,
            Ok(length) => hasher.update(&block[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let actual = format!("{:x}", hasher.finalize());
    if actual == expected {
        return Ok(());
    }
    Err(InferenceError::WrongHash { path: path.to_owned(), expected: expected.to_owned(), actual })
}
