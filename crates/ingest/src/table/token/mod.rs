//! Enrolment tokens of devices and API tokens of people.

pub mod sqlite;

use muster_domain::time::UtcMicros;

/// What a token lets its bearer do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Enrol devices.
    Device,
    /// Sync a library.
    Annotator,
}

impl Role {
    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Annotator => "annotator",
        }
    }
}

/// A token to be stored.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// For whom.
    pub role: Role,
    /// The hash of its text.
    pub hash: [u8; 32],
    /// The only site that it enrols devices at.
    pub site: Option<String>,
    /// How many devices it enrols; `None` for people.
    pub uses: Option<u32>,
    /// Until when.
    pub expires_at: UtcMicros,
}

/// A token as it is listed. Its text is nowhere.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct TokenRow {
    /// Names it in `token revoke`.
    pub token_key: i64,
    /// See [`Role::name`].
    pub role: String,
    /// The only site that it enrols devices at.
    pub site: Option<String>,
    /// How many devices it still enrols.
    pub uses_left: Option<i64>,
    /// Until when.
    pub expires_at_micros: i64,
    /// When it was revoked.
    pub revoked_at_micros: Option<i64>,
}
