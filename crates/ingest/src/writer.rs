//! The one writer: concurrent writes share a transaction, and with it one fsync (group commit).

use muster_domain::time::UtcMicros;
use sqlx::{Connection, SqliteConnection};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    IngestError, limit,
    metrics::Metrics,
    table::{
        capture::{self, Commit, NewCapture, NewOffer},
        device::{self, Enrolment, NewDevice},
        feed,
        report::{self, NewReport},
    },
};

/// Something to be written, and who waits for it.
struct Act<I, O> {
    input: I,
    outcome: Option<O>,
    reply: oneshot::Sender<O>,
}

impl<I, O> Act<I, O> {
    fn new(input: I) -> (Self, oneshot::Receiver<O>) {
        let (reply, answer) = oneshot::channel();
        (Self { input, outcome: None, reply }, answer)
    }

    /// Tells the one who waits, who may have gone. Without an outcome, dropping the sender says "not written".
    fn answer(self) {
        if let Some(outcome) = self.outcome {
            drop(self.reply.send(outcome));
        }
    }
}

enum Write {
    Enrol(Act<NewDevice, Enrolment>),
    Offers(Vec<NewOffer>),
    Commit(Box<Act<NewCapture, Commit>>),
    Report(Box<Act<NewReport, bool>>),
}

/// Sends writes to the writer and waits until they are durable.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Write>,
}

impl Writer {
    /// Starts the writer on its connection; it ends, with the queue written, when the last handle is dropped. `head` gets
    /// the feed's position after each durable batch.
    pub async fn start(
        mut db: SqliteConnection,
        metrics: Arc<Metrics>,
        now: UtcMicros,
    ) -> Result<(Self, watch::Receiver<i64>, tokio::task::JoinHandle<()>), IngestError> {
        let forgotten = capture::sqlite::forget_old_offers(&mut db, now).await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "offers that were never committed are forgotten");
        }
        let (head, head_changes) = watch::channel(feed::sqlite::head(&mut db).await?);
        let (queue, writes) = mpsc::channel(limit::WRITE_QUEUE);
        let task = tokio::spawn(run(db, writes, head, metrics));
        Ok((Self { queue }, head_changes, task))
    }

    /// Enrols a device.
    pub async fn enrol(&self, new: NewDevice) -> Result<Enrolment, IngestError> {
        let (act, answer) = Act::new(new);
        self.send(Write::Enrol(act), answer).await
    }

    /// Remembers offers. Does not wait: losing them costs only the time of the first offer.
    pub async fn offers(&self, offers: Vec<NewOffer>) -> Result<(), IngestError> {
        self.queue.send(Write::Offers(offers)).await.map_err(|_| IngestError::NotWritten)
    }

    /// Commits a capture whose blobs are durable.
    pub async fn commit(&self, new: NewCapture) -> Result<Commit, IngestError> {
        let (act, answer) = Act::new(new);
        self.send(Write::Commit(Box::new(act)), answer).await
    }

    /// Stores a report; gives the verdict on its ledger.
    pub async fn report(&self, new: NewReport) -> Result<bool, IngestError> {
        let (act, answer) = Act::new(new);
        self.send(Write::Report(Box::new(act)), answer).await
    }

    /// Resolves when the writer has ended, which it does by itself only when it failed.
    pub async fn ended(&self) {
        self.queue.closed().await;
    }

    async fn send<O>(&self, write: Write, answer: oneshot::Receiver<O>) -> Result<O, IngestError> {
        self.queue.send(write).await.map_err(|_| IngestError::NotWritten)?;
        answer.await.map_err(|_| IngestError::NotWritten)
    }
}

async fn run(
    mut db: SqliteConnection,
    mut writes: mpsc::Receiver<Write>,
    head: watch::Sender<i64>,
    metrics: Arc<Metrics>,
) {
    let mut batch = Vec::new();
    while writes.recv_many(&mut batch, limit::WRITE_BATCH).await > 0 {
        let mut batch = std::mem::take(&mut batch);
        metrics.write_batches.add(1);
        metrics.writes.add(batch.len() as u64);
        match write_all(&mut db, &mut batch).await {
            Ok(position) => publish(batch, position, &head),
            Err(error) if batch.len() == 1 => give_up(&error, &metrics),
            // One bad write must not fail its neighbours for ever: alone, each stands for itself.
            Err(error) => {
                tracing::warn!(%error, writes = batch.len(), "a batch failed; its writes are tried one by one");
                for write in batch {
                    let mut alone = vec![write];
                    match write_all(&mut db, &mut alone).await {
                        Ok(position) => publish(alone, position, &head),
                        Err(error) => give_up(&error, &metrics),
                    }
                }
            }
        }
    }
    if let Err(error) = db.close().await {
        tracing::warn!(%error, "the writer's connection did not close cleanly; nothing acknowledged is lost");
    }
}

/// Writes a batch in one transaction. When this returns, SQLite has fsynced its WAL.
async fn write_all(db: &mut SqliteConnection, batch: &mut [Write]) -> Result<i64, IngestError> {
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await?;
    for write in batch.iter_mut() {
        match write {
            Write::Enrol(act) => act.outcome = Some(device::sqlite::enrol(&mut transaction, &act.input).await?),
            Write::Offers(offers) => {
                for offer in offers {
                    capture::sqlite::offer(&mut transaction, offer).await?;
                }
            }
            Write::Commit(act) => act.outcome = Some(capture::sqlite::commit(&mut transaction, &act.input).await?),
            Write::Report(act) => act.outcome = Some(report::sqlite::store(&mut transaction, &act.input).await?),
        }
    }
    let position = feed::sqlite::head(&mut transaction).await?;
    transaction.commit().await?;
    Ok(position)
}

fn publish(batch: Vec<Write>, position: i64, head: &watch::Sender<i64>) {
    for write in batch {
        match write {
            Write::Enrol(act) => act.answer(),
            Write::Offers(_) => {}
            Write::Commit(act) => {
                if let Some(Commit::New(_)) = &act.outcome {
                    tracing::info!(phase = "commit_durable", capture_id = %act.input.capture_id);
                }
                act.answer();
            }
            Write::Report(act) => act.answer(),
        }
    }
    head.send_if_modified(|head| std::mem::replace(head, position) != position);
}

fn give_up(error: &IngestError, metrics: &Metrics) {
    metrics.writes_failed.add(1);
    tracing::error!(%error, "a write failed; whoever sent it is told to try again");
}
