//! `ledger`.

use muster_domain::id::CaptureId;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{bulk, json_of_blobs};

/// An entry as it stands in the table.
pub struct LedgerRecord {
    /// Its key; 0 before it is inserted.
    pub row_key: i64,
    /// The capture.
    pub capture_id: CaptureId,
    /// What happened.
    pub event: String,
    /// When.
    pub at_micros: i64,
    /// What a person reads, as JSON.
    pub payload: Option<String>,
    /// Random; goes with the payload.
    pub salt: Option<[u8; 16]>,
    /// The salted hash of the payload.
    pub payload_hash: Option<[u8; 32]>,
    /// Commits to all of this but payload and salt, and to the entry before.
    pub entry_hash: [u8; 32],
}

/// The hash of the last entry.
pub async fn last_hash(connection: &mut SqliteConnection) -> sqlx::Result<Option<[u8; 32]>> {
    let row =
        sqlx::query("SELECT entry_hash FROM ledger ORDER BY row_key DESC LIMIT 1").fetch_optional(connection).await?;
    row.map(|row| array(row.get(0))).transpose()
}

/// Appends entries.
pub async fn append(connection: &mut SqliteConnection, records: &[LedgerRecord]) -> sqlx::Result<()> {
    const COLUMNS: usize = 7;
    for chunk in records.chunks(bulk::rows_per_statement(COLUMNS)) {
        let sql = bulk::values(
            "INSERT INTO ledger (capture_id, event, at_micros, payload, salt, payload_hash, entry_hash)",
            COLUMNS,
            chunk.len(),
            "",
        );
        let mut query = sqlx::query(sql);
        for record in chunk {
            query = query
                .bind(record.capture_id.0)
                .bind(&record.event)
                .bind(record.at_micros)
                .bind(record.payload.as_deref())
                .bind(record.salt.as_ref().map(<[u8; 16]>::as_slice))
                .bind(record.payload_hash.as_ref().map(<[u8; 32]>::as_slice))
                .bind(record.entry_hash.as_slice());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// The entries of a capture, oldest first.
pub async fn of_capture(connection: &mut SqliteConnection, capture_id: CaptureId) -> sqlx::Result<Vec<LedgerRecord>> {
    let rows = sqlx::query(
        "SELECT row_key, capture_id, event, at_micros, payload, salt, payload_hash, entry_hash
         FROM ledger WHERE capture_id = ? ORDER BY row_key",
    )
    .bind(capture_id.0)
    .fetch_all(connection)
    .await?;
    rows.iter().map(read).collect()
}

/// The next entries after a key, oldest first.
pub async fn after(connection: &mut SqliteConnection, row_key: i64, limit: u32) -> sqlx::Result<Vec<LedgerRecord>> {
    let rows = sqlx::query(
        "SELECT row_key, capture_id, event, at_micros, payload, salt, payload_hash, entry_hash
         FROM ledger WHERE row_key > ? ORDER BY row_key LIMIT ?",
    )
    .bind(row_key)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(read).collect()
}

/// Erases payloads and salts of captures.
pub async fn erase_payloads(connection: &mut SqliteConnection, ids: &[CaptureId]) -> sqlx::Result<u64> {
    let erased = sqlx::query(
        "UPDATE ledger SET payload = NULL, salt = NULL
         WHERE payload IS NOT NULL AND capture_id IN (SELECT unhex(value) FROM json_each(?))",
    )
    .bind(json_of_blobs(ids.iter().map(CaptureId::as_bytes)))
    .execute(connection)
    .await?;
    Ok(erased.rows_affected())
}

fn read(row: &SqliteRow) -> sqlx::Result<LedgerRecord> {
    Ok(LedgerRecord {
        row_key: row.get("row_key"),
        capture_id: CaptureId(row.get("capture_id")),
        event: row.get("event"),
        at_micros: row.get("at_micros"),
        payload: row.get("payload"),
        salt: row.get::<Option<&[u8]>, _>("salt").map(array).transpose()?,
        payload_hash: row.get::<Option<&[u8]>, _>("payload_hash").map(array).transpose()?,
        entry_hash: array(row.get("entry_hash"))?,
    })
}

fn array<const N: usize>(bytes: &[u8]) -> sqlx::Result<[u8; N]> {
    bytes.try_into().map_err(|wrong| sqlx::Error::Decode(Box::new(wrong)))
}
