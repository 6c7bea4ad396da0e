//! A person's acts: edits, undo and redo, submissions, tags.

use muster_domain::{
    annotation::{Annotation, Decision as DomainDecision},
    geometry::{BoundingBox, Geometry},
    id::{AnnotationId, CaptureId, OperationId, SubmissionId},
    ledger::LedgerEvent,
    operation::{Actor, Diff, Operation},
    origin::Origin,
    submission::{Statement, Submission, WorkSpan},
    time::UtcMicros,
};
use muster_store::{annotation::AnnotationFilter, operation::ActLine};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    session::opened::{MAIN_LAYER, OpenLibrary, parse_id},
};

mod edit;

use edit::EditContext;

/// Annotations whose new state an undo tells, and captures that it names.
const TOLD_STATES: usize = 1_000;

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
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let capture_id: CaptureId = parse_id("capture", &request.capture_id)?;
    let operation_id: OperationId = parse_id("operation", &request.operation_id)?;
    if opened.library.operation(operation_id).await?.is_some() {
        // Sent twice: the answer is the present state of what it touched.
        let touched = request.edits.iter().map(|edit| parse_id("annotation", edit.annotation_id()));
        let touched = touched.collect::<AppResult<Vec<AnnotationId>>>()?;
        let change_seq = opened.library.change_seq().await?;
        return edit_result(&opened, operation_id, change_seq, &touched).await;
    }
    let schema = opened.library.schema(identity.project_id).await?;
    let stored = opened.library.capture(capture_id).await?;
    let stored = stored.ok_or_else(|| AppError::not_found(format!("capture {capture_id}")))?;
    let filter = AnnotationFilter { with_deleted: true, ..AnnotationFilter::main(identity.project_id) };
    let annotations = opened.library.annotations(capture_id, &filter).await?;
    let assets: Vec<String> = stored.capture.assets.into_iter().map(|asset| asset.name).collect();
    let context =
        EditContext { identity: &identity, schema: &schema, capture_id, assets: &assets, annotations: &annotations };
    let changes = context.changes(&request.edits)?;
    let touched: Vec<AnnotationId> = changes.iter().map(|change| change.annotation_id).collect();
    let operation = Operation {
        operation_id,
        project_id: Some(identity.project_id),
        actor: Actor::Person { person_id: identity.person.person_id },
        at: app.now(),
        title: request.title,
        diff: Diff::Annotations { changes },
        undoes: None,
    };
    let applied = opened.library.apply(operation).await?;
    opened.notify_changed();
    edit_result(&opened, operation_id, applied.change_seq, &touched).await
}

impl Edit {
    fn annotation_id(&self) -> &str {
        match self {
            Self::Create { annotation_id, .. }
            | Self::Update { annotation_id, .. }
            | Self::Delete { annotation_id, .. }
            | Self::Restore { annotation_id, .. } => annotation_id,
        }
    }
}

async fn edit_result(
    opened: &OpenLibrary,
    operation_id: OperationId,
    change_seq: u64,
    touched: &[AnnotationId],
) -> AppResult<EditResult> {
    let annotations = present_state(opened, touched).await?;
    Ok(EditResult { operation_id: operation_id.to_string(), change_seq, annotations })
}

async fn present_state(opened: &OpenLibrary, ids: &[AnnotationId]) -> AppResult<Vec<AnnotationDto>> {
    let mut present = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(annotation) = opened.library.annotation(*id).await? {
            present.push(annotation_dto(opened, &annotation));
        }
    }
    Ok(present)
}

/// Takes back the person's last act, on one capture or at all.
pub async fn undo(app: &App, capture_id: Option<String>) -> AppResult<UndoResult> {
    step(app, capture_id, Direction::Back).await
}

/// Repeats the act that was taken back last.
pub async fn redo(app: &App, capture_id: Option<String>) -> AppResult<UndoResult> {
    step(app, capture_id, Direction::Again).await
}

#[derive(Clone, Copy)]
enum Direction {
    Back,
    Again,
}

async fn step(app: &App, capture_id: Option<String>, direction: Direction) -> AppResult<UndoResult> {
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let capture_id = capture_id.map(|text| parse_id::<CaptureId>("capture", &text)).transpose()?;
    let (project_id, person_id) = (identity.project_id, identity.person.person_id);
    let done = match (direction, capture_id) {
        (Direction::Back, None) => opened.library.undo(project_id, person_id).await?,
        (Direction::Back, Some(capture_id)) => opened.library.undo_on(project_id, person_id, capture_id).await?,
        (Direction::Again, None) => opened.library.redo(project_id, person_id).await?,
        (Direction::Again, Some(capture_id)) => opened.library.redo_on(project_id, person_id, capture_id).await?,
    };
    let depth = match capture_id {
        None => opened.library.undo_depth(project_id, person_id).await?,
        Some(capture_id) => opened.library.undo_depth_on(project_id, person_id, capture_id).await?,
    };
    let mut result = UndoResult {
        title: None,
        capture_ids: Vec::new(),
        annotations: Vec::new(),
        can_undo: depth.undo.is_some(),
        can_redo: depth.redo.is_some(),
    };
    if let Some(done) = done {
        opened.notify_changed();
        // Of a bulk act the window reads what it shows again, instead of a hundred thousand states.
        let few = done.applied.versions.len() <= TOLD_STATES;
        let touched: Vec<AnnotationId> = done.applied.versions.iter().filter(|_| few).map(|(id, _)| *id).collect();
        result.title = Some(done.title);
        let few = done.applied.captures.len() <= TOLD_STATES;
        result.capture_ids = done.applied.captures.iter().filter(|_| few).map(ToString::to_string).collect();
        result.annotations = present_state(&opened, &touched).await?;
    }
    Ok(result)
}

