//! The snapshot: every committed capture, one line each, read as it comes.

use std::time::Duration;

use bytes::BytesMut;
use hyper::body::Incoming;
use muster_protocol::{
    feed::{CaptureRecord, SnapshotHead},
    manifest::MAX_MANIFEST_BYTES,
};
use serde::de::DeserializeOwned;

use crate::{
    ClientError,
    transport::{Call, next_piece},
};

/// The longest line: a manifest inside JSON at most doubles, and 64 KiB hold the rest of a row.
const MAX_LINE_BYTES: usize = 2 * MAX_MANIFEST_BYTES + 64 * 1024;

/// A snapshot being read. It ends with `None` only when every announced capture has come.
pub struct Snapshot {
    head: SnapshotHead,
    call: Call,
    body: Incoming,
    stall: Duration,
    buffer: BytesMut,
    scanned: usize,
    captures: u64,
}

impl Snapshot {
    pub(crate) async fn open(call: Call, body: Incoming, stall: Duration) -> Result<Self, ClientError> {
        let head = SnapshotHead { cursor: String::new(), captures: 0 };
        let mut snapshot = Self { head, call, body, stall, buffer: BytesMut::new(), scanned: 0, captures: 0 };
        snapshot.head = match snapshot.line().await? {
            Some(head) => head,
            None => return Err(snapshot.malformed("it is empty".into())),
        };
        Ok(snapshot)
    }

    /// Where the feed goes on, and how many captures come.
    pub fn head(&self) -> &SnapshotHead {
        &self.head
    }

    /// The next capture.
    pub async fn next(&mut self) -> Result<Option<CaptureRecord>, ClientError> {
        let record = self.line().await?;
        if record.is_some() {
            self.captures += 1;
        } else if self.captures != self.head.captures {
            return Err(self.malformed(format!("{} of {} captures came", self.captures, self.head.captures)));
        }
        Ok(record)
    }

    async fn line<T: DeserializeOwned>(&mut self) -> Result<Option<T>, ClientError> {
        loop {
            if let Some(at) = self.buffer[self.scanned..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(self.scanned + at + 1);
                self.scanned = 0;
                return serde_json::from_slice(&line)
                    .map(Some)
                    .map_err(|error| self.malformed(format!("line {}: {error}", self.captures + 1)));
            }
            self.scanned = self.buffer.len();
            if self.buffer.len() > MAX_LINE_BYTES {
                return Err(ClientError::TooLarge { call: self.call.name(), limit: MAX_LINE_BYTES as u64 });
            }
            match next_piece(&self.call, &mut self.body, self.stall).await? {
                Some(piece) => self.buffer.extend_from_slice(&piece),
                None if self.buffer.is_empty() => return Ok(None),
                None => return Err(self.malformed("its last line is cut off".into())),
            }
        }
    }

    fn malformed(&self, reason: String) -> ClientError {
        ClientError::Malformed { call: self.call.name(), reason }
    }
}
