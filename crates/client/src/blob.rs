//! Downloading a blob over connections that break.

use std::time::Duration;

use muster_domain::digest::Digest;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::{
    Backoff, ClientError, Transport,
    transport::{Call, is_partial, next_piece},
};

/// How many attempts in a row may bring nothing before the download is given up.
const FRUITLESS_ATTEMPTS: u32 = 4;

/// The part of a blob that has come.
struct Received {
    hasher: blake3::Hasher,
    bytes: u64,
}

/// Streams a blob into `writer`, going on with a range where a connection broke.
pub(crate) async fn download<W>(
    transport: &Transport,
    call: &Call,
    digest: &Digest,
    bytes: u64,
    writer: &mut W,
) -> Result<(), ClientError>
where
    W: AsyncWrite + Unpin + Send,
{
    let mut received = Received { hasher: blake3::Hasher::new(), bytes: 0 };
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
    loop {
        let before = received.bytes;
        let error = match attempt(transport, call, bytes, &mut received, writer).await {
            Ok(()) => break,
            Err(error) => error,
        };
        if received.bytes > before {
            backoff.succeeded();
        }
        if !error.is_transient() || backoff.failures() >= FRUITLESS_ATTEMPTS {
            return Err(error);
        }
        let pause = backoff.failed(error.retry_after(), &mut rand::rng());
        tracing::debug!(%digest, received = received.bytes, of = bytes, %error, "the download goes on after a pause");
        tokio::time::sleep(pause).await;
    }
    let got = Digest::from(received.hasher.finalize());
    if got != *digest {
        return Err(ClientError::DigestMismatch { expected: *digest, got });
    }
    writer.flush().await.map_err(ClientError::Write)
}

async fn attempt<W>(
    transport: &Transport,
    call: &Call,
    bytes: u64,
    received: &mut Received,
    writer: &mut W,
) -> Result<(), ClientError>
where
    W: AsyncWrite + Unpin + Send,
{
    let call = if received.bytes == 0 { call.clone() } else { call.clone().range(received.bytes, None) };
    let response = transport.send(&call).await?;
    // A proxy may drop the range: what is already here is then read past.
    let mut to_skip = if is_partial(&response) { 0 } else { received.bytes };
    let mut body = response.into_body();
    while received.bytes < bytes {
        let Some(mut piece) = next_piece(&call, &mut body, transport.stall()).await? else {
            let reason = format!("it ended after {} of {bytes} bytes", received.bytes);
            return Err(ClientError::Malformed { call: call.name(), reason });
        };
        let skipped = piece.len().min(usize::try_from(to_skip).unwrap_or(usize::MAX));
        to_skip -= skipped as u64;
        let piece = piece.split_off(skipped);
        if received.bytes + piece.len() as u64 > bytes {
            return Err(ClientError::TooLarge { call: call.name(), limit: bytes });
        }
        writer.write_all(&piece).await.map_err(ClientError::Write)?;
        received.hasher.update(&piece);
        received.bytes += piece.len() as u64;
    }
    Ok(())
}
