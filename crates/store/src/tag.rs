//! Tags: a curator's marks on captures and annotations.

use muster_domain::id::AnnotationId;

use crate::{Library, Noun, Result, StoreError, table};

impl Library {
    /// All tags in use, by name, with the number of captures that have each.
    ///
    /// Tagging is an act ([`Library::tag_rows`], [`Library::tag_annotations`]), so that it can be taken back.
    pub async fn tags(&self) -> Result<Vec<(String, u64)>> {
        Ok(table::tag::counts(&mut *self.read().await?).await?)
    }

    /// The tags of an annotation, by name.
    pub async fn annotation_tags(&self, annotation_id: AnnotationId) -> Result<Vec<String>> {
        let mut transaction = self.read().await?;
        let keys = table::annotation::keys(&mut transaction, annotation_id).await?;
        let (key, _) = keys.ok_or_else(|| StoreError::unknown(Noun::Annotation, &annotation_id))?;
        Ok(table::tag::of_annotation(&mut transaction, key).await?)
    }
}
