//! Reading columns from rows that are not indexed yet: the same columns as the engine's, made from the rows themselves.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use muster_domain::{
    field::FieldValue,
    query::{
        AnnotationRow, CaptureRow, Level, TextField, TimeField, ValueField, Words, annotation_name, annotation_number,
        capture_number, keyword_values, number_key, of_micros, risk, words_of,
    },
};
use roaring::RoaringBitmap;

use crate::{
    columns::{NameColumn, NumberColumn},
    document::{MISSING, clipped},
    names::{Ordinals, RawNames, Starts},
    numbers::{Numbers, NumbersBuilder},
};

/// Rows that are not indexed yet.
pub(crate) struct RowReader {
    pub(crate) rows: Vec<Arc<CaptureRow>>,
    /// For each text field, the words and the documents that have them.
    words: [OnceLock<BTreeMap<String, Vec<u32>>>; TextField::ALL.len()],
}

fn texts(row: &CaptureRow, field: TextField) -> Vec<&str> {
    match field {
        TextField::Path => row.paths.iter().map(String::as_str).collect(),
        TextField::Note => row.text.iter().map(String::as_str).collect(),
        TextField::Caption => row.annotations.iter().filter_map(|annotation| annotation.text.as_deref()).collect(),
    }
}

/// A named value as the index keeps it.
pub(crate) struct NamedValue<'a> {
    pub(crate) name: &'a str,
    /// The key of a number; 0 for everything else.
    pub(crate) key: u64,
    /// The text; [`MISSING`] for numbers.
    pub(crate) text: String,
    /// The place of the annotation that has it.
    pub(crate) owner: usize,
}

/// The named values of a row. A number that is none is no value.
pub(crate) fn named_values(row: &CaptureRow, field: ValueField) -> Vec<NamedValue<'_>> {
    fn of(values: &BTreeMap<String, FieldValue>, owner: usize) -> impl Iterator<Item = NamedValue<'_>> {
        values.iter().filter_map(move |(name, value)| {
            let (key, text) = match value {
                FieldValue::Number(number) => (number_key(*number)?, MISSING.to_owned()),
                other => (0, clipped(&other.to_text()).to_owned()),
            };
            Some(NamedValue { name: clipped(name), key, text, owner })
        })
    }
    match field {
        ValueField::Signal => of(&row.signals, 0).collect(),
        ValueField::Field => of(&row.user_fields, 0).collect(),
        ValueField::Annotation => {
            let annotations = row.annotations.iter().enumerate();
            annotations.flat_map(|(owner, annotation)| of(&annotation.user_fields, owner)).collect()
        }
    }
}

/// Names in the order in which they come, with the row that each belongs to.
#[derive(Default)]
struct Collected {
    numbers: HashMap<String, u32>,
    rows: Vec<u32>,
    starts: Vec<u32>,
}

impl Collected {
    fn push(&mut self, name: &str) {
        let next = self.numbers.len() as u32;
        let number = match self.numbers.get(name) {
            Some(number) => *number,
            None => *self.numbers.entry(name.to_owned()).or_insert(next),
        };
        self.rows.push(number);
    }

    fn finish(mut self) -> RawNames {
        self.starts.push(self.rows.len() as u32);
        let mut named: Vec<(String, u32)> = self.numbers.into_iter().collect();
        named.sort_unstable();
        let mut ordinal = vec![0; named.len()];
        for (place, (_, number)) in (0..).zip(&named) {
            ordinal[*number as usize] = place;
        }
        let mut ordinals = Ordinals::new(named.len(), self.rows.len());
        self.rows.iter().for_each(|number| ordinals.push(ordinal[*number as usize]));
        RawNames { values: named.into_iter().map(|(name, _)| name).collect(), ordinals, starts: Starts(self.starts) }
    }
}

impl RowReader {
    pub(crate) fn new(rows: Vec<Arc<CaptureRow>>) -> Self {
        Self { rows, words: std::array::from_fn(|_| OnceLock::new()) }
    }

    pub(crate) fn annotation_starts(&self) -> Starts {
        let mut starts = vec![0];
        let mut end = 0;
        starts.extend(self.rows.iter().map(|row| {
            end += row.annotations.len() as u32;
            end
        }));
        Starts(starts)
    }

    /// The annotations, in the order of their rows.
    pub(crate) fn annotations(&self) -> impl Iterator<Item = &AnnotationRow> {
        self.rows.iter().flat_map(|row| &row.annotations)
    }

    pub(crate) fn names(&self, column: NameColumn) -> RawNames {
        let mut collected = Collected::default();
        for row in &self.rows {
            collected.starts.push(collected.rows.len() as u32);
            match column {
                NameColumn::Keyword(field) if field.level() == Level::Capture => {
                    for name in keyword_values(row, field) {
                        collected.push(clipped(name));
                    }
                }
                NameColumn::Keyword(field) => {
                    let name = |one| clipped(annotation_name(one, field).unwrap_or(MISSING));
                    row.annotations.iter().for_each(|annotation| collected.push(name(annotation)));
                }
                NameColumn::TimeZone => row.time_zone.iter().for_each(|zone| collected.push(zone)),
                NameColumn::ValueName(field) => {
                    for value in &named_values(row, field) {
                        collected.push(value.name);
                    }
                }
                NameColumn::ValueText(field) => {
                    for value in &named_values(row, field) {
                        collected.push(&value.text);
                    }
                }
            }
        }
        collected.finish()
    }

