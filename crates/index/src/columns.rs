//! The columns of one segment, decoded once, when first asked for, and kept as long as the segment lives.
//!
//! Limits: a million captures with five annotations each take about 70 MB when the common columns (class, decision,
//! confidence, time) have been asked for; names take one byte a row while a segment has at most 256 of them.

use std::{ops::Range, sync::OnceLock};

use muster_domain::query::{KeywordField, Level, NumberField, Sort, TimeField, ValueField, fold};
use roaring::RoaringBitmap;
use tantivy::{SegmentReader, TantivyError, columnar::Column, error::DataCorruption};

use crate::document::{MISSING, column};

/// Which rows of a table belong to which document.
pub(crate) struct Starts(Vec<u32>);

impl Starts {
    pub(crate) fn rows(&self, doc: u32) -> Range<u32> {
        self.0[doc as usize]..self.0[doc as usize + 1]
    }

    /// How many rows the table has.
    pub(crate) fn len(&self) -> usize {
        self.0.last().copied().unwrap_or_default() as usize
    }

    /// The document that a row belongs to.
    pub(crate) fn doc_of(&self, row: u32) -> u32 {
        self.0.partition_point(|start| *start <= row) as u32 - 1
    }
}

/// Numbers of names, row by row.
pub(crate) enum Ordinals {
    Narrow(Vec<u8>),
    Wide(Vec<u32>),
}

impl Ordinals {
    pub(crate) fn get(&self, row: u32) -> usize {
        match self {
            Self::Narrow(ordinals) => usize::from(ordinals[row as usize]),
            Self::Wide(ordinals) => ordinals[row as usize] as usize,
        }
    }
}

/// A column of names.
pub(crate) struct Names {
    /// The names, as they are written; sorted.
    pub(crate) values: Vec<String>,
    /// The same, folded.
    pub(crate) folded: Vec<String>,
    /// Which name each row has.
    pub(crate) ordinals: Ordinals,
    /// The documents that have each name.
    pub(crate) docs: Vec<RoaringBitmap>,
}

impl Names {
    /// Which names are wanted; the mark of a missing name never is.
    pub(crate) fn wanted(&self, mut test: impl FnMut(&str, &str) -> bool) -> Vec<bool> {
        let names = self.values.iter().zip(&self.folded);
        names.map(|(value, folded)| value != MISSING && test(value, folded)).collect()
    }
}

/// A table of named values.
pub(crate) struct Values {
    pub(crate) starts: Starts,
    pub(crate) names: Names,
    /// Keys of numbers; 0 where the value is a text.
    pub(crate) numbers: Vec<u64>,
    pub(crate) texts: Names,
    /// The place of the annotation in its document; empty for values of captures.
    pub(crate) owners: Vec<u64>,
}

/// Documents in an order.
pub(crate) struct Order {
    /// The key of each document.
    pub(crate) keys: Vec<u64>,
    /// The documents by key and row key.
    pub(crate) docs: Vec<u32>,
}

/// The columns of one segment. Deletions are not its concern.
pub(crate) struct Columns {
    pub(crate) reader: SegmentReader,
    pub(crate) max_doc: u32,
    annotations: OnceLock<Starts>,
    names: [OnceLock<Names>; KeywordField::ALL.len()],
    numbers: [OnceLock<Vec<u64>>; NumberField::ALL.len()],
    times: [OnceLock<Vec<u64>>; 2],
    values: [OnceLock<Values>; ValueField::ALL.len()],
    row_keys: OnceLock<Vec<u32>>,
    docs_by_key: OnceLock<Vec<(u32, u32)>>,
    orders: [OnceLock<Order>; Sort::ALL.len()],
}

/// What is in the cell, made when it is asked for the first time.
fn cached<T>(cell: &OnceLock<T>, make: impl FnOnce() -> tantivy::Result<T>) -> tantivy::Result<&T> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
}

fn place<T: PartialEq>(all: &[T], wanted: &T) -> usize {
    all.iter().position(|one| one == wanted).unwrap_or_default()
}

impl Columns {
    pub(crate) fn new(reader: SegmentReader) -> Self {
        Self {
            max_doc: reader.max_doc(),
            reader,
            annotations: OnceLock::new(),
            names: std::array::from_fn(|_| OnceLock::new()),
            numbers: std::array::from_fn(|_| OnceLock::new()),
            times: std::array::from_fn(|_| OnceLock::new()),
            values: std::array::from_fn(|_| OnceLock::new()),
            row_keys: OnceLock::new(),
            docs_by_key: OnceLock::new(),
            orders: std::array::from_fn(|_| OnceLock::new()),
        }
    }

