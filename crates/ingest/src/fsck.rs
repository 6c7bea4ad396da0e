//! `muster-ingest fsck`: proves that everything that was acknowledged is there, and lists what nobody refers to.

use std::{collections::HashSet, fs::File, path::PathBuf};

use futures::TryStreamExt;
use muster_domain::digest::Digest;
use muster_protocol::{
    auth::PublicKey,
    feed::{CaptureRecord, Wanted},
    manifest::Manifest,
};

use crate::{
    IngestError,
    blobs::{Blobs, Found},
    layout::Layout,
    table::{Database, Durability, capture, feed, service},
};

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Committed captures that were checked.
    pub captures: u64,
    /// Distinct assets that were checked.
    pub assets: u64,
    /// Bytes that were hashed.
    pub bytes: u64,
    /// What contradicts an acknowledgement. Each line says what, where and what to do.
    pub damage: Vec<String>,
    /// Blobs that no committed capture has: chunks of captures still on their way, or left by a crash.
    pub orphans: Vec<(Digest, u64)>,
    /// Files that were being written, and files that the service did not make.
    pub leftovers: Vec<PathBuf>,
}

/// Checks a data directory. It may be served meanwhile: blobs that arrive during the check may be listed as orphans.
pub async fn check(layout: &Layout) -> Result<Findings, IngestError> {
    layout.require()?;
    let db = Database::open(layout, Durability::Full).await?;
    let blobs = Blobs::open(layout, Durability::Full)?;
    let mut findings = Findings::default();
    let verdict = db.integrity().await?;
    if verdict != ["ok"] {
        let database = layout.database();
        findings.damage.push(format!("{}: {}; restore it from a backup", database.display(), verdict.join("; ")));
    }
    // The blobs are listed before the rows are read: a blob is there before its row.
    let found = blobs.list()?;
    let mut connection = db.snapshots.begin().await?;
    check_captures(&mut connection, &mut findings).await?;
    let assets = capture::sqlite::assets(&mut connection).await?;
    drop(connection);
    db.close().await;
    for (digest, bytes) in &assets {
        check_blob(&blobs, digest, *bytes, &mut findings)?;
    }
    let assets: HashSet<Digest> = assets.into_iter().map(|(digest, _)| digest).collect();
    for found in found {
        match found {
            Found::Blob(digest, bytes) if !assets.contains(&digest) => findings.orphans.push((digest, bytes)),
            Found::Blob(..) => {}
            Found::Staged(path) | Found::Stranger(path) => findings.leftovers.push(path),
        }
    }
    findings.orphans.sort();
    findings.leftovers.sort();
    Ok(findings)
}

async fn check_captures(db: &mut sqlx::SqliteConnection, findings: &mut Findings) -> Result<(), IngestError> {
    let keys = service::sqlite::keys(db).await?;
    let everything = Wanted::default();
    let mut records = std::pin::pin!(feed::sqlite::all(&mut *db, &everything));
    while let Some(record) = records.try_next().await? {
        findings.captures += 1;
        if let Some(what) = wrong_with(&record, &keys) {
            findings.damage.push(format!("capture {}: {what}; restore the database from a backup", record.capture_id));
        }
    }
    Ok(())
}

fn wrong_with(record: &CaptureRecord, keys: &[PublicKey]) -> Option<String> {
    if Manifest::root_hash(record.manifest.as_bytes()) != record.root_hash {
        return Some("the manifest does not have the hash that its receipt commits to".into());
    }
    let manifest = match Manifest::parse(record.manifest.as_bytes()) {
        Ok(manifest) => manifest,
        Err(error) => return Some(error.to_string()),
    };
    if manifest.capture_id != record.capture_id {
        return Some("the manifest is of another capture".into());
    }
    let verdict = record.receipt.verify(keys, record.capture_id, &record.root_hash);
    verdict.err().map(|error| error.to_string())
}

fn check_blob(blobs: &Blobs, digest: &Digest, bytes: u64, findings: &mut Findings) -> Result<(), IngestError> {
    let path = blobs.path(digest);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            findings.damage.push(format!("{} is missing; restore it from a backup", path.display()));
            return Ok(());
        }
        Err(source) => return Err(IngestError::File { act: "read", path, source }),
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(IngestError::file("read", &path))?;
    findings.assets += 1;
    findings.bytes += hasher.count();
    let got = Digest::from(hasher.finalize());
    if got != *digest || hasher.count() != bytes {
        let found = format!("{} bytes with the digest {got}, expected {bytes}", hasher.count());
        findings.damage.push(format!("{} has {found}; restore it from a backup", path.display()));
    }
    Ok(())
}

impl Findings {
    /// A report for a person.
    pub fn to_text(&self) -> String {
        let mut lines =
            vec![format!("checked {} captures and {} assets ({} bytes)", self.captures, self.assets, self.bytes)];
        lines.extend(self.damage.iter().map(|what| format!("DAMAGED {what}")));
        lines.extend(self.orphans.iter().map(|(digest, bytes)| format!("orphan {digest} {bytes} bytes")));
        lines.extend(self.leftovers.iter().map(|path| format!("leftover {}", path.display())));
        let orphaned: u64 = self.orphans.iter().map(|(_, bytes)| bytes).sum();
        lines.push(format!(
            "{}: {} damaged, {} orphans ({orphaned} bytes), {} leftovers",
            if self.damage.is_empty() { "sound" } else { "NOT SOUND" },
            self.damage.len(),
            self.orphans.len(),
            self.leftovers.len(),
        ));
        lines.join("\n")
    }
}
