//! `setting`.

use sqlx::SqliteConnection;

/// Settings of a person as JSON, by name.
pub async fn of_person(connection: &mut SqliteConnection, person_key: i64) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as("SELECT name, value FROM setting WHERE person_key = ? ORDER BY name")
        .bind(person_key)
        .fetch_all(connection)
        .await
}

/// One setting as JSON.
pub async fn get(connection: &mut SqliteConnection, person_key: i64, name: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT value FROM setting WHERE person_key = ? AND name = ?")
        .bind(person_key)
        .bind(name)
        .fetch_optional(connection)
        .await
}

/// Saves a setting.
pub async fn set(connection: &mut SqliteConnection, person_key: i64, name: &str, value: &str) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO setting (person_key, name, value) VALUES (?, ?, ?)
         ON CONFLICT (person_key, name) DO UPDATE SET value = excluded.value",
    )
    .bind(person_key)
    .bind(name)
    .bind(value)
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes a setting.
pub async fn unset(connection: &mut SqliteConnection, person_key: i64, name: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM setting WHERE person_key = ? AND name = ?")
        .bind(person_key)
        .bind(name)
        .execute(connection)
        .await?;
    Ok(())
}
