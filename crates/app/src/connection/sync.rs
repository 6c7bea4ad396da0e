//! Syncing a library from a service: a snapshot first, then the feed; it goes on at its cursor after any interruption.

use std::{sync::Arc, time::Duration};

use muster_client::{Backoff, ClientError, DesktopClient};
use muster_domain::id::ServiceId;
use muster_protocol::{
    error::ErrorCode as WireCode,
    feed::{MAX_WAIT_S, Wanted},
};
use muster_store::aside::KeptAside;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

use super::{
    intake::{Brought, Intake},
    record::{self, Read},
};
use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    job::{JobContext, JobKind, Outcome, Work},
    session::{
        connection::{ConnectionState, set_state, wanted_of},
        opened::OpenLibrary,
    },
};

/// Pieces of a snapshot that are parsed while one is written.
const PARSED_AHEAD: usize = 4;
/// Records kept aside that are tried again at once.
const TRIED_AGAIN: u32 = 500;
/// The least and the longest pause after a failure.
const LEAST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// One library and one service.
struct Syncer {
    app: App,
    opened: Arc<OpenLibrary>,
    service_id: ServiceId,
    client: DesktopClient,
    wanted: Wanted,
    /// Fires when somebody wants it to end.
    stop: CancellationToken,
    /// The job that counts, if it is one.
    job: Option<JobContext>,
}

/// Fetching everything that is new from a service, as a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SyncWork {
    pub service_id: ServiceId,
}

impl Work for SyncWork {
    const KIND: JobKind = JobKind::Sync;

    fn title(&self) -> String {
        "Sync".into()
    }

    async fn run(self, context: &JobContext) -> AppResult<Outcome> {
        run(context, self.service_id).await
    }
}

async fn run(context: &JobContext, service_id: ServiceId) -> AppResult<Outcome> {
    let mut syncer = Syncer::new(&context.app, &context.opened, service_id, context.cancelled()).await?;
    syncer.job = Some(context.clone());
    context.say("fetching captures");
    let mut total = Brought::default();
    syncer.try_again().await?;
    loop {
        let brought = syncer.step(0).await?;
        total.captures += brought.captures;
        total.erased += brought.erased;
        context.check()?;
        if !brought.more {
            break;
        }
    }
    let aside = match context.opened.library.count_aside(service_id).await? {
        0 => String::new(),
        aside => format!(", {aside} that this version cannot read are kept aside"),
    };
    let message = format!("{} captures arrived, {} were erased{aside}", total.captures, total.erased);
    Ok(Outcome { message: Some(message), result: None })
}

