//! Tokens in SQLite.

use muster_domain::time::UtcMicros;
use sqlx::SqliteConnection;

use super::{NewToken, Role, TokenRow};
use crate::IngestError;

/// Stores a token and gives its key.
pub async fn insert(db: &mut SqliteConnection, token: &NewToken, now: UtcMicros) -> Result<i64, IngestError> {
    let key = sqlx::query_scalar(
        "INSERT INTO token (role, token_hash, site, uses_left, created_at_micros, expires_at_micros)
         VALUES (?, ?, ?, ?, ?, ?) RETURNING token_key",
    )
    .bind(token.role.name())
    .bind(token.hash.as_slice())
    .bind(&token.site)
    .bind(token.uses)
    .bind(now.0)
    .bind(token.expires_at.0)
    .fetch_one(db)
    .await?;
    Ok(key)
}

/// The token of a role with this hash, whether or not it is still good.
pub async fn find(db: &mut SqliteConnection, role: Role, hash: &[u8; 32]) -> Result<Option<TokenRow>, IngestError> {
    Ok(sqlx::query_as(
        "SELECT token_key, role, site, uses_left, expires_at_micros, revoked_at_micros
         FROM token WHERE token_hash = ? AND role = ?",
    )
    .bind(hash.as_slice())
    .bind(role.name())
    .fetch_optional(db)
    .await?)
}

/// All tokens, oldest first.
pub async fn list(db: &mut SqliteConnection) -> Result<Vec<TokenRow>, IngestError> {
    Ok(sqlx::query_as(
        "SELECT token_key, role, site, uses_left, expires_at_micros, revoked_at_micros FROM token ORDER BY token_key",
    )
    .fetch_all(db)
    .await?)
}

/// Counts one use.
pub async fn spend(db: &mut SqliteConnection, token_key: i64) -> Result<(), IngestError> {
    sqlx::query("UPDATE token SET uses_left = uses_left - 1 WHERE token_key = ?").bind(token_key).execute(db).await?;
    Ok(())
}

/// Revokes a token; `false` when there is none or it was revoked before.
pub async fn revoke(db: &mut SqliteConnection, token_key: i64, now: UtcMicros) -> Result<bool, IngestError> {
    let result =
        sqlx::query("UPDATE token SET revoked_at_micros = ? WHERE token_key = ? AND revoked_at_micros IS NULL")
            .bind(now.0)
            .bind(token_key)
            .execute(db)
            .await?;
    Ok(result.rows_affected() == 1)
}
