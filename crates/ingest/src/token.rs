//! The text of tokens that people carry: a prefix that says what it is for, and 256 random bits.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{IngestError, entropy, table::token::Role};

/// A token that was just made. Only its hash is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Shown once.
    pub text: String,
}

impl Secret {
    /// Makes one.
    pub fn new(role: Role) -> Result<Self, IngestError> {
        let random: [u8; 32] = entropy::random()?;
        Ok(Self { text: format!("{}{}", prefix(role), URL_SAFE_NO_PAD.encode(random)) })
    }

    /// What is stored. The secret has 256 random bits, so that a plain hash cannot be searched.
    pub fn hash(text: &str) -> [u8; 32] {
        *blake3::hash(text.as_bytes()).as_bytes()
    }
}

fn prefix(role: Role) -> &'static str {
    match role {
        Role::Device => "mst_enrol_",
        Role::Annotator => "mst_api_",
    }
}
