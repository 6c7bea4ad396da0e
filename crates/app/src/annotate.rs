//! A person's acts: edits, undo and redo, submissions, tags.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult};

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nobody has decided yet.
    Undecided,
    /// It is right.
    Accepted,
    /// It is wrong.
    Rejected,
}

/// Who made something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// A person's hand.
    Person,
    /// A model's output.
    Model,
    /// An imported file.
    Import,
    /// A rule.
    Rule,
}

/// An annotation as the window sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AnnotationDto {
    /// Its id.
    pub annotation_id: String,
    /// Its capture.
    pub capture_id: String,
    /// Its asset.
    pub asset: String,
    /// The kind of its geometry.
    pub kind: String,
    /// Its bounds, where it has any.
    #[serde(rename = "box")]
    pub bounds: Option<BoxDto>,
    /// The text of a caption.
    pub text: Option<String>,
    /// Its class, once mapped.
    pub class_id: Option<String>,
    /// The name that the model or import used.
    pub model_class: Option<String>,
    /// What a person decided.
    pub decision: Decision,
    /// The model's confidence.
    pub confidence: Option<f64>,
    /// Who made it.
    pub origin: OriginKind,
    /// Who made it, in words.
    pub origin_label: String,
    /// Who set the geometry last, in words.
    pub geometry_by: String,
    /// Who set the class last, in words.
    pub class_by: String,
    /// The base of the next change.
    pub version: u32,
    /// Stacking order.
    pub z: i32,
    /// True for a tombstone.
    pub deleted: bool,
}

/// A box in pixels of the upright picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BoxDto {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// One gesture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EditRequest {
    /// Made by the caller; sending it twice changes nothing.
    pub operation_id: String,
    /// The capture.
    pub capture_id: String,
    /// What a person reads in the list of recent acts.
    pub title: String,
    /// In order.
    pub edits: Vec<Edit>,
}

/// One change of one annotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Edit {
    /// Draws a box.
    Create {
        /// Made by the caller.
        annotation_id: String,
        /// On which asset.
        asset: String,
        /// Where.
        #[serde(rename = "box")]
        bounds: BoxDto,
        /// What.
        class_id: String,
    },
    /// Changes what is not null.
    Update {
        /// Which.
        annotation_id: String,
        /// The version that the person saw.
        base_version: u32,
        /// Where.
        #[serde(rename = "box")]
        bounds: Option<BoxDto>,
        /// What.
        class_id: Option<String>,
        /// The decision; editing alone is accepting.
        decision: Option<Decision>,
    },
    /// Leaves a tombstone.
    Delete {
        /// Which.
        annotation_id: String,
        /// The version that the person saw.
        base_version: u32,
    },
    /// Takes a deletion back.
    Restore {
        /// Which.
        annotation_id: String,
        /// The version that the person saw.
        base_version: u32,
    },
}

/// What an edit made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EditResult {
    /// The operation.
    pub operation_id: String,
    /// The change that contains it.
    pub change_seq: u64,
    /// The new state of each touched annotation.
    pub annotations: Vec<AnnotationDto>,
}

/// What an undo or redo made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UndoResult {
    /// The act that was taken back or repeated; `None` when there was none.
    pub title: Option<String>,
    /// The captures that it touched.
    pub capture_ids: Vec<String>,
    /// The new state of each touched annotation.
    pub annotations: Vec<AnnotationDto>,
    /// True when there is more to take back.
    pub can_undo: bool,
    /// True when there is something to repeat.
    pub can_redo: bool,
}

/// One act in the list of recent acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecentAct {
    /// The operation.
    pub operation_id: String,
    /// In words.
    pub title: String,
    /// When.
    pub at_micros: i64,
    /// True when it was taken back.
    pub undone: bool,
}

/// A person's statement about a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// Complete and right.
    Submitted,
    /// Looked at, nothing there.
    VerifiedEmpty,
    /// Passed over, with a reason.
    Skipped,
    /// For somebody else, with a reason.
    Escalated,
}

/// A statement with its work time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SubmitRequest {
    /// The capture.
    pub capture_id: String,
    /// What the person states.
    pub statement: StatementKind,
    /// Why, where the statement needs a reason.
    pub reason: Option<String>,
    /// The work that led to it.
    pub work: WorkDto,
}

/// Raw work time on one capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WorkDto {
    /// When it was opened.
    pub started_at_micros: i64,
    /// When it was left.
    pub ended_at_micros: i64,
    /// Key presses and gestures in between.
    pub input_events: u32,
    /// Proposals on screen at the start.
    pub proposals_shown: u32,
}

/// The latest statement about a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SubmissionDto {
    /// What was stated.
    pub statement: StatementKind,
    /// Why.
    pub reason: Option<String>,
    /// By whom.
    pub person: String,
    /// When.
    pub at_micros: i64,
}

/// What tagging changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TagResult {
    /// Captures that gained or lost the tag.
    pub changed: u32,
}

/// Applies one gesture as one operation; returns when it is durable.
pub async fn apply_edits(app: &App, request: EditRequest) -> AppResult<EditResult> {
    Err(app.pending())
}

/// Takes back the person's last act, on one capture or at all.
pub async fn undo(app: &App, capture_id: Option<String>) -> AppResult<UndoResult> {
    Err(app.pending())
}

/// Repeats the act that was taken back last.
pub async fn redo(app: &App, capture_id: Option<String>) -> AppResult<UndoResult> {
    Err(app.pending())
}

/// The latest acts on a capture.
pub async fn recent_acts(app: &App, capture_id: String, limit: u32) -> AppResult<Vec<RecentAct>> {
    Err(app.pending())
}

/// Records a person's statement.
pub async fn submit(app: &App, request: SubmitRequest) -> AppResult<SubmissionDto> {
    Err(app.pending())
}

/// Sets a tag on captures or takes it off, in one act.
pub async fn tag_captures(app: &App, capture_ids: Vec<String>, tag: String, present: bool) -> AppResult<TagResult> {
    Err(app.pending())
}
