//! Where models and ONNX Runtime are looked for.

use std::env;
use std::path::PathBuf;

use crate::error::{InferenceError, Result};

/// The version that `scripts/install_onnxruntime.py` installs.
const ONNXRUNTIME_VERSION: &str = "1.31.1";

/// The library's file name on this system.
fn library_name() -> String {
    if cfg!(target_os = "windows") {
        "onnxruntime.dll".to_owned()
    } else if cfg!(target_os = "macos") {
        format!("libonnxruntime.{ONNXRUNTIME_VERSION}.dylib")
    } else {
        format!("libonnxruntime.so.{ONNXRUNTIME_VERSION}")
    }
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Muster's cache folder: `$MUSTER_CACHE`, else `muster/` in `$XDG_CACHE_HOME`, else `~/.cache/muster`.
pub(crate) fn cache_dir() -> PathBuf {
    if let Some(own) = variable("MUSTER_CACHE") {
        return own;
    }
    let caches = variable("XDG_CACHE_HOME").or_else(|| env::home_dir().map(|home| home.join(".cache")));
    caches.unwrap_or_else(env::temp_dir).join("muster")
}

fn program_dir() -> Option<PathBuf> {
    env::current_exe().ok()?.parent().map(PathBuf::from)
}

/// ONNX Runtime's library: the given one, else `$MUSTER_ONNXRUNTIME` or `$ORT_DYLIB_PATH`, else beside the program, else
/// in the cache. One that was named and is not there is an error; another is not taken in its place.
pub(crate) fn find_onnxruntime(setting: Option<PathBuf>) -> Result<PathBuf> {
    let named = setting.or_else(|| variable("MUSTER_ONNXRUNTIME")).or_else(|| variable("ORT_DYLIB_PATH"));
    let looked = if let Some(path) = named {
        vec![path]
    } else {
        let name = library_name();
        let beside = program_dir().into_iter().flat_map(|dir| [dir.join("lib").join(&name), dir.join(&name)]);
        let cached = cache_dir().join("onnxruntime").join(ONNXRUNTIME_VERSION).join(&name);
        beside.chain([cached]).collect()
    };
    match looked.iter().find(|path| path.is_file()) {
        Some(found) => Ok(found.clone()),
        None => Err(InferenceError::RuntimeMissing { looked }),
    }
}

/// The folder of manifests that comes with the program: `$MUSTER_MODELS`, else `models/` beside the program or in its
/// `share/muster/`, else what `make setup` left in the cache.
pub(crate) fn find_models_dir() -> Result<PathBuf> {
    let looked = if let Some(path) = variable("MUSTER_MODELS") {
        vec![path]
    } else {
        let beside = program_dir()
            .into_iter()
            .flat_map(|dir| [dir.join("models"), dir.join("../share/muster/models"), dir.join("../models")]);
        beside.chain([manifests_in(&cache_dir())]).collect()
    };
    match looked.iter().find(|path| path.is_dir()) {
        Some(found) => Ok(found.clone()),
        None => Err(InferenceError::NoModels { looked }),
    }
}

/// Where a cache keeps manifests.
pub(crate) fn manifests_in(cache_dir: &std::path::Path) -> PathBuf {
    cache_dir.join("models").join("manifests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_was_named_is_not_replaced_by_another() {
        let named = PathBuf::from("/nowhere/libonnxruntime.so");
        let error = find_onnxruntime(Some(named.clone())).unwrap_err();
        assert!(matches!(&error, InferenceError::RuntimeMissing { looked } if *looked == [named]), "{error:?}");
        assert!(error.to_string().contains("make setup"), "{error}");
    }
}
