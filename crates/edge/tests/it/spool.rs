//! The spool under crashes, damage and want of room. A crash is simulated by what it leaves on disk.

use std::{fs, path::Path, sync::Arc};

use muster_domain::{digest::Digest, id::CaptureId, ledger::LedgerCounts};
use muster_edge::{DropReason, EdgeError, Limits, Spool, read_status};
use muster_protocol::{SignatureText, receipt::Receipt};

use super::{Noon, PLENTY, draft, hardware, hit, keep, open};

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn receipt() -> Receipt {
    Receipt { body: "{}".into(), signature: SignatureText(String::new()) }
}

fn counts(fired: u64, committed: u64, dropped: u64, pending: u64) -> LedgerCounts {
    LedgerCounts { fired, committed, dropped, pending, suppressed: 0 }
}

fn capture_dir(root: &Path, capture_id: CaptureId) -> std::path::PathBuf {
    root.join("captures").join(capture_id.to_string())
}

#[test]
fn what_is_kept_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, recovery) = open(dir.path());
    assert!(recovery.ledger.is_new_epoch);
    let first = keep(&spool, b"one", 1);
    let second = keep(&spool, b"two", 9);
    spool.suppressed("motion");
    assert_eq!((first.seq, second.seq), (1, 2));
    let before = spool.status().unwrap();
    assert_eq!(before.counts, LedgerCounts { suppressed: 1, ..counts(2, 0, 0, 2) });
    assert_eq!(read_status(dir.path()).unwrap().unwrap().counts, before.counts, "read beside the open spool");
    assert!(matches!(Spool::open(dir.path(), PLENTY, Arc::new(Noon)), Err(EdgeError::Locked { .. })));
    drop(spool);

    let (spool, recovery) = open(dir.path());
    assert_eq!((recovery.resealed, recovery.adopted, recovery.dropped, recovery.deleted), (0, 0, 0, 0));
    assert_eq!(spool.status().unwrap().counts, before.counts);
    let order: Vec<_> = spool.queue(10, |_| true).iter().map(|pending| pending.capture_id).collect();
    assert_eq!(order, [second.capture_id, first.capture_id], "the more valuable first");
    assert_eq!(keep(&spool, b"three", 1).seq, 3, "numbers go on across restarts");
    spool.commit(first.capture_id, receipt()).unwrap();
    assert!(!capture_dir(dir.path(), first.capture_id).exists());
    assert_eq!(spool.status().unwrap().counts, LedgerCounts { suppressed: 1, ..counts(3, 1, 0, 2) });
}

#[test]
fn the_ledger_cut_anywhere_never_loses_a_capture_that_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("spool");
    let (spool, _) = open(&root);
    for bytes in [b"one".as_slice(), b"two"] {
        keep(&spool, bytes, 0);
    }
    drop(spool);
    let ledger = fs::read(root.join("ledger")).unwrap();
    let tail = ledger_until(&root, "fired").len();
    // Every byte of the last record, and a grid over those before it.
    for cut in (0..tail).step_by(13).chain(tail..=ledger.len()) {
        let copy = dir.path().join("copy");
        copy_tree(&root, &copy);
        fs::write(copy.join("ledger"), &ledger[..cut]).unwrap();
        let (spool, recovery) = open(&copy);
        assert_eq!(spool.status().unwrap().counts, counts(2, 0, 0, 2), "cut at {cut}: {recovery:?}");
        assert_eq!(spool.queue(10, |_| true).len(), 2, "cut at {cut}: all can be uploaded");
        drop(spool);
        if cut % 7 == 0 {
            let (spool, second) = open(&copy);
            assert_eq!(spool.status().unwrap().counts, counts(2, 0, 0, 2), "cut at {cut}, opened twice");
            assert_eq!(
                (second.adopted, second.dropped, second.ledger.torn_bytes),
                (0, 0, 0),
                "cut at {cut}: settled once"
            );
        }
        fs::remove_dir_all(&copy).unwrap();
    }
}

#[test]
fn a_flipped_bit_in_the_ledger_never_loses_a_capture_that_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("spool");
    let (spool, _) = open(&root);
    for bytes in [b"one".as_slice(), b"two", b"three"] {
        keep(&spool, bytes, 0);
    }
    drop(spool);
    let ledger = fs::read(root.join("ledger")).unwrap();
    for place in (0..ledger.len()).step_by(7) {
        let copy = dir.path().join("copy");
        copy_tree(&root, &copy);
        let mut flipped = ledger.clone();
        flipped[place] ^= 0x04;
        fs::write(copy.join("ledger"), flipped).unwrap();
        let (spool, recovery) = open(&copy);
        assert_eq!(spool.status().unwrap().counts, counts(3, 0, 0, 3), "byte {place}: {recovery:?}");
        fs::remove_dir_all(&copy).unwrap();
    }
}

/// The ledger up to and including its last record of this kind.
fn ledger_until(root: &Path, record: &str) -> String {
    let text = fs::read_to_string(root.join("ledger")).unwrap();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let last = lines.iter().rposition(|line| line.contains(&format!("\"record\":\"{record}\""))).unwrap();
    lines[..=last].concat()
}

