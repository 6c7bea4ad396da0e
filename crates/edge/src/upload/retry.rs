//! When each capture that failed has its next turn.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use muster_client::Backoff;
use muster_domain::id::CaptureId;
use tokio::time::Instant;

/// The captures that failed since the process started; what never failed has no entry.
pub(super) struct Retries {
    first: Backoff,
    captures: HashMap<CaptureId, (Backoff, Instant)>,
}

impl Retries {
    /// No failures yet; each capture's first one pauses it as `first` says.
    pub(super) fn new(first: Backoff) -> Self {
        Self { first, captures: HashMap::new() }
    }

    /// The captures whose turn has not come.
    pub(super) fn resting(&self, now: Instant) -> HashSet<CaptureId> {
        self.captures.iter().filter(|(_, (_, due))| *due > now).map(|(capture_id, _)| *capture_id).collect()
    }

    /// When the first of them has its turn.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.captures.values().map(|(_, due)| *due).min()
    }

    pub(super) fn failures(&self, capture_id: CaptureId) -> u32 {
        self.captures.get(&capture_id).map_or(0, |(backoff, _)| backoff.failures())
    }

    pub(super) fn failed(&mut self, capture_id: CaptureId, retry_after: Option<Duration>) {
        let now = Instant::now();
        let (backoff, due) = self.captures.entry(capture_id).or_insert_with(|| (self.first.clone(), now));
        *due = now + backoff.failed(retry_after, &mut rand::rng());
    }

    pub(super) fn settled(&mut self, capture_id: CaptureId) {
        self.captures.remove(&capture_id);
    }
}
