//! Devices in SQLite.

use muster_domain::{id::DeviceId, time::UtcMicros};
use sqlx::{Row, SqliteConnection};

use super::{DeviceRow, Enrolment, NewDevice};
use crate::{
    IngestError,
    table::token::{self, Role, TokenRow},
};

/// Enrols a device, inside the caller's transaction.
///
/// The token that enrolled a key goes on to answer for that key when it is used up or expired: the device may have crashed
/// before it wrote its id down.
pub async fn enrol(db: &mut SqliteConnection, new: &NewDevice) -> Result<Enrolment, IngestError> {
    let Some(token) = token::sqlite::find(db, Role::Device, &new.token_hash).await? else {
        return Ok(Enrolment::Refused);
    };
    let is_for_site = token.site.as_ref().is_none_or(|site| *site == new.site);
    if token.revoked_at_micros.is_some() || !is_for_site {
        return Ok(Enrolment::Refused);
    }
    let known =
        sqlx::query("SELECT device_key, device_id, token_key, revoked_at_micros FROM device WHERE public_key = ?")
            .bind(&new.public_key)
            .fetch_optional(&mut *db)
            .await?;
    let Some(known) = known else {
        return if is_good(&token, new.now) && token.uses_left != Some(0) {
            insert(db, new, token.token_key).await
        } else {
            Ok(Enrolment::Refused)
        };
    };
    if known.try_get::<Option<i64>, _>(3)?.is_some() {
        return Ok(Enrolment::Revoked);
    }
    if known.try_get::<i64, _>(2)? != token.token_key && !is_good(&token, new.now) {
        return Ok(Enrolment::Refused);
    }
    sqlx::query("UPDATE device SET name = ?, site = ?, agent_version = ? WHERE device_key = ?")
        .bind(&new.name)
        .bind(&new.site)
        .bind(&new.agent_version)
        .bind(known.try_get::<i64, _>(0)?)
        .execute(db)
        .await?;
    Ok(Enrolment::Enrolled(DeviceId(known.try_get(1)?)))
}

fn is_good(token: &TokenRow, now: UtcMicros) -> bool {
    now.0 < token.expires_at_micros
}

async fn insert(db: &mut SqliteConnection, new: &NewDevice, token_key: i64) -> Result<Enrolment, IngestError> {
    token::sqlite::spend(db, token_key).await?;
    sqlx::query(
        "INSERT INTO device (device_id, public_key, name, site, agent_version, token_key, enrolled_at_micros)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.device_id.0)
    .bind(&new.public_key)
    .bind(&new.name)
    .bind(&new.site)
    .bind(&new.agent_version)
    .bind(token_key)
    .bind(new.now.0)
    .execute(db)
    .await?;
    Ok(Enrolment::Enrolled(new.device_id))
}

/// The device with this id.
pub async fn find(db: &mut SqliteConnection, device_id: DeviceId) -> Result<Option<DeviceRow>, IngestError> {
    let row = sqlx::query(
        "SELECT device_key, public_key, name, revoked_at_micros, clock_offset_micros
         FROM device LEFT JOIN device_report USING (device_key) WHERE device_id = ?",
    )
    .bind(device_id.0)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(DeviceRow {
        device_key: row.try_get(0)?,
        device_id,
        public_key: row.try_get(1)?,
        name: row.try_get(2)?,
        revoked_at: row.try_get::<Option<i64>, _>(3)?.map(UtcMicros),
        clock_offset_micros: row.try_get(4)?,
    }))
}

/// Revokes a device, at once; `false` when there is none or it was revoked before.
pub async fn revoke(db: &mut SqliteConnection, device_id: DeviceId, now: UtcMicros) -> Result<bool, IngestError> {
    let result =
        sqlx::query("UPDATE device SET revoked_at_micros = ? WHERE device_id = ? AND revoked_at_micros IS NULL")
            .bind(now.0)
            .bind(device_id.0)
            .execute(db)
            .await?;
    Ok(result.rows_affected() == 1)
}

/// How many devices have enrolled and are not revoked.
pub async fn count(db: &mut SqliteConnection) -> Result<u64, IngestError> {
    let count: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM device WHERE revoked_at_micros IS NULL").fetch_one(db).await?;
    Ok(count.unsigned_abs())
}