/// A name, the last record that reached the disk, what else the crash left, and what the counts must then be.
type Step<'a> = (&'a str, &'a str, &'a dyn Fn(&Path), LedgerCounts);

#[test]
fn a_crash_at_each_step_of_keeping_is_settled() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("spool");
    let (spool, _) = open(&root);
    let kept = keep(&spool, b"picture", 0);
    drop(spool);
    let staged = |copy: &Path| {
        fs::rename(capture_dir(copy, kept.capture_id), copy.join("staging").join(kept.capture_id.to_string())).unwrap();
    };
    let nothing = |_: &Path| {};
    let half_staged = |copy: &Path| {
        staged(copy);
        fs::write(copy.join("staging").join(kept.capture_id.to_string()).join("asset-0"), b"pic").unwrap();
    };
    let gone = |copy: &Path| fs::remove_dir_all(capture_dir(copy, kept.capture_id)).unwrap();
    let steps: [Step<'_>; 6] = [
        ("staged, not counted", "epoch", &staged, counts(0, 0, 0, 0)),
        ("counted, not renamed", "fired", &staged, counts(1, 0, 0, 1)),
        ("renamed, not sealed", "fired", &nothing, counts(1, 0, 0, 1)),
        ("sealed", "sealed", &nothing, counts(1, 0, 0, 1)),
        ("counted, the staged files torn", "fired", &half_staged, counts(1, 0, 1, 0)),
        ("sealed, the files gone", "sealed", &gone, counts(1, 0, 1, 0)),
    ];
    for (name, until, change, expected) in steps {
        let copy = dir.path().join("copy");
        copy_tree(&root, &copy);
        fs::write(copy.join("ledger"), ledger_until(&root, until)).unwrap();
        change(&copy);
        let (spool, recovery) = open(&copy);
        assert_eq!(spool.status().unwrap().counts, expected, "{name}: {recovery:?}");
        assert_eq!(fs::read_dir(copy.join("staging")).unwrap().count(), 0, "{name}: staging is empty");
        assert_eq!(spool.queue(9, |_| true).len() as u64, expected.pending, "{name}");
        fs::remove_dir_all(&copy).unwrap();
    }
}

#[test]
fn a_crash_between_the_committed_record_and_the_deletion_deletes_at_opening() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("spool");
    let (spool, _) = open(&root);
    let kept = keep(&spool, b"picture", 0);
    let files = dir.path().join("files");
    copy_tree(&capture_dir(&root, kept.capture_id), &files);
    spool.commit(kept.capture_id, receipt()).unwrap();
    drop(spool);
    for until in ["committed", "deleted"] {
        let copy = dir.path().join(until);
        copy_tree(&root, &copy);
        copy_tree(&files, &capture_dir(&copy, kept.capture_id));
        fs::write(copy.join("ledger"), ledger_until(&root, until)).unwrap();
        let (spool, recovery) = open(&copy);
        assert_eq!(spool.status().unwrap().counts, counts(1, 1, 0, 0), "{until}");
        assert_eq!(recovery.deleted, 1, "{until}");
        assert!(!capture_dir(&copy, kept.capture_id).exists(), "{until}");
    }
}

#[test]
fn a_lost_ledger_starts_an_epoch_and_adopts_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, _) = open(dir.path());
    keep(&spool, b"one", 0);
    let epoch = spool.status().unwrap().epoch;
    drop(spool);
    fs::remove_file(dir.path().join("ledger")).unwrap();
    let (spool, recovery) = open(dir.path());
    let status = spool.status().unwrap();
    assert!(status.epoch > epoch, "the clock stands still, the epoch does not");
    assert_eq!((recovery.adopted, status.counts), (1, counts(1, 0, 0, 1)));
    assert_eq!(keep(&spool, b"two", 0).seq, 1);
}

#[test]
fn damaged_files_go_to_quarantine_and_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, _) = open(dir.path());
    let [short, headless] = [b"one", b"two"].map(|bytes| keep(&spool, bytes, 0).capture_id);
    drop(spool);
    fs::write(capture_dir(dir.path(), short).join("asset-0"), b"").unwrap();
    fs::write(capture_dir(dir.path(), headless).join("manifest.json"), b"{\"capture_id\":").unwrap();
    let (spool, recovery) = open(dir.path());
    let status = spool.status().unwrap();
    assert_eq!((recovery.dropped, status.counts), (2, counts(2, 0, 2, 0)));
    assert_eq!(status.dropped_by_reason["damaged"], 2);
    for capture_id in [short, headless] {
        assert!(dir.path().join("quarantine").join(capture_id.to_string()).is_dir());
        assert!(!capture_dir(dir.path(), capture_id).exists());
    }
}

