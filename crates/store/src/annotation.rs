//! Reading annotations. They change by operations alone.

use std::collections::HashMap;

use muster_domain::{
    annotation::Annotation,
    id::{AnnotationId, CaptureId, ProjectId},
};

use crate::{Library, Result, capture::live_key, project::project_key, table};

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
        let mut transaction = self.read().await?;
        let key = live_key(&mut transaction, capture_id).await?;
        let project_key = project_key(&mut transaction, filter.project_id).await?;
        let layer = filter.layer.as_deref();
        let stored =
            table::annotation::of_captures(&mut transaction, project_key, layer, filter.with_deleted, &[key]).await?;
        Ok(stored.into_iter().map(|stored| stored.annotation).collect())
    }

    /// The annotations of these captures, in this order; captures without any are there too.
    pub async fn annotations_of(&self, row_keys: &[u32], filter: &AnnotationFilter) -> Result<Vec<CaptureAnnotations>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, filter.project_id).await?;
        let layer = filter.layer.as_deref();
        let stored =
            table::annotation::of_captures(&mut transaction, project_key, layer, filter.with_deleted, row_keys).await?;
        let mut by_capture: HashMap<u32, Vec<Annotation>> = HashMap::new();
        for stored in stored {
            by_capture.entry(stored.capture_key).or_default().push(stored.annotation);
        }
        let lines = table::capture::lines(&mut transaction, row_keys).await?;
        let ids: HashMap<u32, CaptureId> = lines.into_iter().map(|line| (line.row_key, line.capture_id)).collect();
        let found = row_keys.iter().filter_map(|key| ids.get(key).map(|capture_id| (key, *capture_id)));
        Ok(found
            .map(|(key, capture_id)| CaptureAnnotations {
                capture_id,
                annotations: by_capture.remove(key).unwrap_or_default(),
            })
            .collect())
    }

    /// The annotation, also as a tombstone.
    pub async fn annotation(&self, annotation_id: AnnotationId) -> Result<Option<Annotation>> {
        let mut transaction = self.read().await?;
        let stored = table::annotation::by_ids(&mut transaction, &[annotation_id]).await?;
        Ok(stored.into_iter().next().map(|stored| stored.annotation))
    }
}
