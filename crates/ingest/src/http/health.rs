//! `/healthz`, `/readyz` and `/metrics`: for whoever runs the service. They say nothing about any capture.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use muster_protocol::error::ErrorCode;

use super::refusal::Refusal;
use crate::{
    IngestError,
    ingest::Ingest,
    metrics::{OPEN_METRICS, Page},
    table::{capture, device, feed, report},
};

/// The process runs.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The service takes requests: the database answers and nobody asked it to stop.
pub async fn readyz(State(ingest): State<Arc<Ingest>>) -> Result<&'static str, Refusal> {
    if ingest.stopping.is_cancelled() {
        return Err(Refusal::for_now(ErrorCode::Unavailable, 5, "the service is stopping"));
    }
    let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
    feed::sqlite::head(&mut db).await?;
    Ok("ready\n")
}

/// `OpenMetrics`.
pub async fn metrics(State(ingest): State<Arc<Ingest>>) -> Result<Response, Refusal> {
    let mut page = Page::default();
    ingest.metrics.write(&mut page);
    let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
    page.gauge("captures", "Captures that the service holds.", capture::sqlite::count(&mut db).await?);
    page.gauge("devices", "Devices that have enrolled and are not revoked.", device::sqlite::count(&mut db).await?);
    page.gauge("feed_position", "The last event of the feed.", feed::sqlite::head(&mut db).await?.unsigned_abs());
    let disagreeing = report::sqlite::disagreeing(&mut db).await?;
    page.gauge("devices_disagreeing", "Devices whose last report did not agree with the service.", disagreeing);
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], page.finish()).into_response())
}
