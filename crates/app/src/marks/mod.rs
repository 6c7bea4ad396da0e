//! A curator's bulk acts: tags, decisions, classes and notes on whatever is selected. Each is one step of undo.

pub mod selection;

use muster_domain::id::{CaptureId, ClassId, OperationId};
use muster_store::mark::{Act, Marked, Verdict, Which};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

pub(crate) use selection::Selected;
pub use selection::Selection;

use crate::{
    annotate::TagResult,
    app::App,
    error::{AppError, AppResult},
    session::opened::{OpenLibrary, parse_id},
};

/// What can be done with many annotations at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(untagged)]
pub enum AnnotationAct {
    /// Accepting or rejecting them.
    Decide(Decided),
    /// Giving them a class, which is accepting them.
    Class {
        /// The class's id.
        class: String,
    },
    /// Setting a tag on them, or taking it off.
    Tag {
        /// The tag.
        tag: String,
        /// True sets it.
        present: bool,
    },
}

/// What a person says about annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// They are right.
    Accept,
    /// They are wrong.
    Reject,
}

/// What a bulk act changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ActResult {
    /// How many changed.
    pub changed: u32,
    /// How many were so already, are gone, or changed in the meantime.
    pub skipped: u32,
    /// The act that an undo takes back; `None` when nothing changed.
    pub operation_id: Option<String>,
}

impl From<Marked> for ActResult {
    fn from(marked: Marked) -> Self {
        Self {
            changed: marked.changed,
            skipped: marked.passed_over,
            operation_id: marked.operation_id.map(|id| id.to_string()),
        }
    }
}

impl OpenLibrary {
    /// An act of the person who uses the application.
    pub fn act(&self, title: String) -> AppResult<Act> {
        let identity = self.identity()?;
        Ok(Act {
            operation_id: OperationId(Uuid::new_v4()),
            project_id: identity.project_id,
            person_id: identity.person.person_id,
            title,
        })
    }

    /// Wakes the index after an act that changed something, and says what it did.
    pub fn done(&self, marked: Marked) -> ActResult {
        if marked.changed > 0 {
            self.notify_changed();
        }
        marked.into()
    }
}

/// Sets a tag on the selected captures, or takes it off.
pub async fn tag_selection(app: &App, selection: Selection, tag: String, present: bool) -> AppResult<TagResult> {
    let opened = app.opened().await?;
    let tag = tag_name(&tag)?;
    let row_keys = opened.selected_captures(&selection).await?;
    let act = opened.act(tag_title(&tag, present))?;
    let marked = opened.library.tag_rows(&act, &row_keys, &tag, present).await?;
    Ok(TagResult { changed: opened.done(marked).changed })
}

fn tag_name(text: &str) -> AppResult<String> {
    let tag = text.trim();
    if tag.is_empty() {
        return Err(AppError::invalid("a tag needs a name"));
    }
    Ok(tag.to_owned())
}

fn tag_title(tag: &str, present: bool) -> String {
    if present { format!("Tag {tag}") } else { format!("Remove tag {tag}") }
}

/// Accepts, rejects, classifies or tags the selected annotations. Of selected captures, accepting and rejecting are
/// about what nobody has decided on; a class or a tag needs annotations.
pub async fn act_on_annotations(app: &App, selection: Selection, act: AnnotationAct) -> AppResult<ActResult> {
    let opened = app.opened().await?;
    let selected = opened.selected(&selection).await?;
    let marked = match (&act, &selected) {
        (AnnotationAct::Decide(decided), selected) => {
            let (title, verdict) = match decided {
                Decided::Accept => ("Accept", Verdict::Accept),
                Decided::Reject => ("Reject", Verdict::Reject),
            };
            let which = match selected {
                Selected::Captures(row_keys) => Which::UndecidedOn(row_keys),
                Selected::Annotations(ids) => Which::Annotations(ids),
            };
            opened.library.decide(&opened.act(title.into())?, which, verdict).await?
        }
        (AnnotationAct::Class { class }, Selected::Annotations(ids)) => {
            let (class_id, name) = open_class(&opened, class).await?;
            let act = opened.act(format!("Make {name}"))?;
            opened.library.decide(&act, Which::Annotations(ids), Verdict::Class(class_id)).await?
        }
        (AnnotationAct::Tag { tag, present }, Selected::Annotations(ids)) => {
            let tag = tag_name(tag)?;
            let act = opened.act(tag_title(&tag, *present))?;
            opened.library.tag_annotations(&act, ids, &tag, *present).await?
        }
        (AnnotationAct::Class { .. } | AnnotationAct::Tag { .. }, Selected::Captures(_)) => {
            return Err(AppError::invalid("this is done to annotations, but captures are selected")
                .with_remedy("select annotations among the crops"));
        }
    };
    Ok(opened.done(marked))
}

async fn open_class(opened: &OpenLibrary, text: &str) -> AppResult<(ClassId, String)> {
    let class_id: ClassId = parse_id("class", text)?;
    let schema = opened.library.schema(opened.identity()?.project_id).await?;
    let class = schema.class(class_id).ok_or_else(|| AppError::not_found(format!("class {text}")))?;
    if class.retired {
        return Err(AppError::invalid(format!("the class {:?} is retired and takes no new annotations", class.name)));
    }
    Ok((class_id, class.name.clone()))
}

/// Writes a note on a capture in place of what was there; an empty one removes it.
pub async fn set_note(app: &App, capture_id: String, text: String) -> AppResult<()> {
    let opened = app.opened().await?;
    let capture_id: CaptureId = parse_id("capture", &capture_id)?;
    opened.row_key(capture_id).await?;
    let title = if text.trim().is_empty() { "Remove note" } else { "Write note" };
    let act = opened.act(title.into())?;
    let marked = opened.library.set_note(&act, &[capture_id], Some(&text)).await?;
    opened.done(marked);
    Ok(())
}
