//! What `muster doctor` asks of a library.

pub mod mend;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use muster_domain::{digest::Digest, time::UtcMicros};

use crate::{Library, Result, StoreError, ledger::LedgerCheck, table};

/// What lies half written this long was left by a crash.
const ORPHAN_AGE: Duration = Duration::from_hours(1);

/// How thoroughly blobs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobCheck {
    /// Presence and size of all.
    Sizes,
    /// Presence and size of all, and the bytes of about this many.
    Sample(u32),
    /// The bytes of all.
    All,
}

/// Rows of the main tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Captures that are not erased.
    pub captures: u64,
    /// Captures that were erased.
    pub erased_captures: u64,
    /// Their assets.
    pub assets: u64,
    /// Annotations that are not deleted.
    pub annotations: u64,
    /// Of these, proposals that nobody has decided on.
    pub proposals: u64,
    /// Operations.
    pub operations: u64,
    /// Submissions.
    pub submissions: u64,
    /// Blobs on this disk.
    pub blobs: u64,
    /// Their size.
    pub blob_bytes: u64,
    /// The present change sequence.
    pub change_seq: u64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// What SQLite's integrity check says; empty when all is well.
    pub integrity: Vec<String>,
    /// Rows whose foreign key leads nowhere.
    pub foreign_keys: Vec<String>,
    /// Blobs that should be there and are not.
    pub missing_blobs: Vec<Digest>,
    /// Blobs whose size or bytes are wrong.
    pub damaged_blobs: Vec<Digest>,
    /// Blobs that were hashed.
    pub blobs_hashed: u64,
    /// Blob files that no row knows.
    pub unlisted_blobs: Vec<PathBuf>,
    /// Files that a crash left half written.
    pub orphan_files: Vec<PathBuf>,
    /// Counters that differ from what they count; a sweep counts anew.
    pub wrong_counters: Vec<String>,
    /// What the ledger's chain says.
    pub ledger: LedgerCheck,
    /// Rows of the main tables.
    pub counts: Counts,
}

impl CheckReport {
    /// True when nothing needs mending.
    pub fn is_sound(&self) -> bool {
        self.integrity.is_empty()
            && self.foreign_keys.is_empty()
            && self.missing_blobs.is_empty()
            && self.damaged_blobs.is_empty()
            && self.wrong_counters.is_empty()
            && self.ledger.broken.is_empty()
    }
}

/// What sweeping did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Half-written files that were removed.
    pub orphan_files: u64,
    /// Blob files that were listed again.
    pub adopted_blobs: u64,
    /// Rows of blobs that are gone or damaged; sync fetches them again.
    pub dropped_rows: u64,
    /// Counters that were wrong and are right now.
    pub counters: u64,
}

impl Library {
    /// Rows of the main tables.
    pub async fn counts(&self) -> Result<Counts> {
        Ok(table::check::counts(&mut *self.read().await?).await?)
    }

    /// Checks the database, the blobs and the ledger. Changes nothing.
    pub async fn check(&self, blobs: BlobCheck) -> Result<CheckReport> {
        let mut transaction = self.read().await?;
        let mut report = CheckReport {
            integrity: table::check::integrity(&mut transaction).await?,
            foreign_keys: table::check::foreign_keys(&mut transaction).await?,
            wrong_counters: table::check::wrong_counters(&mut transaction).await?,
            counts: table::check::counts(&mut transaction).await?,
            ..CheckReport::default()
        };
        let listed = table::blob::all(&mut transaction).await?;
        drop(transaction);
        report.ledger = self.verify_ledger().await?;
        self.check_blobs(&listed, blobs, &mut report).await?;
        let known: HashSet<Digest> = listed.into_iter().map(|(digest, _)| digest).collect();
        let files = self.blob_files()?;
        report.unlisted_blobs =
            files.into_iter().filter(|(digest, _)| !known.contains(digest)).map(|(_, path)| path).collect();
        report.orphan_files = self.orphan_files()?;
        Ok(report)
    }