    /// Every document.
    pub(crate) fn all(&self) -> RoaringBitmap {
        let mut all = RoaringBitmap::new();
        all.insert_range(0..self.max_doc);
        all
    }

    /// Which annotations belong to which document.
    pub(crate) fn annotations(&self) -> tantivy::Result<&Starts> {
        cached(&self.annotations, || self.starts(&column::keyword(KeywordField::Class)))
    }

    /// A column of names; its rows are annotations where the field is of annotations.
    pub(crate) fn names(&self, field: KeywordField) -> tantivy::Result<&Names> {
        cached(&self.names[place(&KeywordField::ALL, &field)], || {
            if field.level() == Level::Annotation {
                return self.read_names(&column::keyword(field), self.annotations()?);
            }
            let name = column::keyword(field);
            self.read_names(&name, &self.starts(&name)?)
        })
    }

    /// Keys of a number, 0 where there is none: by annotation or, for fields of captures, by document.
    pub(crate) fn numbers(&self, field: NumberField) -> tantivy::Result<&[u64]> {
        let cell = &self.numbers[place(&NumberField::ALL, &field)];
        let keys = cached(cell, || {
            let name = column::number(field);
            if field.level() == Level::Annotation {
                return self.read_table_numbers(&name, self.annotations()?);
            }
            self.first_numbers(&name)
        })?;
        Ok(keys)
    }

    /// Keys of a time, by document.
    pub(crate) fn times(&self, field: TimeField) -> tantivy::Result<&[u64]> {
        let cell = &self.times[usize::from(field == TimeField::Received)];
        Ok(cached(cell, || self.first_numbers(column::time(field)))?)
    }

    /// A table of named values.
    pub(crate) fn values(&self, field: ValueField) -> tantivy::Result<&Values> {
        cached(&self.values[place(&ValueField::ALL, &field)], || {
            let [name, number, text] = column::values(field);
            let starts = self.starts(&name)?;
            let owned = field == ValueField::Annotation;
            Ok(Values {
                names: self.read_names(&name, &starts)?,
                numbers: self.read_table_numbers(&number, &starts)?,
                texts: self.read_names(&text, &starts)?,
                owners: if owned {
                    self.read_table_numbers(column::ANNOTATION_FIELD_OWNER, &starts)?
                } else {
                    Vec::new()
                },
                starts,
            })
        })
    }

    /// Row keys by document.
    pub(crate) fn row_keys(&self) -> tantivy::Result<&[u32]> {
        Ok(cached(&self.row_keys, || {
            Ok(self.first_numbers(column::ROW_KEY)?.into_iter().map(|key| key as u32).collect())
        })?)
    }

    /// The documents that hold versions of these rows.
    pub(crate) fn docs_of_rows(&self, row_keys: &RoaringBitmap) -> tantivy::Result<RoaringBitmap> {
        let by_key = cached(&self.docs_by_key, || {
            let mut pairs: Vec<(u32, u32)> = self.row_keys()?.iter().copied().zip(0..).collect();
            pairs.sort_unstable();
            Ok(pairs)
        })?;
        let mut docs = RoaringBitmap::new();
        for key in row_keys {
            let start = by_key.partition_point(|(other, _)| *other < key);
            docs.extend(by_key[start..].iter().take_while(|(other, _)| *other == key).map(|(_, doc)| *doc));
        }
        Ok(docs)
    }

    /// All documents in an order.
    pub(crate) fn order(&self, sort: Sort) -> tantivy::Result<&Order> {
        cached(&self.orders[place(&Sort::ALL, &sort)], || {
            let keys: Vec<u64> = match sort {
                Sort::CapturedAscending => self.times(TimeField::Captured)?.to_vec(),
                Sort::CapturedDescending => self.times(TimeField::Captured)?.iter().map(|key| !key).collect(),
                Sort::ReceivedDescending => self.times(TimeField::Received)?.iter().map(|key| !key).collect(),
                Sort::Risk => self.first_numbers(column::RISK)?,
            };
            let row_keys = self.row_keys()?;
            let mut docs: Vec<u32> = (0..self.max_doc).collect();
            docs.sort_unstable_by_key(|doc| (keys[*doc as usize], row_keys[*doc as usize]));
            Ok(Order { keys, docs })
        })
    }

