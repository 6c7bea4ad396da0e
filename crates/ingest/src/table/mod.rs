//! The database: every SQL text of the service is below this module, one directory a noun.
//!
//! Today each noun has one file, `sqlite.rs`; PostgreSQL becomes its neighbour. Functions take a connection, so that the
//! caller decides what is one transaction. Only [`crate::writer`] and the `token` command write.

pub mod capture;
pub mod device;
pub mod feed;
pub mod report;
pub mod service;
pub mod token;

use std::time::Duration;

use muster_domain::digest::Digest;
use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{IngestError, layout::Layout, limit};

/// The migrations, embedded.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/ingest/sqlite");

/// How hard the service tries to keep what it acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Durability {
    /// Everything is fsynced before it is acknowledged.
    Full,
    /// Nothing is. Only for the test that proves that the fsync test would notice.
    None,
}

/// Connections that read.
#[derive(Debug, Clone)]
pub struct Database {
    options: SqliteConnectOptions,
    /// For short reads.
    pub readers: SqlitePool,
    /// For snapshots, which read for as long as the desktop takes.
    pub snapshots: SqlitePool,
}

impl Database {
    /// Opens the database, makes it when it is not there, and brings its schema up to date.
    pub async fn open(layout: &Layout, durability: Durability) -> Result<Self, IngestError> {
        let synchronous = match durability {
            Durability::Full => SqliteSynchronous::Full,
            Durability::None => SqliteSynchronous::Off,
        };
        let options = SqliteConnectOptions::new()
            .filename(layout.database())
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        {
            let _turn = layout.lock_schema()?;
            MIGRATIONS.run(&mut options.connect().await?).await?;
        }
        let reading = options.clone().pragma("query_only", "on");
        let pool = |count| SqlitePoolOptions::new().max_connections(count).acquire_timeout(Duration::from_secs(10));
        Ok(Self {
            readers: pool(limit::READERS).connect_lazy_with(reading.clone()),
            snapshots: pool(limit::SNAPSHOTS).connect_lazy_with(reading),
            options,
        })
    }

    /// A connection that may write. One process has one for good, so that batches do not wait for one another.
    pub async fn writer(&self) -> Result<SqliteConnection, IngestError> {
        Ok(self.options.connect().await?)
    }

    /// SQLite's own check of its pages; `ok`, or what is wrong.
    pub async fn integrity(&self) -> Result<Vec<String>, IngestError> {
        Ok(sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&self.readers).await?)
    }

    /// Closes the connections, which folds the WAL into the database.
    pub async fn close(&self) {
        self.readers.close().await;
        self.snapshots.close().await;
    }
}

/// A column of 32 bytes as a digest.
fn digest(bytes: &[u8]) -> Result<Digest, sqlx::Error> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Digest::from_bytes(bytes))
}
