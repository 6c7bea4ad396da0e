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

    /// When the next of them has its turn, asked when nothing that is due waits in the spool any more: what is overdue
    /// was evicted meanwhile, and is forgotten.
    pub(super) fn next_at(&mut self, now: Instant) -> Option<Instant> {
        self.captures.retain(|_, (_, due)| *due > now);
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn captures_that_were_evicted_do_not_keep_the_uploader_awake() {
        let (evicted, waiting) = (CaptureId(Uuid::from_u128(1)), CaptureId(Uuid::from_u128(2)));
        let mut retries = Retries::new(Backoff::new(Duration::from_nanos(1), Duration::from_nanos(1)));
        retries.failed(evicted, None);
        retries.failed(waiting, Some(Duration::from_mins(1)));
        let now = Instant::now() + Duration::from_secs(1);
        assert_eq!(retries.resting(now), HashSet::from([waiting]));
        assert!(retries.next_at(now).is_some_and(|due| due > now));
        assert_eq!((retries.failures(evicted), retries.failures(waiting)), (0, 1));
        retries.settled(waiting);
        assert_eq!(retries.next_at(now), None);
    }
}
