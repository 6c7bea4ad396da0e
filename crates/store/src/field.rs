//! Typed user fields on captures and annotations.

use std::collections::BTreeMap;

use muster_domain::{
    field::{FieldValue, UserField},
    id::{AnnotationId, CaptureId},
};

use crate::{Library, Result};

impl Library {
    /// Defines a field; the same again changes nothing, another type of the same name is an error.
    pub async fn define_field(&self, field: &UserField) -> Result<()> {
        todo!()
    }
    /// All fields, by name.
    pub async fn user_fields(&self) -> Result<Vec<UserField>> {
        todo!()
    }
    /// Sets a field on captures (`None` clears it), in one transaction.
    pub async fn set_capture_field(&self, name: &str, values: &[(CaptureId, Option<FieldValue>)]) -> Result<u64> {
        todo!()
    }
    /// Sets a field on annotations (`None` clears it), in one transaction.
    pub async fn set_annotation_field(&self, name: &str, values: &[(AnnotationId, Option<FieldValue>)]) -> Result<u64> {
        todo!()
    }
    /// The fields of a capture.
    pub async fn capture_fields(&self, capture_id: CaptureId) -> Result<BTreeMap<String, FieldValue>> {
        todo!()
    }
    /// The fields of an annotation.
    pub async fn annotation_fields(&self, annotation_id: AnnotationId) -> Result<BTreeMap<String, FieldValue>> {
        todo!()
    }
}
