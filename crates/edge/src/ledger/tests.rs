//! The ledger's file under torn and damaged writes, and its sums under any history.

use std::fs;

use muster_domain::{digest::Digest, id::CaptureId, time::UtcMicros};
use muster_protocol::{SignatureText, receipt::Receipt};
use proptest::prelude::*;
use uuid::Uuid;

use super::{DropReason, Ledger, LedgerState, Record, peek, replay};
use crate::EdgeError;

const NOW: UtcMicros = UtcMicros(1_700_000_000_000_000);

fn id(number: u64) -> CaptureId {
    CaptureId(Uuid::from_u128(number.into()))
}

fn fired(number: u64) -> Record {
    Record::Fired { capture_id: id(number), seq: number, trigger: "motion".into(), priority: 1, at: NOW }
}

fn sealed(number: u64) -> Record {
    Record::Sealed { capture_id: id(number), bytes: 10, root_hash: Digest::of(b"m") }
}

fn committed(number: u64) -> Record {
    let receipt = Receipt { body: "{}".into(), signature: SignatureText("s".into()) };
    Record::Committed { capture_id: id(number), receipt }
}

fn dropped(number: u64) -> Record {
    Record::Dropped { capture_id: id(number), reason: DropReason::Evicted }
}

/// A ledger with a bit of everything, and the length of its file after each record.
fn history() -> (tempfile::TempDir, Vec<u64>, Vec<LedgerState>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let (mut ledger, _) = Ledger::open(&path, 7, NOW).unwrap();
    let (mut lengths, mut states) = (vec![ledger.bytes], vec![ledger.state.clone()]);
    let records = [
        fired(1),
        sealed(1),
        Record::Suppressed { trigger: "motion".into(), count: 3 },
        fired(2),
        committed(1),
        Record::Deleted { capture_id: id(1) },
        sealed(2),
        fired(3),
        dropped(2),
    ];
    for record in records {
        ledger.push(&record).unwrap();
        lengths.push(ledger.bytes);
        states.push(ledger.state.clone());
    }
    ledger.sync().unwrap();
    (dir, lengths, states)
}

#[test]
fn cut_at_every_byte_the_whole_records_remain() {
    let (dir, lengths, states) = history();
    let bytes = fs::read(dir.path().join("ledger")).unwrap();
    for cut in lengths[0]..=bytes.len() as u64 {
        let path = dir.path().join("cut");
        fs::write(&path, &bytes[..cut as usize]).unwrap();
        let (mut ledger, health) = Ledger::open(&path, 99, NOW).unwrap();
        let whole = lengths.iter().rposition(|length| *length <= cut).unwrap();
        assert_eq!(ledger.state, states[whole], "cut at {cut}");
        assert_eq!(health.torn_bytes, cut - lengths[whole], "cut at {cut}");
        assert!(ledger.state.counts().adds_up());
        // What follows a cut is read again.
        let next = ledger.state.seq + 1;
        ledger.push(&fired(next)).unwrap();
        ledger.sync().unwrap();
        assert_eq!(peek(&path).unwrap().unwrap(), ledger.state, "cut at {cut}");
    }
}

#[test]
fn a_ledger_without_a_beginning_starts_a_new_epoch_and_is_kept_aside() {
    let (dir, lengths, _) = history();
    let bytes = fs::read(dir.path().join("ledger")).unwrap();
    let path = dir.path().join("headless");
    fs::write(&path, &bytes[..lengths[0] as usize - 1]).unwrap();
    let (ledger, health) = Ledger::open(&path, 99, NOW).unwrap();
    assert!(health.is_new_epoch);
    assert_eq!((ledger.state.epoch, ledger.state.fired), (99, 0));
    let aside = dir.path().join(format!("headless.damaged-{}", NOW.0));
    assert_eq!(fs::read(aside).unwrap().len() as u64, lengths[0] - 1);
}

