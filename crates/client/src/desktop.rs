//! What a desktop says to the service.

use std::{ops::Range, time::Duration};

use bytes::Bytes;
use muster_domain::digest::Digest;
use muster_protocol::{
    auth::KeyList,
    feed::{MAX_EVENTS, MAX_WAIT_S, Wanted},
    manifest::MAX_MANIFEST_BYTES,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::io::AsyncWrite;
use url::form_urlencoded;

use crate::{
    ClientError, Snapshot, Transport, blob,
    transport::{Call, is_partial},
};

const MAX_SMALL_BYTES: u64 = 1024 * 1024;
/// The largest page of changes: a manifest inside JSON at most doubles, and 16 KiB hold the rest of a row.
const MAX_CHANGES_BYTES: u64 = (MAX_EVENTS * (2 * MAX_MANIFEST_BYTES + 16 * 1024)) as u64;

/// A desktop's client. Its API token says what it may read.
#[derive(Debug, Clone)]
pub struct DesktopClient {
    transport: Transport,
    api_token: String,
}

impl DesktopClient {
    /// A client with a bearer API token (`muster-ingest token` prints one).
    pub fn new(transport: Transport, api_token: impl Into<String>) -> Self {
        Self { transport, api_token: api_token.into() }
    }

    /// The service's address without a trailing slash.
    pub fn service(&self) -> &str {
        self.transport.service()
    }

    /// The service's id and receipt keys. Needs no token, so it tells a wrong address from a wrong token.
    pub async fn keys(&self) -> Result<KeyList, ClientError> {
        self.transport.json(&Call::get("/v1/keys"), MAX_SMALL_BYTES).await
    }

    /// The changes after `cursor` of what is wanted, waiting up to `wait_s` seconds (at most [`MAX_WAIT_S`]) for the
    /// first one.
    ///
    /// Without a cursor the feed starts at its beginning. [`muster_protocol::error::ErrorCode::CursorGone`] says that
    /// the cursor means nothing any more: take a [`DesktopClient::snapshot`] and go on at its cursor.
    pub async fn changes(&self, cursor: Option<&str>, wait_s: u32, wanted: &Wanted) -> Result<Changes, ClientError> {
        let wait_s = wait_s.min(MAX_WAIT_S);
        let target = format!("/v1/changes?{}", changes_query(cursor, wait_s, wanted));
        let call = self.get(target).wait(Duration::from_secs(wait_s.into()));
        self.transport.json(&call, MAX_CHANGES_BYTES).await
    }

    /// Every committed capture that is wanted as a stream, and the cursor at which the feed goes on after it.
    pub async fn snapshot(&self, wanted: &Wanted) -> Result<Snapshot, ClientError> {
        let call = self.get(snapshot_target(wanted));
        let response = self.transport.send(&call).await?;
        Snapshot::open(call, response.into_body(), self.transport.stall()).await
    }

    /// Downloads a blob of `bytes` bytes into `writer` and checks its digest.
    ///
    /// A connection that breaks is taken up again with a range where it broke, as long as each attempt brings something.
    /// On an error the writer holds a prefix at best: write to a temporary file and rename it on success.
    pub async fn blob<W>(&self, digest: &Digest, bytes: u64, writer: &mut W) -> Result<(), ClientError>
    where
        W: AsyncWrite + Unpin + Send,
    {
        blob::download(&self.transport, &self.blob_call(digest), digest, bytes, writer).await
    }

    /// Reads a part of a blob, for seeking in a video that is not here yet. A part cannot be checked by the digest.
    pub async fn blob_range(&self, digest: &Digest, range: Range<u64>) -> Result<Bytes, ClientError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let call = self.blob_call(digest).range(range.start, Some(range.end));
        let length = range.end - range.start;
        let response = self.transport.send(&call).await?;
        if !is_partial(&response) {
            let reason = "the service ignored the range".into();
            return Err(ClientError::Malformed { call: call.name(), reason });
        }
        self.transport.bytes(&call, response.into_body(), length).await
    }

    fn blob_call(&self, digest: &Digest) -> Call {
        self.get(format!("/v1/blobs/{digest}"))
    }

    fn get(&self, target: impl Into<String>) -> Call {
        Call::get(target).bearer(&self.api_token)
    }
}

/// An answer of the feed. Each event is a [`FeedEvent`] as JSON, to be parsed by the caller, so that one that cannot be
/// read does not take the others with it.
///
/// [`FeedEvent`]: muster_protocol::feed::FeedEvent
#[derive(Debug, Deserialize)]
pub struct Changes {
    /// Ask with it next time.
    pub cursor: String,
    /// In order; possibly none after a long poll.
    pub events: Vec<Box<RawValue>>,
    /// True when there is more at once.
    pub more: bool,
}

/// The query of a call for changes; the serializer is not `Send` and must not live across an await.
fn changes_query(cursor: Option<&str>, wait_s: u32, wanted: &Wanted) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
    query.append_pair("wait", &wait_s.to_string());
    append_wanted(&mut query, wanted);
    query.finish()
}

fn snapshot_target(wanted: &Wanted) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    append_wanted(&mut query, wanted);
    let query = query.finish();
    if query.is_empty() { "/v1/snapshot".into() } else { format!("/v1/snapshot?{query}") }
}

fn append_wanted(query: &mut form_urlencoded::Serializer<'_, String>, wanted: &Wanted) {
    if !wanted.is_all() {
        let json = serde_json::to_string(wanted).expect("lists of texts and numbers are JSON");
        query.append_pair("wanted", &json);
    }
}