/// The latest acts on a capture.
pub async fn recent_acts(app: &App, capture_id: String, limit: u32) -> AppResult<Vec<RecentAct>> {
    let opened = app.opened().await?;
    let capture_id: CaptureId = parse_id("capture", &capture_id)?;
    let lines = opened.library.acts_on(capture_id, limit).await?;
    let act = |line: ActLine| RecentAct {
        operation_id: line.operation_id.to_string(),
        title: line.title,
        at_micros: line.at.0,
        undone: line.undone,
    };
    Ok(lines.into_iter().map(act).collect())
}

/// Records a person's statement and the work that led to it.
pub async fn submit(app: &App, request: SubmitRequest) -> AppResult<SubmissionDto> {
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let capture_id: CaptureId = parse_id("capture", &request.capture_id)?;
    let schema = opened.library.schema(identity.project_id).await?;
    let submission = Submission {
        submission_id: SubmissionId(Uuid::new_v4()),
        project_id: identity.project_id,
        layer: MAIN_LAYER.into(),
        capture_id,
        person_id: identity.person.person_id,
        statement: statement(request.statement, request.reason.as_deref())?,
        schema_version: schema.version,
        classes_covered: schema.classes.iter().filter(|class| !class.retired).map(|class| class.class_id).collect(),
        submitted_at: app.now(),
    };
    if submission.statement == Statement::VerifiedEmpty {
        let filter = AnnotationFilter::main(identity.project_id);
        let annotations = opened.library.annotations(capture_id, &filter).await?;
        if annotations.iter().any(|annotation| annotation.decision == DomainDecision::Accepted) {
            return Err(AppError::new(ErrorCode::Conflict, "the capture has accepted annotations, so it is not empty")
                .with_remedy("delete or reject them first, or submit it"));
        }
    }
    opened.library.submit(&submission).await?;
    let work = request.work;
    if work.ended_at_micros >= work.started_at_micros {
        let span = WorkSpan {
            person_id: identity.person.person_id,
            project_id: identity.project_id,
            capture_id,
            started_at: UtcMicros(work.started_at_micros),
            ended_at: UtcMicros(work.ended_at_micros),
            input_events: work.input_events,
            proposals_shown: work.proposals_shown,
        };
        opened.library.add_work_span(&span).await?;
    }
    let said = format!("{} by {}", submission.statement.name().replace('_', " "), identity.person.name);
    opened.note(&[capture_id], LedgerEvent::Submitted, &said).await?;
    opened.notify_changed();
    Ok(submission_dto(&opened, &submission))
}

fn statement(kind: StatementKind, reason: Option<&str>) -> AppResult<Statement> {
    let reason = || {
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        reason.map(str::to_owned).ok_or_else(|| AppError::invalid("skipping and escalating need a reason"))
    };
    Ok(match kind {
        StatementKind::Submitted => Statement::Submitted,
        StatementKind::VerifiedEmpty => Statement::VerifiedEmpty,
        StatementKind::Skipped => Statement::Skipped { reason: reason()? },
        StatementKind::Escalated => Statement::Escalated { reason: reason()? },
    })
}

/// An annotation as the window sees it.
pub(crate) fn annotation_dto(opened: &OpenLibrary, annotation: &Annotation) -> AnnotationDto {
    let text = match &annotation.geometry {
        Geometry::Caption { text, .. } => Some(text.clone()),
        _ => None,
    };
    AnnotationDto {
        annotation_id: annotation.annotation_id.to_string(),
        capture_id: annotation.capture_id.to_string(),
        asset: annotation.asset.clone(),
        kind: annotation.geometry.kind().into(),
        bounds: annotation.geometry.bounds().map(BoxDto::from),
        text,
        class_id: annotation.class_id.map(|class_id| class_id.to_string()),
        model_class: annotation.model_class.clone(),
        decision: annotation.decision.into(),
        confidence: annotation.origin.confidence(),
        origin: origin_kind(&annotation.origin),
        origin_label: origin_label(opened, &annotation.origin),
        geometry_by: origin_label(opened, &annotation.field_origins.geometry),
        class_by: origin_label(opened, &annotation.field_origins.class),
        version: annotation.version,
        z: annotation.z,
        deleted: annotation.deleted,
    }
}

pub(crate) fn origin_kind(origin: &Origin) -> OriginKind {
    match origin {
        Origin::Person { .. } => OriginKind::Person,
        Origin::Model { .. } => OriginKind::Model,
        Origin::Import { .. } => OriginKind::Import,
        Origin::Rule { .. } => OriginKind::Rule,
    }
}

fn origin_label(opened: &OpenLibrary, origin: &Origin) -> String {
    match origin {
        Origin::Person { person_id } => opened.person_name(*person_id),
        Origin::Model { model, version, .. } => format!("{model} {version}"),
        Origin::Import { format, .. } => format!("{format} import"),
        Origin::Rule { rule } => rule.replace('_', " "),
    }
}

/// A statement as the window sees it.
pub(crate) fn submission_dto(opened: &OpenLibrary, submission: &Submission) -> SubmissionDto {
    let (statement, reason) = match &submission.statement {
        Statement::Submitted => (StatementKind::Submitted, None),
        Statement::VerifiedEmpty => (StatementKind::VerifiedEmpty, None),
        Statement::Skipped { reason } => (StatementKind::Skipped, Some(reason.clone())),
        Statement::Escalated { reason } => (StatementKind::Escalated, Some(reason.clone())),
    };
    SubmissionDto {
        statement,
        reason,
        person: opened.person_name(submission.person_id),
        at_micros: submission.submitted_at.0,
    }
}

impl From<BoundingBox> for BoxDto {
    fn from(bounds: BoundingBox) -> Self {
        Self { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height }
    }
}
