//! From what a service sends to what the library keeps. What cannot be read comes out with its reason, never as nothing.

use muster_domain::{
    capture::{Asset, Capture, CaptureSource, MediaPlace},
    geometry::BoundingBox,
    id::CaptureId,
};
use muster_protocol::{
    feed::{CaptureRecord, FeedEvent, Wanted},
    manifest::{DeviceProposal, Manifest, ManifestAsset},
};
use muster_store::{aside::Unread, capture::SyncedCapture, delivery::SyncedProposal};
use serde::Deserialize;

/// One record of a feed or snapshot.
#[derive(Debug)]
pub(super) enum Read {
    /// A capture, and whether the filter of the service wants it.
    Capture { synced: Box<SyncedCapture>, wanted: bool },
    /// An erasure.
    Erased { capture_id: CaptureId, reason: String },
    /// Something that this version cannot read.
    Unread(Unread),
}

/// The lines of a snapshot.
pub(super) fn lines(piece: &[u8], wanted: &Wanted) -> Vec<Read> {
    let mut read = Vec::with_capacity(piece.len() / 4_096 + 1);
    for line in piece.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice::<CaptureRecord>(line) {
            Ok(record) => capture(record, line, wanted, &mut read),
            Err(error) => read.push(Read::Unread(unread(line, error.to_string()))),
        }
    }
    read
}

/// The events of an answer of the feed.
pub(super) fn events<'a>(texts: impl Iterator<Item = &'a str>, wanted: &Wanted) -> Vec<Read> {
    let mut read = Vec::new();
    for text in texts {
        match serde_json::from_str::<FeedEvent>(text) {
            Ok(FeedEvent::Capture { capture: record }) => capture(*record, text.as_bytes(), wanted, &mut read),
            Ok(FeedEvent::Erased { capture_id, reason }) => read.push(Read::Erased { capture_id, reason }),
            Err(error) => read.push(Read::Unread(unread(text.as_bytes(), error.to_string()))),
        }
    }
    read
}

/// What was kept aside, in whichever of the two forms it came.
pub(super) fn again(record: &[u8], wanted: &Wanted) -> Vec<Read> {
    let as_event = std::str::from_utf8(record).map(|text| events(std::iter::once(text), wanted)).unwrap_or_default();
    let is_event = as_event.iter().any(|read| !matches!(read, Read::Unread(_)));
    if is_event { as_event } else { lines(record, wanted) }
}

fn unread(record: &[u8], reason: String) -> Unread {
    #[derive(Deserialize)]
    struct Named {
        capture_id: Option<CaptureId>,
        capture: Option<Box<Named>>,
    }
    let named: Option<Named> = serde_json::from_slice(record).ok();
    let capture_id = named.and_then(|named| named.capture_id.or_else(|| named.capture?.capture_id));
    Unread { capture_id, record: record.to_vec(), reason }
}

/// The record as the library keeps it. The manifest stays the exact text that the device sent. Proposals that make no
/// sense are left out, and then the record is kept aside besides.
fn capture(record: CaptureRecord, raw: &[u8], wanted: &Wanted, read: &mut Vec<Read>) {
    let capture_id = record.capture_id;
    let keep = |reason: String| Read::Unread(Unread { capture_id: Some(capture_id), record: raw.to_vec(), reason });
    let root_hash = Manifest::root_hash(record.manifest.as_bytes());
    if root_hash != record.root_hash {
        read.push(keep("its manifest does not have the hash that it came with".into()));
        return;
    }
    let (manifest, receipt) =
        match (Manifest::parse(record.manifest.as_bytes()), serde_json::to_string(&record.receipt)) {
            (Ok(manifest), Ok(receipt)) => (manifest, receipt),
            (Err(error), _) => return read.push(keep(error.to_string())),
            (_, Err(error)) => return read.push(keep(error.to_string())),
        };
    let wanted = wanted.matches(&record.site, &record.device, record.captured_at_micros);
    let assets: Vec<Asset> = manifest.assets.into_iter().map(asset).collect();
    let all = manifest.proposals.len();
    let sound = |proposal: &DeviceProposal| is_sound(proposal, &assets);
    let proposals: Vec<SyncedProposal> = manifest.proposals.into_iter().filter(sound).map(proposal).collect();
    let left_out = all - proposals.len();
    let capture = Capture {
        capture_id,
        source: CaptureSource::Device { device_id: record.device_id, device: record.device, site: record.site },
        captured_at: record.captured_at_micros,
        uncertainty_micros: record.uncertainty_micros,
        received_at: record.committed_at_micros,
        trigger: Some(manifest.trigger),
        signals: manifest.signals,
        assets,
    };
    let version = record.version;
    let synced = SyncedCapture { capture, version, manifest: record.manifest, root_hash, receipt, proposals };
    read.push(Read::Capture { synced: Box::new(synced), wanted });
    if left_out > 0 {
        let rule = "name an asset of the capture, a box with finite positive sides, and a confidence of 0 to 1";
        read.push(keep(format!("{left_out} of its {all} proposals do not {rule}; the capture came without them")));
    }
}

fn is_sound(proposal: &DeviceProposal, assets: &[Asset]) -> bool {
    let BoundingBox { x, y, width, height } = proposal.bounds;
    assets.iter().any(|asset| asset.name == proposal.asset)
        && BoundingBox::new(x, y, width, height).is_ok()
        && (0.0..=1.0).contains(&proposal.confidence)
        && !proposal.model.trim().is_empty()
}

fn proposal(proposal: DeviceProposal) -> SyncedProposal {
    let DeviceProposal { asset, model, class, confidence, bounds } = proposal;
    SyncedProposal { asset, model, class, confidence, bounds }
}

fn asset(asset: ManifestAsset) -> Asset {
    Asset {
        name: asset.name,
        stream: asset.stream,
        media_type: asset.media_type,
        bytes: asset.bytes,
        digest: asset.blake3,
        width_px: asset.width_px,
        height_px: asset.height_px,
        duration_micros: asset.duration_micros,
        place: MediaPlace::Stored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_comes_out_with_its_id_and_its_reason() {
        let id = "01936b2e-0000-7000-8000-000000000001";
        let line = format!("{{\"capture_id\":\"{id}\",\"version\":1}}\n{{\"capture_id\":7}}\nnot JSON\n\n");
        let read = lines(line.as_bytes(), &Wanted::default());
        let named: Vec<(Option<String>, usize)> = read
            .iter()
            .map(|read| match read {
                Read::Unread(unread) => (unread.capture_id.map(|id| id.to_string()), unread.record.len()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(named, [(Some(id.to_owned()), 65), (None, 16), (None, 8)]);
        let event = format!("{{\"event\":\"moved\",\"capture\":{{\"capture_id\":\"{id}\"}}}}");
        let read = events(std::iter::once(event.as_str()), &Wanted::default());
        let [Read::Unread(unread)] = &read[..] else { panic!("{read:?}") };
        assert!(unread.capture_id.is_some() && unread.reason.contains("moved"), "{unread:?}");
    }
}
