//! The columns of one part (a segment of the engine, or rows that are not indexed yet), each made when it is first asked
//! for and kept as long as the part lives.
//!
//! Limits: a million captures with five annotations each take about 120 MB when every common column has been asked for:
//! names of annotations take one byte a row while a part has at most 256 of them, numbers two bytes while there are at
//! most 65,535 different ones.

use std::sync::Arc;

use muster_domain::query::{CaptureRow, KeywordField, NumberField, TextField, TimeField, ValueField, Words};
use roaring::RoaringBitmap;

use crate::{
    cell::Cell,
    engine::EngineReader,
    names::{Bits, Names, Ordinals, RowNames, Starts},
    numbers::Numbers,
    rows::RowReader,
};

type Result<T> = tantivy::Result<T>;

/// Where columns are read from.
#[expect(clippy::large_enum_variant, reason = "there is one for each part, inside columns that are far larger")]
pub(crate) enum Source {
    Engine(EngineReader),
    Rows(RowReader),
}

/// Which column of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameColumn {
    Keyword(KeywordField),
    TimeZone,
    ValueName(ValueField),
    ValueText(ValueField),
}

/// Which column of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberColumn {
    /// By document or, for fields of annotations, by annotation.
    Number(NumberField),
    Risk,
    /// By value of the table.
    Value(ValueField),
    Owner,
}

/// A table of named values.
pub(crate) struct Values {
    pub(crate) starts: Starts,
    pub(crate) names: RowNames,
    /// Keys of numbers; 0 where the value is a text.
    pub(crate) numbers: Numbers,
    /// The different texts, sorted.
    pub(crate) texts: Vec<String>,
    pub(crate) text_ordinals: Ordinals,
    /// The place of the annotation in its document; empty for values of captures.
    pub(crate) owners: Numbers,
}

/// The columns of one part. Deletions are not its concern.
pub(crate) struct Columns {
    pub(crate) source: Source,
    pub(crate) max_doc: u32,
    annotations: Cell<Starts>,
    names: [Cell<Names>; KeywordField::ALL.len()],
    row_names: [Cell<RowNames>; KeywordField::ALL.len()],
    zones: Cell<Names>,
    numbers: [Cell<Numbers>; NumberField::ALL.len()],
    risks: Cell<Numbers>,
    times: [Cell<Vec<u64>>; 2],
    contents: Cell<Vec<u64>>,
    values: [Cell<Values>; ValueField::ALL.len()],
    row_keys: Cell<Vec<u32>>,
    /// Row keys and documents by row key; `None` where documents already are in that order.
    docs_by_key: Cell<Option<Vec<(u32, u32)>>>,
}

fn place<T: PartialEq>(all: &[T], wanted: &T) -> usize {
    all.iter().position(|one| one == wanted).unwrap_or_default()
}

impl Columns {
    pub(crate) fn new(source: Source, max_doc: u32) -> Self {
        Self {
            source,
            max_doc,
            annotations: Cell::new(),
            names: std::array::from_fn(|_| Cell::new()),
            row_names: std::array::from_fn(|_| Cell::new()),
            zones: Cell::new(),
            numbers: std::array::from_fn(|_| Cell::new()),
            risks: Cell::new(),
            times: std::array::from_fn(|_| Cell::new()),
            contents: Cell::new(),
            values: std::array::from_fn(|_| Cell::new()),
            row_keys: Cell::new(),
            docs_by_key: Cell::new(),
        }
    }

    pub(crate) fn of_rows(rows: Vec<Arc<CaptureRow>>) -> Self {
        let max_doc = rows.len() as u32;
        Self::new(Source::Rows(RowReader::new(rows)), max_doc)
    }

    /// Every document.
    pub(crate) fn all(&self) -> RoaringBitmap {
        let mut all = RoaringBitmap::new();
        all.insert_range(0..self.max_doc);
        all
    }

    /// Which annotations belong to which document.
    pub(crate) fn annotations(&self) -> Result<&Starts> {
        self.annotations.get(|| match &self.source {
            Source::Engine(engine) => engine.starts(NameColumn::Keyword(KeywordField::Class)),
            Source::Rows(rows) => Ok(rows.annotation_starts()),
        })
    }

    /// The names of a field, of captures or of annotations, and their documents.
    pub(crate) fn names(&self, field: KeywordField) -> Result<&Names> {
        if field.level() == muster_domain::query::Level::Annotation {
            return Ok(&self.row_names(field)?.names);
        }
        self.names[place(&KeywordField::ALL, &field)].get(|| Ok(self.read_names(NameColumn::Keyword(field))?.names))
    }

    /// The names of a field of annotations, row by row.
    pub(crate) fn row_names(&self, field: KeywordField) -> Result<&RowNames> {
        self.row_names[place(&KeywordField::ALL, &field)].get(|| self.read_names(NameColumn::Keyword(field)))
    }

    /// The time zones of sites.
    pub(crate) fn zones(&self) -> Result<&Names> {
        self.zones.get(|| Ok(self.read_names(NameColumn::TimeZone)?.names))
    }

    /// Keys of a number, 0 where there is none: by annotation or, for fields of captures, by document.
    pub(crate) fn numbers(&self, field: NumberField) -> Result<&Numbers> {
        self.numbers[place(&NumberField::ALL, &field)].get(|| self.read_numbers(NumberColumn::Number(field)))
    }

    /// Keys of the least confidence of an undecided annotation, by document.
    pub(crate) fn risks(&self) -> Result<&Numbers> {
        self.risks.get(|| self.read_numbers(NumberColumn::Risk))
    }

