//! The device's ledger: an append-only file of checksummed records that answers what happened to every hit.
//!
//! **Limits**: a record is one line of at most [`MAX_LINE_BYTES`]; the file is rewritten as a checkpoint when it passes
//! [`COMPACT_BYTES`] and is at least half history.
//!
//! **Layout**: `<16 hexadecimal digits of BLAKE3 over the JSON> <JSON>\n`, the first one an `epoch` or a `checkpoint`.
//!
//! **Deletion rule**: records leave only with a checkpoint, which carries their sums and every capture that is still
//! pending or not yet deleted. At opening, bytes behind the last whole record are a torn append: they are cut off and
//! counted. A damaged record before a whole one is counted and read over; a hole in the sequence that it leaves is
//! filled by the spool.

mod record;
mod state;

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use muster_domain::time::UtcMicros;

pub use record::DropReason;
pub(crate) use record::Record;
pub(crate) use state::LedgerState;

use crate::{EdgeError, disk};

/// The longest record.
pub(crate) const MAX_LINE_BYTES: usize = 64 * 1024;
/// The size at which the ledger is rewritten.
const COMPACT_BYTES: u64 = 4 * 1024 * 1024;

/// What reading a ledger brought to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedgerHealth {
    /// Bytes of a torn append that were cut off.
    pub torn_bytes: u64,
    /// Damaged records before whole ones, and records that did not fit.
    pub damaged_records: u64,
    /// True when the ledger started anew.
    pub is_new_epoch: bool,
}

/// An open ledger.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    file: File,
    bytes: u64,
    state: LedgerState,
    is_poisoned: bool,
}

impl Ledger {
    /// Opens the ledger of a spool. Where there is none, or none that begins as one, epoch `new_epoch` starts.
    pub(crate) fn open(path: &Path, new_epoch: u32, now: UtcMicros) -> Result<(Self, LedgerHealth), EdgeError> {
        let bytes = disk::read(path)?.unwrap_or_default();
        let (state, whole, mut health) = replay(&bytes);
        let Some(state) = state else {
            if !bytes.is_empty() {
                disk::rename(path, &path.with_extension(format!("damaged-{}", now.0)))?;
            }
            health.is_new_epoch = true;
            let ledger =
                Self::create(path, LedgerState::new(new_epoch), &[Record::Epoch { epoch: new_epoch, at: now }])?;
            return Ok((ledger, health));
        };
        let file = disk::open_append(path)?;
        if health.torn_bytes > 0 {
            disk::truncate(&file, path, whole)?;
            disk::sync(&file, path)?;
        }
        Ok((Self { path: path.into(), file, bytes: whole, state, is_poisoned: false }, health))
    }

    /// What the records add up to.
    pub(crate) fn state(&self) -> &LedgerState {
        &self.state
    }

    /// Appends a record. It is durable after [`Ledger::sync`].
    pub(crate) fn push(&mut self, record: &Record) -> Result<(), EdgeError> {
        self.ensure_usable()?;
        self.state.check(record)?;
        let line = record.encode()?;
        if let Err(error) = disk::append(&mut self.file, &self.path, &line) {
            // Half a record in the middle would damage the next one: back to the last whole record, or stop.
            self.is_poisoned = disk::truncate(&self.file, &self.path, self.bytes).is_err();
            return Err(error.into());
        }
        self.bytes += line.len() as u64;
        self.state.apply(record);
        Ok(())
    }

    /// Makes every appended record durable.
    pub(crate) fn sync(&mut self) -> Result<(), EdgeError> {
        self.ensure_usable()?;
        if let Err(error) = disk::sync(&self.file, &self.path) {
            // After a failed fsync the kernel may have dropped the pages: a second fsync that succeeds proves nothing.
            self.is_poisoned = true;
            return Err(error.into());
        }
        Ok(())
    }

    /// Rewrites the ledger as a checkpoint when it is long and mostly history.
    pub(crate) fn compact_if_long(&mut self) -> Result<(), EdgeError> {
        if self.bytes < COMPACT_BYTES {
            return Ok(());
        }
        let records = self.state.checkpoint();
        let checkpoint = encode_all(&records)?;
        if checkpoint.len() as u64 * 2 > self.bytes {
            return Ok(());
        }
        self.ensure_usable()?;
        let (temporary, file) = open_beside(&self.path, &checkpoint)?;
        if let Err(error) = disk::rename(&temporary, &self.path) {
            // Which of the two files has the name, now and after a crash, is unknown: neither may be appended to.
            self.is_poisoned = true;
            return Err(error.into());
        }
        (self.file, self.bytes) = (file, checkpoint.len() as u64);
        Ok(())
    }

    fn create(path: &Path, state: LedgerState, records: &[Record]) -> Result<Self, EdgeError> {
        let bytes = encode_all(records)?;
        let (temporary, file) = open_beside(path, &bytes)?;
        disk::rename(&temporary, path)?;
        Ok(Self { path: path.into(), file, bytes: bytes.len() as u64, state, is_poisoned: false })
    }

    fn ensure_usable(&self) -> Result<(), EdgeError> {
        if self.is_poisoned { Err(EdgeError::LedgerPoisoned { path: self.path.clone() }) } else { Ok(()) }
    }
}

/// Writes what is to take the ledger's place, and opens it before it has the name: after the rename nothing may fail
/// that would leave a handle on the old file.
fn open_beside(path: &Path, bytes: &[u8]) -> Result<(PathBuf, File), EdgeError> {
    let temporary = disk::write_beside(path, bytes, disk::PUBLIC)?;
    let file = disk::open_append(&temporary)?;
    Ok((temporary, file))
}

/// Reads a ledger without opening it, for people who ask how it stands.
pub(crate) fn peek(path: &Path) -> Result<Option<LedgerState>, EdgeError> {
    Ok(disk::read(path)?.and_then(|bytes| replay(&bytes).0))
}

fn encode_all(records: &[Record]) -> Result<Vec<u8>, EdgeError> {
    let mut bytes = Vec::new();
    for record in records {
        bytes.extend(record.encode()?);
    }
    Ok(bytes)
}

/// Adds up the records; gives the length of the part that ends with the last whole record.
fn replay(bytes: &[u8]) -> (Option<LedgerState>, u64, LedgerHealth) {
    let mut health = LedgerHealth::default();
    let mut state: Option<LedgerState> = None;
    let (mut whole, mut offset, mut doubtful) = (0, 0, 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        offset += line.len() as u64;
        let Some(record) = Record::decode(line) else {
            doubtful += 1;
            continue;
        };
        health.damaged_records += std::mem::take(&mut doubtful);
        whole = offset;
        match (&mut state, &record) {
            (None, Record::Epoch { epoch, .. } | Record::Checkpoint { epoch, .. }) => {
                let mut first = LedgerState::new(*epoch);
                first.apply(&record);
                state = Some(first);
            }
            (Some(state), record) if state.check(record).is_ok() => state.apply(record),
            _ => health.damaged_records += 1,
        }
    }
    health.torn_bytes = bytes.len() as u64 - whole;
    (state, whole, health)
}

#[cfg(test)]
mod tests;
