//! ONNX Runtime: finding, loading, and sessions.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::Session;

use crate::error::{InferenceError, Result};
use crate::places;
use crate::store::ModelFiles;

/// How models run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeOptions {
    /// The library to load, when the settings name one. A process loads one library, the first that it is asked for.
    pub library: Option<PathBuf>,
    /// Threads of one model run. One leaves the other cores to decoding and to the person.
    pub intra_threads: usize,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self { library: None, intra_threads: 1 }
    }
}

/// The ONNX Runtime that this process uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeStatus {
    /// The library.
    pub path: PathBuf,
    /// Its version.
    pub version: String,
}

/// The library and environment of this process; ONNX Runtime allows one of each.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Loads ONNX Runtime, unless it is loaded, and says which one it is.
pub fn runtime_status(options: &RuntimeOptions) -> Result<RuntimeStatus> {
    let (path, _) = environment(options)?;
    Ok(RuntimeStatus { version: version(ort::info(), &path), path })
}

/// The version out of the build description (`… git-branch=rel-1.31.0, …`), or out of the file's name, which is exact
/// to the patch.
fn version(build: &str, path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let digits =
        file.trim_end_matches(".dylib").split_once("onnxruntime.").map(|(_, rest)| rest.trim_start_matches("so."));
    if let Some(version) = digits.filter(|text| text.starts_with(|first: char| first.is_ascii_digit())) {
        return version.to_owned();
    }
    build
        .split_once("git-branch=rel-")
        .and_then(|(_, rest)| rest.split(',').next())
        .unwrap_or("of unknown version")
        .to_owned()
}

fn environment(options: &RuntimeOptions) -> Result<(PathBuf, Environment)> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((path, environment)) = &*loaded {
        return Ok((path.clone(), environment.clone()));
    }
    let path = places::find_onnxruntime(options.library.clone())?;
    let failed = |detail: String| InferenceError::RuntimeLoad { path: path.clone(), detail };
    let environment = ort::init_from(&path)
        .map_err(|error| failed(error.to_string()))?
        .with_name("muster")
        .with_telemetry(false)
        .build()
        .map_err(|error| failed(error.to_string()))?;
    *loaded = Some((path.clone(), environment.clone()));
    Ok((path, environment))
}

/// A session of ONNX Runtime with a model's file, as the adapters of this crate use it.
pub fn onnx_session(files: &ModelFiles, options: &RuntimeOptions) -> Result<Session> {
    onnx_session_of(files, files.model(), options)
}

/// A session with one of a model's files.
pub(crate) fn onnx_session_of(files: &ModelFiles, path: &Path, options: &RuntimeOptions) -> Result<Session> {
    let (_, environment) = environment(options)?;
    let build = || {
        Session::builder(&environment)
            .map_err(|error| error.to_string())?
            .with_intra_threads(options.intra_threads.max(1))
            .map_err(|error| error.to_string())?
            // A thread that spins while it waits takes a core from the person.
            .with_intra_op_spinning(false)
            .map_err(|error| error.to_string())?
            .commit_from_file(path)
            .map_err(|error| error.to_string())
    };
    build().map_err(|detail| InferenceError::Load { id: files.manifest.id.clone(), detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_library_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libonnxruntime.so");
        std::fs::write(&path, "no library").unwrap();
        let error = runtime_status(&RuntimeOptions { library: Some(path.clone()), intra_threads: 1 }).unwrap_err();
        assert!(matches!(&error, InferenceError::RuntimeLoad { path: named, .. } if *named == path), "{error:?}");
    }

    #[test]
    fn the_version_is_read_from_name_or_build() {
        let check = |path: &str, build: &str, expected: &str| assert_eq!(version(build, Path::new(path)), expected);
        let build = "ORT Build Info: git-branch=rel-1.24.0, git-commit-id=1, build type=Release";
        check("/cache/libonnxruntime.so.1.31.1", build, "1.31.1");
        check("/cache/libonnxruntime.1.31.1.dylib", build, "1.31.1");
        check("/usr/lib/libonnxruntime.so", build, "1.24.0");
        check("C:/onnxruntime.dll", build, "1.24.0");
        check("onnxruntime.dll", "home-made", "of unknown version");
    }
}
