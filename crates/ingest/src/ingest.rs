//! The running service: everything that its handlers share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use muster_domain::{
    digest::Digest,
    id::{DeviceId, ServiceId},
    time::{Clock, UtcMicros},
};
use muster_protocol::auth::PublicKey;
use tokio::{
    sync::{RwLock, Semaphore, mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    IngestError,
    blobs::Blobs,
    entropy,
    keys::Keys,
    layout::{DirLock, Layout},
    limit,
    metrics::Metrics,
    nonces::Nonces,
    table::{
        Database, Durability, capture,
        service::{self, Identity},
    },
    writer::Writer,
};

/// Assembled chunks that wait to be deleted; when it is full, they stay and `fsck` lists them.
const SWEEP_QUEUE: usize = 4_096;

/// The running service.
pub struct Ingest {
    /// Connections that read.
    pub db: Database,
    /// Makes things durable.
    pub writer: Writer,
    /// The bytes.
    pub blobs: Blobs,
    /// The secrets.
    pub keys: Keys,
    /// Present and former receipt keys.
    pub key_list: Vec<PublicKey>,
    /// Who this is.
    pub identity: Identity,
    /// Open challenges.
    pub nonces: Nonces,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The feed's position.
    pub head: watch::Receiver<i64>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the service drains.
    pub stopping: CancellationToken,
    /// Requests that may still begin.
    pub requests: Semaphore,
    /// Long polls that may still begin.
    pub polls: Semaphore,
    /// Held for reading by a commit from the last check of its blobs until its row is durable; for writing by the
    /// deletion of a chunk, so that nothing is deleted between check and row.
    pub deletion: RwLock<()>,
    sweep: mpsc::Sender<Vec<Digest>>,
    in_work: Mutex<HashMap<DeviceId, u32>>,
}

/// What must be waited for, in this order, when the service ends.
pub struct Background {
    sweeper: JoinHandle<()>,
    writer: JoinHandle<()>,
    db: Database,
    _lock: DirLock,
}

/// One of a device's requests in work; dropping it lets the next one begin.
pub struct DeviceTurn {
    ingest: Arc<Ingest>,
    device_id: DeviceId,
}

impl Ingest {
    /// Opens the data directory, makes what is missing, and starts the writer.
    pub async fn start(
        layout: &Layout,
        durability: Durability,
        clock: Arc<dyn Clock>,
    ) -> Result<(Arc<Self>, Background), IngestError> {
        layout.create()?;
        let lock = layout.lock()?;
        let keys = Keys::open(&layout.receipt_key())?;
        let blobs = Blobs::open(layout, durability)?;
        let cleared = blobs.clear_staged()?;
        let db = Database::open(layout, durability).await?;
        let mut connection = db.writer().await?;
        let new = Identity {
            service_id: ServiceId(entropy::random_uuid()?),
            feed_epoch: u32::from_be_bytes(entropy::random()?) | 1,
        };
        let identity = service::sqlite::claim(&mut connection, new, clock.now()).await?;
        service::sqlite::add_key(&mut connection, &keys.public_key(), clock.now()).await?;
        let key_list = service::sqlite::keys(&mut connection).await?;
        crate::layout::sync_dir(&layout.dir)?;
        let metrics = Arc::new(Metrics::default());
        let (writer, head, writing) = Writer::start(connection, Arc::clone(&metrics), clock.now()).await?;
        let (sweep, chunks) = mpsc::channel(SWEEP_QUEUE);
        let ingest = Arc::new(Self {
            db: db.clone(),
            writer,
            blobs,
            keys,
            key_list,
            identity,
            nonces: Nonces::default(),
            metrics,
            head,
            clock,
            stopping: CancellationToken::new(),
            requests: Semaphore::new(limit::REQUESTS),
            polls: Semaphore::new(limit::POLLS),
            deletion: RwLock::new(()),
            sweep,
            in_work: Mutex::default(),
        });
        let sweeper = tokio::spawn(sweep_chunks(Arc::clone(&ingest), chunks));
        tracing::info!(service_id = %identity.service_id, cleared, key_id = ingest.keys.key_id, "opened");
        Ok((ingest, Background { sweeper, writer: writing, db, _lock: lock }))
    }

    /// The present time.
    pub fn now(&self) -> UtcMicros {
        self.clock.now()
    }

    /// Gives a device's request its turn; `None` when the device has too many in work.
    pub fn turn(self: &Arc<Self>, device_id: DeviceId) -> Option<DeviceTurn> {
        let mut in_work = self.in_work.lock().unwrap_or_else(PoisonError::into_inner);
        let count = in_work.entry(device_id).or_default();
        if *count >= limit::DEVICE_REQUESTS {
            return None;
        }
        *count += 1;
        Some(DeviceTurn { ingest: Arc::clone(self), device_id })
    }

    /// Deletes chunks that were assembled, later, unless they are assets.
    pub fn sweep_later(&self, chunks: Vec<Digest>) {
        if self.sweep.try_send(chunks).is_err() {
            tracing::warn!("too many assembled chunks wait for deletion; these stay until fsck");
        }
    }
}

impl Drop for DeviceTurn {
    fn drop(&mut self) {
        let mut in_work = self.ingest.in_work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = in_work.get_mut(&self.device_id) {
            *count -= 1;
            if *count == 0 {
                in_work.remove(&self.device_id);
            }
        }
    }
}

impl Background {
    /// Waits until everything that was queued is durable. The last handle to [`Ingest`] must be gone.
    pub async fn finish(self) {
        // The sweeper holds a handle to the service and with it to the writer: it stops by the token, the writer after it.
        for task in [self.sweeper, self.writer] {
            if let Err(error) = task.await {
                tracing::error!(%error, "a background task failed");
            }
        }
        self.db.close().await;
    }
}

async fn sweep_chunks(ingest: Arc<Ingest>, mut queue: mpsc::Receiver<Vec<Digest>>) {
    loop {
        let chunks = tokio::select! {
            () = ingest.stopping.cancelled() => return,
            chunks = queue.recv() => chunks,
        };
        for digest in chunks.into_iter().flatten() {
            if let Err(error) = sweep_chunk(&ingest, &digest).await {
                tracing::warn!(%error, %digest, "an assembled chunk could not be deleted; fsck lists it");
            }
        }
    }
}

async fn sweep_chunk(ingest: &Ingest, digest: &Digest) -> Result<(), IngestError> {
    let _nothing_commits = ingest.deletion.write().await;
    let mut db = ingest.db.readers.acquire().await?;
    if !capture::sqlite::is_asset(&mut db, digest).await? {
        ingest.blobs.remove(digest).await?;
    }
    Ok(())
}
