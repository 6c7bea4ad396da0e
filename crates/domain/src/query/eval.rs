//! The meaning of a query: what it says about one row. The index must agree with this.

use crate::{annotation::Decision, field::FieldValue};

use super::{
    ast::{Expr, OneOf, Predicate, Query, Span, ValueItem},
    external::SetTest,
    fields::{IdField, KeywordField, NumberField, TextField, TimeField, ValueField},
    moment::Moment,
    row::{AnnotationRow, CaptureRow},
    text::{Words, fold},
    zone::Zone,
};

/// Says whether a capture is in a set that is kept elsewhere.
pub type Sets<'a> = &'a dyn Fn(&SetTest, &CaptureRow) -> bool;

/// True when the root of the query holds for the capture, where no set holds any capture. Nearness and samples are
/// about many captures and not asked here.
pub fn eval(query: &Query, row: &CaptureRow) -> bool {
    eval_with(query, row, &|_, _| false)
}

/// The same, with the sets that the query asks for.
pub fn eval_with(query: &Query, row: &CaptureRow, sets: Sets<'_>) -> bool {
    group(&query.root, row, sets)
}

/// The places of the annotations that a query means: of a capture that matches, those that some group (outside of any
/// negation) may bind. Where no group binds, all of them. Empty for a capture that does not match.
pub fn annotation_hits(query: &Query, row: &CaptureRow, sets: Sets<'_>) -> Vec<usize> {
    if !eval_with(query, row, sets) {
        return Vec::new();
    }
    let groups = query.root.binding_groups();
    let meant = |annotation: &AnnotationRow| {
        groups.is_empty() || groups.iter().any(|part| holds(part, row, Some(annotation), sets))
    };
    row.annotations.iter().enumerate().filter(|(_, annotation)| meant(annotation)).map(|(place, _)| place).collect()
}

/// A group holds when it holds for some annotation, or for none at all: tests of annotations are false without one.
fn group(part: &Expr, row: &CaptureRow, sets: Sets<'_>) -> bool {
    let some = || row.annotations.iter().any(|bound| holds(part, row, Some(bound), sets));
    holds(part, row, None, sets) || (part.binds() && some())
}

fn holds(part: &Expr, row: &CaptureRow, bound: Option<&AnnotationRow>, sets: Sets<'_>) -> bool {
    match part {
        Expr::Everything => true,
        Expr::And(parts) => parts.iter().all(|part| holds(part, row, bound, sets)),
        Expr::Or(parts) => parts.iter().any(|part| holds(part, row, bound, sets)),
        Expr::Not(inner) => !group(inner, row, sets),
        Expr::Group(inner) => group(inner, row, sets),
        Expr::Is(Predicate::Set(test)) => sets(test, row),
        Expr::Is(predicate) => tests(predicate, row, bound),
    }
}

fn tests(predicate: &Predicate, row: &CaptureRow, bound: Option<&AnnotationRow>) -> bool {
    match predicate {
        Predicate::Words(words) => has_words(words, row),
        Predicate::Time { field, test } => {
            let zone = if test.is_local() { row.time_zone.as_deref() } else { None };
            let at = if *field == TimeField::Captured { row.captured_at } else { row.received_at };
            test.matches(at, &Zone::named(zone))
        }
        Predicate::Keyword { field, test } if predicate_is_of_capture(*field) => {
            capture_names(row, *field).into_iter().any(|name| test.matches(name))
        }
        Predicate::Number { field, test } if field.level() == super::ast::Level::Capture => {
            number_matches(capture_number(row, *field), test)
        }
        Predicate::Text { field: TextField::Path, any } => any_text(any, row.paths.iter()),
        Predicate::Text { field: TextField::Note, any } => any_text(any, row.text.iter()),
        Predicate::Id { field: IdField::Capture, any } => any.iter().any(|prefix| prefix.matches(row.capture_id.0)),
        Predicate::Value { field: ValueField::Signal, name, test } => values_match(&row.signals, name, test),
        Predicate::Value { field: ValueField::Field, name, test } => values_match(&row.user_fields, name, test),
        Predicate::Count { of, test } => {
            let counted = |annotation: &&AnnotationRow| of.iter().all(|wanted| tests_annotation(wanted, annotation));
            test.matches(row.annotations.iter().filter(counted).count() as f64)
        }
        Predicate::Set(_)
        | Predicate::Keyword { .. }
        | Predicate::Number { .. }
        | Predicate::Text { .. }
        | Predicate::Id { .. }
        | Predicate::Value { .. } => bound.is_some_and(|annotation| tests_annotation(predicate, annotation)),
    }
}

