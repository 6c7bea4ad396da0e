//! Real models on real pictures. `make setup` installs what these tests need; without it they say so and pass.

mod accuracy;
mod embed;
mod store;
mod text;

use std::path::{Path, PathBuf};

use muster_inference::{InferenceError, ModelStore, Proposer, ProposerOptions, RuntimeOptions, runtime_status};

/// The manifests of this repository with the cache that `make setup` filled.
fn store() -> ModelStore {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let caches = variable("XDG_CACHE_HOME").unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache"));
    let cache = variable("MUSTER_CACHE").unwrap_or_else(|| caches.join("muster"));
    ModelStore::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"), &cache).unwrap()
}

/// A loaded model, or `None` with a loud line when it or ONNX Runtime is not installed.
fn proposer(id: &str, options: &ProposerOptions) -> Option<Proposer> {
    match Proposer::load(&store(), id, options) {
        Ok(proposer) => Some(proposer),
        Err(error @ (InferenceError::RuntimeMissing { .. } | InferenceError::NotInstalled { .. })) => {
            eprintln!("SKIPPED: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A file or folder of the shared test data, or `None` with a loud line when it is not there.
fn test_data(relative: &str) -> Option<PathBuf> {
    let root = std::env::var_os("MUSTER_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let path = root.join(relative);
    if !path.exists() {
        eprintln!("SKIPPED: {} is missing, no MUSTER_TEST_DATA", path.display());
        return None;
    }
    Some(path)
}

fn photo(path: &Path) -> image::RgbImage {
    image::open(path).unwrap().into_rgb8()
}

#[test]
fn the_runtime_says_which_it_is() {
    match runtime_status(&RuntimeOptions::default()) {
        Ok(status) => assert!(status.path.is_file() && status.version.starts_with("1."), "{status:?}"),
        Err(error) => eprintln!("SKIPPED: {error}"),
    }
}
