//! Creating, opening, refusing, locking, snapshots.

use muster_store::{Library, StoreError, check::BlobCheck};
use sqlx::Connection;

use crate::common::Bench;

/// Every table, index and trigger, as SQLite has them.
async fn dump(bench: &Bench) -> String {
    let mut connection = bench.connect().await;
    let statements: Vec<String> = sqlx::query_scalar(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%'
         ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, tbl_name, name",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let head = "-- The whole schema of the library. Made from the migrations by the store's tests: do not edit;\n\
                -- `MUSTER_BLESS=1 cargo test -p muster-store` writes it.\n\n";
    format!("{head}{};\n", statements.join(";\n\n"))
}

#[tokio::test]
async fn replayed_migrations_equal_the_committed_schema() {
    let bench = Bench::new(0).await;
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/library/schema.sql");
    let dumped = dump(&bench).await;
    if std::env::var_os("MUSTER_BLESS").is_some() {
        std::fs::write(&file, &dumped).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(dumped == committed, "migrations/library/schema.sql is stale: run once with MUSTER_BLESS=1");
}

#[tokio::test]
async fn a_new_library_opens_again_and_is_sound() {
    let mut bench = Bench::new(3).await;
    bench.reopen().await;
    let report = bench.library.check(BlobCheck::All).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.counts.captures, 3);
    assert_eq!(bench.library.projects().await.unwrap().len(), 1);
    assert!(bench.library.warnings().is_empty() || cfg!(target_os = "linux"));
}

#[tokio::test]
async fn what_is_no_library_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Library::open(folder.path()).await.unwrap_err();
    assert!(matches!(missing, StoreError::NotALibrary { .. }), "{missing:?}");
    assert!(missing.to_string().contains("muster init"), "{missing}");
    for bytes in [b"not a database, but long enough to have a header".repeat(100), Vec::new()] {
        std::fs::write(folder.path().join("library.db"), bytes).unwrap();
        let other = Library::open(folder.path()).await.unwrap_err();
        assert!(matches!(other, StoreError::NotALibrary { .. }), "{other:?}");
    }
    let twice = Library::create(folder.path()).await.unwrap_err();
    assert!(matches!(twice, StoreError::AlreadyALibrary { .. }), "{twice:?}");
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_both_versions() {
    let bench = Bench::new(0).await;
    bench.library.close().await;
    let mut connection = bench.connect().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'from the future', 1, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    match Library::open(bench.folder.path()).await.unwrap_err() {
        StoreError::TooNew { found, known, .. } => assert!(found == 9999 && known >= 1),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_edited_migration_is_noticed() {
    let bench = Bench::new(0).await;
    bench.library.close().await;
    let mut connection = bench.connect().await;
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let error = Library::open(bench.folder.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Migration { .. }), "{error:?}");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_a_snapshot_and_the_library_as_it_was() {
    let bench = Bench::new(2).await;
    bench.library.close().await;
    let mut connection = bench.connect().await;
    // The library claims to be older than it is, so that the first migration runs into its own tables.
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 1").execute(&mut connection).await.unwrap();
    let error = Library::open(bench.folder.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Migration { .. }), "{error:?}");
    assert_eq!(bench.count("SELECT count(*) FROM capture").await, 2);
    let snapshots: Vec<_> = std::fs::read_dir(bench.folder.path().join("snapshots")).unwrap().collect();
    assert_eq!(snapshots.len(), 1, "{snapshots:?}");
}

#[tokio::test]
async fn a_crash_while_creating_leaves_nothing_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("library.db.new"), b"half").unwrap();
    std::fs::write(folder.path().join("library.db.new-wal"), b"half").unwrap();
    let library = Library::create(folder.path()).await.unwrap();
    assert!(library.check(BlobCheck::Sizes).await.unwrap().is_sound());
}

#[tokio::test]
async fn one_process_maintains_the_index() {
    let bench = Bench::new(0).await;
    let other = Library::open(bench.folder.path()).await.unwrap();
    let guard = bench.library.elect_index_maintainer().unwrap().unwrap();
    assert!(other.elect_index_maintainer().unwrap().is_none());
    drop(guard);
    assert!(other.elect_index_maintainer().unwrap().is_some());
}