#[test]
fn a_flipped_bit_anywhere_never_breaks_the_sums() {
    let (dir, lengths, states) = history();
    let bytes = fs::read(dir.path().join("ledger")).unwrap();
    for place in lengths[0] as usize..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 0x10;
        let (state, whole, health) = replay(&flipped);
        let state = state.unwrap();
        assert!(state.counts().adds_up(), "byte {place}");
        let is_told = health.damaged_records > 0 || health.torn_bytes > 0;
        assert!(is_told, "byte {place}: damage was not noticed");
        assert_eq!(whole + health.torn_bytes, bytes.len() as u64);
        let holes = state.missing.len() as u64;
        assert!(state.fired + holes >= states.last().unwrap().fired - 1, "byte {place}");
    }
}

#[test]
fn records_that_do_not_follow_are_refused() {
    let (dir, ..) = history();
    let (mut ledger, _) = Ledger::open(&dir.path().join("ledger"), 0, NOW).unwrap();
    let before = ledger.state.clone();
    for record in [fired(3), fired(2), sealed(1), committed(3), dropped(1), sealed(9), committed(9)] {
        assert!(ledger.push(&record).is_err(), "{record:?}");
    }
    assert_eq!(ledger.state, before);
}

#[test]
fn a_checkpoint_adds_up_to_the_same() {
    let (dir, _, states) = history();
    let state = states.last().unwrap();
    let bytes = super::encode_all(&state.checkpoint()).unwrap();
    assert_eq!(replay(&bytes).0.as_ref(), Some(state));
    drop(dir);
}

/// One step of a random history: what is tried, on which of the captures so far.
fn steps() -> impl Strategy<Value = Vec<(u8, usize)>> {
    prop::collection::vec((0_u8..6, 0_usize..12), 0..80)
}

proptest! {
    #[test]
    fn whatever_is_tried_the_counts_add_up_and_a_reopened_ledger_agrees(steps in steps(), cut in 0_usize..400) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        let (mut ledger, _) = Ledger::open(&path, 1, NOW).unwrap();
        let first = ledger.bytes;
        let (mut model_fired, mut model_settled) = (0_u64, 0_u64);
        for (kind, which) in steps {
            let number = which as u64 % (ledger.state.seq + 1);
            let record = match kind {
                0 | 1 => fired(ledger.state.seq + 1),
                2 => sealed(number),
                3 => committed(number),
                4 => dropped(number),
                _ => Record::Deleted { capture_id: id(number) },
            };
            if ledger.push(&record).is_ok() {
                model_fired += u64::from(matches!(record, Record::Fired { .. }));
                model_settled += u64::from(matches!(record, Record::Committed { .. } | Record::Dropped { .. }));
            }
            let counts = ledger.state.counts();
            prop_assert!(counts.adds_up());
            prop_assert_eq!((counts.fired, counts.committed + counts.dropped), (model_fired, model_settled));
        }
        ledger.sync().unwrap();
        prop_assert_eq!(&peek(&path).unwrap().unwrap(), &ledger.state);
        let checkpoint = super::encode_all(&ledger.state.checkpoint()).unwrap();
        prop_assert_eq!(replay(&checkpoint).0.unwrap(), ledger.state.clone());
        let length = (ledger.bytes as usize - cut.min((ledger.bytes - first) as usize)) as u64;
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        prop_assert!(Ledger::open(&path, 2, NOW).unwrap().0.state.counts().adds_up());
    }
}

#[test]
fn a_ledger_whose_rewriting_went_wrong_halfway_takes_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let (mut ledger, _) = Ledger::open(&path, 7, NOW).unwrap();
    let receipt = Receipt { body: "r".repeat(60_000), signature: SignatureText("s".into()) };
    for number in 1..=80 {
        ledger.push(&fired(number)).unwrap();
        ledger.push(&sealed(number)).unwrap();
        ledger.push(&Record::Committed { capture_id: id(number), receipt: receipt.clone() }).unwrap();
        ledger.push(&Record::Deleted { capture_id: id(number) }).unwrap();
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(ledger.compact_if_long().is_err());
    assert!(matches!(ledger.push(&fired(81)), Err(EdgeError::LedgerPoisoned { .. })));
}
