//! Operations: one act of a person, job or sync, with its compact diff and inverse.

use serde::{Deserialize, Serialize};

use crate::{
    annotation::Annotation,
    id::{AnnotationId, CaptureId, JobId, OperationId, PersonId, ProjectId, ServiceId},
    schema::LabelSchema,
    time::UtcMicros,
};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A person.
    Person {
        /// Who.
        person_id: PersonId,
    },
    /// A job, such as a pre-labelling run.
    Job {
        /// Which.
        job_id: JobId,
    },
    /// Sync from a service.
    Sync {
        /// Which.
        service_id: ServiceId,
    },
}

/// One annotation before and after. Creation has no `before`, forgetting a model run has no `after`;
/// a person's deletion keeps an `after` that is a tombstone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnotationChange {
    /// Which annotation.
    pub annotation_id: AnnotationId,
    /// Its state that the act was based on.
    pub before: Option<Annotation>,
    /// Its state after the act.
    pub after: Option<Annotation>,
}

impl AnnotationChange {
    /// The change that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { annotation_id: self.annotation_id, before: self.after.clone(), after: self.before.clone() }
    }
}

/// What an operation changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Diff {
    /// Annotations of one or several captures.
    Annotations {
        /// In order.
        changes: Vec<AnnotationChange>,
    },
    /// A tag set on or taken off captures.
    Tag {
        /// The tag.
        tag: String,
        /// Captures that gained it.
        added: Vec<CaptureId>,
        /// Captures that lost it.
        removed: Vec<CaptureId>,
    },
    /// A new version of the label schema.
    Schema {
        /// Before.
        before: Box<LabelSchema>,
        /// After.
        after: Box<LabelSchema>,
    },
}

impl Diff {
    /// The diff that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        match self {
            Self::Annotations { changes } => {
                Self::Annotations { changes: changes.iter().rev().map(AnnotationChange::inverse).collect() }
            }
            Self::Tag { tag, added, removed } => {
                Self::Tag { tag: tag.clone(), added: removed.clone(), removed: added.clone() }
            }
            Self::Schema { before, after } => Self::Schema { before: after.clone(), after: before.clone() },
        }
    }
}

/// One act: the unit of undo, audit and sync. Append-only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id, made by the caller, so that sending it twice changes nothing.
    pub operation_id: OperationId,
    /// The project, where the act belongs to one.
    pub project_id: Option<ProjectId>,
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: UtcMicros,
    /// What a person reads in the list of recent acts, such as `Move person`.
    pub title: String,
    /// What changed.
    pub diff: Diff,
    /// The operation that this one takes back or repeats, if it does.
    pub undoes: Option<OperationId>,
}
