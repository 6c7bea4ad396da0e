//! From manifest to receipt: what a device must send, and the steps that make a capture durable.

use std::{collections::HashMap, sync::Arc};

use muster_domain::digest::Digest;
use muster_protocol::{
    error::ErrorCode,
    manifest::{Manifest, ManifestAsset},
    offer::{OfferAnswer, RejectReason},
    receipt::{Receipt, ReceiptBody},
};
use sqlx::SqliteConnection;

use crate::{
    IngestError,
    blobs::Arrival,
    clock::estimate,
    entropy,
    http::refusal::Refusal,
    ingest::Ingest,
    limit,
    table::{
        capture::{self, Commit, NewCapture, NewOffer},
        device::DeviceRow,
    },
};

/// Answers one offered manifest; an offer that is taken is added to `taken`.
pub async fn answer_offer(
    ingest: &Ingest,
    db: &mut SqliteConnection,
    device: &DeviceRow,
    text: &str,
    taken: &mut Vec<NewOffer>,
) -> Result<OfferAnswer, IngestError> {
    let permanent = |message| OfferAnswer::Reject { reason: RejectReason::Permanent, message };
    let manifest = match vet(text, device) {
        Ok(manifest) => manifest,
        Err(message) => return Ok(permanent(message)),
    };
    if let Some(committed) = capture::sqlite::find(db, manifest.capture_id).await? {
        return Ok(if committed.root_hash == Manifest::root_hash(text.as_bytes()) {
            OfferAnswer::Have { receipt: committed.receipt }
        } else {
            OfferAnswer::Reject { reason: RejectReason::Conflict, message: conflict(&manifest) }
        });
    }
    match missing(ingest, &manifest.assets).await? {
        Ok(chunks) => {
            taken.push(NewOffer { capture_id: manifest.capture_id, device_key: device.device_key, at: ingest.now() });
            Ok(OfferAnswer::Need { chunks })
        }
        Err(message) => Ok(permanent(message)),
    }
}

/// Parses a manifest and checks what binds it to its device; the error is for a person.
fn vet(text: &str, device: &DeviceRow) -> Result<Manifest, String> {
    let manifest = Manifest::parse(text.as_bytes()).map_err(|error| error.to_string())?;
    if manifest.device_id != device.device_id {
        return Err(format!(
            "the manifest is of device {} but device {} sent it; a device offers only its own captures",
            manifest.device_id, device.device_id
        ));
    }
    if i64::try_from(manifest.seq).is_err() {
        return Err(format!("the sequence number {} is out of range", manifest.seq));
    }
    let bytes = manifest.assets.iter().fold(0_u64, |sum, asset| sum.saturating_add(asset.bytes));
    if bytes > limit::CAPTURE_BYTES {
        return Err(format!("the capture has {bytes} bytes; {} is the limit", limit::CAPTURE_BYTES));
    }
    for asset in &manifest.assets {
        if let [only] = asset.chunks.as_slice()
            && only.blake3 != asset.blake3
        {
            return Err(format!("asset {:?} has one chunk, whose digest is not the asset's", asset.name));
        }
    }
    Ok(manifest)
}

fn conflict(manifest: &Manifest) -> String {
    format!("capture {} is committed with another manifest; quarantine this one", manifest.capture_id)
}

/// The chunks that are not here. The inner error says that a size contradicts a blob that is here.
async fn missing(ingest: &Ingest, assets: &[ManifestAsset]) -> Result<Result<Vec<Digest>, String>, IngestError> {
    let mut said: HashMap<Digest, u64> = HashMap::new();
    for asset in assets {
        for (digest, bytes) in asset.chunks.iter().map(|c| (c.blake3, c.bytes)).chain([(asset.blake3, asset.bytes)]) {
            if *said.entry(digest).or_insert(bytes) != bytes {
                return Ok(Err(format!("the manifest gives two sizes for {digest}")));
            }
        }
    }
    let digests: Vec<Digest> = said.keys().copied().collect();
    let sizes = ingest.blobs.sizes(digests.clone()).await?;
    let here: HashMap<Digest, u64> =
        digests.into_iter().zip(sizes).filter_map(|(digest, size)| Some((digest, size?))).collect();
    if let Some((digest, size)) = here.iter().find(|(digest, size)| said[*digest] != **size) {
        return Ok(Err(format!("the manifest says that {digest} has {} bytes; it has {size}", said[digest])));
    }
    let mut chunks = Vec::new();
    for asset in assets.iter().filter(|asset| !here.contains_key(&asset.blake3)) {
        for chunk in &asset.chunks {
            if !here.contains_key(&chunk.blake3) && !chunks.contains(&chunk.blake3) {
                chunks.push(chunk.blake3);
            }
        }
    }
    Ok(Ok(chunks))
}

