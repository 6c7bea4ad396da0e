//! Snapshots, backups, and the way back from both.

use std::{collections::BTreeSet, path::Path};

use muster_store::{
    Library, StoreError,
    check::BlobCheck,
    snapshot::{Daily, KEPT, backup::BackupMedia, list, restore::restore},
};

use crate::common::{Bench, create};

const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// Makes the database younger than every snapshot, whatever the file system's clock resolves.
fn touch(bench: &Bench) {
    #[expect(clippy::disallowed_methods, reason = "files bear the time of the machine, not that of the bench")]
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    let file = std::fs::File::options().append(true).open(bench.folder.path().join("library.db")).unwrap();
    file.set_modified(later).unwrap();
}

#[tokio::test]
async fn a_snapshot_is_taken_once_a_day_and_the_oldest_go() {
    let bench = Bench::new(1).await;
    let mut taken = BTreeSet::new();
    for _ in 0..KEPT + 2 {
        let Daily::Taken(path) = bench.library.daily_snapshot().await.unwrap() else { panic!("it is due") };
        taken.insert(path);
        assert_eq!(bench.library.daily_snapshot().await.unwrap(), Daily::NotDue, "one a day");
        bench.clock.advance(DAY_MICROS);
        touch(&bench);
    }
    let kept: Vec<_> = bench.library.snapshots().unwrap();
    assert_eq!(kept.len(), KEPT, "{kept:?}");
    assert!(kept.iter().all(|snapshot| snapshot.name == "daily" && snapshot.bytes > 0));
    let youngest: BTreeSet<_> = taken.iter().rev().take(KEPT).collect();
    assert_eq!(kept.iter().map(|snapshot| &snapshot.path).collect::<BTreeSet<_>>(), youngest);
}

#[tokio::test]
async fn nothing_new_needs_no_snapshot() {
    let bench = Bench::new(1).await;
    assert!(matches!(bench.library.daily_snapshot().await.unwrap(), Daily::Taken(_)));
    bench.clock.advance(2 * DAY_MICROS);
    assert_eq!(bench.library.daily_snapshot().await.unwrap(), Daily::NotDue);
}

#[tokio::test]
async fn a_snapshot_brings_back_what_was_there() {
    let bench = Bench::new(3).await;
    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let kept_blob = bench.library.blobs().put(b"picture 1").await.unwrap();
    let snapshot = bench.library.snapshot("good").await.unwrap();
    let later_blob = bench.library.blobs().put(b"picture 2").await.unwrap();
    bench.library.erase(&[bench.captures[0]], "by mistake").await.unwrap();
    bench.library.close().await;
    std::fs::write(bench.folder.path().join("index/old"), b"ahead of the snapshot").unwrap();

    let root = bench.folder.path().to_owned();
    let restored = restore(&root, &snapshot).await;
    // The test's own handle still holds its part of the lock.
    assert!(matches!(restored, Err(StoreError::InUse { .. })), "{restored:?}");
    let Bench { folder, library, captures, .. } = bench;
    drop(library);
    let restored = restore(&root, &snapshot).await.unwrap();
    assert_eq!(restored.counts.captures, 3);
    assert_eq!(restored.counts.annotations, 1);
    assert!(!root.join("index/old").exists(), "the index was ahead of the database");
    let library = Library::open(folder.path()).await.unwrap();
    assert!(library.capture(captures[0]).await.unwrap().is_some());
    let report = library.check(BlobCheck::All).await.unwrap();
    // The picture of the erased capture went with it; the library says so instead of pretending.
    assert!(report.is_sound(), "{report:?}");
    assert!(library.blobs().has(&later_blob) && !library.blobs().has(&kept_blob));
    let aside = restored.set_aside.unwrap();
    assert!(list(&root).unwrap().iter().any(|snapshot| snapshot.path == aside && snapshot.name == "before-restore"));
    library.close().await;
    drop(library);
    // What was replaced can be brought back the same way.
    let again = restore(&root, &aside).await.unwrap();
    assert_eq!((again.counts.captures, again.counts.erased_captures), (2, 1));
}

