//! The schema's version, and how it grows.

use std::path::Path;

use muster_domain::time::UtcMicros;
use sqlx::{Row, SqliteConnection, migrate::MigrateError, migrate::Migrator};
use uuid::Uuid;

use crate::{Result, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/library");

/// `Mstr`: marks a SQLite file as a library.
const APPLICATION_ID: i64 = 0x4d73_7472;

/// Where a database's schema stands.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the one that this program knows.
    Present,
    /// Migrations have to run.
    Behind {
        /// The version now.
        version: i64,
    },
}

/// Compares the database with what this program knows.
pub async fn standing(connection: &mut SqliteConnection, database: &Path) -> Result<Standing> {
    let failed = |source| StoreError::of_sql(database, source);
    let mark: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await.map_err(failed)?;
    if mark != APPLICATION_ID {
        return Err(StoreError::NotALibrary { path: database.to_owned() });
    }
    let applied = sqlx::query("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let mut done = std::collections::HashSet::with_capacity(applied.len());
    for row in &applied {
        let version: i64 = row.get("version");
        if version > known {
            return Err(StoreError::TooNew { path: database.to_owned(), found: version, known });
        }
        let same = MIGRATIONS
            .iter()
            .any(|migration| migration.version == version && *migration.checksum == *row.get::<&[u8], _>("checksum"));
        if !same {
            let source = Box::new(MigrateError::VersionMismatch(version));
            return Err(StoreError::Migration { path: database.to_owned(), source });
        }
        done.insert(version);
    }
    let missing = MIGRATIONS.iter().map(|migration| migration.version).filter(|version| !done.contains(version)).min();
    Ok(missing.map_or(Standing::Present, |first| Standing::Behind { version: first - 1 }))
}

/// Runs what is missing, each migration in its own transaction.
pub async fn run(connection: &mut SqliteConnection, database: &Path) -> Result<()> {
    let ran = MIGRATIONS.run(connection).await;
    ran.map_err(|source| StoreError::Migration { path: database.to_owned(), source: Box::new(source) })
}

/// Marks a new database as a library.
pub async fn mark(connection: &mut SqliteConnection, library_id: Uuid, now: UtcMicros) -> Result<()> {
    sqlx::query("PRAGMA application_id = 0x4d737472").execute(&mut *connection).await?;
    sqlx::query("INSERT INTO library (row_key, library_id, created_at_micros) VALUES (1, ?, ?)")
        .bind(library_id)
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

/// The library's id.
pub async fn library_id(connection: &mut SqliteConnection) -> sqlx::Result<Uuid> {
    sqlx::query_scalar("SELECT library_id FROM library WHERE row_key = 1").fetch_one(connection).await
}

/// Copies the database, consistent and compact, into a file that is not there yet.
pub async fn vacuum_into(connection: &mut SqliteConnection, copy: &Path) -> Result<()> {
    let failed = |source| StoreError::of_sql(copy, source);
    let name = copy.to_str().ok_or_else(|| StoreError::Io {
        act: "write",
        path: copy.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidFilename, "SQLite needs a path in UTF-8"),
    })?;
    sqlx::query("VACUUM INTO ?").bind(name).execute(connection).await.map_err(failed)?;
    Ok(())
}
