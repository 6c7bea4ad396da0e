//! The migrations, replayed, are the committed whole schema.

use muster_ingest::{
    layout::Layout,
    table::{Database, Durability},
};
use sqlx::Row;

/// Every table and index that is ours, as SQLite keeps its text, by name.
async fn schema(db: &Database) -> String {
    let rows = sqlx::query(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY name",
    )
    .fetch_all(&db.readers)
    .await
    .unwrap();
    rows.iter().map(|row| format!("{};\n", row.get::<String, _>(0))).collect::<Vec<_>>().join("\n")
}

/// After a new migration: `MUSTER_WRITE_SCHEMA=1 cargo nextest run -p muster-ingest schema` and look at the difference.
#[tokio::test]
async fn replayed_migrations_equal_the_whole_schema() {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&Layout::new(dir.path()), Durability::Full).await.unwrap();
    let replayed = schema(&db).await;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/ingest/schema.sql");
    let head = "-- The whole schema of the ingest service, by name. Generated from the migrations; the test `schema` compares.\n\n";
    let replayed = format!("{head}{replayed}");
    if std::env::var_os("MUSTER_WRITE_SCHEMA").is_some() {
        std::fs::write(&path, &replayed).unwrap();
    }
    assert_eq!(replayed, std::fs::read_to_string(&path).unwrap());
}