#[test]
fn a_full_spool_gives_up_the_least_valuable_and_records_it() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_bytes: 6_000, min_free_bytes: 0 };
    let (spool, _) = Spool::open(dir.path(), limits, Arc::new(Noon)).unwrap();
    let [low, high, other] = [1, 5, 3].map(|priority| keep(&spool, &[priority; 1_000], priority).capture_id);
    let newest = keep(&spool, &[4; 2_000], 4);
    assert!(newest.is_sealed);
    let left: Vec<_> = spool.queue(9, |_| true).iter().map(|pending| pending.capture_id).collect();
    assert!(left.contains(&high) && left.contains(&newest.capture_id) && !left.contains(&low), "{left:?}");
    let refused = keep(&spool, &[0; 4_000], 0);
    assert!(!refused.is_sealed, "nothing is worth less than it");
    let too_large = keep(&spool, &[9; 9_000], 9);
    assert!(!too_large.is_sealed, "it does not fit into an empty spool");
    let status = spool.status().unwrap();
    assert!(status.counts.adds_up());
    assert_eq!(status.dropped_by_reason["spool_full"], 2);
    assert!(status.dropped_by_reason["evicted"] >= 1);
    assert!(status.spool_bytes <= limits.max_bytes);
    assert!(capture_dir(dir.path(), high).is_dir());
    drop((spool, other));
    assert!(open(dir.path()).0.status().unwrap().counts.adds_up());
}

#[test]
fn nothing_is_given_up_for_a_capture_that_would_not_fit_even_then() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_bytes: 6_000, min_free_bytes: 0 };
    let (spool, _) = Spool::open(dir.path(), limits, Arc::new(Noon)).unwrap();
    let kept = [keep(&spool, &[1; 1_000], 1), keep(&spool, &[9; 2_000], 9)];
    // Without the first there would still be less room than this one needs.
    assert!(!keep(&spool, &[5; 4_000], 5).is_sealed);
    assert_eq!(spool.status().unwrap().counts, counts(3, 0, 1, 2));
    assert!(kept.iter().all(|kept| spool.queue(9, |_| true).iter().any(|left| left.capture_id == kept.capture_id)));
    drop(spool);
    let limits = Limits { max_bytes: 1 << 30, min_free_bytes: u64::MAX };
    let (spool, _) = Spool::open(dir.path(), limits, Arc::new(Noon)).unwrap();
    assert!(!keep(&spool, &[9; 10], 9).is_sealed, "the disk is full of other things");
    assert_eq!(spool.status().unwrap().counts.pending, 2);
}

#[test]
fn a_ledger_that_cannot_be_shortened_costs_no_capture() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, _) = open(dir.path());
    let long = Receipt { body: "r".repeat(60_000), signature: SignatureText(String::new()) };
    let in_the_way = dir.path().join("ledger.tmp");
    fs::create_dir(&in_the_way).unwrap();
    for number in 0..80_u32 {
        let kept = keep(&spool, &number.to_le_bytes(), 0);
        assert!(kept.is_sealed);
        spool.commit(kept.capture_id, long.clone()).unwrap();
    }
    assert_eq!(spool.status().unwrap().counts, counts(80, 80, 0, 0));
    let length = || fs::metadata(dir.path().join("ledger")).unwrap().len();
    assert!(length() > 4 << 20);
    fs::remove_dir(&in_the_way).unwrap();
    keep(&spool, b"next", 0);
    assert!(length() < 4 << 20, "{}", length());
    drop(spool);
    assert_eq!(open(dir.path()).0.status().unwrap().counts, counts(81, 80, 0, 1));
}

#[test]
fn what_breaks_the_protocol_counts_as_fired_and_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, _) = open(dir.path());
    let mut bad = draft(b"x");
    bad.assets[0].name = "../evil".into();
    assert!(matches!(spool.keep(hit(), 0, bad, &hardware()), Err(EdgeError::Manifest(_))));
    assert!(matches!(spool.keep(hit(), 0, draft(b""), &hardware()), Err(EdgeError::Manifest(_))));
    let status = spool.status().unwrap();
    assert_eq!(status.counts, counts(2, 0, 2, 0));
    assert_eq!(status.dropped_by_reason[DropReason::WriteFailed.name()], 2);
    assert_eq!(keep(&spool, b"good", 0).seq, 3);
}

#[test]
fn a_long_ledger_is_rewritten_and_adds_up_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, _) = open(dir.path());
    let waiting = keep(&spool, b"waits", 2).capture_id;
    let long = Receipt { body: "r".repeat(60_000), signature: SignatureText(String::new()) };
    for number in 0..80_u32 {
        let kept = keep(&spool, &number.to_le_bytes(), 0);
        spool.commit(kept.capture_id, long.clone()).unwrap();
    }
    let bytes = fs::metadata(dir.path().join("ledger")).unwrap().len();
    assert!(bytes < 4 << 20, "{bytes}");
    let before = spool.status().unwrap();
    assert_eq!(before.counts, counts(81, 80, 0, 1));
    drop(spool);
    let (spool, _) = open(dir.path());
    assert_eq!(spool.status().unwrap().counts, before.counts);
    assert_eq!(spool.queue(9, |_| true)[0].capture_id, waiting);
    assert_eq!(keep(&spool, b"next", 0).seq, 82);
    assert_eq!(Digest::of(b"waits"), Digest::of(&fs::read(capture_dir(dir.path(), waiting).join("asset-0")).unwrap()));
}