    /// Two columns that are not kept: the halves of ids.
    pub(crate) fn id_halves(&self, names: [&str; 2]) -> tantivy::Result<[Vec<u64>; 2]> {
        Ok([self.read_numbers(names[0])?, self.read_numbers(names[1])?])
    }

    /// The texts of annotations, row by row; not kept.
    pub(crate) fn annotation_texts(&self) -> tantivy::Result<Option<(Column<u64>, tantivy::columnar::StrColumn)>> {
        let texts = self.reader.fast_fields().str(column::ANNOTATION_TEXT)?;
        Ok(texts.map(|texts| (texts.ords().clone(), texts)))
    }

    fn number_column(&self, name: &str) -> tantivy::Result<Option<Column<u64>>> {
        self.reader.fast_fields().column_opt::<u64>(name)
    }

    fn starts(&self, name: &str) -> tantivy::Result<Starts> {
        let mut starts = Vec::with_capacity(self.max_doc as usize + 1);
        match self.reader.fast_fields().str(name)? {
            None => starts.resize(self.max_doc as usize + 1, 0),
            Some(names) => {
                let mut end = 0;
                starts.push(end);
                for doc in 0..self.max_doc {
                    let rows = names.ords().index.value_row_ids(doc);
                    end += rows.end - rows.start;
                    starts.push(end);
                }
            }
        }
        Ok(Starts(starts))
    }

    /// All values of a column, row by row.
    fn read_numbers(&self, name: &str) -> tantivy::Result<Vec<u64>> {
        Ok(self.number_column(name)?.map(|column| all_values(&column)).unwrap_or_default())
    }

    /// The same, of a table: there must be as many values as rows.
    fn read_table_numbers(&self, name: &str, starts: &Starts) -> tantivy::Result<Vec<u64>> {
        let numbers = self.read_numbers(name)?;
        check(name, numbers.len() == starts.len())?;
        Ok(numbers)
    }

    /// The first value of each document, 0 where there is none.
    fn first_numbers(&self, name: &str) -> tantivy::Result<Vec<u64>> {
        let mut numbers = vec![0; self.max_doc as usize];
        if let Some(column) = self.number_column(name)? {
            for (doc, number) in (0..self.max_doc).zip(&mut numbers) {
                *number = column.first(doc).unwrap_or_default();
            }
        }
        Ok(numbers)
    }

    fn read_names(&self, name: &str, starts: &Starts) -> tantivy::Result<Names> {
        let Some(names) = self.reader.fast_fields().str(name)? else {
            return Ok(Names {
                values: Vec::new(),
                folded: Vec::new(),
                ordinals: Ordinals::Narrow(Vec::new()),
                docs: Vec::new(),
            });
        };
        let mut values = Vec::with_capacity(names.num_terms());
        let mut stream = names.dictionary().stream()?;
        while stream.advance() {
            values.push(String::from_utf8_lossy(stream.key()).into_owned());
        }
        let raw = all_values(names.ords());
        check(name, raw.len() == starts.len() && raw.iter().all(|ordinal| (*ordinal as usize) < values.len()))?;
        let mut docs = vec![RoaringBitmap::new(); values.len()];
        for doc in 0..self.max_doc {
            for row in starts.rows(doc) {
                docs[raw[row as usize] as usize].insert(doc);
            }
        }
        let ordinals = if values.len() <= 256 {
            Ordinals::Narrow(raw.into_iter().map(|ordinal| ordinal as u8).collect())
        } else {
            Ordinals::Wide(raw.into_iter().map(|ordinal| ordinal as u32).collect())
        };
        Ok(Names { folded: values.iter().map(|value| fold(value)).collect(), values, ordinals, docs })
    }
}

/// Columns that do not fit together would bind predicates to the wrong annotation: better no answer than that one.
fn check(column: &str, fits: bool) -> tantivy::Result<()> {
    if fits {
        return Ok(());
    }
    let comment = format!("the column {column} does not fit the others of its table");
    Err(TantivyError::DataCorruption(DataCorruption::comment_only(comment)))
}

fn all_values(column: &Column<u64>) -> Vec<u64> {
    let mut values = vec![0; column.values.num_vals() as usize];
    column.values.get_range(0, &mut values);
    values
}
