//! Randomness: the one place that asks the operating system for it.

use crate::IngestError;

/// `N` bytes that nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N], IngestError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(IngestError::Entropy)?;
    Ok(bytes)
}

/// A new version 4 UUID.
pub fn random_uuid() -> Result<uuid::Uuid, IngestError> {
    Ok(uuid::Builder::from_random_bytes(random()?).into_uuid())
}
