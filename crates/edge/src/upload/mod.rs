//! The uploader: offer, chunks, commit, receipt, and only then deletion.
//!
//! **Limits**: [`UploadOptions`] bounds the captures in one offer (by count and bytes) and the captures uploaded at a
//! time; at most one chunk of 8 MiB a capture is in memory.
//!
//! **Failures**: what concerns the way to the service (no connection, throttled, a portal's fake answer) pauses the
//! uploader with full jitter, 0.5 s doubling to 10 minutes, never less than the service's `Retry-After`. What concerns
//! one capture pauses that capture alone, so that a poison capture never blocks the rest. A capture is given up only
//! when the service itself says that it will never take it, or calls it malformed several times in a row; whatever else
//! answers, data stays. A revoked device keeps its data and asks again after a day.
//!
//! **Deletion rule**: a receipt counts only when a key pinned at enrolment signed it over this capture and this
//! manifest. Then the ledger's `committed` record is made durable, and only then the files go.

mod capture;
mod retry;

use std::{sync::Arc, time::Duration};

use muster_client::{Backoff, ClientError, DeviceClient};
use muster_domain::id::CaptureId;
use muster_protocol::{auth::PublicKey, error::ErrorCode, offer::OfferAnswer};
use tokio::{sync::watch, task::JoinSet, time::Instant};

use crate::{EdgeError, Spool, ledger::DropReason, spool::Sealed};
use capture::Outcome;
use retry::Retries;

/// The longest that the uploader sleeps without looking at the queue.
const IDLE: Duration = Duration::from_secs(30);
/// How often in a row the service may call one capture malformed before it is given up.
const REFUSALS: u32 = 5;
/// A revoked device stops asking for this long.
const REVOKED_PAUSE: Duration = Duration::from_hours(24);

/// Bounds of the uploader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadOptions {
    /// Captures uploaded at a time.
    pub parallel: usize,
    /// Captures in one offer.
    pub offer_captures: usize,
    /// Bytes of manifests in one offer (a single larger one travels alone).
    pub offer_bytes: usize,
    /// The ceiling of the first pause after a failure.
    pub first_pause: Duration,
    /// The ceiling that it doubles to.
    pub longest_pause: Duration,
}

impl Default for UploadOptions {
    fn default() -> Self {
        Self {
            parallel: 4,
            offer_captures: 64,
            offer_bytes: 1 << 20,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_mins(10),
        }
    }
}

/// Delivers what the spool holds.
pub struct Uploader {
    spool: Arc<Spool>,
    client: Arc<DeviceClient>,
    keys: Arc<[PublicKey]>,
    options: UploadOptions,
}

/// Everything that concerns more than one capture while the uploader runs.
struct Run {
    retries: Retries,
    link: Backoff,
    link_free_at: Instant,
    /// Offers of one capture at a time, after the service refused a whole offer: it finds the one that is refused.
    alone: usize,
}

impl Uploader {
    /// An uploader that trusts receipts of these keys and no others.
    pub fn new(spool: Arc<Spool>, client: Arc<DeviceClient>, keys: Vec<PublicKey>, options: UploadOptions) -> Self {
        Self { spool, client, keys: keys.into(), options }
    }

