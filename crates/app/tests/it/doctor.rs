//! What the doctor finds and mends, and the way back from a backup and a snapshot.

use std::path::Path;

use muster_app::{
    doctor::{self, DoctorReport, backup},
    import::ImportMedia,
    open, search,
};

use crate::fixture::World;

/// The files of a folder and those below it.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn check<'a>(report: &'a DoctorReport, name: &str) -> &'a doctor::Check {
    report.checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no {name} in {report:?}"))
}

async fn total(world: &World) -> u32 {
    search::search(&world.app, String::new(), None, None).await.unwrap().total
}

#[tokio::test]
async fn a_sound_library_needs_nothing() {
    let world = World::new().await;
    let photos = world.photos(4);
    world.import(&photos, "images", ImportMedia::Copy).await;
    let report = doctor::mend(&world.app).await.unwrap();
    assert_eq!(report.mended, Vec::<String>::new());
    for name in ["database", "counters", "originals", "ledger", "search index", "vectors", "thumbnails", "snapshots"] {
        assert!(check(&report, name).ok, "{:?}", check(&report, name));
    }
}

#[tokio::test]
async fn a_damaged_index_and_damaged_thumbnails_are_made_anew() {
    let mut world = World::new().await;
    let photos = world.photos(4);
    world.import(&photos, "images", ImportMedia::Copy).await;
    assert_eq!(total(&world).await, 4);
    let stores: Vec<_> = files(&world.library().join("index"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "store" || end == "term" || end == "fast"))
        .collect();
    assert!(!stores.is_empty(), "the index has files");
    for path in stores {
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        std::fs::write(&path, bytes).unwrap();
    }
    let found = doctor::doctor(&world.app).await.unwrap();
    let index = check(&found, "search index");
    assert!(!index.ok && index.remedy.as_deref().is_some_and(|remedy| remedy.contains("--mend")), "{index:?}");
    let report = doctor::mend(&world.app).await.unwrap();
    assert!(report.mended.iter().any(|line| line.contains("search index")), "{report:?}");
    assert!(check(&report, "search index").ok, "{report:?}");
    assert_eq!(total(&world).await, 4);

    world.app.close().await;
    let thumbnails = world.library().join("thumbs.db");
    let mut bytes = std::fs::read(&thumbnails).unwrap();
    let end = bytes.len();
    bytes[end / 2..].fill(0x5a);
    std::fs::write(&thumbnails, bytes).unwrap();
    world.restart().await;
    let report = doctor::mend(&world.app).await.unwrap();
    assert!(check(&report, "thumbnails").ok, "{report:?}");
}

#[tokio::test]
async fn a_lost_original_is_told_of_and_taken_off_the_list() {
    let world = World::new().await;
    let photos = world.photos(3);
    world.import(&photos, "images", ImportMedia::Copy).await;
    let blob = files(&world.library().join("blobs")).into_iter().next().unwrap();
    std::fs::remove_file(blob).unwrap();
    let report = doctor::doctor(&world.app).await.unwrap();
    assert!(!check(&report, "originals").ok);
    let report = doctor::mend(&world.app).await.unwrap();
    assert!(report.mended.iter().any(|line| line.contains("lost originals")), "{report:?}");
}

#[tokio::test]
async fn a_backup_brings_a_library_back() {
    let world = World::new().await;
    let photos = world.photos(5);
    world.import(&photos, "images", ImportMedia::Copy).await;
    let folder = world.folder.path().join("backup");
    let first = backup::back_up(&world.app, &folder, true, |_, _| {}).await.unwrap();
    assert_eq!((first.copied, first.present), (5, 0));
    world.app.close().await;
    std::fs::remove_dir_all(world.library()).unwrap();
    let restored = backup::restore(&world.app, &world.library(), &folder).await.unwrap();
    assert_eq!((restored.captures, restored.originals, restored.set_aside), (5, 5, None));
    assert_eq!(total(&world).await, 5);
    let report = doctor::doctor(&world.app).await.unwrap();
    assert!(check(&report, "originals").ok && check(&report, "search index").ok, "{report:?}");
}

#[tokio::test]
async fn a_library_that_does_not_open_names_the_way_back() {
    let world = World::new().await;
    let photos = world.photos(2);
    world.import(&photos, "images", ImportMedia::Copy).await;
    let library = world.library();
    // As before a migration.
    let away = world.folder.path().join("backup");
    backup::back_up(&world.app, &away, false, |_, _| {}).await.unwrap();
    world.app.close().await;
    let snapshot = library.join("snapshots/library-daily-1800000000000000.db");
    std::fs::copy(away.join("library.db"), &snapshot).unwrap();
    let mut bytes = std::fs::read(library.join("library.db")).unwrap();
    bytes[20..8192].fill(0x5a);
    std::fs::write(library.join("library.db"), bytes).unwrap();
    let error = open::open(&world.app, &library, false).await.unwrap_err();
    let report = doctor::cannot_open(&library, &error).unwrap();
    let found = check(&report, "library");
    assert!(!found.ok && found.remedy.is_some(), "{found:?}");
    assert_eq!(backup::snapshots(&library).unwrap().len(), 1);
    let restored = backup::restore(&world.app, &library, &snapshot).await.unwrap();
    assert_eq!(restored.captures, 2);
    assert!(restored.set_aside.is_some(), "what was there is kept");
}