    pub(crate) fn numbers(&self, column: NumberColumn) -> Numbers {
        let mut keys = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            match column {
                NumberColumn::Number(field) if field.level() == Level::Capture => {
                    keys.push(capture_number(row, field).and_then(number_key).unwrap_or(0));
                }
                NumberColumn::Number(field) => {
                    let key = |one| annotation_number(one, field).and_then(number_key).unwrap_or(0);
                    keys.extend(row.annotations.iter().map(key));
                }
                NumberColumn::Risk => keys.push(risk(row).unwrap_or(0)),
                NumberColumn::Value(field) => keys.extend(named_values(row, field).iter().map(|value| value.key)),
                NumberColumn::Owner => {
                    keys.extend(named_values(row, ValueField::Annotation).iter().map(|value| value.owner as u64));
                }
            }
        }
        // Tables of codes pay off for many rows only.
        if keys.len() < 4_096 {
            return Numbers::Wide(keys);
        }
        let mut numbers = NumbersBuilder::new(keys.len());
        for key in keys {
            numbers.push(key);
        }
        numbers.finish()
    }

    pub(crate) fn times(&self, field: TimeField) -> Vec<u64> {
        let at = |row: &Arc<CaptureRow>| if field == TimeField::Captured { row.captured_at } else { row.received_at };
        self.rows.iter().map(|row| of_micros(at(row).0)).collect()
    }

    pub(crate) fn contents(&self) -> Vec<u64> {
        self.rows.iter().map(|row| row.content.unwrap_or(0)).collect()
    }

    pub(crate) fn row_keys(&self) -> Vec<u32> {
        self.rows.iter().map(|row| row.row_key).collect()
    }

    fn words(&self, field: TextField) -> &BTreeMap<String, Vec<u32>> {
        let place = TextField::ALL.iter().position(|other| *other == field).unwrap_or_default();
        self.words[place].get_or_init(|| {
            let mut words: BTreeMap<String, Vec<u32>> = BTreeMap::new();
            for (doc, row) in (0..).zip(&self.rows) {
                for word in texts(row, field).into_iter().flat_map(words_of) {
                    let docs = words.entry(word).or_default();
                    if docs.last() != Some(&doc) {
                        docs.push(doc);
                    }
                }
            }
            words
        })
    }

    /// Documents that have every one of the words, somewhere in the field.
    fn candidates(&self, field: TextField, sought: &Words) -> RoaringBitmap {
        let known = self.words(field);
        let exactly = |word: &String| known.get(word).into_iter().flatten().copied().collect::<RoaringBitmap>();
        let beginning = |word: &String| {
            let beginning = known.range(word.clone()..).take_while(|(other, _)| other.starts_with(word.as_str()));
            beginning.flat_map(|(_, docs)| docs.iter().copied()).collect::<RoaringBitmap>()
        };
        let last = sought.words().len() - 1;
        let docs = sought.words().iter().enumerate();
        let docs = docs
            .map(|(place, word)| if place == last && sought.open_ended() { beginning(word) } else { exactly(word) });
        docs.reduce(|left, right| left & right).unwrap_or_default()
    }

    pub(crate) fn docs_with(&self, field: TextField, sought: &Words) -> RoaringBitmap {
        let mut docs = self.candidates(field, sought);
        if sought.words().len() > 1 {
            let apart = |doc: &u32| !texts(&self.rows[*doc as usize], field).iter().any(|text| sought.matches(text));
            docs -= docs.iter().filter(apart).collect::<RoaringBitmap>();
        }
        docs
    }

    pub(crate) fn count_words(&self, field: TextField, sought: &Words, found: &mut dyn FnMut(u32, u32)) {
        for doc in self.candidates(field, sought) {
            let count = texts(&self.rows[doc as usize], field).iter().map(|text| sought.occurrences(text)).sum();
            if count > 0 {
                found(doc, count);
            }
        }
    }

    /// The captures' ids that begin so.
    pub(crate) fn docs_with_id(&self, ranges: &[(u128, u128)]) -> RoaringBitmap {
        in_ranges(self.rows.iter().map(|row| row.capture_id.0), ranges)
    }

    /// The annotations whose ids begin so.
    pub(crate) fn rows_with_id(&self, ranges: &[(u128, u128)]) -> RoaringBitmap {
        in_ranges(self.annotations().map(|annotation| annotation.annotation_id.0), ranges)
    }
}

fn in_ranges(ids: impl Iterator<Item = uuid::Uuid>, ranges: &[(u128, u128)]) -> RoaringBitmap {
    let holds = |id: u128| ranges.iter().any(|(first, last)| (*first..=*last).contains(&id));
    (0..).zip(ids).filter(|(_, id)| holds(id.as_u128())).map(|(place, _)| place).collect()
}
