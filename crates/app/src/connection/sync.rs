//! Syncing a library from a service: a snapshot first, then the feed; it goes on at its cursor after any interruption.

use std::{sync::Arc, time::Duration};

use muster_client::{Backoff, ClientError, DesktopClient};
use muster_domain::{
    capture::{Asset, AssetKind, Capture, CaptureSource, MediaPlace},
    id::{CaptureId, ServiceId},
};
use muster_protocol::{
    error::ErrorCode as WireCode,
    feed::{CaptureRecord, FeedEvent, MAX_WAIT_S},
    manifest::{Manifest, ManifestAsset},
};
use muster_store::capture::SyncedCapture;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    job::{JobContext, JobKind, Outcome, Work},
    picture::cover_of,
    session::{
        connection::{ConnectionState, set_state},
        opened::OpenLibrary,
    },
};

/// Captures that are written in one transaction.
const BATCH: usize = 250;
/// The least and the longest pause after a failure.
const LEAST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What a step of sync brought.
#[derive(Debug, Clone, Copy, Default)]
struct Brought {
    captures: u64,
    erased: u64,
    more: bool,
}

/// One library and one service.
struct Syncer {
    app: App,
    opened: Arc<OpenLibrary>,
    service_id: ServiceId,
    client: DesktopClient,
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
    loop {
        let brought = syncer.step(0).await?;
        total.captures += brought.captures;
        total.erased += brought.erased;
        context.check()?;
        if !brought.more {
            break;
        }
    }
    let message = format!("{} captures arrived, {} were erased", total.captures, total.erased);
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
        set_state(&app, &opened, service_id, ConnectionState::Failed, Some(error.message)).await;
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
        Ok(Self { app: app.clone(), opened: opened.clone(), service_id, client, stop, job: None })
    }

    async fn follow(&self, backoff: &mut Backoff) -> AppResult<()> {
        let mut wait_s = 0;
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
            changes = self.client.changes(Some(&cursor), wait_s) => changes,
        };
        let changes = match changes {
            Err(ClientError::Refused { code: WireCode::CursorGone, .. }) => return self.snapshot().await,
            other => other?,
        };
        let mut records = Vec::new();
        let mut brought = Brought { more: changes.more, ..Brought::default() };
        for event in changes.events {
            match event {
                FeedEvent::Capture { capture } => records.push(*capture),
                FeedEvent::Erased { capture_id, reason } => {
                    // What came before the erasure in the feed must not arrive after it.
                    brought.captures += self.write(std::mem::take(&mut records), None).await?;
                    self.opened.library.erase(&[capture_id], &reason).await?;
                    brought.erased += 1;
                }
            }
        }
        brought.captures += self.write(records, Some(&changes.cursor)).await?;
        Ok(brought)
    }

    async fn snapshot(&self) -> AppResult<Brought> {
        let mut snapshot = self.client.snapshot().await?;
        let head = snapshot.head().clone();
        if let Some(job) = &self.job {
            job.set_total(head.captures);
        }
        let mut brought = Brought { more: true, ..Brought::default() };
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(record) = snapshot.next().await? {
            batch.push(record);
            if batch.len() >= BATCH {
                brought.captures += self.write(std::mem::take(&mut batch), None).await?;
            }
            if self.stop.is_cancelled() {
                return Err(AppError::cancelled());
            }
        }
        // The cursor is saved with the last batch: an interrupted snapshot starts anew and finds its rows known.
        brought.captures += self.write(batch, Some(&head.cursor)).await?;
        Ok(brought)
    }

    /// Writes records and, with the last of them, the cursor.
    async fn write(&self, records: Vec<CaptureRecord>, cursor: Option<&str>) -> AppResult<u64> {
        let mut captures = Vec::with_capacity(records.len());
        for record in records {
            let capture_id = record.capture_id;
            match synced(record) {
                Ok(capture) => captures.push(capture),
                Err(error) => self.fail(capture_id, &error),
            }
        }
        let mut inserted = 0;
        let mut chunks = captures.chunks(BATCH).peekable();
        if chunks.peek().is_none() && cursor.is_some() {
            self.opened.library.upsert_captures(self.service_id, &[], cursor).await?;
        }
        while let Some(chunk) = chunks.next() {
            let cursor = if chunks.peek().is_none() { cursor } else { None };
            let upserted = self.opened.library.upsert_captures(self.service_id, chunk, cursor).await?;
            for conflict in upserted.conflicts {
                let error = AppError::new(ErrorCode::Conflict, "the library has this id with another manifest");
                self.fail(conflict, &error);
            }
            inserted += u64::from(upserted.inserted);
            self.opened.notify_changed();
            self.make_ahead(chunk);
            if let Some(job) = &self.job {
                job.advance(chunk.len() as u64);
            }
        }
        Ok(inserted)
    }

    fn fail(&self, capture_id: CaptureId, error: &AppError) {
        tracing::warn!(%capture_id, %error, "a capture of the feed is left out");
        if let Some(job) = &self.job {
            job.fail(capture_id.to_string(), error.message.clone());
        }
    }

    /// Lets thumbnails be made ahead where a window is open. What does not fit is made when it is looked at.
    fn make_ahead(&self, captures: &[SyncedCapture]) {
        if !self.opened.background {
            return;
        }
        let covers = captures.iter().filter_map(|synced| cover_of(&synced.capture.assets));
        for asset in covers.filter(|asset| asset.kind() == AssetKind::Image) {
            if self.opened.ahead.try_send(asset.clone()).is_err() {
                return;
            }
        }
    }
}

/// A record of the feed as the library keeps it. The manifest stays the exact text that the device sent.
fn synced(record: CaptureRecord) -> AppResult<SyncedCapture> {
    let root_hash = Manifest::root_hash(record.manifest.as_bytes());
    if root_hash != record.root_hash {
        return Err(AppError::new(ErrorCode::ServiceRefused, "its manifest does not have the hash that it came with"));
    }
    let manifest = Manifest::parse(record.manifest.as_bytes())
        .map_err(|error| AppError::new(ErrorCode::ServiceRefused, error.to_string()))?;
    let capture = Capture {
        capture_id: record.capture_id,
        source: CaptureSource::Device { device_id: record.device_id, device: record.device, site: record.site },
        captured_at: record.captured_at_micros,
        uncertainty_micros: record.uncertainty_micros,
        received_at: record.committed_at_micros,
        trigger: Some(manifest.trigger),
        signals: manifest.signals,
        assets: manifest.assets.into_iter().map(asset).collect(),
    };
    let receipt = serde_json::to_string(&record.receipt)
        .map_err(|error| AppError::new(ErrorCode::Internal, error.to_string()))?;
    Ok(SyncedCapture { capture, version: record.version, manifest: record.manifest, root_hash, receipt })
}

fn asset(asset: ManifestAsset) -> Asset {
    Asset {
        name: asset.name,
        stream: asset.stream,
        media_type: asset.media_type,
        bytes: asset.bytes,
        digest: asset.blake3,
        width_px: asset.width_px,
        height_px: asset.height_px,
        duration_micros: asset.duration_micros,
        place: MediaPlace::Stored,
    }
}
