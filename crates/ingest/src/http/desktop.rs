//! What desktops call: the feed, the snapshot and the list of devices.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::TryStreamExt;
use http::header;
use muster_protocol::{
    error::ErrorCode,
    feed::{ChangesResponse, FeedEvent, MAX_EVENTS, MAX_WAIT_S, NDJSON, SnapshotHead, Wanted},
    fleet::DeviceList,
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

use super::{
    call::Annotator,
    cursor::{Cursor, SHARD},
    refusal::Refusal,
};
use crate::{
    IngestError,
    ingest::Ingest,
    limit,
    table::{feed, report},
};

/// Bytes of a snapshot that go out together.
const SNAPSHOT_PIECE: usize = 64 * 1024;

/// The parameters of `GET /v1/changes`.
#[derive(Debug, Deserialize)]
pub struct ChangesQuery {
    cursor: Option<String>,
    #[serde(default)]
    wait: u32,
    wanted: Option<String>,
}

/// The parameters of `GET /v1/snapshot`.
#[derive(Debug, Deserialize)]
pub struct SnapshotQuery {
    wanted: Option<String>,
}

fn wanted(json: Option<&str>) -> Result<Wanted, Refusal> {
    let parsed = json.map_or(Ok(Wanted::default()), serde_json::from_str);
    parsed.map_err(|error| Refusal::new(ErrorCode::Malformed, format!("wanted does not parse: {error}")))
}

/// `GET /v1/changes?cursor=…&wait=…&wanted=…`. Without a cursor the feed begins at its first event.
pub async fn changes(
    _: Annotator,
    State(ingest): State<Arc<Ingest>>,
    query: Result<Query<ChangesQuery>, QueryRejection>,
) -> Result<Json<ChangesResponse>, Refusal> {
    let Query(query) = query?;
    let wanted = wanted(query.wanted.as_deref())?;
    let epoch = ingest.identity.feed_epoch;
    let mut cursor = match query.cursor.as_deref() {
        None | Some("") => Cursor { epoch, shard: SHARD, position: 0 },
        Some(text) => Cursor::parse(text).ok_or_else(|| {
            Refusal::new(ErrorCode::Malformed, "this cursor is of no ingest service; take a snapshot")
        })?,
    };
    if cursor.epoch != epoch || cursor.shard != SHARD {
        return Err(gone("the cursor is of another epoch of the feed"));
    }
    let deadline = Instant::now() + Duration::from_secs(query.wait.min(MAX_WAIT_S).into());
    loop {
        let (page, reached) = page(&ingest, cursor, &wanted).await?;
        if !page.events.is_empty() || page.more || Instant::now() >= deadline || ingest.stopping.is_cancelled() {
            return Ok(Json(page));
        }
        // What is not wanted is not read again.
        cursor.position = reached;
        let mut head = ingest.head.clone();
        tokio::select! {
            // Without a writer there will be no event, and the service is about to stop.
            news = head.wait_for(|head| *head > cursor.position) => if news.is_err() { return Ok(Json(page)) },
            () = sleep_until(deadline) => {}
            () = ingest.stopping.cancelled() => {}
        }
    }
}

async fn page(ingest: &Ingest, cursor: Cursor, wanted: &Wanted) -> Result<(ChangesResponse, i64), Refusal> {
    let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
    // The database's own head: it can be a moment ahead of the one that wakes polls.
    let head = feed::sqlite::head(&mut db).await?;
    if cursor.position > head {
        return Err(gone("the cursor is ahead of the feed"));
    }
    let mut events = Vec::new();
    let mut reached = cursor.position;
    let mut bytes = 0;
    {
        let mut entries = std::pin::pin!(feed::sqlite::after(&mut db, cursor.position));
        while events.len() < MAX_EVENTS && bytes < limit::FEED_BYTES {
            let Some(entry) = entries.try_next().await? else { break };
            reached = entry.position;
            bytes += entry.capture.manifest.len();
            let capture = entry.capture;
            if capture.version > 1 || wanted.matches(&capture.site, &capture.device, capture.captured_at_micros) {
                events.push(FeedEvent::Capture { capture: Box::new(capture) });
            }
        }
    }
    let cursor = Cursor { position: reached, ..cursor }.to_text();
    Ok((ChangesResponse { cursor, events, more: reached < head }, reached))
}

fn gone(what: &str) -> Refusal {
    Refusal::new(ErrorCode::CursorGone, format!("{what}; take a snapshot and go on at its cursor"))
}

/// `GET /v1/snapshot`: one read transaction, so that head and records are of one moment.
pub async fn snapshot(
    _: Annotator,
    State(ingest): State<Arc<Ingest>>,
    query: Result<Query<SnapshotQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let wanted = wanted(query.wanted.as_deref())?;
    let mut db = ingest.db.snapshots.begin().await.map_err(IngestError::from)?;
    let position = feed::sqlite::head(&mut db).await?;
    let captures = feed::sqlite::count(&mut db, &wanted).await?;
    let cursor = Cursor { epoch: ingest.identity.feed_epoch, shard: SHARD, position };
    let mut lines = Lines::default();
    lines.add(&SnapshotHead { cursor: cursor.to_text(), captures })?;
    let (pieces, body) = mpsc::channel(4);
    tokio::spawn(async move {
        if let Err(error) = send_records(&mut db, &wanted, lines, &pieces).await {
            tracing::warn!(%error, "a snapshot broke off");
            // The head says how many records follow; the error closes the connection before they are complete.
            drop(pieces.send(Err(std::io::Error::other("the snapshot broke off"))).await);
        }
    });
    let body = futures::stream::unfold(body, async |mut body: mpsc::Receiver<_>| {
        body.recv().await.map(|piece: Result<Bytes, std::io::Error>| (piece, body))
    });
    Ok(([(header::CONTENT_TYPE, NDJSON)], Body::from_stream(body)).into_response())
}

async fn send_records(
    db: &mut sqlx::SqliteConnection,
    wanted: &Wanted,
    mut lines: Lines,
    pieces: &mpsc::Sender<std::io::Result<Bytes>>,
) -> Result<(), IngestError> {
    let mut records = std::pin::pin!(feed::sqlite::all(db, wanted));
    while let Some(record) = records.try_next().await? {
        lines.add(&record)?;
        if lines.text.len() >= SNAPSHOT_PIECE && !send(pieces, lines.take()).await {
            return Ok(());
        }
    }
    send(pieces, lines.take()).await;
    Ok(())
}

/// `false` when the desktop has gone, or takes so long that its read transaction costs too much.
async fn send(pieces: &mpsc::Sender<std::io::Result<Bytes>>, piece: Bytes) -> bool {
    let sent = timeout(limit::READER_TIME, pieces.send(Ok(piece))).await;
    if sent.is_err() {
        tracing::warn!("a desktop takes its snapshot too slowly; it was cut off");
    }
    matches!(sent, Ok(Ok(())))
}

/// NDJSON in the making.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
}

impl Lines {
    fn add(&mut self, line: &impl Serialize) -> Result<(), IngestError> {
        serde_json::to_writer(&mut self.text, line)?;
        self.text.push(b'\n');
        Ok(())
    }

    fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.text).into()
    }
}

/// `GET /v1/devices`.
pub async fn devices(_: Annotator, State(ingest): State<Arc<Ingest>>) -> Result<Json<DeviceList>, Refusal> {
    let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
    Ok(Json(DeviceList { devices: report::sqlite::devices(&mut db).await? }))
}
