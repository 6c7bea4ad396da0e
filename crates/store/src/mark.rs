//! Bulk acts of a person on captures and annotations: tags, decisions, classes, user fields, notes.
//!
//! Each is one step of undo, however much it touches. What is large is written in parts of [`PART`], each one
//! transaction, so that other writers come between them and memory stays bounded; the parts are joined, and taken back
//! together. What changed between reading and writing is passed over and counted, never overwritten.

use std::collections::HashMap;

use muster_domain::{
    annotation::Decision,
    field::FieldValue,
    id::{AnnotationId, CaptureId, ClassId, OperationId, PersonId, ProjectId},
    operation::{Actor, ClassStanding, Diff, FieldChange, NoteChange, Operation, Standing, StandingChange},
    origin::Origin,
};
use uuid::Uuid;

use crate::{
    Library, Noun, Result, StoreError,
    project::{current_schema, project_key},
    table::{self, field::Place, origin::Hand, standing::Stood},
};

/// The most captures or annotations that one transaction of a bulk act changes.
pub const PART: usize = 100_000;
/// The most captures whose undecided annotations one transaction decides.
const CAPTURES_PER_PART: usize = 20_000;

/// Values of one field by the id of what bears it; `None` clears it.
pub type FieldValues = Vec<(Uuid, Option<FieldValue>)>;

/// Who acts, and how a person reads it in the list of recent acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its id, made by the caller.
    pub operation_id: OperationId,
    /// In which project.
    pub project_id: ProjectId,
    /// Who.
    pub person_id: PersonId,
    /// In words.
    pub title: String,
}

/// What a person says about many annotations at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They are right.
    Accept,
    /// They are wrong.
    Reject,
    /// They are of this class, which is accepting them.
    Class(ClassId),
}

/// Which annotations a bulk act is about.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// These.
    Annotations(&'a [AnnotationId]),
    /// What nobody decided on the captures of these row keys, in the main layer.
    UndecidedOn(&'a [u32]),
}

/// What a bulk act did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marked {
    /// The act to take back; `None` when nothing changed.
    pub operation_id: Option<OperationId>,
    /// Captures or annotations that changed.
    pub changed: u32,
    /// Those that were so already, are gone, or changed in the meantime.
    pub passed_over: u32,
    /// The change sequence after it; 0 when nothing changed.
    pub change_seq: u64,
}

impl Library {
    /// Sets a tag on the captures of these row keys, or takes it off.
    pub async fn tag_rows(&self, act: &Act, row_keys: &[u32], tag: &str, present: bool) -> Result<Marked> {
        let mut marked = Marked::default();
        for keys in row_keys.chunks(PART) {
            let lacking = table::tag::captures(&mut *self.read().await?, tag, keys, !present).await?;
            marked.passed_over += (keys.len() - lacking.len()) as u32;
            let (added, removed) = if present { (lacking, Vec::new()) } else { (Vec::new(), lacking) };
            let size = added.len() + removed.len();
            self.part(act, &mut marked, size, Diff::Tag { tag: tag.to_owned(), added, removed }).await?;
        }
        Ok(marked)
    }

    /// Sets a tag on annotations, or takes it off.
    pub async fn tag_annotations(&self, act: &Act, ids: &[AnnotationId], tag: &str, present: bool) -> Result<Marked> {
        let mut marked = Marked::default();
        for ids in ids.chunks(PART) {
            let ids = ids.to_vec();
            let size = ids.len();
            let (added, removed) = if present { (ids, Vec::new()) } else { (Vec::new(), ids) };
            self.part(act, &mut marked, size, Diff::AnnotationTag { tag: tag.to_owned(), added, removed }).await?;
        }
        Ok(marked)
    }

