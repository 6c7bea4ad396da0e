//! Rebuilds the crate when a migration is added: the files are embedded by `sqlx::migrate!`.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/ingest/sqlite");
}
