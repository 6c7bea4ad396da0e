//! `GET /v1/blobs/{blake3}`: the bytes of assets, with ranges (RFC 9110, section 14).

use std::{ops::Range, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use muster_domain::digest::Digest;
use muster_protocol::error::ErrorCode;

use super::{call::Annotator, refusal::Refusal};
use crate::{IngestError, ingest::Ingest, table::capture};

/// `GET /v1/blobs/{blake3}`. Only assets of committed captures are served; a chunk that waits is not there yet.
pub async fn get(
    _: Annotator,
    State(ingest): State<Arc<Ingest>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Path(text) = path?;
    let digest: Digest = text.parse().map_err(|_| not_found(&text))?;
    {
        let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
        if !capture::sqlite::is_asset(&mut db, &digest).await? {
            return Err(not_found(&text));
        }
    }
    let size = ingest.blobs.sizes(vec![digest]).await?.pop().flatten().ok_or_else(|| lost(&digest))?;
    let etag = format!("\"{digest}\"");
    let range = match requested(&headers, &etag).and_then(|value| Asked::parse(value, size)) {
        None => None,
        Some(Asked::Range(range)) => Some(range),
        Some(Asked::Beyond) => return Err(Refusal::range(size)),
    };
    let reading = ingest.blobs.read(&digest, range.clone()).await?.ok_or_else(|| lost(&digest))?;
    let served = range.clone().unwrap_or(0..size);
    ingest.metrics.blob_bytes_served.add(served.end - served.start);
    let mut response = Response::new(Body::from_stream(reading.bytes));
    let headers = response.headers_mut();
    let mut set = |name, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, "application/octet-stream".into());
    set(header::CONTENT_LENGTH, (served.end - served.start).to_string());
    set(header::ACCEPT_RANGES, "bytes".into());
    set(header::ETAG, etag);
    set(header::CACHE_CONTROL, "private, max-age=31536000, immutable".into());
    if range.is_some() {
        set(header::CONTENT_RANGE, format!("bytes {}-{}/{size}", served.start, served.end - 1));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

fn not_found(digest: &str) -> Refusal {
    let digest: String = digest.chars().take(64).collect();
    Refusal::new(ErrorCode::NotFound, format!("no committed capture has an asset {digest:?}"))
}

fn lost(digest: &Digest) -> Refusal {
    tracing::error!(%digest, "a committed asset is not on disk; run muster-ingest fsck");
    Refusal::new(ErrorCode::Internal, format!("the asset {digest} is committed but not on the service's disk"))
}

/// The range header, unless `If-Range` is about other bytes.
fn requested<'a>(headers: &'a HeaderMap, etag: &str) -> Option<&'a str> {
    let is_same = headers.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes());
    headers.get(header::RANGE).filter(|_| is_same)?.to_str().ok()
}

/// What a range header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Range(Range<u64>),
    Beyond,
}

impl Asked {
    /// `None` for a header to be ignored: malformed, another unit, or several ranges.
    fn parse(value: &str, size: u64) -> Option<Self> {
        let (first, last) = value.strip_prefix("bytes=")?.trim().split_once('-')?;
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
        let range = if first.is_empty() {
            size.saturating_sub(number(last)?)..size
        } else if last.is_empty() {
            number(first)?..size
        } else {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(size)
        };
        Some(if range.start < range.end { Self::Range(range) } else { Self::Beyond })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_range_is_never_empty_and_never_outside(value in "(bytes=)?[-+0-9, ]{0,24}|.*", size in 1_u64..1_000) {
            if let Some(Asked::Range(range)) = Asked::parse(&value, size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }

    #[test]
    fn ranges_follow_the_rfc() {
        let check = |value, expected| assert_eq!(Asked::parse(value, 10), expected, "{value}");
        let range = |range| Some(Asked::Range(range));
        check("bytes=0-0", range(0..1));
        check("bytes=0-", range(0..10));
        check("bytes=3-5", range(3..6));
        check("bytes=3-99", range(3..10));
        check("bytes=-4", range(6..10));
        check("bytes=-99", range(0..10));
        check("bytes=9-18446744073709551615", range(9..10));
        for beyond in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            check(beyond, Some(Asked::Beyond));
        }
        for ignored in
            ["", "bytes", "bytes=", "bytes=-", "bytes=5-3", "bytes=0-1,3-4", "lines=0-1", "bytes=+1-2", "bytes=a-b"]
        {
            check(ignored, None);
        }
    }
}