    /// Accepts, rejects or classifies annotations.
    pub async fn decide(&self, act: &Act, which: Which<'_>, verdict: Verdict) -> Result<Marked> {
        let mut marked = Marked::default();
        match which {
            Which::Annotations(ids) => {
                for ids in ids.chunks(PART) {
                    let mut transaction = self.read().await?;
                    let project_key = project_key(&mut transaction, act.project_id).await?;
                    let found = table::standing::of(&mut transaction, project_key, ids).await?;
                    drop(transaction);
                    marked.passed_over += (ids.len() - found.len()) as u32;
                    self.decide_part(act, &mut marked, found, verdict).await?;
                }
            }
            Which::UndecidedOn(row_keys) => {
                for keys in row_keys.chunks(CAPTURES_PER_PART) {
                    let mut transaction = self.read().await?;
                    let project_key = project_key(&mut transaction, act.project_id).await?;
                    let found = table::standing::undecided_on(&mut transaction, project_key, keys).await?;
                    drop(transaction);
                    self.decide_part(act, &mut marked, found, verdict).await?;
                }
            }
        }
        Ok(marked)
    }

    async fn decide_part(&self, act: &Act, marked: &mut Marked, found: Vec<Stood>, verdict: Verdict) -> Result<()> {
        let mut transaction = self.read().await?;
        let project = (project_key(&mut transaction, act.project_id).await?, act.project_id);
        let after = match verdict {
            Verdict::Accept => Standing { decision: Decision::Accepted, class: None },
            Verdict::Reject => Standing { decision: Decision::Rejected, class: None },
            Verdict::Class(class_id) => {
                let schema = current_schema(&mut transaction, project).await?;
                schema.class(class_id).ok_or_else(|| StoreError::unknown(Noun::Class, &class_id))?;
                let origin = Some(Origin::Person { person_id: act.person_id });
                let class = ClassStanding { class_id: Some(class_id), origin, schema_version: schema.version };
                Standing { decision: Decision::Accepted, class: Some(class) }
            }
        };
        let hands: Vec<i64> = found.iter().filter_map(|stood| Some(stood.class_hand.as_ref()?.0)).collect();
        let hands = if after.class.is_some() && !hands.is_empty() {
            table::origin::load(&mut transaction, hands).await?
        } else {
            HashMap::new()
        };
        drop(transaction);
        let all = found.len();
        let changes = grouped(found, &after, &hands);
        let size = changes.iter().map(|change| change.annotations.len()).sum();
        marked.passed_over += (all - size) as u32;
        self.part(act, marked, size, Diff::Standing { changes }).await
    }

    /// Sets a field on the captures of these row keys to one value; `None` clears it.
    pub async fn set_field_on_rows(
        &self,
        act: &Act,
        name: &str,
        row_keys: &[u32],
        value: Option<&FieldValue>,
    ) -> Result<Marked> {
        let mut marked = Marked::default();
        for keys in row_keys.chunks(PART) {
            let ids = table::capture::ids(&mut *self.read().await?, keys).await?;
            marked.passed_over += (keys.len() - ids.len()) as u32;
            let values: Vec<_> = ids.into_iter().map(|id| (id.0, value.cloned())).collect();
            self.fields_part(act, &mut marked, (name, Place::Capture), values).await?;
        }
        Ok(marked)
    }

    /// Sets fields on captures or annotations, each to its value (`None` clears it): name, and values by id.
    pub async fn set_fields(
        &self,
        act: &Act,
        on_annotation: bool,
        fields: Vec<(String, FieldValues)>,
    ) -> Result<Marked> {
        let mut marked = Marked::default();
        let place = if on_annotation { Place::Annotation } else { Place::Capture };
        for (name, values) in fields {
            let mut values = values.into_iter().peekable();
            while values.peek().is_some() {
                self.fields_part(act, &mut marked, (&name, place), values.by_ref().take(PART).collect()).await?;
            }
        }
        Ok(marked)
    }

