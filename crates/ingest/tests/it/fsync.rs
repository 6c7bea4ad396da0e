//! What the system calls say: blob, directory and database are fsynced before the receipt leaves the socket.
//!
//! SIGKILL cannot show this, since the page cache survives it. So the real binary runs under `strace`, and [`check`] follows
//! each blob from its bytes to its name. That the check can fail is shown by a service that does not sync, and by traces
//! from which one kind of sync was cut out.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    process::{Command, Stdio},
};

use muster_domain::{digest::Digest, id::CaptureId};

use crate::world::{Served, TestDevice, binary, noise, run};

/// Everything that moves bytes or names to the disk, or bytes to a socket.
const CALLS: &str =
    "trace=execve,write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync,rename,renameat,renameat2";

/// One call, when it began or when it came back.
#[derive(Debug, Clone, Copy)]
enum Moment<'a> {
    Began { call: &'a str, arguments: &'a str },
    Ended { call: &'a str, arguments: &'a str },
}

/// A trace by `strace -f -y`, in order. A call that another thread interrupted is two lines: its arguments stand in the
/// first, its result in the second.
fn moments(trace: &str) -> Vec<Moment<'_>> {
    let mut open: HashMap<&str, (&str, &str)> = HashMap::new();
    let mut moments = Vec::new();
    for line in trace.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if rest.starts_with("<... ") {
            if let Some((call, arguments)) = open.remove(pid) {
                moments.push(Moment::Ended { call, arguments });
            }
            continue;
        }
        let Some((call, arguments)) = rest.split_once('(') else { continue };
        moments.push(Moment::Began { call, arguments });
        if arguments.trim_end().ends_with("<unfinished ...>") {
            open.insert(pid, (call, arguments));
        } else {
            moments.push(Moment::Ended { call, arguments });
        }
    }
    moments
}

/// The path behind the first descriptor, as `-y` writes it: `11</data/ingest.db-wal>`.
fn path_of(arguments: &str) -> &str {
    let path = arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    path.map_or("", |(path, _)| path)
}

/// How far a blob is; the numbers are positions in the trace.
#[derive(Debug, Default)]
struct BlobState {
    bytes_synced: bool,
    renamed: bool,
    directory_synced: Option<usize>,
}

/// What must hold when a receipt leaves.
struct Expected {
    capture_id: CaptureId,
    blobs: Vec<Digest>,
}

/// Follows the trace; the error says what was acknowledged before it was durable.
fn check(trace: &str, expected: &[Expected]) -> Result<(), String> {
    let mut blobs: BTreeMap<String, BlobState> = BTreeMap::new();
    let (mut wal_is_dirty, mut wal_synced) = (false, None);
    let (mut receipts, mut last_receipt) = (0, 0);
    for (at, moment) in moments(trace).into_iter().enumerate() {
        match moment {
            Moment::Began { call: "write" | "writev" | "sendto" | "sendmsg", arguments }
                if path_of(arguments).starts_with("socket:") =>
            {
                let of = |expected: &&Expected| {
                    arguments.contains("receipt") && arguments.contains(&expected.capture_id.to_string())
                };
                let Some(expected) = expected.iter().find(of) else { continue };
                for digest in &expected.blobs {
                    let state = blobs.entry(digest.to_hex()).or_default();
                    let Some(directory_synced) = state.directory_synced.filter(|_| state.renamed && state.bytes_synced)
                    else {
                        return Err(format!("a receipt left while blob {digest} was {state:?}"));
                    };
                    // Each commit syncs the directories itself: a blob that was here before may owe its name to a
                    // process that was killed between the rename and the sync.
                    if directory_synced < last_receipt {
                        return Err(format!("a receipt left without a sync of the directory of blob {digest}"));
                    }
                    if wal_is_dirty || wal_synced.is_none_or(|synced| synced < directory_synced) {
                        return Err(format!("a receipt left while the database was not synced after blob {digest}"));
                    }
                }
                (receipts, last_receipt) = (receipts + 1, at);
            }
            Moment::Ended { call: "write" | "writev" | "pwrite64" | "pwritev", arguments } => {
                let path = path_of(arguments);
                if path.ends_with("/ingest.db-wal") {
                    wal_is_dirty = true;
                } else if let Some(hex) = staged_blob(path) {
                    *blobs.entry(hex.into()).or_default() = BlobState::default();
                }
            }
            Moment::Ended { call: "fsync" | "fdatasync", arguments } => {
                let path = path_of(arguments);
                if path.ends_with("/ingest.db-wal") {
                    (wal_is_dirty, wal_synced) = (false, Some(at));
                } else if let Some(hex) = staged_blob(path) {
                    blobs.entry(hex.into()).or_default().bytes_synced = true;
                } else if let Some((_, prefix)) = path.rsplit_once("/blobs/") {
                    for (_, state) in blobs.iter_mut().filter(|(hex, state)| hex.starts_with(prefix) && state.renamed) {
                        state.directory_synced = Some(at);
                    }
                }
            }
            Moment::Ended { call: "rename" | "renameat" | "renameat2", arguments } => {
                let names: Vec<&str> = arguments.split('"').collect();
                if let Some(state) = names.get(1).and_then(|from| staged_blob(from)).and_then(|hex| blobs.get_mut(hex))
                {
                    state.renamed = true;
                }
            }
            Moment::Began { .. } | Moment::Ended { .. } => {}
        }
    }
    if receipts == expected.len() {
        Ok(())
    } else {
        Err(format!("{receipts} of {} receipts in the trace", expected.len()))
    }
}