#[tokio::test]
async fn a_snapshot_is_a_whole_library() {
    let bench = Bench::new(5).await;
    let snapshot = bench.library.snapshot("by hand / ../x").await.unwrap();
    assert_eq!(snapshot.parent(), Some(bench.folder.path().join("snapshots").as_path()));
    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(&snapshot, restored.path().join("library.db")).unwrap();
    let restored = Library::open(restored.path()).await.unwrap();
    let counts = restored.counts().await.unwrap();
    assert_eq!(counts.captures, 5);
    assert_eq!(counts, bench.library.counts().await.unwrap());
}

#[tokio::test]
async fn damaged_thumbnails_are_made_anew() {
    let mut bench = Bench::new(0).await;
    bench.library.close().await;
    std::fs::write(bench.folder.path().join("thumbs.db"), b"garbage ".repeat(1000)).unwrap();
    bench.reopen().await;
    assert_eq!(bench.library.thumbnails().usage().await.unwrap(), (0, 0));
}

/// A library as version 0.1.0 left it: the first migration alone, one capture with signals, one proposal.
#[tokio::test]
async fn a_library_of_the_first_release_opens_with_its_signals_and_counts() {
    use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
    let bench = Bench::new(0).await;
    bench.library.close().await;
    let folder = tempfile::tempdir().unwrap();
    let old = SqliteConnectOptions::new().filename(folder.path().join("library.db")).create_if_missing(true);
    let mut connection = old.connect().await.unwrap();
    let first = include_str!("../../../../migrations/library/0001_library.sql");
    sqlx::raw_sql(first).execute(&mut connection).await.unwrap();
    sqlx::raw_sql(
        "PRAGMA application_id = 0x4d737472;
         INSERT INTO library VALUES (1, randomblob(16), 0);
         INSERT INTO project (project_id, name, created_at_micros) VALUES (randomblob(16), 'Carts', 0);
         INSERT INTO layer (project_key, name) VALUES (1, 'main');
         INSERT INTO label_schema (project_key, version, made_at_micros) VALUES (1, 1, 0);
         INSERT INTO site (name) VALUES ('depot');
         INSERT INTO device (device_id, name) VALUES (zeroblob(16), 'cart');
         INSERT INTO service (service_id, url, name, added_at_micros) VALUES (zeroblob(16), 'http://a', 'a', 0);
         INSERT INTO capture (capture_id, service_key, device_key, site_key, captured_at_micros, uncertainty_micros,
             received_at_micros) VALUES (zeroblob(16), 1, 1, 1, 0, 0, 0);
         INSERT INTO capture_signal (capture_key, name, number) VALUES (1, 'third', 0.30000000000000004), (1, 'two', 2);
         INSERT INTO capture_signal (capture_key, name, text) VALUES (1, 'a \"word\"', 'é \\');
         INSERT INTO capture_signal (capture_key, name, boolean) VALUES (1, 'door', 1);
         INSERT INTO origin (kind, rule) VALUES ('rule', 'r');
         INSERT INTO annotation (annotation_id, project_key, layer_key, capture_key, asset, kind, x, y, width, height,
             model_class, schema_version, origin_key, decision, version, geometry_version, class_version,
             attributes_version, decision_version)
         VALUES (zeroblob(16), 1, 1, 1, 'a', 'box', 0, 0, 1, 1, 'truck', 1, 1, 0, 1, 1, 1, 1, 1)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::query("ATTACH ? AS new")
        .bind(bench.folder.path().join("library.db").display().to_string())
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::raw_sql("CREATE TABLE _sqlx_migrations AS SELECT * FROM new._sqlx_migrations WHERE version = 1")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let library = Library::open(folder.path()).await.unwrap();
    let capture_id = muster_domain::id::CaptureId(uuid::Uuid::nil());
    let signals = library.capture(capture_id).await.unwrap().unwrap().capture.signals;
    let expected = serde_json::json!({ "third": 0.1 + 0.2, "two": 2.0, "a \"word\"": "é \\", "door": true });
    assert_eq!(serde_json::to_value(&signals).unwrap(), expected);
    let project = library.projects().await.unwrap()[0].project_id;
    assert_eq!(library.unmapped_classes(project).await.unwrap()[0].annotations, 1);
    let report = library.check(BlobCheck::Sizes).await.unwrap();
    assert!(report.is_sound() && report.counts.captures == 1, "{report:?}");
}
