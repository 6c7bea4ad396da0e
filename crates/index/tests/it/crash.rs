//! A writer that is killed at any moment leaves an index that opens at a committed state.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use muster_domain::query::CaptureRow;
use muster_index::{Index, View};

use crate::lifecycle::rows;

const DIR: &str = "MUSTER_TEST_INDEX_DIR";

/// The rows that commit `seq` writes: a window of keys, all tagged with the sequence.
fn rows_of(seq: u64) -> Vec<CaptureRow> {
    let first = (seq as u32 * 7) % 50;
    let mut rows = rows(first..first + 20);
    for row in &mut rows {
        row.tags = vec![format!("seq-{seq}")];
    }
    rows
}

/// Not a test of its own: the writer that gets killed. It runs for ever.
#[test]
#[ignore = "runs as the child of the test below"]
fn child_that_writes() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let index = Index::open(Path::new(&dir)).unwrap();
    let mut writer = index.writer().unwrap();
    for seq in index.indexed_seq().unwrap() + 1.. {
        writer.apply(&rows_of(seq), &[(seq as u32 * 3) % 70]).unwrap();
        writer.commit(seq).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_a_committed_state() {
    let dir = tempfile::tempdir().unwrap();
    let (mut last, mut advanced) = (0, 0);
    for round in 0..6_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_writes", "--ignored", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(250 + 97 * round));
        child.kill().unwrap();
        child.wait().unwrap();

        let index = Index::open(dir.path()).unwrap();
        let snapshot = index.snapshot().unwrap();
        let seq = snapshot.indexed_seq();
        assert!(seq >= last, "went back from {last} to {seq}");
        advanced += u32::from(seq > last);
        last = seq;
        let view = View::of(snapshot);
        let found = |text: &str| crate::lifecycle::found(&view, text);
        let mut written = found(&format!("tag:seq-{seq}"));
        written.sort_unstable();
        let mut expected: Vec<u32> =
            if seq == 0 { Vec::new() } else { rows_of(seq).iter().map(|row| row.row_key).collect() };
        expected.sort_unstable();
        assert_eq!(written, expected, "commit {seq} is whole");
        assert_eq!(found(&format!("tag:seq-{}", seq + 1)), [] as [u32; 0], "and nothing after it");
        let mut all = found("");
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "each row once: {all:?}");
        drop(index.writer().expect("the lock of a killed writer is free"));
    }
    assert!(advanced >= 2, "the writer never got to commit");
}