/// Follows a service until `stop` fires; failures pause it and never end it.
pub(crate) async fn follow(app: App, opened: Arc<OpenLibrary>, service_id: ServiceId, stop: CancellationToken) {
    let mut backoff = Backoff::new(LEAST_PAUSE, LONGEST_PAUSE);
    while !stop.is_cancelled() {
        let followed = match Syncer::new(&app, &opened, service_id, stop.clone()).await {
            Ok(syncer) => syncer.follow(&mut backoff).await,
            Err(error) => Err(error),
        };
        let Err(error) = followed else { return };
        tracing::info!(%service_id, %error, "sync pauses");
        set_state(&app, &opened, service_id, ConnectionState::Failed, Some(error)).await;
        let pause = backoff.failed(None, &mut rand::rng());
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl Syncer {
    async fn new(
        app: &App,
        opened: &Arc<OpenLibrary>,
        service_id: ServiceId,
        stop: CancellationToken,
    ) -> AppResult<Self> {
        let service = opened.library.service(service_id).await?;
        let service = service.ok_or_else(|| AppError::not_found(format!("service {service_id}")))?;
        let client = opened.client(&service)?;
        let wanted = wanted_of(&service)?;
        Ok(Self { app: app.clone(), opened: opened.clone(), service_id, client, wanted, stop, job: None })
    }

    async fn follow(&self, backoff: &mut Backoff) -> AppResult<()> {
        let mut wait_s = 0;
        self.try_again().await?;
        loop {
            let brought = self.step(wait_s).await?;
            backoff.succeeded();
            if self.stop.is_cancelled() {
                return Ok(());
            }
            let state = if brought.more { ConnectionState::Syncing } else { ConnectionState::Following };
            set_state(&self.app, &self.opened, self.service_id, state, None).await;
            wait_s = if brought.more { 0 } else { MAX_WAIT_S };
        }
    }

    /// One answer of the feed, or the whole snapshot where there is no cursor that means anything.
    async fn step(&self, wait_s: u32) -> AppResult<Brought> {
        let service = self.opened.library.service(self.service_id).await?;
        let cursor = service.and_then(|service| service.cursor);
        let Some(cursor) = cursor else { return self.snapshot().await };
        let changes = tokio::select! {
            () = self.stop.cancelled() => return Ok(Brought::default()),
            changes = self.client.changes(Some(&cursor), wait_s, &self.wanted) => changes,
        };
        let changes = match changes {
            Err(ClientError::Refused { code: WireCode::CursorGone, .. }) => return self.snapshot().await,
            other => other?,
        };
        let wanted = self.wanted.clone();
        let parsed = tokio::task::spawn_blocking(move || {
            (record::events(changes.events.iter().map(|event| event.get()), &wanted), changes.cursor)
        });
        let (read, cursor) = joined(parsed).await?;
        let mut intake = self.intake();
        intake.take(read).await?;
        intake.write(Some(&cursor)).await?;
        Ok(Brought { more: changes.more, ..intake.brought })
    }

    fn intake(&self) -> Intake {
        Intake::new(&self.opened, self.service_id, self.job.clone())
    }

    /// Reading from the network, parsing and writing go on side by side; the order stays.
    async fn snapshot(&self) -> AppResult<Brought> {
        let mut snapshot = self.client.snapshot(&self.wanted).await?;
        let head = snapshot.head().clone();
        if let Some(job) = &self.job {
            job.set_total(head.captures);
        }
        let (parsing, mut parsed) = mpsc::channel(PARSED_AHEAD);
        let wanted = Arc::new(self.wanted.clone());
        let reading = async move {
            while let Some(piece) = snapshot.lines().await? {
                let wanted = wanted.clone();
                let task = tokio::task::spawn_blocking(move || record::lines(&piece, &wanted));
                if parsing.send(task).await.is_err() {
                    break;
                }
            }
            Ok::<(), ClientError>(())
        };
        // Dropped with this function, it stops: nothing reads on when writing has failed.
        let mut reading = JoinSet::from_iter([reading]);
        let mut intake = self.intake();
        while let Some(task) = parsed.recv().await {
            intake.take(joined(task).await?).await?;
            if self.stop.is_cancelled() {
                return Err(AppError::cancelled());
            }
        }
        if let Some(read) = reading.join_next().await {
            read.map_err(|error| AppError::new(ErrorCode::Internal, error.to_string()))??;
        }
        // The cursor is saved with the last batch: an interrupted snapshot starts anew and finds its rows known.
        intake.write(Some(&head.cursor)).await?;
        Ok(Brought { more: true, ..intake.brought })
    }

    /// Reads what an earlier version kept aside; what can be read now comes in.
    async fn try_again(&self) -> AppResult<()> {
        let library = &self.opened.library;
        let mut after = 0;
        loop {
            let kept = library.aside(self.service_id, after, TRIED_AGAIN).await?;
            let Some(last) = kept.last() else { return Ok(()) };
            after = last.row_key;
            let wanted = self.wanted.clone();
            let tried = tokio::task::spawn_blocking(move || {
                let again = |kept: KeptAside| (kept.row_key, record::again(&kept.unread.record, &wanted));
                kept.into_iter().map(again).collect::<Vec<_>>()
            });
            let mut intake = self.intake();
            let mut settled = Vec::new();
            for (row_key, read) in joined(tried).await? {
                if read.iter().all(|read| !matches!(read, Read::Unread(_))) {
                    intake.take(read).await?;
                    settled.push(row_key);
                }
            }
            intake.write(None).await?;
            library.forget_aside(&settled).await?;
        }
    }
}

async fn joined<T>(task: JoinHandle<T>) -> AppResult<T> {
    task.await.map_err(|error| AppError::new(ErrorCode::Internal, error.to_string()))
}
