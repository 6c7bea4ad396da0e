//! Reports in SQLite.

use muster_domain::{id::DeviceId, time::UtcMicros};
use muster_protocol::fleet::{DeviceState, LastReport};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::NewReport;
use crate::IngestError;

/// Stores the report in place of the last one and gives the verdict on its ledger: `true` when fired = committed +
/// dropped + pending, and the service holds at least the captures that the device counts as committed. Those of older
/// epochs count: a device that lost its ledger adopts what it still had.
pub async fn store(db: &mut SqliteConnection, new: &NewReport) -> Result<bool, IngestError> {
    let query = "SELECT COUNT(*) FROM capture WHERE device_key = ? AND (epoch, seq) <= (?, ?)";
    let held: i64 = sqlx::query_scalar(query)
        .bind(new.device_key)
        .bind(new.report.epoch)
        .bind(i64::try_from(new.report.seq).unwrap_or(i64::MAX))
        .fetch_one(&mut *db)
        .await?;
    let counts = new.report.counts;
    let agrees = counts.adds_up() && counts.committed <= held.unsigned_abs();
    sqlx::query(
        "INSERT INTO device_report (device_key, received_at_micros, clock_offset_micros, ledger_agrees, report)
         VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (device_key) DO UPDATE SET received_at_micros = excluded.received_at_micros,
             clock_offset_micros = excluded.clock_offset_micros, ledger_agrees = excluded.ledger_agrees,
             report = excluded.report",
    )
    .bind(new.device_key)
    .bind(new.received_at.0)
    .bind(new.received_at.0.saturating_sub(new.report.device_time_micros.0))
    .bind(agrees)
    .bind(serde_json::to_string(&new.report)?)
    .execute(db)
    .await?;
    Ok(agrees)
}

/// How many devices' last report did not agree.
pub async fn disagreeing(db: &mut SqliteConnection) -> Result<u64, IngestError> {
    let count: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM device_report WHERE ledger_agrees = 0").fetch_one(db).await?;
    Ok(count.unsigned_abs())
}

/// Every device with its last report, by site and name.
pub async fn devices(db: &mut SqliteConnection) -> Result<Vec<DeviceState>, IngestError> {
    let rows = sqlx::query(
        "SELECT device_id, name, site, agent_version, enrolled_at_micros, revoked_at_micros,
             (SELECT COUNT(*) FROM capture WHERE capture.device_key = device.device_key),
             (SELECT MAX(committed_at_micros) FROM capture WHERE capture.device_key = device.device_key),
             received_at_micros, clock_offset_micros, ledger_agrees, report
         FROM device LEFT JOIN device_report USING (device_key) ORDER BY site, name, device_key",
    )
    .fetch_all(db)
    .await?;
    rows.iter().map(state).collect()
}

fn state(row: &SqliteRow) -> Result<DeviceState, IngestError> {
    let last_report = match row.try_get::<Option<i64>, _>(8)? {
        None => None,
        Some(received_at) => Some(LastReport {
            received_at_micros: UtcMicros(received_at),
            clock_offset_micros: row.try_get(9)?,
            ledger_agrees: row.try_get(10)?,
            report: serde_json::from_str(row.try_get(11)?)?,
        }),
    };
    Ok(DeviceState {
        device_id: DeviceId(row.try_get(0)?),
        device: row.try_get(1)?,
        site: row.try_get(2)?,
        agent_version: row.try_get(3)?,
        enrolled_at_micros: UtcMicros(row.try_get(4)?),
        revoked_at_micros: row.try_get::<Option<i64>, _>(5)?.map(UtcMicros),
        captures: row.try_get::<i64, _>(6)?.unsigned_abs(),
        last_committed_at_micros: row.try_get::<Option<i64>, _>(7)?.map(UtcMicros),
        last_report,
    })
}
