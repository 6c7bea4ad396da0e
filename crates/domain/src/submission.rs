//! A person's finished statement about a capture.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CaptureId, ClassId, PersonId, ProjectId, SubmissionId},
    time::UtcMicros,
};

/// What the person states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "statement", rename_all = "snake_case")]
pub enum Statement {
    /// The annotations are complete and right.
    Submitted,
    /// The person looked, and there is nothing of the covered classes.
    VerifiedEmpty,
    /// The person passed it over.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Somebody else must look.
    Escalated {
        /// Why.
        reason: String,
    },
}

impl Statement {
    /// Every name, in the order of a facet panel.
    pub const NAMES: [&'static str; 4] = ["submitted", "verified_empty", "skipped", "escalated"];

    /// The name, as stored, queried and exported. A capture without a submission is `none` in queries.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::VerifiedEmpty => "verified_empty",
            Self::Skipped { .. } => "skipped",
            Self::Escalated { .. } => "escalated",
        }
    }
}

/// A fact of its own: a capture that nobody opened differs from one verified empty. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Its id.
    pub submission_id: SubmissionId,
    /// The project.
    pub project_id: ProjectId,
    /// The layer.
    pub layer: String,
    /// The capture.
    pub capture_id: CaptureId,
    /// Who.
    pub person_id: PersonId,
    /// What.
    pub statement: Statement,
    /// The version of the schema in force.
    pub schema_version: u32,
    /// The classes that the person looked for.
    pub classes_covered: Vec<ClassId>,
    /// When.
    pub submitted_at: UtcMicros,
}

/// Raw work time: idle and pace are computed from it, never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkSpan {
    /// Who.
    pub person_id: PersonId,
    /// The project.
    pub project_id: ProjectId,
    /// On which capture.
    pub capture_id: CaptureId,
    /// When it was opened.
    pub started_at: UtcMicros,
    /// When it was left.
    pub ended_at: UtcMicros,
    /// Key presses and pointer gestures in between.
    pub input_events: u32,
    /// Proposals on screen at the start.
    pub proposals_shown: u32,
}
