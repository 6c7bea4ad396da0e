//! A folder of an import's own, for what comes out of an archive. What a crash leaves there, the next import removes.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use muster_domain::id::JobId;
use muster_store::{
    Library,
    job::{Job, JobState},
};
use uuid::Uuid;

use crate::{error::AppResult, place};

/// The folder's name in the library.
const FOLDER: &str = "imports";
/// Jobs that are looked at: those that work are among the latest.
const LISTED: u32 = 500;

/// Removed when it is dropped.
pub(super) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes an empty folder for a job.
    pub async fn of_job(library: &Library, job_id: JobId) -> AppResult<Self> {
        let works = |job: &Job| matches!(job.state, JobState::Queued | JobState::Running) && job.job_id != job_id;
        let working = library.jobs(LISTED).await?.iter().filter(|job| works(job)).map(|job| job.job_id).collect();
        Self::make(library.root(), &job_id.to_string(), &working)
    }

    /// Makes an empty folder for a preview.
    pub async fn of_preview(library: &Library) -> AppResult<Self> {
        let jobs = library.jobs(LISTED).await?;
        let works = |job: &&Job| matches!(job.state, JobState::Queued | JobState::Running);
        let working = jobs.iter().filter(works).map(|job| job.job_id).collect();
        Self::make(library.root(), &format!("preview-{}", Uuid::new_v4()), &working)
    }

    fn make(library: &Path, name: &str, working: &HashSet<JobId>) -> AppResult<Self> {
        let above = library.join(FOLDER);
        fs::create_dir_all(&above).map_err(|error| place::unreadable("create", &above, &error))?;
        for entry in fs::read_dir(&above).into_iter().flatten().flatten() {
            let left_by: Option<JobId> = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let is_left = match left_by {
                Some(left_by) => !working.contains(&left_by),
                None => is_old(&entry),
            };
            if is_left {
                // What cannot be removed is in nobody's way.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let path = above.join(name);
        fs::create_dir(&path).map_err(|error| place::unreadable("create", &path, &error))?;
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A preview takes seconds; one that is older than a day was left.
fn is_old(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
    modified.and_then(|modified| modified.elapsed().ok()).is_some_and(|age| age > Duration::from_hours(24))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
