//! What "sealed" promises, seen from the kernel: data, directories and ledger are fsynced before it is said.
//!
//! The test runs itself under strace, keeps one capture in that child, and reads the trace. Seeded mutants of the trace,
//! each without one of the fsyncs, prove that the reader would notice.

use std::{fs, path::Path, process::Command};

use super::{keep, open};

const CHILD: &str = "MUSTER_TRACE_SPOOL";

/// Runs only inside strace.
#[test]
fn child_keeps_one_capture() {
    let Some(root) = std::env::var_os(CHILD) else { return };
    let (spool, _) = open(Path::new(&root));
    let kept = keep(&spool, b"picture", 0);
    fs::write(Path::new(&root).join("said-sealed"), kept.capture_id.to_string()).unwrap();
}

/// The steps that have to happen, in this order; each is a list of words that one line of the trace holds.
const STEPS: [&[&str]; 10] = [
    &["fsync(", "/asset-0>"],
    &["fsync(", "/manifest.json>"],
    &["fsync(", "/staging/", "->"],
    &["write(", "/ledger>", "fired"],
    &["fsync(", "/ledger>"],
    &["rename(", "/captures/"],
    &["fsync(", "/captures>"],
    &["write(", "/ledger>", "sealed"],
    &["fsync(", "/ledger>"],
    &["openat(", "/said-sealed"],
];

/// The first step that the trace does not hold after the steps before it.
fn first_missing(trace: &[&str]) -> Option<usize> {
    let mut lines = trace.iter();
    STEPS.iter().position(|words| !lines.any(|line| words.iter().all(|word| has(line, word))))
}

fn has(line: &str, word: &str) -> bool {
    // "->" stands for a capture's own directory: a path below staging that ends without a file.
    if word == "->" { !line.contains("/asset-") && !line.contains("manifest.json") } else { line.contains(word) }
}

#[test]
fn sealed_is_said_after_data_directory_and_ledger_are_synced() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("trace");
    let status = Command::new("strace")
        .args(["-f", "-y", "-s", "200", "-e", "trace=openat,fsync,fdatasync,rename,write", "-o"])
        .arg(&out)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "trace::child_keeps_one_capture"])
        .env(CHILD, dir.path().join("spool"))
        .output();
    let Ok(output) = status else {
        println!("SKIPPED: sealed_is_said_after_data_directory_and_ledger_are_synced: there is no strace");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(first_missing(&lines).map(|step| STEPS[step]), None);

    let begins = lines.iter().position(|line| line.contains("/asset-0")).unwrap();
    let mut mutants = 0;
    for (number, line) in lines.iter().enumerate().skip(begins) {
        if line.contains("fsync(") && !line.contains("/staging>") && !line.contains("resumed") {
            let mut mutant = lines.clone();
            mutant.remove(number);
            assert!(first_missing(&mutant).is_some(), "nobody would notice that this is gone: {line}");
            mutants += 1;
        }
    }
    assert_eq!(mutants, 6, "asset, manifest, staging directory, ledger, captures directory, ledger");
}
