//! Every SQL statement of the library, one module a table or noun. Functions take a connection (mostly inside a
//! transaction) and know nothing of rules.
//!
//! Statements are static texts. Lists travel as one JSON array that `json_each` unfolds (ids as hexadecimal digits for
//! `unhex`), or as a multi-row `VALUES` whose placeholders [`bulk`] counts out.

pub mod annotation;
pub mod aside;
pub mod asset;
pub mod blob;
pub mod bulk;
pub mod capture;
pub mod change;
pub mod check;
pub mod field;
pub mod import;
pub mod job;
pub mod ledger;
pub mod migration;
pub mod model_run;
pub mod note;
pub mod offline;
pub mod operation;
pub mod origin;
pub mod project;
pub mod proposal;
pub mod selection;
pub mod setting;
pub mod source;
pub mod standing;
pub mod submission;
pub mod tag;
pub mod thumbnail;

/// Integer keys as the JSON array that `json_each` unfolds.
pub fn json_of_keys<K: std::fmt::Display>(keys: impl IntoIterator<Item = K>) -> String {
    let mut json = String::from("[");
    for (i, key) in keys.into_iter().enumerate() {
        use std::fmt::Write as _;
        let separator = if i == 0 { "" } else { "," };
        write!(json, "{separator}{key}").expect("a String takes every write");
    }
    json.push(']');
    json
}

/// Binary ids or digests as the JSON array of hexadecimal texts that `json_each` and `unhex` unfold.
pub fn json_of_blobs<'a, const N: usize>(blobs: impl IntoIterator<Item = &'a [u8; N]>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut json = String::from("[");
    for (i, blob) in blobs.into_iter().enumerate() {
        json.push_str(if i == 0 { "\"" } else { ",\"" });
        for byte in blob {
            json.push(char::from(DIGITS[usize::from(byte >> 4)]));
            json.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        json.push('"');
    }
    json.push(']');
    json
}

/// A digest out of a column.
pub fn digest(bytes: &[u8]) -> Result<muster_domain::digest::Digest, sqlx::Error> {
    let array = <[u8; 32]>::try_from(bytes).map_err(|wrong| sqlx::Error::Decode(Box::new(wrong)))?;
    Ok(muster_domain::digest::Digest::from_bytes(array))
}