fn predicate_is_of_capture(field: KeywordField) -> bool {
    field.level() == super::ast::Level::Capture
}

/// True when the annotation passes the test; false for tests of captures.
fn tests_annotation(predicate: &Predicate, annotation: &AnnotationRow) -> bool {
    match predicate {
        Predicate::Keyword { field, test } => {
            annotation_name(annotation, *field).is_some_and(|name| test.matches(name))
        }
        Predicate::Number { field, test } => number_matches(annotation_number(annotation, *field), test),
        Predicate::Text { field: TextField::Caption, any } => any_text(any, annotation.text.iter()),
        Predicate::Id { field: IdField::Annotation, any } => {
            any.iter().any(|prefix| prefix.matches(annotation.annotation_id.0))
        }
        Predicate::Value { field: ValueField::Annotation, name, test } => {
            values_match(&annotation.user_fields, name, test)
        }
        _ => false,
    }
}

fn number_matches(number: Option<f64>, test: &OneOf<Span<f64>>) -> bool {
    number.is_some_and(|number| test.matches(number))
}

fn any_text<'a>(any: &[Words], mut texts: impl Iterator<Item = &'a String>) -> bool {
    texts.any(|text| any.iter().any(|words| words.matches(text)))
}

fn values_match(values: &std::collections::BTreeMap<String, FieldValue>, name: &str, test: &OneOf<ValueItem>) -> bool {
    let wanted = fold(name);
    values.iter().any(|(name, value)| fold(name) == wanted && test.matches(value))
}

impl OneOf<ValueItem> {
    /// True for a wanted value; never for NaN.
    pub fn matches(&self, value: &FieldValue) -> bool {
        let present = value.as_number().is_none_or(|number| !number.is_nan());
        present && self.decide(|item| item.matches(value))
    }
}

impl ValueItem {
    fn matches(&self, value: &FieldValue) -> bool {
        match (self, value) {
            (Self::Word(pattern), FieldValue::Number(number)) => {
                let typed = if pattern.is_prefix() { None } else { pattern.text().trim().parse::<f64>().ok() };
                typed.is_some_and(|typed| Span::Is(typed).holds_number(*number)) || pattern.matches(&value.to_text())
            }
            (Self::Word(pattern), _) => pattern.matches(&value.to_text()),
            (Self::Number(span), FieldValue::Number(number)) => span.holds_number(*number),
            (Self::Time(span), FieldValue::Text(text)) => {
                Moment::parse(text).is_some_and(|moment| span.holds_time(moment.start(), &Zone::named(None)))
            }
            (Self::Number(_) | Self::Time(_), _) => false,
        }
    }
}

/// True when the words stand anywhere that a person would read them.
fn has_words(words: &Words, row: &CaptureRow) -> bool {
    let names = WORD_FIELDS.iter().flat_map(|field| capture_names(row, *field));
    let classes = row.annotations.iter().map(|annotation| annotation.class.as_str());
    let read = row.annotations.iter().filter_map(|annotation| annotation.text.as_deref());
    let texts = row.paths.iter().chain(&row.text).map(String::as_str);
    names.chain(classes).chain(read).chain(texts).any(|text| words.matches(text))
        || words.id_prefix().is_some_and(|prefix| prefix.matches(row.capture_id.0))
}

/// The names of captures in which bare words are looked for, besides classes.
pub const WORD_FIELDS: [KeywordField; 5] =
    [KeywordField::Site, KeywordField::Device, KeywordField::Trigger, KeywordField::Stream, KeywordField::Tag];

impl Words {
    /// The beginning of an id that the words may also be: at least eight hexadecimal digits.
    pub fn id_prefix(&self) -> Option<super::ast::IdPrefix> {
        super::ast::IdPrefix::parse(self.text()).filter(|prefix| prefix.digits() >= 8)
    }
}

/// The names that a capture has in a field; for annotation fields, those of all its annotations. May repeat.
pub fn keyword_values(row: &CaptureRow, field: KeywordField) -> Vec<&str> {
    if predicate_is_of_capture(field) {
        return capture_names(row, field);
    }
    row.annotations.iter().filter_map(|annotation| annotation_name(annotation, field)).collect()
}

