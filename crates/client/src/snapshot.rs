//! The snapshot: every committed capture that is wanted, one line each, read as it comes.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::Incoming;
use muster_protocol::{feed::SnapshotHead, manifest::MAX_MANIFEST_BYTES};

use crate::{
    ClientError,
    transport::{Call, next_piece},
};

/// The longest line: a manifest inside JSON at most doubles, and 64 KiB hold the rest of a row.
const MAX_LINE_BYTES: usize = 2 * MAX_MANIFEST_BYTES + 64 * 1024;

/// How much is handed on at once, where it comes fast.
const PIECE_BYTES: usize = 512 * 1024;

/// A snapshot being read. It ends with `None` only when every announced capture has come.
pub struct Snapshot {
    head: SnapshotHead,
    call: Call,
    body: Incoming,
    stall: Duration,
    buffer: BytesMut,
    /// How much of the buffer was looked through and holds no end of a line.
    scanned: usize,
    ended: bool,
    captures: u64,
}

impl Snapshot {
    pub(crate) async fn open(call: Call, body: Incoming, stall: Duration) -> Result<Self, ClientError> {
        let head = SnapshotHead { cursor: String::new(), captures: 0 };
        let mut snapshot =
            Self { head, call, body, stall, buffer: BytesMut::new(), scanned: 0, ended: false, captures: 0 };
        let Some(first) = snapshot.whole_lines(1).await? else {
            return Err(snapshot.malformed("it is empty".into()));
        };
        let end = memchr::memchr(b'\n', &first).expect("a whole line has an end");
        snapshot.head =
            serde_json::from_slice(&first[..end]).map_err(|error| snapshot.malformed(format!("line 0: {error}")))?;
        // What came with the head is put back before what comes next.
        let mut rest = BytesMut::from(&first[end + 1..]);
        rest.unsplit(std::mem::take(&mut snapshot.buffer));
        snapshot.buffer = rest;
        Ok(snapshot)
    }

    /// Where the feed goes on, and how many captures come.
    pub fn head(&self) -> &SnapshotHead {
        &self.head
    }

    /// The next captures: whole lines, as many as have come, at least one. Each is a [`CaptureRecord`] as JSON, to be
    /// parsed by the caller, so that one that cannot be read does not take the others with it, and parsing can run
    /// beside reading and writing.
    ///
    /// [`CaptureRecord`]: muster_protocol::feed::CaptureRecord
    pub async fn lines(&mut self) -> Result<Option<Bytes>, ClientError> {
        let lines = self.whole_lines(PIECE_BYTES).await?;
        match &lines {
            Some(lines) => self.captures += memchr::memchr_iter(b'\n', lines).count() as u64,
            None if self.captures != self.head.captures => {
                return Err(self.malformed(format!("{} of {} captures came", self.captures, self.head.captures)));
            }
            None => {}
        }
        Ok(lines)
    }

    /// Whole lines of about `enough` bytes; `None` at the end.
    async fn whole_lines(&mut self, enough: usize) -> Result<Option<Bytes>, ClientError> {
        loop {
            // What was looked through before holds no end of a line.
            let end = memchr::memrchr(b'\n', &self.buffer[self.scanned..]).map(|at| self.scanned + at + 1);
            if let Some(end) = end
                && (self.buffer.len() >= enough || self.ended)
            {
                self.scanned = 0;
                return Ok(Some(self.buffer.split_to(end).freeze()));
            }
            if end.is_none() {
                self.scanned = self.buffer.len();
            }
            if self.buffer.len() - end.unwrap_or(0) > MAX_LINE_BYTES {
                return Err(ClientError::TooLarge { call: self.call.name(), limit: MAX_LINE_BYTES as u64 });
            }
            match (self.ended, self.buffer.is_empty()) {
                (true, true) => return Ok(None),
                (true, false) => return Err(self.malformed("its last line is cut off".into())),
                (false, _) => match next_piece(&self.call, &mut self.body, self.stall).await? {
                    Some(piece) => self.buffer.extend_from_slice(&piece),
                    None => self.ended = true,
                },
            }
        }
    }

    fn malformed(&self, reason: String) -> ClientError {
        ClientError::Malformed { call: self.call.name(), reason }
    }
}
