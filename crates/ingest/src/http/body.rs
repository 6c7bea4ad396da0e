//! Bodies with a limit in size and a floor in speed.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use muster_protocol::error::ErrorCode;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::{Instant, timeout};

use super::refusal::Refusal;
use crate::limit::{GRACE_TIME, MIN_BYTES_PER_S, PIECE_TIME};

/// Bytes of a refused body that are read and thrown away, so that the client comes to read the refusal: closing the
/// connection on unread bytes would reset it.
const DRAIN_BYTES: u64 = 32 * 1024 * 1024;

/// How slow a body may be.
#[derive(Debug, Clone, Copy)]
struct Pace {
    piece: Duration,
    grace: Duration,
    min_bytes_per_s: u64,
}

const PACE: Pace = Pace { piece: PIECE_TIME, grace: GRACE_TIME, min_bytes_per_s: MIN_BYTES_PER_S };

/// A body that is read piece by piece.
pub struct PacedBody {
    body: Body,
    pace: Pace,
    declared: Option<u64>,
    received: u64,
    began: Instant,
}

impl PacedBody {
    /// Wraps a request's body.
    pub fn new(body: Body, headers: &HeaderMap) -> Self {
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        Self { body, pace: PACE, declared, received: 0, began: Instant::now() }
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
            let frame = match timeout(self.pace.piece, self.body.frame()).await {
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
            let least = took.as_millis() * u128::from(self.pace.min_bytes_per_s) / 1_000;
            if took > self.pace.grace && u128::from(self.received) < least {
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

    /// Reads what is left and forgets it, within reason: whoever sends slowly is not worth a place among the requests.
    pub async fn drain(&mut self) {
        if self.declared.is_some_and(|bytes| bytes > DRAIN_BYTES) {
            return;
        }
        let grace = self.pace.grace;
        let rest = async { while self.received <= DRAIN_BYTES && matches!(self.piece().await, Ok(Some(_))) {} };
        // Out of time or at the end: the refusal goes out either way.
        let _ = timeout(grace, rest).await;
    }
}

fn too_large(limit: u64) -> Refusal {
    Refusal::new(ErrorCode::TooLarge, format!("the body is larger than {limit} bytes"))
}

fn too_slow() -> Refusal {
    let message = format!("the body came slower than {MIN_BYTES_PER_S} bytes a second; send smaller bodies");
    Refusal::new(ErrorCode::TooSlow, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of `pieces` bytes, one every millisecond, and then silence.
    fn drip(pieces: u64) -> Body {
        let stream = futures::stream::unfold(0, move |sent| async move {
            if sent == pieces {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), sent + 1))
        });
        Body::from_stream(stream)
    }

    async fn read(pieces: u64, pace: Pace) -> (u64, Refusal) {
        let mut body = PacedBody { pace, ..PacedBody::new(drip(pieces), &HeaderMap::new()) };
        loop {
            match body.next(1_000_000).await {
                Ok(piece) => assert!(piece.is_some(), "the body never ends"),
                Err(refusal) => return (body.received, refusal),
            }
        }
    }

    #[tokio::test]
    async fn silence_and_dripping_are_too_slow() {
        let long = Duration::from_hours(1);
        let patient = Pace { piece: Duration::from_millis(50), grace: long, min_bytes_per_s: u64::MAX };
        assert_eq!(read(3, patient).await, (3, too_slow()), "silent after three bytes");
        let strict = Pace { piece: long, grace: Duration::from_millis(20), min_bytes_per_s: 1_000_000 };
        let (received, refusal) = read(u64::MAX, strict).await;
        assert_eq!(refusal, too_slow());
        assert!(received > 1, "there is a time of grace");
    }

    #[tokio::test]
    async fn a_refused_body_that_drips_for_ever_is_left_alone_soon() {
        let pace = Pace { piece: Duration::from_hours(1), grace: Duration::from_millis(20), min_bytes_per_s: 0 };
        let mut body = PacedBody { pace, ..PacedBody::new(drip(u64::MAX), &HeaderMap::new()) };
        body.drain().await;
        assert!(body.received < DRAIN_BYTES, "{}", body.received);
    }
}
