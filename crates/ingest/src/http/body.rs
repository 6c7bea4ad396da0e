//! Bodies with a limit in size and a floor in speed.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use muster_protocol::error::ErrorCode;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use super::refusal::Refusal;
use crate::limit::{GRACE_TIME, MIN_BYTES_PER_S, PIECE_TIME};

/// Bytes of a refused body that are read and thrown away, so that the client comes to read the refusal: closing the
/// connection on unread bytes would reset it.
const DRAIN_BYTES: u64 = 32 * 1024 * 1024;

/// A body that is read piece by piece.
pub struct PacedBody {
    body: Body,
    declared: Option<u64>,
    received: u64,
    began: Instant,
}

impl PacedBody {
    /// Wraps a request's body.
    pub fn new(body: Body, headers: &HeaderMap) -> Self {
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        Self { body, declared, received: 0, began: Instant::now() }
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self, limit: u64) -> Result<Option<Bytes>, Refusal> {
        if self.declared.is_some_and(|bytes| bytes > limit) {
            return Err(too_large(limit));
        }
        let piece = self.piece().await?;
        if self.received > limit { Err(too_large(limit)) } else { Ok(piece) }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let frame = match timeout(PIECE_TIME, self.body.frame()).await {
                Err(_) => return Err(too_slow()),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => {
                    return Err(Refusal::new(ErrorCode::Malformed, format!("the body broke off: {error}")));
                }
                Ok(Some(Ok(frame))) => frame,
            };
            // Trailers are no data.
            let Ok(bytes) = frame.into_data() else { continue };
            self.received += bytes.len() as u64;
            let took = self.began.elapsed();
            if took > GRACE_TIME && self.received < took.as_secs() * MIN_BYTES_PER_S {
                return Err(too_slow());
            }
            return Ok(Some(bytes));
        }
    }

    /// Reads the whole body as JSON.
    pub async fn json<T: DeserializeOwned>(&mut self, limit: usize) -> Result<T, Refusal> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next(limit as u64).await? {
            bytes.extend_from_slice(&piece);
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            Refusal::new(ErrorCode::Malformed, format!("the body is not what this path takes: {error}"))
        })
    }

    /// Reads what is left and forgets it, within reason.
    pub async fn drain(&mut self) {
        if self.declared.is_some_and(|bytes| bytes > DRAIN_BYTES) {
            return;
        }
        while self.received <= DRAIN_BYTES {
            if !matches!(self.piece().await, Ok(Some(_))) {
                return;
            }
        }
    }
}

fn too_large(limit: u64) -> Refusal {
    Refusal::new(ErrorCode::TooLarge, format!("the body is larger than {limit} bytes"))
}

fn too_slow() -> Refusal {
    let message = format!("the body came slower than {MIN_BYTES_PER_S} bytes a second; send smaller bodies");
    Refusal::new(ErrorCode::TooSlow, message)
}