    async fn fields_part(
        &self,
        act: &Act,
        marked: &mut Marked,
        (name, place): (&str, Place),
        values: FieldValues,
    ) -> Result<()> {
        let on_annotation = matches!(place, Place::Annotation);
        let mut transaction = self.read().await?;
        let field = table::field::find(&mut transaction, name, on_annotation).await?;
        let (field_key, _) = field.ok_or_else(|| StoreError::unknown(Noun::UserField, &name))?;
        let ids: Vec<Uuid> = values.iter().map(|(id, _)| *id).collect();
        let found = table::field::values(&mut transaction, place, field_key, &ids).await?;
        drop(transaction);
        let mut found: HashMap<Uuid, Option<FieldValue>> =
            found.into_iter().map(|valued| (valued.id, valued.value)).collect();
        let all = values.len();
        let change = |(id, after): (Uuid, Option<FieldValue>)| {
            let before = found.remove(&id)?;
            (before != after).then_some(FieldChange { id, before, after })
        };
        let changes: Vec<FieldChange> = values.into_iter().filter_map(change).collect();
        let size = changes.len();
        marked.passed_over += (all - size) as u32;
        self.part(act, marked, size, Diff::Field { name: name.to_owned(), on_annotation, changes }).await
    }

    /// Writes a note on captures in place of what was there; `None` removes it.
    pub async fn set_note(&self, act: &Act, ids: &[CaptureId], text: Option<&str>) -> Result<Marked> {
        let mut marked = Marked::default();
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        for ids in ids.chunks(PART) {
            let found = table::note::on(&mut *self.read().await?, ids).await?;
            let changes: Vec<NoteChange> = found
                .into_iter()
                .filter(|noted| noted.text.as_deref() != text)
                .map(|noted| NoteChange {
                    capture_id: noted.capture_id,
                    before: noted.text,
                    after: text.map(str::to_owned),
                })
                .collect();
            let size = changes.len();
            marked.passed_over += (ids.len() - size) as u32;
            self.part(act, &mut marked, size, Diff::Note { changes }).await?;
        }
        Ok(marked)
    }

    /// Applies one part of an act; nothing where it has nothing to do.
    async fn part(&self, act: &Act, marked: &mut Marked, size: usize, diff: Diff) -> Result<()> {
        if size == 0 {
            return Ok(());
        }
        let operation = Operation {
            operation_id: if marked.operation_id.is_none() { act.operation_id } else { OperationId(Uuid::new_v4()) },
            project_id: Some(act.project_id),
            actor: Actor::Person { person_id: act.person_id },
            at: self.now(),
            title: act.title.clone(),
            diff,
            undoes: None,
        };
        let applied = match marked.operation_id {
            None => self.apply(operation).await?,
            Some(first) => self.apply_joined(operation, first).await?,
        };
        marked.changed += applied.changed;
        marked.passed_over += size as u32 - applied.changed;
        if applied.changed > 0 {
            marked.operation_id = marked.operation_id.or(Some(act.operation_id));
            marked.change_seq = applied.change_seq;
        }
        Ok(())
    }
}

/// One entry for annotations that stood alike; those that stand as wanted already are left out.
fn grouped(found: Vec<Stood>, after: &Standing, hands: &HashMap<i64, Hand>) -> Vec<StandingChange> {
    let mut groups: HashMap<_, StandingChange> = HashMap::new();
    let wanted = after.class.as_ref().map(|class| class.class_id);
    for stood in found {
        if stood.decision == after.decision && wanted.is_none_or(|wanted| wanted == stood.class_id) {
            continue;
        }
        let hand =
            stood.class_hand.as_ref().map(|(key, confidence, id)| (*key, confidence.map(f64::to_bits), id.clone()));
        let like = (stood.version, stood.decision.name(), wanted.map(|_| (stood.class_id, hand, stood.schema_version)));
        let group = groups.entry(like).or_insert_with(|| {
            let class = wanted.map(|_| ClassStanding {
                class_id: stood.class_id,
                origin: stood.class_hand.as_ref().and_then(|(key, confidence, source_id)| {
                    Some(hands.get(key)?.origin(*confidence, source_id.as_deref()))
                }),
                schema_version: stood.schema_version,
            });
            let before = Standing { decision: stood.decision, class };
            StandingChange { version: stood.version, before, after: after.clone(), annotations: Vec::new() }
        });
        group.annotations.push(stood.annotation_id);
    }
    groups.into_values().collect()
}