    /// Keys of a time, by document.
    pub(crate) fn times(&self, field: TimeField) -> Result<&[u64]> {
        let cell = &self.times[usize::from(field == TimeField::Received)];
        let times = cell.get(|| match &self.source {
            Source::Engine(engine) => engine.times(field),
            Source::Rows(rows) => Ok(rows.times(field)),
        })?;
        Ok(times)
    }

    /// What captures with the same bytes share, by document; 0 where there is nothing.
    pub(crate) fn contents(&self) -> Result<&[u64]> {
        let contents = self.contents.get(|| match &self.source {
            Source::Engine(engine) => engine.contents(),
            Source::Rows(rows) => Ok(rows.contents()),
        })?;
        Ok(contents)
    }

    /// A table of named values.
    pub(crate) fn values(&self, field: ValueField) -> Result<&Values> {
        self.values[place(&ValueField::ALL, &field)].get(|| {
            let names = self.raw_names(NameColumn::ValueName(field))?;
            let texts = self.raw_names(NameColumn::ValueText(field))?;
            let owned = field == ValueField::Annotation;
            let owners = if owned { self.read_numbers(NumberColumn::Owner)? } else { Numbers::Wide(Vec::new()) };
            let numbers = self.read_numbers(NumberColumn::Value(field))?;
            let rows = names.ordinals.len();
            let fits = texts.ordinals.len() == rows && numbers.len() == rows && (!owned || owners.len() == rows);
            crate::engine::check("named values", fits)?;
            let starts = Starts(names.starts.0.clone());
            let names = RowNames::new(names, self.max_doc);
            Ok(Values { starts, names, numbers, texts: texts.values, text_ordinals: texts.ordinals, owners })
        })
    }

    /// Makes what nearly every search and its facets need.
    pub(crate) fn warm(&self) -> Result<()> {
        self.row_keys()?;
        self.docs_by_key()?;
        self.annotations()?;
        for field in KeywordField::ALL {
            self.names(field)?;
        }
        self.zones()?;
        self.times(TimeField::Captured)?;
        self.numbers(NumberField::Confidence)?;
        self.numbers(NumberField::Width)?;
        self.numbers(NumberField::Height)?;
        self.risks()?;
        Ok(())
    }

    fn raw_names(&self, column: NameColumn) -> Result<crate::names::RawNames> {
        match &self.source {
            Source::Engine(engine) => engine.names(column),
            Source::Rows(rows) => Ok(rows.names(column)),
        }
    }

    fn read_names(&self, column: NameColumn) -> Result<RowNames> {
        Ok(RowNames::new(self.raw_names(column)?, self.max_doc))
    }

    fn read_numbers(&self, column: NumberColumn) -> Result<Numbers> {
        match &self.source {
            Source::Engine(engine) => engine.numbers(column),
            Source::Rows(rows) => Ok(rows.numbers(column)),
        }
    }

    /// Row keys by document.
    pub(crate) fn row_keys(&self) -> Result<&[u32]> {
        let keys = self.row_keys.get(|| match &self.source {
            Source::Engine(engine) => engine.row_keys(),
            Source::Rows(rows) => Ok(rows.row_keys()),
        })?;
        Ok(keys)
    }

    fn docs_by_key(&self) -> Result<&Option<Vec<(u32, u32)>>> {
        self.docs_by_key.get(|| {
            let keys = self.row_keys()?;
            if keys.is_sorted() {
                return Ok(None);
            }
            let mut pairs: Vec<(u32, u32)> = keys.iter().copied().zip(0..).collect();
            pairs.sort_unstable();
            Ok(Some(pairs))
        })
    }

    /// Calls `found` with the documents that hold versions of a row.
    pub(crate) fn each_doc_of(&self, row_key: u32, mut found: impl FnMut(u32)) -> Result<()> {
        match self.docs_by_key()? {
            None => {
                let keys = self.row_keys()?;
                let start = keys.partition_point(|other| *other < row_key);
                let same = keys[start..].iter().take_while(|other| **other == row_key).count();
                (start..start + same).for_each(|doc| found(doc as u32));
            }
            Some(pairs) => {
                let start = pairs.partition_point(|(other, _)| *other < row_key);
                pairs[start..].iter().take_while(|(other, _)| *other == row_key).for_each(|(_, doc)| found(*doc));
            }
        }
        Ok(())
    }

    /// The documents that hold versions of these rows.
    pub(crate) fn docs_of_rows(&self, row_keys: &RoaringBitmap) -> Result<RoaringBitmap> {
        let mut docs = Bits::new(self.max_doc);
        // Looking each key up costs about as much as passing twenty documents.
        if row_keys.len().saturating_mul(20) > u64::from(self.max_doc) {
            for (doc, key) in (0..).zip(self.row_keys()?) {
                if row_keys.contains(*key) {
                    docs.set(doc);
                }
            }
        } else {
            for key in row_keys {
                self.each_doc_of(key, |doc| docs.set(doc))?;
            }
        }
        Ok(docs.into_bitmap())
    }

    /// The documents in whose field one text holds the words one after the other.
    pub(crate) fn docs_with(&self, field: TextField, words: &Words) -> Result<RoaringBitmap> {
        match &self.source {
            Source::Engine(engine) => engine.docs_with(field, words),
            Source::Rows(rows) => Ok(rows.docs_with(field, words)),
        }
    }

    /// Calls `found` with documents and how often the words stand in their texts.
    pub(crate) fn count_words(&self, field: TextField, words: &Words, found: &mut dyn FnMut(u32, u32)) -> Result<()> {
        match &self.source {
            Source::Engine(engine) => engine.count_words(field, words, found),
            Source::Rows(rows) => {
                rows.count_words(field, words, found);
                Ok(())
            }
        }
    }
}
