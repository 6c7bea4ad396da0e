//! Tags: a curator's marks on captures and annotations.

use muster_domain::id::AnnotationId;

use crate::{Library, Result};

impl Library {
    /// All tags in use, with the number of captures that have each, by name.
    pub async fn tags(&self) -> Result<Vec<(String, u64)>> {
        todo!()
    }
    /// Sets or takes off a tag on captures, as an operation (which is what undo takes back).
    pub async fn tag_annotation(&self, annotation_id: AnnotationId, tag: &str, on: bool) -> Result<()> {
        todo!()
    }
    /// The tags of an annotation, by name.
    pub async fn annotation_tags(&self, annotation_id: AnnotationId) -> Result<Vec<String>> {
        todo!()
    }
}
