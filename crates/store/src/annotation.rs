//! Reading annotations. They change by operations alone.

use muster_domain::{
    annotation::Annotation,
    id::{AnnotationId, CaptureId, ProjectId},
};

use crate::{Library, Result};

/// Which annotations to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationFilter {
    /// Of this project.
    pub project_id: ProjectId,
    /// In this layer; `None` for all.
    pub layer: Option<String>,
    /// Tombstones too.
    pub with_deleted: bool,
}

impl AnnotationFilter {
    /// What is not deleted in the main layer of a project.
    pub fn main(project_id: ProjectId) -> Self {
        Self { project_id, layer: Some("main".into()), with_deleted: false }
    }
}

/// The annotations of one capture, lowest first.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureAnnotations {
    /// The capture.
    pub capture_id: CaptureId,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
}

impl Library {
    /// The annotations of one capture, lowest first.
    pub async fn annotations(&self, capture_id: CaptureId, filter: &AnnotationFilter) -> Result<Vec<Annotation>> {
        todo!()
    }
    /// The annotations of these captures, in this order.
    pub async fn annotations_of(&self, row_keys: &[u32], filter: &AnnotationFilter) -> Result<Vec<CaptureAnnotations>> {
        todo!()
    }
    /// The annotation, also as a tombstone.
    pub async fn annotation(&self, annotation_id: AnnotationId) -> Result<Option<Annotation>> {
        todo!()
    }
}
