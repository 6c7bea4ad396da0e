//! Tags: a curator's marks on captures and annotations.

use muster_domain::id::AnnotationId;

use crate::{Library, Noun, Result, StoreError, table};

impl Library {
    /// All tags in use, by name, with the number of captures that have each.
    ///
    /// Captures are tagged by an operation ([`muster_domain::operation::Diff::Tag`]), so that it can be taken back.
    pub async fn tags(&self) -> Result<Vec<(String, u64)>> {
        Ok(table::tag::counts(&mut *self.read().await?).await?)
    }

    /// Sets a tag on an annotation, or takes it off.
    pub async fn tag_annotation(&self, annotation_id: AnnotationId, tag: &str, on: bool) -> Result<()> {
        let mut transaction = self.begin().await?;
        let keys = table::annotation::keys(&mut transaction, annotation_id).await?;
        let (key, capture_key) = keys.ok_or_else(|| StoreError::unknown(Noun::Annotation, &annotation_id))?;
        let tag_key = table::tag::key(&mut transaction, tag).await?;
        if on {
            table::tag::set_on_annotation(&mut transaction, tag_key, key).await?;
        } else {
            table::tag::unset_on_annotation(&mut transaction, tag_key, key).await?;
        }
        table::change::bump(&mut transaction, &[capture_key]).await?;
        self.commit(transaction).await
    }

    /// The tags of an annotation, by name.
    pub async fn annotation_tags(&self, annotation_id: AnnotationId) -> Result<Vec<String>> {
        let mut transaction = self.read().await?;
        let keys = table::annotation::keys(&mut transaction, annotation_id).await?;
        let (key, _) = keys.ok_or_else(|| StoreError::unknown(Noun::Annotation, &annotation_id))?;
        Ok(table::tag::of_annotation(&mut transaction, key).await?)
    }
}