/// The digest in `…/blobs/aa/<digest>#1`.
fn staged_blob(path: &str) -> Option<&str> {
    let (hex, suffix) = path.rsplit_once('/')?.1.split_once('#')?;
    (path.contains("/blobs/") && hex.len() == 64 && suffix.bytes().all(|b| b.is_ascii_digit())).then_some(hex)
}

/// Runs the service under strace while a device sends captures one after the other.
async fn record(dir: &Path, durability: &str) -> (String, Vec<Expected>) {
    let (data, trace) = (dir.join("data"), dir.join("trace"));
    let token = run(&["token", "create", "--role", "device"], &data);
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-s", "2048", "-e", CALLS, "-o"]).arg(&trace).arg(binary().get_program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--durability", durability, "--data"]).arg(&data);
    let mut served = Served::start(command, &dir.join("log"));
    let device = TestDevice::enrol(&served.wire, &token, "cam").await;
    let mut expected = Vec::new();
    // Small ones travel in one write, a large one is staged in parts, and the last ones are here already.
    for (seq, bytes) in (1..).zip([10_000, 300_000, 2_000_000, 10_000, 300_000]) {
        let files = [("a.jpg", noise(bytes as u64, bytes)), ("b.jpg", noise(seq % 2, 5_000))];
        let capture = device.capture(seq, &files);
        device.send(&capture).await;
        let blobs = files.iter().map(|(_, bytes)| Digest::of(bytes)).collect();
        expected.push(Expected { capture_id: capture.id, blobs });
    }
    // strace ends with the service; killing strace itself would leave the service running.
    let so_far = std::fs::read_to_string(&trace).unwrap();
    let pid = so_far.split(' ').next().unwrap();
    assert!(Command::new("kill").args(["-TERM", pid]).status().unwrap().success());
    served.child.wait().unwrap();
    (std::fs::read_to_string(&trace).unwrap(), expected)
}

/// Whether strace is here and may trace.
fn can_trace() -> bool {
    let status = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

#[tokio::test]
async fn receipts_leave_after_everything_is_fsynced() {
    if !can_trace() {
        eprintln!(
            "SKIPPED: receipts_leave_after_everything_is_fsynced: no strace that may trace; `make setup` installs it"
        );
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (trace, expected) = record(dir.path(), "full").await;
    assert_eq!(check(&trace, &expected), Ok(()));

    // The check notices each kind of sync that is missing, in the trace…
    let without = |name: &str, gone: &dyn Fn(&str) -> bool| {
        let cut: Vec<&str> = trace.lines().filter(|line| !(line.contains("sync(") && gone(line))).collect();
        assert!(cut.len() < trace.lines().count(), "{name}: nothing to cut");
        let verdict = check(&cut.join("\n"), &expected);
        assert!(verdict.is_err(), "without {name}: {verdict:?}");
    };
    without("the sync of the bytes", &|line| line.contains('#'));
    without("the sync of the directory", &|line| line.contains("/blobs/") && !line.contains('#'));
    without("the sync of the database", &|line| line.contains("/ingest.db-wal>"));
    let renamed: Vec<&str> = trace.lines().filter(|line| !line.contains("rename(")).collect();
    assert!(check(&renamed.join("\n"), &expected).is_err(), "without the rename");

    // …and in a service that acknowledges without syncing.
    let dir = tempfile::tempdir().unwrap();
    let (trace, expected) = record(dir.path(), "none").await;
    let verdict = check(&trace, &expected);
    assert!(verdict.as_ref().is_err_and(|said| said.contains("a receipt left while blob")), "{verdict:?}");
}
