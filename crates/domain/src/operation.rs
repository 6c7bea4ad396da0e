//! Operations: one act of a person, job or sync, with its compact diff and inverse.

use serde::{Deserialize, Serialize};

use uuid::Uuid;

use crate::{
    annotation::{Annotation, Decision},
    field::FieldValue,
    id::{AnnotationId, CaptureId, ClassId, JobId, OperationId, PersonId, ProjectId, ServiceId},
    origin::Origin,
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

/// The class that an annotation has, and who gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassStanding {
    /// The class; `None` while it is unmapped.
    pub class_id: Option<ClassId>,
    /// Who set it; `None` means the hand that made the annotation.
    pub origin: Option<Origin>,
    /// The version of the label schema that it was set under.
    pub schema_version: u32,
}

/// What a bulk act changes of an annotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// What a person decided.
    pub decision: Decision,
    /// The class, where the act is about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassStanding>,
}

/// Annotations that stood alike before a bulk act, and stand alike after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandingChange {
    /// Their version before; another one was changed in the meantime and is passed over.
    pub version: u32,
    /// How they stood.
    pub before: Standing,
    /// How they stand.
    pub after: Standing,
    /// Which.
    pub annotations: Vec<AnnotationId>,
}

impl StandingChange {
    /// The change that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            version: self.version + 1,
            before: self.after.clone(),
            after: self.before.clone(),
            annotations: self.annotations.clone(),
        }
    }
}

/// A user field of one capture or annotation before and after; `None` where it is not set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The capture or the annotation.
    pub id: Uuid,
    /// Its value that the act was based on.
    pub before: Option<FieldValue>,
    /// Its value after the act.
    pub after: Option<FieldValue>,
}

/// The note on one capture before and after; `None` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteChange {
    /// The capture.
    pub capture_id: CaptureId,
    /// The text that the act was based on.
    pub before: Option<String>,
    /// The text after the act.
    pub after: Option<String>,
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
    /// A tag set on or taken off annotations.
    AnnotationTag {
        /// The tag.
        tag: String,
        /// Annotations that gained it.
        added: Vec<AnnotationId>,
        /// Annotations that lost it.
        removed: Vec<AnnotationId>,
    },
    /// The same decision or class given to many annotations.
    Standing {
        /// One entry for those that stood alike.
        changes: Vec<StandingChange>,
    },
    /// A user field set or cleared.
    Field {
        /// The field.
        name: String,
        /// True when it sits on annotations, false on captures.
        on_annotation: bool,
        /// One entry for each capture or annotation.
        changes: Vec<FieldChange>,
    },
    /// Notes written, changed or removed.
    Note {
        /// One entry for each capture.
        changes: Vec<NoteChange>,
    },
    /// A new version of the label schema.
    Schema {
        /// Before.
        before: Box<LabelSchema>,
        /// After.
        after: Box<LabelSchema>,
    },
    /// Everything that one import brought. The library knows what that was, so that a million labels are not written
    /// twice.
    Import {
        /// The import: the id of its job.
        import_id: JobId,
        /// True when it is in the library after the act, false when it is taken back.
        present: bool,
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
            Self::AnnotationTag { tag, added, removed } => {
                Self::AnnotationTag { tag: tag.clone(), added: removed.clone(), removed: added.clone() }
            }
            Self::Standing { changes } => {
                Self::Standing { changes: changes.iter().map(StandingChange::inverse).collect() }
            }
            Self::Field { name, on_annotation, changes } => {
                let swapped = |change: &FieldChange| FieldChange {
                    id: change.id,
                    before: change.after.clone(),
                    after: change.before.clone(),
                };
                let changes = changes.iter().map(swapped).collect();
                Self::Field { name: name.clone(), on_annotation: *on_annotation, changes }
            }
            Self::Note { changes } => {
                let swapped = |change: &NoteChange| NoteChange {
                    capture_id: change.capture_id,
                    before: change.after.clone(),
                    after: change.before.clone(),
                };
                Self::Note { changes: changes.iter().map(swapped).collect() }
            }
            Self::Schema { before, after } => Self::Schema { before: after.clone(), after: before.clone() },
            Self::Import { import_id, present } => Self::Import { import_id: *import_id, present: !present },
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
