//! Where things lie on this machine, and the small file that remembers what was open.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::error::{AppError, AppResult, ErrorCode};

/// How many libraries are remembered.
const RECENT: usize = 8;

/// The folders that the application uses outside of a library.
#[derive(Debug, Clone)]
pub struct Places {
    /// Settings of this machine and tokens.
    pub config: PathBuf,
    /// The default library and the demo's.
    pub data: PathBuf,
    /// Models and ONNX Runtime that were installed.
    pub cache: PathBuf,
    /// Folders in which `models` and `assets/demo` may lie, best first.
    pub resources: Vec<PathBuf>,
}

impl Places {
    /// The platform's folders, with further places for resources (such as an installed bundle's) first.
    pub fn of_this_machine(resources: Vec<PathBuf>) -> Self {
        let home = PathBuf::from(variable("HOME").or_else(|| variable("USERPROFILE")).unwrap_or_else(|| ".".into()));
        let (config, data) = if cfg!(target_os = "macos") {
            let support = home.join("Library/Application Support");
            (support.join("Muster"), support.join("Muster"))
        } else if cfg!(windows) {
            let local = variable("LOCALAPPDATA").map_or_else(|| home.join("AppData/Local"), PathBuf::from);
            (local.join("Muster"), local.join("Muster"))
        } else {
            let config = variable("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
            let data = variable("XDG_DATA_HOME").map_or_else(|| home.join(".local/share"), PathBuf::from);
            (config.join("muster"), data.join("muster"))
        };
        let caches = variable("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
        let cache = variable("MUSTER_CACHE").map_or_else(|| caches.join("muster"), PathBuf::from);
        Self { config, data, cache, resources: resources.into_iter().chain(resource_folders()).collect() }
    }

    /// Where the library is when nobody says otherwise.
    pub fn default_library(&self) -> PathBuf {
        self.data.join("library")
    }

    /// Where the demo's library is.
    pub fn demo_library(&self) -> PathBuf {
        self.data.join("demo-library")
    }

    /// The first resource folder that has this.
    pub fn resource(&self, relative: &str) -> Option<PathBuf> {
        self.resources.iter().map(|folder| folder.join(relative)).find(|path| path.exists())
    }

    /// A name to offer to a person who starts for the first time.
    pub fn suggested_name() -> String {
        variable("USER").or_else(|| variable("USERNAME")).unwrap_or_else(|| "Me".to_owned())
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// `MUSTER_RESOURCES`, beside the program, and the folders above the present one (a checkout).
fn resource_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = variable("MUSTER_RESOURCES").map(PathBuf::from).into_iter().collect();
    if let Some(beside) = std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned)) {
        folders.push(beside.join("../share/muster"));
        folders.push(beside.join("../lib/Muster"));
        folders.push(beside);
    }
    if let Ok(present) = std::env::current_dir() {
        folders.extend(present.ancestors().map(Path::to_owned));
    }
    folders
}

/// What this machine remembers between starts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct MachineState {
    /// Libraries, latest first.
    #[serde(default)]
    pub recent: Vec<PathBuf>,
    /// Where the window was; its shell alone knows what that means.
    #[serde(default)]
    pub window: Option<serde_json::Value>,
}

impl MachineState {
    /// What was saved; a missing or damaged file is an empty state.
    pub fn load(places: &Places) -> Self {
        fs::read(file(places)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Saves it whole or not at all.
    pub fn save(&self, places: &Places) -> AppResult<()> {
        let path = file(places);
        let part = path.with_extension("json.part");
        let write = || -> io::Result<()> {
            fs::create_dir_all(&places.config)?;
            fs::write(&part, serde_json::to_vec_pretty(self)?)?;
            fs::rename(&part, &path)
        };
        write().map_err(|error| {
            AppError::new(ErrorCode::UnreadableFile, format!("cannot write {}: {error}", path.display()))
        })
    }

    /// Puts a library first.
    pub fn remember(&mut self, library: &Path) {
        self.recent.retain(|known| known != library);
        self.recent.insert(0, library.to_owned());
        self.recent.truncate(RECENT);
    }
}

fn file(places: &Places) -> PathBuf {
    places.config.join("state.json")
}

/// Keeps a service's token in a file of its own that only this account may read.
pub(crate) fn save_token(places: &Places, name: &str, token: &str) -> AppResult<PathBuf> {
    let folder = places.config.join("tokens");
    let path = folder.join(name);
    let write = || -> io::Result<()> {
        fs::create_dir_all(&folder)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        io::Write::write_all(&mut options.open(&path)?, token.trim().as_bytes())
    };
    write().map_err(|error| unreadable("write", &path, &error))?;
    Ok(path)
}

/// Reads a token file.
pub(crate) fn read_token(path: &Path) -> AppResult<String> {
    let text = fs::read_to_string(path).map_err(|error| unreadable("read", path, &error))?;
    Ok(text.trim().to_owned())
}

/// An IO error of the application itself, with the file's name.
pub(crate) fn unreadable(act: &str, path: &Path, error: &io::Error) -> AppError {
    let code = if error.kind() == io::ErrorKind::StorageFull { ErrorCode::DiskFull } else { ErrorCode::UnreadableFile };
    AppError::new(code, format!("cannot {act} {}: {error}", path.display()))
        .with_remedy("check that the path is there, that you may use it, and that the disk has room")
}