/// Commits a capture. The receipt is given only when blobs, directories, row and feed event are fsynced.
///
/// Runs in a task of its own: whoever asked may go away in the middle.
pub async fn commit(ingest: Arc<Ingest>, device: &DeviceRow, text: String) -> Result<Receipt, Refusal> {
    let manifest = vet(&text, device).map_err(|message| Refusal::new(ErrorCode::Malformed, message))?;
    let root_hash = Manifest::root_hash(text.as_bytes());
    let capture_id = manifest.capture_id;
    let (committed, offered_at) = {
        let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
        let offered_at = capture::sqlite::offered_at(&mut db, capture_id, device.device_key).await?;
        (capture::sqlite::find(&mut db, capture_id).await?, offered_at.unwrap_or_else(|| ingest.now()))
    };
    if let Some(committed) = committed {
        ingest.metrics.commits_repeated.add(1);
        let is_same = committed.root_hash == root_hash;
        return if is_same { Ok(committed.receipt) } else { Err(refuse_conflict(&manifest)) };
    }
    tracing::info!(phase = "commit_begin", %capture_id, device = device.name);
    let assembled = assemble(&ingest, &manifest).await?;
    // Taken after the assembly, which may take long: a deletion that waits for this lock holds up every other commit.
    let nothing_is_deleted = ingest.deletion.read().await;
    require_assets(&ingest, &manifest).await?;
    ingest.blobs.settle(manifest.assets.iter().map(|asset| asset.blake3).collect()).await?;
    let estimate = estimate(manifest.started, offered_at, device.clock_offset_micros);
    let committed_at = ingest.now();
    let body =
        ReceiptBody { capture_id, root_hash, committed_at_micros: committed_at, key_id: ingest.keys.key_id.clone() };
    let new = NewCapture {
        capture_id,
        device_key: device.device_key,
        device: device.name.clone(),
        site: manifest.site.clone(),
        epoch: manifest.epoch,
        seq: manifest.seq,
        captured_at: estimate.at,
        uncertainty_micros: estimate.uncertainty_micros,
        offered_at,
        committed_at,
        root_hash,
        manifest: text,
        receipt: Receipt::sign(&ingest.keys.signing, &body).map_err(IngestError::from)?,
        assets: manifest.assets.iter().map(|asset| (asset.blake3, asset.bytes)).collect(),
        ledger_payload: payload(&manifest),
        ledger_salt: entropy::random()?,
    };
    let outcome = ingest.writer.commit(new).await?;
    drop(nothing_is_deleted);
    match outcome {
        Commit::New(receipt) => {
            ingest.metrics.captures_committed.add(1);
            if !assembled.is_empty() {
                ingest.sweep_later(assembled);
            }
            Ok(receipt)
        }
        Commit::Repeated(receipt) => {
            ingest.metrics.commits_repeated.add(1);
            Ok(receipt)
        }
        Commit::Conflict => Err(refuse_conflict(&manifest)),
    }
}

fn refuse_conflict(manifest: &Manifest) -> Refusal {
    Refusal::new(ErrorCode::CaptureConflict, conflict(manifest))
}

fn payload(manifest: &Manifest) -> String {
    let bytes: u64 = manifest.assets.iter().map(|asset| asset.bytes).sum();
    serde_json::json!({ "trigger": manifest.trigger.name, "assets": manifest.assets.len(), "bytes": bytes }).to_string()
}

/// Fails when an asset's blob is not there, with nothing able to delete it from now on.
async fn require_assets(ingest: &Ingest, manifest: &Manifest) -> Result<(), Refusal> {
    let sizes = ingest.blobs.sizes(manifest.assets.iter().map(|asset| asset.blake3).collect()).await?;
    match manifest.assets.iter().zip(sizes).find(|(asset, size)| *size != Some(asset.bytes)) {
        None => Ok(()),
        Some((asset, _)) => {
            let message = format!("asset {:?} is not here any more; offer the capture again", asset.name);
            Err(Refusal::new(ErrorCode::ChunksMissing, message))
        }
    }
}

/// Makes every asset a blob of its own; gives the chunks that are not needed any more.
async fn assemble(ingest: &Ingest, manifest: &Manifest) -> Result<Vec<Digest>, Refusal> {
    let missing = missing(ingest, &manifest.assets).await?;
    let missing = missing.map_err(|message| Refusal::new(ErrorCode::DigestMismatch, message))?;
    if !missing.is_empty() {
        let message = format!("{} chunks of this capture are not here; offer it again", missing.len());
        return Err(Refusal::new(ErrorCode::ChunksMissing, message));
    }
    let mut assembled = Vec::new();
    for asset in manifest.assets.iter().filter(|asset| asset.chunks.len() > 1) {
        if ingest.blobs.sizes(vec![asset.blake3]).await? == [None] {
            match ingest.blobs.assemble(asset.blake3, &asset.chunks).await? {
                Some(Arrival::Stored) => {}
                Some(Arrival::Mismatch { got }) => {
                    let message =
                        format!("asset {:?} has the digest {got}, the manifest says {}", asset.name, asset.blake3);
                    return Err(Refusal::new(ErrorCode::DigestMismatch, message));
                }
                None => {
                    let message = format!("a chunk of asset {:?} is not here any more; offer it again", asset.name);
                    return Err(Refusal::new(ErrorCode::ChunksMissing, message));
                }
            }
        }
        assembled.extend(asset.chunks.iter().map(|chunk| chunk.blake3));
    }
    Ok(assembled)
}
