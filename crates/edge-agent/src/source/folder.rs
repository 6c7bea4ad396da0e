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
    agent::is_ledger_poisoned,
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

/// Watches the folder for ever. A folder that cannot be listed is tried again: it may be a disk that comes back.
pub async fn run(source: &Folder, eye: Eye, state_dir: &Path) -> anyhow::Result<()> {
    let (wake, mut woken) = mpsc::channel(1);
    let mut watcher = notify::recommended_watcher(move |_| {
        // A full channel already wakes the loop.
        let _ = wake.try_send(());
    })
    .context("cannot watch folders on this machine")?;
    let mut folder = Watched {
        source,
        eye,
        seen: Seen::open(state_dir, &source.path)?,
        settle: Duration::from_secs_f64(source.settle_s),
        clock: SourceClock::new(None, 1.0),
        av: None,
        unsettled: BTreeMap::new(),
    };
    let (mut is_watching, mut trouble) = (false, None);
    loop {
        // Where the kernel cannot tell what is new, the folder is still listed every now and then.
        is_watching = is_watching || watcher.watch(&source.path, RecursiveMode::NonRecursive).is_ok();
        match folder.scan().await {
            Ok(()) => {
                if trouble.take().is_some() {
                    tracing::info!(stream = source.stream, "the source works again");
                }
            }
            Err(error) if is_ledger_poisoned(&error) => return Err(error),
            Err(error) => {
                // The watch may be on a folder that is gone.
                let _ = watcher.unwatch(&source.path);
                is_watching = false;
                let told = format!("{error:#}");
                if trouble.as_ref() != Some(&told) {
                    tracing::warn!(stream = source.stream, error = told, "the source does not work; trying again");
                }
                trouble = Some(told);
                tokio::time::sleep(RESCAN).await;
                continue;
            }
        }
        let is_settled = folder.unsettled.is_empty();
        let pause = if is_settled { RESCAN } else { folder.settle.clamp(Duration::from_millis(50), RESCAN) };
        tokio::select! {
            _ = woken.recv(), if is_settled => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// A folder, and what is known about its files.
struct Watched<'a> {
    source: &'a Folder,
    eye: Eye,
    seen: Seen,
    settle: Duration,
    clock: SourceClock,
    av: Option<Av>,
    unsettled: BTreeMap<PathBuf, (Mark, Instant)>,
}

impl Watched<'_> {
    /// Looks once at every file that is new and written to its end.
    async fn scan(&mut self) -> anyhow::Result<()> {
        let present = list(&self.source.path)?;
        self.seen.forget_missing(&present)?;
        self.unsettled.retain(|path, _| present.contains_key(path));
        for (path, mark) in present {
            if self.seen.files.get(&path) == Some(&mark) {
                continue;
            }
            match self.unsettled.get(&path) {
                Some((then, since)) if *then == mark && since.elapsed() >= self.settle => {
                    self.unsettled.remove(&path);
                    look(&mut self.av, &path, &mut self.eye, &self.clock, &self.source.stream).await?;
                    self.seen.add(path, mark)?;
                }
                Some((then, _)) if *then == mark => {}
                _ => {
                    self.unsettled.insert(path, (mark, Instant::now()));
                }
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use muster_domain::{id::DeviceId, time::WallClock};
    use muster_edge::{Hardware, Limits, Spool};
    use muster_trigger::TriggerSet;

    use super::*;

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(&dir.path().join("spool"), Limits::default(), Arc::new(WallClock)).unwrap();
        let hardware = Hardware {
            device_id: DeviceId(uuid::Uuid::from_u128(1)),
            site: "depot".into(),
            boot_id: "b".into(),
            agent_version: "t".into(),
        };
        let triggers = TriggerSet::new(Vec::new(), 0).unwrap();
        let eye = Eye::new("cam0", triggers, Arc::new(spool), Arc::new(hardware));
        let source = Folder { stream: "cam0".into(), path: dir.path().join("nowhere"), settle_s: 0.0 };
        let state_dir = dir.path().join("sources");
        let watching = run(&source, eye, &state_dir);
        let ended = tokio::time::timeout(Duration::from_millis(100), watching).await;
        assert!(ended.is_err(), "it goes on: {ended:?}");
    }
}
