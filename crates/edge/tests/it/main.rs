//! The edge at its boundary: the spool under crashes and damage, the uploader against a service that misbehaves, and
//! the order of system calls.

mod service;
mod spool;
mod trace;
mod upload;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use bytes::Bytes;
use muster_domain::{
    capture::TriggerHit,
    field::FieldValue,
    id::DeviceId,
    time::{Clock, UtcMicros},
};
use muster_edge::{AssetDraft, DeviceTime, Draft, Hardware, Kept, Limits, Recovery, Spool};
use uuid::Uuid;

/// A clock that stands still.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> UtcMicros {
        UtcMicros(1_763_640_000_000_000)
    }
}

const PLENTY: Limits = Limits { max_bytes: 1 << 30, min_free_bytes: 0 };

fn open(root: &Path) -> (Spool, Recovery) {
    Spool::open(root, PLENTY, Arc::new(Noon)).unwrap()
}

fn hardware() -> Hardware {
    Hardware {
        device_id: DeviceId(Uuid::from_u128(77)),
        site: "depot".into(),
        boot_id: "boot-1".into(),
        agent_version: "test 1".into(),
    }
}

fn hit() -> TriggerHit {
    TriggerHit {
        name: "motion".into(),
        version: 1,
        expression: "motion > 0.2".into(),
        values: BTreeMap::from([("motion".to_owned(), FieldValue::Number(0.5))]),
    }
}

fn draft(bytes: &[u8]) -> Draft {
    let at = DeviceTime { wall_micros: Noon.now(), monotonic_micros: 5, uncertainty_micros: 1 };
    let asset = AssetDraft {
        name: "cam0.jpg".into(),
        stream: "cam0".into(),
        media_type: "image/jpeg".into(),
        bytes: Bytes::copy_from_slice(bytes),
        width_px: Some(4),
        height_px: Some(3),
        duration_micros: None,
    };
    Draft { started: at, ended: at, signals: BTreeMap::new(), proposals: Vec::new(), assets: vec![asset] }
}

fn keep(spool: &Spool, bytes: &[u8], priority: u8) -> Kept {
    spool.keep(hit(), priority, draft(bytes), &hardware()).unwrap()
}