fn capture_names(row: &CaptureRow, field: KeywordField) -> Vec<&str> {
    match field {
        KeywordField::Site => row.site.as_deref().into_iter().collect(),
        KeywordField::Device => row.device.as_deref().into_iter().collect(),
        KeywordField::Trigger => row.trigger.as_deref().into_iter().collect(),
        KeywordField::Stream => row.streams.iter().map(String::as_str).collect(),
        KeywordField::Tag => row.tags.iter().map(String::as_str).collect(),
        KeywordField::Submission => vec![row.submission],
        KeywordField::Run => row.model_runs.iter().map(String::as_str).collect(),
        KeywordField::Has => possessions(row),
        _ => Vec::new(),
    }
}

fn possessions(row: &CaptureRow) -> Vec<&'static str> {
    let proposal =
        |annotation: &AnnotationRow| annotation.decision == Decision::Undecided && annotation.origin == "model";
    [
        ("image", row.media.contains(&"image")),
        ("video", row.media.contains(&"video")),
        ("series", row.media.contains(&"series")),
        ("annotation", !row.annotations.is_empty()),
        ("proposal", row.annotations.iter().any(proposal)),
        ("caption", row.annotations.iter().any(|annotation| annotation.text.is_some())),
        ("note", !row.text.is_empty()),
        ("tag", !row.tags.is_empty()),
        ("signal", !row.signals.is_empty()),
        ("field", !row.user_fields.is_empty()),
        ("submission", row.submission != "none"),
        ("run", !row.model_runs.is_empty()),
    ]
    .into_iter()
    .filter_map(|(name, has)| has.then_some(name))
    .collect()
}

/// The name that an annotation has in a field; `None` for fields of captures.
pub fn annotation_name(annotation: &AnnotationRow, field: KeywordField) -> Option<&str> {
    match field {
        KeywordField::Class => Some(&annotation.class),
        KeywordField::Decision => Some(annotation.decision.name()),
        KeywordField::Origin => Some(annotation.origin),
        KeywordField::Model => annotation.model.as_deref(),
        KeywordField::Kind => Some(annotation.kind),
        KeywordField::Layer => Some(&annotation.layer),
        _ => None,
    }
}

/// The number that an annotation has in a field; `None` for fields of captures.
pub fn annotation_number(annotation: &AnnotationRow, field: NumberField) -> Option<f64> {
    match field {
        NumberField::Confidence => annotation.confidence,
        NumberField::BoxWidth => annotation.width_px,
        NumberField::BoxHeight => annotation.height_px,
        _ => None,
    }
}

/// The number that a capture has in a field; `None` for fields of annotations.
pub fn capture_number(row: &CaptureRow, field: NumberField) -> Option<f64> {
    match field {
        NumberField::Width => row.width_px.map(f64::from),
        NumberField::Height => row.height_px.map(f64::from),
        NumberField::Duration => row.duration_s,
        NumberField::Latitude => row.latitude,
        NumberField::Longitude => row.longitude,
        NumberField::Confidence | NumberField::BoxWidth | NumberField::BoxHeight => None,
    }
}

/// How often the words that a query looks for stand in the capture's texts and names: its relevance. What is negated
/// does not count.
pub fn relevance(query: &Query, row: &CaptureRow) -> u32 {
    sought(&query.root).into_iter().map(|test| occurrences(test, row)).sum()
}

/// The tests of words outside of any negation.
pub fn sought(part: &Expr) -> Vec<&Predicate> {
    match part {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().flat_map(sought).collect(),
        Expr::Group(inner) => sought(inner),
        Expr::Is(predicate @ (Predicate::Words(_) | Predicate::Text { .. })) => vec![predicate],
        Expr::Everything | Expr::Not(_) | Expr::Is(_) => Vec::new(),
    }
}

fn occurrences(test: &Predicate, row: &CaptureRow) -> u32 {
    let in_texts = |words: &Words, field: TextField| -> u32 {
        let texts: Vec<&String> = match field {
            TextField::Path => row.paths.iter().collect(),
            TextField::Note => row.text.iter().collect(),
            TextField::Caption => row.annotations.iter().filter_map(|annotation| annotation.text.as_ref()).collect(),
        };
        texts.into_iter().map(|text| words.occurrences(text)).sum()
    };
    match test {
        Predicate::Text { field, any } => any.iter().map(|words| in_texts(words, *field)).sum(),
        Predicate::Words(words) => {
            let named = |field: &KeywordField| keyword_values(row, *field).into_iter().any(|name| words.matches(name));
            let hits = WORD_FIELDS.iter().chain(&[KeywordField::Class]).filter(|field| named(field)).count();
            TextField::ALL.into_iter().map(|field| in_texts(words, field)).sum::<u32>() + hits as u32
        }
        _ => 0,
    }
}