#[tokio::test]
async fn a_damaged_database_is_replaced_and_kept() {
    let bench = Bench::new(2).await;
    let snapshot = bench.library.snapshot("good").await.unwrap();
    bench.library.close().await;
    let Bench { folder, library, .. } = bench;
    drop(library);
    let database = folder.path().join("library.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[100..middle].fill(0x5a);
    std::fs::write(&database, &bytes).unwrap();
    std::fs::write(folder.path().join("library.db-wal"), b"a log that is not one").unwrap();
    let restored = restore(folder.path(), &snapshot).await.unwrap();
    assert_eq!(restored.counts.captures, 2);
    let aside = restored.set_aside.unwrap();
    assert_eq!(std::fs::read(&aside).unwrap(), bytes, "a person may still save something from it");
    assert!(!folder.path().join("library.db-wal").exists() || Library::open(folder.path()).await.is_ok());
}

#[tokio::test]
async fn what_is_no_way_back_is_refused_before_anything_changes() {
    let bench = Bench::new(1).await;
    let snapshot = bench.library.snapshot("good").await.unwrap();
    bench.library.close().await;
    let Bench { folder, library, .. } = bench;
    drop(library);
    let root = folder.path();
    let missing = restore(root, &root.join("snapshots/none.db")).await.unwrap_err();
    assert!(matches!(missing, StoreError::NotALibrary { .. }), "{missing:?}");
    let text = root.join("snapshots/text.db");
    std::fs::write(&text, "not a database, but long enough to have a header".repeat(100)).unwrap();
    let other = restore(root, &text).await.unwrap_err();
    assert!(matches!(other, StoreError::NotALibrary { .. }), "{other:?}");
    let mut bytes = std::fs::read(&snapshot).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0x5a);
    std::fs::write(&snapshot, bytes).unwrap();
    let damaged = restore(root, &snapshot).await.unwrap_err();
    assert!(matches!(damaged, StoreError::Damaged { .. } | StoreError::Database { .. }), "{damaged:?}");
    let library = Library::open(root).await.unwrap();
    assert!(library.check(BlobCheck::All).await.unwrap().is_sound());
}

#[tokio::test]
async fn a_backup_is_a_library_and_grows_by_what_is_new() {
    let bench = Bench::new(3).await;
    let away = tempfile::tempdir().unwrap();
    let folder = away.path().join("backup");
    bench.library.blobs().put(b"picture 1").await.unwrap();
    let first = bench.library.backup(&folder, BackupMedia::All, |_, _| {}).await.unwrap();
    assert_eq!((first.copied, first.present), (1, 0));
    bench.library.blobs().put(b"picture 2").await.unwrap();
    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let mut told = Vec::new();
    let second = bench.library.backup(&folder, BackupMedia::All, |done, total| told.push((done, total))).await.unwrap();
    assert_eq!((second.copied, second.present), (1, 1));
    assert_eq!(told.last(), Some(&(2, 2)));

    let copy = Library::open(&folder).await.unwrap();
    assert_eq!(copy.counts().await.unwrap(), bench.library.counts().await.unwrap());
    assert!(copy.check(BlobCheck::All).await.unwrap().is_sound());
    copy.close().await;
    drop(copy);

    // The disk breaks; a new library comes out of the backup, originals and all.
    let new = away.path().join("new");
    let restored = restore(&new, &folder).await.unwrap();
    assert_eq!((restored.blobs, restored.set_aside), (2, None));
    assert_eq!(restored.counts.captures, 3);
    let library = Library::open(&new).await.unwrap();
    let report = library.check(BlobCheck::All).await.unwrap();
    assert!(report.is_sound() && report.counts.blobs == 2, "{report:?}");
}

#[tokio::test]
async fn a_backup_lands_on_nothing_else() {
    let bench = Bench::new(1).await;
    let refused = async |folder: &Path| {
        let result = bench.library.backup(folder, BackupMedia::None, |_, _| {}).await;
        assert!(matches!(result, Err(StoreError::BackupTarget { .. })), "{}: {result:?}", folder.display());
    };
    refused(bench.folder.path()).await;
    refused(&bench.folder.path().join("blobs/backup")).await;
    let other = Bench::new(1).await;
    refused(other.folder.path()).await;
    let full = tempfile::tempdir().unwrap();
    std::fs::write(full.path().join("thesis.txt"), "mine").unwrap();
    refused(full.path()).await;
}
