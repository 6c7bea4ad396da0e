//! Reads the files of an import: hash, header, thumbnails and, for a copy, the bytes, each from one reading.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::StreamExt as _;
use muster_domain::{
    capture::{Asset, Capture, CaptureSource, MediaPlace},
    id::imported_capture_id,
    time::UtcMicros,
};
use muster_media::{Intake, Limits};
use muster_store::{
    blob::Blobs,
    import::{ImportFailure, KnownFile},
};
use tokio::sync::{Semaphore, mpsc};

use super::{ImportMedia, listing::modified_micros, plan::PlannedPicture};
use crate::{error::AppResult, picture::AHEAD_PX, place};

/// The uncertainty of a time without a zone: fourteen hours either way.
const NO_ZONE_MICROS: i64 = 14 * 3_600_000_000;
/// The uncertainty of a time with one: what a camera's clock drifts.
const ZONE_MICROS: i64 = 1_000_000;
/// Files that one thread may be ahead of the first that is not finished.
const READ_AHEAD: usize = 16;

/// Where files come from and what becomes of them.
#[derive(Clone)]
pub(super) struct Reader {
    /// The folder that paths are below.
    pub folder: PathBuf,
    pub root_name: String,
    pub media: ImportMedia,
    pub blobs: Blobs,
    pub now: UtcMicros,
}

/// A file that was read.
pub(super) struct ReadFile {
    pub picture: PlannedPicture,
    pub capture: Capture,
    /// Encoded, of [`AHEAD_PX`].
    pub thumbnail: Option<Vec<u8>>,
    pub modified_micros: Option<i64>,
    /// Degrees north and east.
    pub place: Option<(f64, f64)>,
}

impl Reader {
    /// Reads one file. Blocks.
    pub fn read(&self, picture: PlannedPicture) -> Result<ReadFile, (String, String)> {
        let path = self.folder.join(&picture.path);
        match self.read_at(&path, &picture) {
            Ok((capture, intake, modified_micros)) => Ok(ReadFile {
                capture,
                thumbnail: intake.thumbnails.into_iter().next().map(|thumbnail| thumbnail.jpeg),
                modified_micros,
                place: intake.probe.gps.map(|gps| (gps.latitude_degrees, gps.longitude_degrees)),
                picture,
            }),
            Err(error) => Err((picture.relative_path, error.message)),
        }
    }

    fn read_at(&self, path: &Path, picture: &PlannedPicture) -> AppResult<(Capture, Intake, Option<i64>)> {
        let metadata = fs::metadata(path).map_err(|error| place::unreadable("read", path, &error))?;
        let intake = muster_media::take_in(path, &[AHEAD_PX], &Limits::default())?;
        let modified = modified_micros(&metadata);
        match (self.media, &intake.content) {
            (ImportMedia::Copy, Some(content)) => self.blobs.write(&intake.digest, content)?,
            (ImportMedia::Copy, None) => self.blobs.write_file(&intake.digest, path)?,
            (ImportMedia::Reference, _) => {}
        }
        Ok((self.capture(picture, &intake, modified), intake, modified))
    }

    fn capture(&self, picture: &PlannedPicture, intake: &Intake, modified_micros: Option<i64>) -> Capture {
        let relative_path = &picture.relative_path;
        let (captured_at, uncertainty_micros) = match intake.probe.recorded_time {
            Some(time) if time.has_zone => (UtcMicros(time.micros), ZONE_MICROS),
            Some(time) => (UtcMicros(time.micros), NO_ZONE_MICROS),
            // A file's own time survives most copies and is better than none.
            None => (modified_micros.map_or(self.now, UtcMicros), NO_ZONE_MICROS),
        };
        let root = self.root_name.clone();
        let place = match self.media {
            ImportMedia::Copy => MediaPlace::Stored,
            ImportMedia::Reference => {
                MediaPlace::Referenced { root: root.clone(), relative_path: relative_path.clone() }
            }
        };
        let asset = Asset {
            name: relative_path.rsplit('/').next().unwrap_or(relative_path).to_owned(),
            stream: "import".into(),
            media_type: intake.probe.media_type.into(),
            bytes: intake.bytes,
            digest: intake.digest,
            width_px: intake.probe.width_px,
            height_px: intake.probe.height_px,
            duration_micros: intake.probe.duration_micros,
            place,
        };
        Capture {
            capture_id: imported_capture_id(&self.root_name, relative_path, &intake.digest),
            source: CaptureSource::Import { root, relative_path: relative_path.clone() },
            captured_at,
            uncertainty_micros,
            received_at: self.now,
            trigger: None,
            signals: std::collections::BTreeMap::new(),
            assets: vec![asset],
        }
    }
}

/// A file on its way from the readers to the writer.
pub(super) enum Arrived {
    Read(Box<ReadFile>),
    /// The library has it, and it has not changed since.
    Known(PlannedPicture, KnownFile),
    Failed(ImportFailure),
}

/// Threads that read: all cores for the command line, one less beside a window.
pub(super) fn workers(beside_window: bool) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if beside_window { (cores - 1).max(1) } else { cores }
}

pub(super) async fn read_all(
    reader: Arc<Reader>,
    files: Vec<(PlannedPicture, Option<KnownFile>)>,
    send: mpsc::Sender<Arrived>,
    workers: usize,
    cancelled: tokio_util::sync::CancellationToken,
) {
    let threads = Arc::new(Semaphore::new(workers));
    let arrivals = futures::stream::iter(files).map(|(picture, known)| {
        let (reader, threads) = (reader.clone(), threads.clone());
        async move {
            let path = picture.relative_path.clone();
            if let Some(known) = known {
                return Arrived::Known(picture, known);
            }
            let thread = threads.acquire_owned().await;
            let read = tokio::task::spawn_blocking(move || {
                let _thread = thread;
                reader.read(picture)
            });
            match read.await {
                Ok(Ok(file)) => Arrived::Read(Box::new(file)),
                Ok(Err((path, reason))) => Arrived::Failed(ImportFailure { path, reason }),
                // A decoder that panics costs one file.
                Err(broken) => Arrived::Failed(ImportFailure { path, reason: broken.to_string() }),
            }
        }
    });
    // They arrive in the order of their paths; a video that takes long lets the pictures behind it be read meanwhile.
    let mut arrivals = std::pin::pin!(arrivals.buffered(workers * READ_AHEAD));
    loop {
        let next = tokio::select! {
            biased;
            () = cancelled.cancelled() => return,
            next = arrivals.next() => next,
        };
        let Some(arrived) = next else { return };
        if send.send(arrived).await.is_err() {
            return;
        }
    }
}
