//! From read records to the library: in batches that are as large as the person at the window does not notice.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use muster_domain::{
    capture::AssetKind,
    id::{CaptureId, ProjectId, ServiceId},
};
use muster_store::{
    aside::Unread,
    capture::{SyncedCapture, Upserted},
    delivery::Delivery,
};

use super::record::Read;
use crate::{
    error::{AppError, AppResult, ErrorCode},
    job::JobContext,
    picture::cover_of,
    session::opened::OpenLibrary,
};

/// How long one transaction may take: an edit waits for it.
const TRANSACTION: Duration = Duration::from_millis(150);
/// The fewest and the most captures of one transaction.
const LEAST: usize = 200;
const MOST: usize = 8_000;

/// What was taken in.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Brought {
    pub captures: u64,
    pub erased: u64,
    pub aside: u64,
    pub more: bool,
}

/// What waits to be written, and how much of it goes into one transaction.
pub(super) struct Intake {
    opened: Arc<OpenLibrary>,
    service_id: ServiceId,
    project_id: Option<ProjectId>,
    job: Option<JobContext>,
    captures: Vec<SyncedCapture>,
    /// Captures that the filter leaves out; they count only where the library has them.
    unwanted: Vec<SyncedCapture>,
    unread: Vec<Unread>,
    rows: usize,
    pub brought: Brought,
}

impl Intake {
    pub fn new(opened: &Arc<OpenLibrary>, service_id: ServiceId, job: Option<JobContext>) -> Self {
        Self {
            opened: opened.clone(),
            service_id,
            // A service can be synced before the first start named a project: proposals then stay in the manifests.
            project_id: opened.identity().ok().map(|identity| identity.project_id),
            job,
            captures: Vec::new(),
            unwanted: Vec::new(),
            unread: Vec::new(),
            rows: LEAST * 5,
            brought: Brought::default(),
        }
    }

    /// Takes records in, in their order, and writes what is enough for a transaction.
    pub async fn take(&mut self, read: Vec<Read>) -> AppResult<()> {
        for record in read {
            match record {
                Read::Capture { synced, wanted: true } => self.captures.push(*synced),
                Read::Capture { synced, wanted: false } => self.unwanted.push(*synced),
                Read::Unread(unread) => self.unread.push(unread),
                Read::Erased { capture_id, reason } => {
                    // What came before the erasure in the feed must not arrive after it.
                    self.write(None).await?;
                    self.opened.library.erase(&[capture_id], &reason).await?;
                    self.brought.erased += 1;
                }
            }
        }
        while self.captures.len() >= self.rows {
            let later = self.captures.split_off(self.rows);
            self.write_batch(None).await?;
            self.captures = later;
        }
        Ok(())
    }

    /// Writes everything that waits and, with the last of it, the cursor.
    pub async fn write(&mut self, cursor: Option<&str>) -> AppResult<()> {
        while self.captures.len() > self.rows {
            let later = self.captures.split_off(self.rows);
            self.write_batch(None).await?;
            self.captures = later;
        }
        if cursor.is_some() || !self.captures.is_empty() || !self.unwanted.is_empty() || !self.unread.is_empty() {
            self.write_batch(cursor).await?;
        }
        Ok(())
    }

    async fn write_batch(&mut self, cursor: Option<&str>) -> AppResult<()> {
        self.keep_known_of_unwanted().await?;
        let delivery = Delivery {
            service_id: self.service_id,
            project_id: self.project_id,
            captures: &self.captures,
            unread: &self.unread,
            cursor,
        };
        let started = Instant::now();
        let upserted = self.opened.library.deliver(&delivery).await?;
        self.rows = next_rows(self.rows, self.captures.len(), started.elapsed());
        self.count(&upserted);
        self.opened.notify_changed();
        self.make_ahead();
        self.captures.clear();
        self.unread.clear();
        Ok(())
    }

    /// A revision of something that the filter leaves out is for those who have it from before.
    async fn keep_known_of_unwanted(&mut self) -> AppResult<()> {
        if self.unwanted.is_empty() {
            return Ok(());
        }
        let ids: Vec<CaptureId> = self.unwanted.iter().map(|synced| synced.capture.capture_id).collect();
        let known: HashSet<CaptureId> = self.opened.library.known(&ids).await?.into_iter().map(|(id, _)| id).collect();
        let kept = self.unwanted.drain(..).filter(|synced| known.contains(&synced.capture.capture_id));
        self.captures.extend(kept);
        Ok(())
    }

    fn count(&mut self, upserted: &Upserted) {
        self.brought.captures += u64::from(upserted.inserted);
        self.brought.aside += (self.unread.len() + upserted.conflicts.len()) as u64;
        let conflict = AppError::new(ErrorCode::Conflict, "the library has this id with another manifest");
        for capture_id in &upserted.conflicts {
            self.fail(Some(*capture_id), &conflict.message);
        }
        for unread in &self.unread {
            self.fail(unread.capture_id, &unread.reason);
        }
        if let Some(job) = &self.job {
            job.advance(self.captures.len() as u64);
        }
    }

    fn fail(&self, capture_id: Option<CaptureId>, reason: &str) {
        let subject = capture_id.map_or_else(|| "a record without an id".to_owned(), |id| id.to_string());
        tracing::warn!(%subject, %reason, "a record of the feed is kept aside");
        if let Some(job) = &self.job {
            job.fail(subject, reason.to_owned());
        }
    }

    /// Lets thumbnails be made ahead where a window is open. What does not fit is made when it is looked at.
    fn make_ahead(&self) {
        if !self.opened.background {
            return;
        }
        let covers = self.captures.iter().filter_map(|synced| cover_of(&synced.capture.assets));
        for asset in covers.filter(|asset| asset.kind() == AssetKind::Image) {
            if self.opened.ahead.try_send(asset.clone()).is_err() {
                return;
            }
        }
    }
}

/// How many captures go into the next transaction, after one of `written` took `took`. It at most doubles.
fn next_rows(rows: usize, written: usize, took: Duration) -> usize {
    if written < rows / 2 {
        return rows;
    }
    let fits = written as f64 * TRANSACTION.as_secs_f64() / took.as_secs_f64().max(1e-6);
    (fits as usize).clamp(rows / 2, rows * 2).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_grow_to_what_nobody_notices() {
        for (rows, written, took_ms, expected) in [
            (1_000, 1_000, 50, 2_000),
            (1_000, 1_000, 150, 1_000),
            (1_000, 1_000, 200, 750),
            (1_000, 1_000, 5_000, 500),
            (1_000, 10, 5_000, 1_000),
            (300, 300, 9_000, LEAST),
            (6_000, 6_000, 1, MOST),
        ] {
            let next = next_rows(rows, written, Duration::from_millis(took_ms));
            assert_eq!(next, expected, "{rows} rows, {written} in {took_ms} ms");
        }
    }
}
