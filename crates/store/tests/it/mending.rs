//! Damage that the doctor mends, and damage that it only tells of.

use muster_store::{
    Library, StoreError,
    check::{
        BlobCheck,
        mend::{Derived, drop_derived},
    },
    service::ImportRoot,
};
use sqlx::{Connection, Executor};

use crate::common::{Bench, create, imported};

/// Takes an index out of the schema, so that SQLite forgets to write to it.
async fn hide_index(bench: &Bench, name: &str) -> (i64, String) {
    let mut connection = bench.connect().await;
    let found: (i64, String) = sqlx::query_as("SELECT rootpage, sql FROM sqlite_schema WHERE name = ?")
        .bind(name)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.execute("PRAGMA writable_schema = ON").await.unwrap();
    sqlx::query("DELETE FROM sqlite_schema WHERE name = ?").bind(name).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    found
}

async fn show_index(bench: &Bench, name: &str, (root_page, sql): (i64, String)) {
    let mut connection = bench.connect().await;
    connection.execute("PRAGMA writable_schema = ON").await.unwrap();
    sqlx::query(
        "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('index', ?, 'annotation', ?, ?)",
    )
    .bind(name)
    .bind(root_page)
    .bind(sql)
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn an_index_that_lost_rows_is_made_anew() {
    let mut bench = Bench::new(2).await;
    bench.library.close().await;
    let index = hide_index(&bench, "annotation_of_capture").await;
    bench.reopen().await;
    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    bench.library.close().await;
    show_index(&bench, "annotation_of_capture", index).await;
    bench.reopen().await;
    let report = bench.library.check(BlobCheck::Sizes).await.unwrap();
    assert!(!report.is_sound() && !report.integrity.is_empty(), "{report:?}");
    assert_eq!(bench.library.reindex().await.unwrap(), Vec::<String>::new());
    let report = bench.library.check(BlobCheck::Sizes).await.unwrap();
    assert!(report.is_sound() && report.counts.annotations == 1, "{report:?}");
}

#[tokio::test]
async fn damaged_originals_come_again_or_stay() {
    let bench = Bench::new(1).await;
    // One that the service has, one that only this disk has.
    let served = bench.library.blobs().put(b"picture 1").await.unwrap();
    let root = ImportRoot { name: "photos".into(), path: bench.folder.path().display().to_string() };
    bench.library.set_import_root(&root).await.unwrap();
    let mut own = imported(9, "photos");
    own.assets[0].place = muster_domain::capture::MediaPlace::Stored;
    bench.library.insert_imported(&[own.clone()]).await.unwrap();
    let only = bench.library.blobs().put(b"file 9").await.unwrap();
    assert_eq!(only, own.assets[0].digest);
    for digest in [&served, &only] {
        let path = bench.library.blobs().path(digest);
        let length = std::fs::metadata(&path).unwrap().len() as usize;
        std::fs::write(&path, vec![b'x'; length]).unwrap();
    }
    let report = bench.library.check(BlobCheck::All).await.unwrap();
    assert_eq!(report.damaged_blobs.len(), 2);
    let discarded = bench.library.discard_damaged(&report.damaged_blobs).await.unwrap();
    assert_eq!((discarded.come_again, discarded.lost), (1, vec![only]));
    assert!(!bench.library.blobs().has(&served), "it is fetched again when it is wanted");
    assert!(bench.library.blobs().has(&only), "a damaged picture is better than none");
    let report = bench.library.check(BlobCheck::All).await.unwrap();
    assert_eq!(report.damaged_blobs, vec![only]);
}

#[tokio::test]
async fn what_is_derived_goes_when_nobody_has_the_library_open() {
    let bench = Bench::new(1).await;
    assert!(bench.library.thumbnails_are_sound().await.unwrap());
    let root = bench.folder.path().to_owned();
    std::fs::write(root.join("index/x"), "x").unwrap();
    bench.library.close().await;
    let refused = drop_derived(&root, &[Derived::Index]);
    assert!(matches!(refused, Err(StoreError::InUse { .. })), "{refused:?}");
    let Bench { folder, library, .. } = bench;
    drop(library);
    drop_derived(&root, &[Derived::Index, Derived::Vectors, Derived::Thumbnails]).unwrap();
    assert!(!root.join("index/x").exists() && !root.join("thumbs.db").exists());
    let library = Library::open(folder.path()).await.unwrap();
    assert!(library.thumbnails_are_sound().await.unwrap());
    assert_eq!(library.thumbnails().usage().await.unwrap(), (0, 0));
}

#[tokio::test]
async fn a_damaged_file_of_thumbnails_is_noticed() {
    let bench = Bench::new(1).await;
    bench.library.close().await;
    let path = bench.folder.path().join("thumbs.db");
    let mut bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 4096);
    bytes[4096..].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    assert!(!bench.library.thumbnails_are_sound().await.unwrap());
}
