//! Notes: what people write about a capture. They change by acts ([`Library::set_note`]).

use muster_domain::{
    id::{CaptureId, PersonId},
    time::UtcMicros,
};

use crate::{Library, Result, capture::live_key, table};

/// The note on a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text.
    pub text: String,
    /// Who wrote it last.
    pub person_id: PersonId,
    /// When.
    pub written_at: UtcMicros,
}

impl Library {
    /// The note on a capture.
    pub async fn note(&self, capture_id: CaptureId) -> Result<Option<Note>> {
        let mut transaction = self.read().await?;
        let key = live_key(&mut transaction, capture_id).await?;
        Ok(table::note::get(&mut transaction, key).await?)
    }
}
