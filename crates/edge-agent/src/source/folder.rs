//! Watching a folder: every new picture is looked at once, when it is written to its end.
//!
//! **Limits**: the names of at most [`MAX_FILES`] files are kept; a folder with more is an error that says so.
//!
//! **Layout on disk**: `SPOOL/sources/<n>.seen`, one line a file (`size modified name`), rewritten as a whole; `n` is a
//! hash of the folder's path.
//!
//! **Deletion rule**: a name is forgotten when its file is gone. The files themselves are never touched.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use notify::{RecursiveMode, Watcher};
use tokio::{sync::mpsc, time::Instant};

use super::{Eye, Look};
use crate::{
    av::{Av, Delivered},
    clock::SourceClock,
    config::Folder,
};

/// The most files that a watched folder may hold.
const MAX_FILES: usize = 100_000;
/// How often the folder is listed even when the kernel says nothing (network file systems say nothing).
const RESCAN: Duration = Duration::from_secs(2);
/// File name endings of pictures; whatever else lies in the folder is left alone.
const PICTURES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif"];

/// A file as it was when it was looked at; changed bytes make a new picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    bytes: u64,
    modified_micros: u128,
}

/// Watches the folder for ever.
pub async fn run(source: &Folder, mut eye: Eye, state_dir: &Path) -> anyhow::Result<()> {
    let (wake, mut woken) = mpsc::channel(1);
    let mut watcher = notify::recommended_watcher(move |_| {
        // A full channel already wakes the loop.
        let _ = wake.try_send(());
    })
    .context("cannot watch folders on this machine")?;
    watcher
        .watch(&source.path, RecursiveMode::NonRecursive)
        .with_context(|| format!("cannot watch {}", source.path.display()))?;
    let mut seen = Seen::open(state_dir, &source.path)?;
    let settle = Duration::from_secs_f64(source.settle_s);
    let clock = SourceClock::new(None, 1.0);
    let mut av = None;
    let mut unsettled: BTreeMap<PathBuf, (Mark, Instant)> = BTreeMap::new();
    loop {
        let present = list(&source.path)?;
        seen.forget_missing(&present)?;
        unsettled.retain(|path, _| present.contains_key(path));
        for (path, mark) in present {
            if seen.files.get(&path) == Some(&mark) {
                continue;
            }
            match unsettled.get(&path) {
                Some((then, since)) if *then == mark && since.elapsed() >= settle => {
                    unsettled.remove(&path);
                    look(&mut av, &path, &mut eye, &clock, &source.stream).await?;
                    seen.add(path, mark)?;
                }
                Some((then, _)) if *then == mark => {}
                _ => {
                    unsettled.insert(path, (mark, Instant::now()));
                }
            }
        }
        let pause = if unsettled.is_empty() { RESCAN } else { settle.clamp(Duration::from_millis(50), RESCAN) };
        tokio::select! {
            _ = woken.recv(), if unsettled.is_empty() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Decodes one picture in the child and looks at it. A picture that kills the child is given up, not tried for ever.
async fn look(
    av: &mut Option<Av>,
    path: &Path,
    eye: &mut Eye,
    clock: &SourceClock,
    stream: &str,
) -> anyhow::Result<()> {
    let mut child = match av.take() {
        Some(child) => child,
        None => Av::serve()?,
    };
    match child.ask(path).await {
        Ok(Delivered::Frame { header, jpeg, gray }) => {
            *av = Some(child);
            let at = clock.at(clock.elapsed_micros());
            eye.look(Look { header, jpeg, gray, at }, Vec::new()).await
        }
        Ok(Delivered::Failed { error }) => {
            *av = Some(child);
            tracing::warn!(stream, error, "a picture could not be read");
            Ok(())
        }
        Err(error) => {
            tracing::error!(stream, path = %path.display(), %error, "the decoder died on a picture; it is left out");
            Ok(())
        }
    }
}

fn list(folder: &Path) -> anyhow::Result<BTreeMap<PathBuf, Mark>> {
    let told = || format!("cannot list {}", folder.display());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(told)? {
        let path = entry.with_context(told)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if !PICTURES.contains(&ending.as_str()) {
            continue;
        }
        // A file that is gone again is not there.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_file() {
            let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let mark = Mark { bytes: metadata.len(), modified_micros: modified.unwrap_or_default().as_micros() };
            files.insert(path, mark);
        }
        ensure!(
            files.len() <= MAX_FILES,
            "{} holds more than {MAX_FILES} pictures; move old ones away",
            folder.display()
        );
    }
    Ok(files)
}

/// The files that were looked at, across restarts.
struct Seen {
    file: PathBuf,
    files: BTreeMap<PathBuf, Mark>,
}

impl Seen {
    fn open(state_dir: &Path, folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(state_dir).with_context(|| format!("cannot make {}", state_dir.display()))?;
        let name = muster_domain::digest::Digest::of(folder.as_os_str().as_encoded_bytes()).to_hex();
        let file = state_dir.join(format!("{}.seen", &name[..16]));
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other.with_context(|| format!("cannot read {}", file.display()))?,
        };
        let files = text.lines().filter_map(|line| parse_line(line, folder)).collect();
        Ok(Self { file, files })
    }

    fn add(&mut self, path: PathBuf, mark: Mark) -> anyhow::Result<()> {
        self.files.insert(path, mark);
        self.write()
    }

    fn forget_missing(&mut self, present: &BTreeMap<PathBuf, Mark>) -> anyhow::Result<()> {
        let before = self.files.len();
        self.files.retain(|path, _| present.contains_key(path));
        if self.files.len() == before { Ok(()) } else { self.write() }
    }

    fn write(&self) -> anyhow::Result<()> {
        // Names that are not plain UTF-8 are looked at again after a restart; the decoder refuses them anyway.
        let lines = self.files.iter().filter_map(|(path, mark)| {
            let name = path.file_name()?.to_str().filter(|name| !name.contains('\n'))?;
            Some(format!("{} {} {name}\n", mark.bytes, mark.modified_micros))
        });
        let text: String = lines.collect();
        let temporary = self.file.with_extension("tmp");
        fs::write(&temporary, text)
            .and_then(|()| fs::rename(&temporary, &self.file))
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}

fn parse_line(line: &str, folder: &Path) -> Option<(PathBuf, Mark)> {
    let mut parts = line.splitn(3, ' ');
    let mark = Mark { bytes: parts.next()?.parse().ok()?, modified_micros: parts.next()?.parse().ok()? };
    Some((folder.join(parts.next()?), mark))
}