    /// Uploads until `stop` turns true. What is in flight then is left; it is resumed at the next start.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.upload() => {}
            _ = stop.wait_for(|stopping| *stopping) => {}
        }
    }

    async fn upload(&self) {
        let now = Instant::now();
        let pauses = Backoff::new(self.options.first_pause, self.options.longest_pause);
        let mut run = Run { retries: Retries::new(pauses.clone()), link: pauses, link_free_at: now, alone: 0 };
        loop {
            tokio::time::sleep_until(run.link_free_at).await;
            let batch = match self.batch(&run).await {
                Ok(batch) if batch.is_empty() => {
                    let now = Instant::now();
                    let until = run.retries.next_at(now).map_or(now + IDLE, |due| due.min(now + IDLE));
                    tokio::select! {
                        () = self.spool.wait_for_sealed() => {}
                        () = tokio::time::sleep_until(until) => {}
                    }
                    continue;
                }
                Ok(batch) => batch,
                Err(error) => {
                    tracing::error!(%error, "the spool cannot be read; trying again");
                    let pause = run.link.failed(None, &mut rand::rng());
                    tokio::time::sleep(pause).await;
                    continue;
                }
            };
            self.deliver(batch, &mut run).await;
        }
    }

    /// The next captures to offer, their manifests read; a damaged one is given up here.
    async fn batch(&self, run: &Run) -> Result<Vec<Sealed>, EdgeError> {
        let limit = if run.alone > 0 { 1 } else { self.options.offer_captures };
        let resting = run.retries.resting(Instant::now());
        let (spool, offer_bytes) = (Arc::clone(&self.spool), self.options.offer_bytes);
        blocking(move || {
            let due = spool.queue(limit, |capture_id| !resting.contains(capture_id));
            let (mut batch, mut bytes) = (Vec::new(), 0);
            for pending in due {
                match spool.load(pending.capture_id) {
                    Ok(sealed) => {
                        bytes += sealed.manifest.len();
                        if !batch.is_empty() && bytes > offer_bytes {
                            break;
                        }
                        batch.push(sealed);
                    }
                    // Evicted since it was listed.
                    Err(_) if !spool.is_pending(pending.capture_id) => {}
                    Err(error @ EdgeError::Damaged { .. }) => {
                        tracing::error!(%error, "a damaged capture is given up");
                        spool.give_up(pending.capture_id, DropReason::Damaged)?;
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(batch)
        })
        .await
    }

    async fn deliver(&self, batch: Vec<Sealed>, run: &mut Run) {
        let manifests = batch.iter().map(|sealed| sealed.manifest.clone()).collect();
        let answers = match self.client.offers(manifests).await {
            Ok(answers) => answers,
            Err(error) => return self.offer_failed(&batch, &error, run).await,
        };
        run.alone = run.alone.saturating_sub(1);
        let mut waiting = batch.into_iter().zip(answers);
        let mut uploads = JoinSet::new();
        loop {
            while uploads.len() < self.options.parallel
                && run.link_free_at <= Instant::now()
                && let Some((sealed, answer)) = waiting.next()
            {
                tracing::info!(phase = "offered", capture_id = %sealed.capture_id, "the service answered an offer");
                uploads.spawn(self.capture(sealed, answer));
            }
            match uploads.join_next().await {
                None => break,
                Some(Ok((capture_id, outcome))) => self.note(capture_id, outcome, run).await,
                Some(Err(error)) => tracing::error!(%error, "an upload ended early"),
            }
        }
    }

    fn capture(
        &self,
        sealed: Sealed,
        answer: OfferAnswer,
    ) -> impl Future<Output = (CaptureId, Outcome)> + Send + 'static {
        let (spool, client, keys) = (Arc::clone(&self.spool), Arc::clone(&self.client), Arc::clone(&self.keys));
        async move {
            let capture_id = sealed.capture_id;
            (capture_id, capture::upload(spool, client, keys, sealed, answer).await)
        }
    }

    async fn note(&self, capture_id: CaptureId, outcome: Outcome, run: &mut Run) {
        match outcome {
            Outcome::Settled => {
                // Not an answered offer: a way that lets offers through and no chunks is no way.
                run.link.succeeded();
                run.retries.settled(capture_id);
            }
            Outcome::GiveUp(reason) => self.give_up(capture_id, reason, run).await,
            Outcome::Later(after) => run.retries.failed(capture_id, after),
            Outcome::Failed(error) => {
                tracing::warn!(%capture_id, %error, "an upload failed; the capture waits for its next turn");
                run.retries.failed(capture_id, retry_after(&error));
                if let EdgeError::Service(error) = &error {
                    if concerns_the_link(error) {
                        run.pause(error);
                    } else if is_poison(error) && run.retries.failures(capture_id) >= REFUSALS {
                        self.give_up(capture_id, DropReason::Rejected, run).await;
                    }
                }
            }
        }
    }

    async fn give_up(&self, capture_id: CaptureId, reason: DropReason, run: &mut Run) {
        let spool = Arc::clone(&self.spool);
        match blocking(move || spool.give_up(capture_id, reason)).await {
            Ok(()) => run.retries.settled(capture_id),
            Err(error) => {
                tracing::error!(%capture_id, %error, "a capture could not be given up");
                run.retries.failed(capture_id, None);
            }
        }
    }

    /// A whole offer failed: mostly the link. Where the service refused the offer itself, one capture in it is poison.
    async fn offer_failed(&self, batch: &[Sealed], error: &ClientError, run: &mut Run) {
        if !is_poison(error) {
            tracing::warn!(%error, pending = self.spool.pending_count(), "the offer failed; trying again after a pause");
            return run.pause(error);
        }
        let [alone] = batch else {
            tracing::warn!(%error, captures = batch.len(), "the service refused an offer; offering one capture at a time");
            run.alone = batch.len();
            return;
        };
        run.alone = run.alone.saturating_sub(1);
        let capture_id = alone.capture_id;
        run.retries.failed(capture_id, error.retry_after());
        tracing::warn!(%capture_id, %error, refusals = run.retries.failures(capture_id), "the service refused the offer");
        if run.retries.failures(capture_id) >= REFUSALS {
            self.give_up(capture_id, DropReason::Rejected, run).await;
        }
    }
}

impl Run {
    fn pause(&mut self, error: &ClientError) {
        let pause = match error.code() {
            Some(ErrorCode::DeviceRevoked) => {
                tracing::error!("this device is revoked; its captures stay, and it asks again in a day");
                REVOKED_PAUSE
            }
            _ => self.link.failed(error.retry_after(), &mut rand::rng()),
        };
        self.link_free_at = self.link_free_at.max(Instant::now() + pause);
    }
}

/// True when the next capture would fail in the same way.
fn concerns_the_link(error: &ClientError) -> bool {
    match error {
        ClientError::Connection { .. }
        | ClientError::Body { .. }
        | ClientError::Timeout { .. }
        | ClientError::Stranger { .. }
        | ClientError::Tls(_)
        | ClientError::Address { .. } => true,
        _ => matches!(
            error.code(),
            Some(
                ErrorCode::Throttled
                    | ErrorCode::Unavailable
                    | ErrorCode::Unauthenticated
                    | ErrorCode::TokenExpired
                    | ErrorCode::ChallengeStale
                    | ErrorCode::DeviceRevoked
                    | ErrorCode::Forbidden
            )
        ),
    }
}

/// True when the service says that the request itself is wrong: waiting does not cure that.
fn is_poison(error: &ClientError) -> bool {
    matches!(error.code(), Some(ErrorCode::Malformed | ErrorCode::TooLarge))
}

fn retry_after(error: &EdgeError) -> Option<Duration> {
    match error {
        EdgeError::Service(error) => error.retry_after(),
        _ => None,
    }
}

/// Runs what blocks on the disk where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EdgeError> + Send + 'static,
) -> Result<T, EdgeError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| EdgeError::Cancelled)?
}
