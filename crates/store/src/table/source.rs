//! `service`, `site`, `device`, `trigger_rule`, `import_root`: where captures come from.

use muster_domain::{
    id::{DeviceId, ServiceId},
    time::UtcMicros,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    service::{ImportRoot, Service, ServiceDraft},
    site::Site,
};

/// The key of a site, made where it is new.
pub async fn site(connection: &mut SqliteConnection, name: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO site (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING row_key",
    )
    .bind(name)
    .fetch_one(connection)
    .await
}

/// All sites, by name.
pub async fn sites(connection: &mut SqliteConnection) -> sqlx::Result<Vec<Site>> {
    let rows: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT name, time_zone FROM site ORDER BY name").fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, time_zone)| Site { name, time_zone }).collect())
}

/// Sets the time zone of a site; false when there is no such site.
pub async fn set_time_zone(
    connection: &mut SqliteConnection,
    site: &str,
    time_zone: Option<&str>,
) -> sqlx::Result<bool> {
    let set = sqlx::query("UPDATE site SET time_zone = ? WHERE name = ?").bind(time_zone).bind(site);
    Ok(set.execute(connection).await?.rows_affected() > 0)
}

/// The key of a device, and whether it had another name until now.
pub async fn device(connection: &mut SqliteConnection, device_id: DeviceId, name: &str) -> sqlx::Result<(i64, bool)> {
    let known: Option<(i64, String)> = sqlx::query_as("SELECT row_key, name FROM device WHERE device_id = ?")
        .bind(device_id.0)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some((key, old)) = known {
        let renamed = old != name;
        if renamed {
            let renaming = sqlx::query("UPDATE device SET name = ? WHERE row_key = ?").bind(name).bind(key);
            renaming.execute(connection).await?;
        }
        return Ok((key, renamed));
    }
    let inserted = sqlx::query("INSERT INTO device (device_id, name) VALUES (?, ?)").bind(device_id.0).bind(name);
    Ok((inserted.execute(connection).await?.last_insert_rowid(), false))
}

/// The key of a trigger at a version, made where it is new.
pub async fn trigger(
    connection: &mut SqliteConnection,
    name: &str,
    version: u32,
    expression: &str,
) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO trigger_rule (name, version, expression) VALUES (?, ?, ?)
         ON CONFLICT (name, version, expression) DO UPDATE SET name = excluded.name RETURNING row_key",
    )
    .bind(name)
    .bind(version)
    .bind(expression)
    .fetch_one(connection)
    .await
}

/// The key of an import root.
pub async fn import_root(connection: &mut SqliteConnection, name: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT row_key FROM import_root WHERE name = ?").bind(name).fetch_optional(connection).await
}

/// Adds an import root or moves it.
pub async fn set_import_root(connection: &mut SqliteConnection, root: &ImportRoot, now: UtcMicros) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO import_root (name, path, added_at_micros) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET path = excluded.path",
    )
    .bind(&root.name)
    .bind(&root.path)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// All import roots, by name.
pub async fn import_roots(connection: &mut SqliteConnection) -> sqlx::Result<Vec<ImportRoot>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT name, path FROM import_root ORDER BY name").fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, path)| ImportRoot { name, path }).collect())
}

/// The key of a service that was not removed.
pub async fn service_key(connection: &mut SqliteConnection, service_id: ServiceId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT row_key FROM service WHERE service_id = ? AND removed_at_micros IS NULL")
        .bind(service_id.0)
        .fetch_optional(connection)
        .await
}

/// Adds a service; its address or its id decides whether it is known, and a removed one comes back with its cursor.
pub async fn add_service(
    connection: &mut SqliteConnection,
    service: &ServiceDraft,
    now: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO service (service_id, url, name, token_file, added_at_micros) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (url) DO UPDATE SET
             name = excluded.name, token_file = excluded.token_file, removed_at_micros = NULL
         ON CONFLICT (service_id) DO UPDATE SET
             url = excluded.url, name = excluded.name, token_file = excluded.token_file, removed_at_micros = NULL",
    )
    .bind(service.service_id.0)
    .bind(&service.url)
    .bind(&service.name)
    .bind(&service.token_file)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks a service as removed.
pub async fn remove_service(
    connection: &mut SqliteConnection,
    service_id: ServiceId,
    now: UtcMicros,
) -> sqlx::Result<u64> {
    let removed =
        sqlx::query("UPDATE service SET removed_at_micros = ? WHERE service_id = ? AND removed_at_micros IS NULL")
            .bind(now.0)
            .bind(service_id.0)
            .execute(connection)
            .await?;
    Ok(removed.rows_affected())
}

/// Saves where the feed goes on.
pub async fn set_cursor(
    connection: &mut SqliteConnection,
    service_id: ServiceId,
    cursor: Option<&str>,
    now: UtcMicros,
) -> sqlx::Result<u64> {
    let saved = sqlx::query("UPDATE service SET cursor = ?, synced_at_micros = ? WHERE service_id = ?")
        .bind(cursor)
        .bind(now.0)
        .bind(service_id.0)
        .execute(connection)
        .await?;
    Ok(saved.rows_affected())
}

/// Says which captures are wanted; something else than before takes the cursor away.
pub async fn set_wanted(
    connection: &mut SqliteConnection,
    service_id: ServiceId,
    wanted: Option<&str>,
) -> sqlx::Result<u64> {
    let saved = sqlx::query(
        "UPDATE service SET wanted = ?1, cursor = iif(wanted IS ?1, cursor, NULL)
         WHERE service_id = ?2 AND removed_at_micros IS NULL",
    )
    .bind(wanted)
    .bind(service_id.0)
    .execute(connection)
    .await?;
    Ok(saved.rows_affected())
}

/// Captures of a service that are not erased.
pub async fn captures_of_service(connection: &mut SqliteConnection, service_id: ServiceId) -> sqlx::Result<u64> {
    let count: Option<i64> = sqlx::query_scalar(
        "SELECT captures FROM capture_count JOIN service ON service.row_key = capture_count.service_key
         WHERE service.service_id = ?",
    )
    .bind(service_id.0)
    .fetch_optional(connection)
    .await?;
    Ok(count.unwrap_or(0) as u64)
}

/// All services that were not removed, in the order in which they were added.
pub async fn services(connection: &mut SqliteConnection) -> sqlx::Result<Vec<Service>> {
    let rows = sqlx::query(
        "SELECT service_id, url, name, token_file, cursor, wanted, added_at_micros, synced_at_micros
         FROM service WHERE removed_at_micros IS NULL ORDER BY row_key",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(read_service).collect())
}

/// The service of an address.
pub async fn service_at(connection: &mut SqliteConnection, url: &str) -> sqlx::Result<Service> {
    let row = sqlx::query(
        "SELECT service_id, url, name, token_file, cursor, wanted, added_at_micros, synced_at_micros
         FROM service WHERE url = ?",
    )
    .bind(url)
    .fetch_one(connection)
    .await?;
    Ok(read_service(&row))
}

fn read_service(row: &SqliteRow) -> Service {
    Service {
        service_id: ServiceId(row.get("service_id")),
        url: row.get("url"),
        name: row.get("name"),
        token_file: row.get("token_file"),
        cursor: row.get("cursor"),
        wanted: row.get("wanted"),
        added_at: UtcMicros(row.get("added_at_micros")),
        synced_at: row.get::<Option<i64>, _>("synced_at_micros").map(UtcMicros),
    }
}