    async fn check_blobs(
        &self,
        listed: &[(Digest, u64)],
        thoroughness: BlobCheck,
        report: &mut CheckReport,
    ) -> Result<()> {
        let stride = match thoroughness {
            BlobCheck::Sizes => 0,
            BlobCheck::Sample(count) => (listed.len() / (count.max(1) as usize)).max(1),
            BlobCheck::All => 1,
        };
        for (place, (digest, bytes)) in listed.iter().enumerate() {
            match self.blobs().size(digest)? {
                None => report.missing_blobs.push(*digest),
                Some(found) if found != *bytes => report.damaged_blobs.push(*digest),
                Some(_) if stride > 0 && place % stride == 0 => {
                    report.blobs_hashed += 1;
                    match self.blobs().read_verified(digest).await {
                        Ok(_) => {}
                        Err(StoreError::BlobDamaged { .. }) => report.damaged_blobs.push(*digest),
                        Err(other) => return Err(other),
                    }
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Mends what can be mended without a person: removes what crashes left half written, lists blobs that captures
    /// need and no row knew, removes blobs that no capture needs and no row knows, drops rows of blobs that are
    /// missing or have the wrong size, so that sync fetches them again, and corrects counters.
    pub async fn sweep(&self) -> Result<Swept> {
        let mut swept = Swept::default();
        for path in self.orphan_files()? {
            remove(&path)?;
            swept.orphan_files += 1;
        }
        let mut transaction = self.begin().await?;
        let listed = table::blob::all(&mut transaction).await?;
        let mut lost = Vec::new();
        for (digest, bytes) in &listed {
            if self.blobs().size(digest)? != Some(*bytes) {
                lost.push(*digest);
            }
        }
        swept.dropped_rows = table::blob::unlist(&mut transaction, &lost).await?;
        let known: HashSet<Digest> = listed.into_iter().map(|(digest, _)| digest).collect();
        let mut unlisted = self.blob_files()?;
        unlisted.retain(|(digest, _)| !known.contains(digest));
        let digests: Vec<Digest> = unlisted.iter().map(|(digest, _)| *digest).collect();
        let unused = table::asset::unused(&mut transaction, &digests).await?;
        let unused: HashSet<Digest> = unused.into_iter().collect();
        let mut adopted = Vec::new();
        for (digest, path) in unlisted {
            if !unused.contains(&digest) {
                adopted.push((digest, self.blobs().size(&digest)?.unwrap_or_default()));
            } else if self.is_old(&path)? {
                remove(&path)?;
                swept.orphan_files += 1;
            }
        }
        table::blob::list(&mut transaction, &adopted, self.now()).await?;
        swept.counters = table::check::wrong_counters(&mut transaction).await?.len() as u64;
        if swept.counters > 0 {
            table::check::recount(&mut transaction).await?;
        }
        self.commit(transaction).await?;
        swept.adopted_blobs = adopted.len() as u64;
        Ok(swept)
    }

    fn orphan_files(&self) -> Result<Vec<PathBuf>> {
        let mut orphans = Vec::new();
        for path in entries(&self.blobs().unfinished_folder())? {
            if self.is_old(&path)? {
                orphans.push(path);
            }
        }
        let snapshots = entries(&self.root().join("snapshots"))?;
        orphans.extend(snapshots.into_iter().filter(|path| path.extension().is_some_and(|end| end == "part")));
        Ok(orphans)
    }

    /// A file that is younger may belong to a process that is writing it.
    fn is_old(&self, path: &Path) -> Result<bool> {
        let read = std::fs::metadata(path).and_then(|metadata| metadata.modified());
        let modified = match read {
            Ok(modified) => modified,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(io_error("read", path, source)),
        };
        let since_epoch = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let modified = UtcMicros(since_epoch.as_micros().try_into().unwrap_or(i64::MAX));
        Ok(self.now().0.saturating_sub(modified.0) > ORPHAN_AGE.as_micros() as i64)
    }

    /// Every file that lies where a blob would, with the digest of its name.
    fn blob_files(&self) -> Result<Vec<(Digest, PathBuf)>> {
        let mut files = Vec::new();
        for folder in entries(self.blobs().folder())? {
            let Some(head) = folder.file_name().and_then(|name| name.to_str()).filter(|name| name.len() == 2) else {
                continue;
            };
            for path in entries(&folder)? {
                let tail = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if let Ok(digest) = format!("{head}{tail}").parse() {
                    files.push((digest, path));
                }
            }
        }
        Ok(files)
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = std::fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    read.map_err(|source| io_error("read", folder, source))
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(io_error("remove", path, source)),
        _ => Ok(()),
    }
}

fn io_error(act: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { act, path: path.to_owned(), source }
}
