//! Reading the columns of one segment of the engine.

use muster_domain::query::{Level, NumberField, TextField, TimeField, Words};
use roaring::RoaringBitmap;
use tantivy::{
    SegmentReader, TantivyError,
    columnar::{Cardinality, Column, StrColumn},
    error::DataCorruption,
    schema::Field,
};

use crate::{
    columns::{NameColumn, NumberColumn},
    document::{column, text_column},
    names::{Ordinals, RawNames, Starts},
    numbers::{Numbers, NumbersBuilder},
    words,
};

type Result<T> = tantivy::Result<T>;

/// How many values are decoded at once.
const BLOCK: usize = 1 << 14;

/// One segment of the engine.
pub(crate) struct EngineReader {
    pub(crate) reader: SegmentReader,
    max_doc: u32,
}

/// Columns that do not fit together would bind predicates to the wrong annotation: better no answer than that one.
pub(crate) fn check(column: &str, fits: bool) -> Result<()> {
    if fits {
        return Ok(());
    }
    let comment = format!("the column {column} does not fit the others of its table");
    Err(TantivyError::DataCorruption(DataCorruption::comment_only(comment)))
}

/// Calls `found` with every value of a column, row by row.
fn each_value(column: &Column<u64>, mut found: impl FnMut(u64)) {
    let mut block = vec![0; BLOCK];
    let mut start = 0;
    let rows = column.values.num_vals() as usize;
    while start < rows {
        let length = BLOCK.min(rows - start);
        column.values.get_range(start as u64, &mut block[..length]);
        block[..length].iter().for_each(|value| found(*value));
        start += length;
    }
}

fn name_of(column: NameColumn) -> String {
    match column {
        NameColumn::Keyword(field) => column::keyword(field),
        NameColumn::TimeZone => column::TIME_ZONE.to_owned(),
        NameColumn::ValueName(field) => column::values(field)[0].clone(),
        NameColumn::ValueText(field) => column::values(field)[2].clone(),
    }
}

impl EngineReader {
    pub(crate) fn new(reader: SegmentReader) -> Self {
        Self { max_doc: reader.max_doc(), reader }
    }

    fn number_column(&self, name: &str) -> Result<Option<Column<u64>>> {
        self.reader.fast_fields().column_opt::<u64>(name)
    }

    fn text_column(&self, name: &str) -> Result<Option<StrColumn>> {
        self.reader.fast_fields().str(name)
    }

    pub(crate) fn starts(&self, column: NameColumn) -> Result<Starts> {
        Ok(self.starts_of(self.text_column(&name_of(column))?.as_ref()))
    }

    fn starts_of(&self, names: Option<&StrColumn>) -> Starts {
        let mut starts = Vec::with_capacity(self.max_doc as usize + 1);
        match names {
            None => starts.resize(self.max_doc as usize + 1, 0),
            Some(names) if names.ords().get_cardinality() == Cardinality::Full => starts.extend(0..=self.max_doc),
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
        Starts(starts)
    }

    pub(crate) fn names(&self, column: NameColumn) -> Result<RawNames> {
        let name = name_of(column);
        let Some(names) = self.text_column(&name)? else {
            return Ok(RawNames { values: Vec::new(), ordinals: Ordinals::new(0, 0), starts: self.starts_of(None) });
        };
        let mut values = Vec::with_capacity(names.num_terms());
        let mut stream = names.dictionary().stream()?;
        while stream.advance() {
            values.push(String::from_utf8_lossy(stream.key()).into_owned());
        }
        let starts = self.starts_of(Some(&names));
        let mut ordinals = Ordinals::new(values.len(), names.ords().values.num_vals() as usize);
        let mut known = true;
        each_value(names.ords(), |ordinal| {
            known &= (ordinal as usize) < values.len();
            ordinals.push(ordinal as u32);
        });
        check(&name, known && ordinals.len() == starts.len())?;
        Ok(RawNames { values, ordinals, starts })
    }

    pub(crate) fn numbers(&self, column: NumberColumn) -> Result<Numbers> {
        let (name, by_doc) = match column {
            NumberColumn::Number(field) => (column::number(field), field.level() == Level::Capture),
            NumberColumn::Risk => (column::RISK.to_owned(), true),
            NumberColumn::Value(field) => (column::values(field)[1].clone(), false),
            NumberColumn::Owner => (column::ANNOTATION_FIELD_OWNER.to_owned(), false),
        };
        let mut numbers = NumbersBuilder::new(self.max_doc as usize);
        if by_doc {
            self.each_first(&name, |number| numbers.push(number))?;
        } else if let Some(column) = self.number_column(&name)? {
            each_value(&column, |number| numbers.push(number));
        }
        let numbers = numbers.finish();
        if let NumberColumn::Number(
            field @ (NumberField::Confidence | NumberField::BoxWidth | NumberField::BoxHeight),
        ) = column
        {
            let annotations = self.starts(NameColumn::Keyword(muster_domain::query::KeywordField::Class))?;
            check(field.name(), numbers.len() == annotations.len())?;
        }
        Ok(numbers)
    }

    /// The first value of each document, 0 where there is none.
    fn each_first(&self, name: &str, mut found: impl FnMut(u64)) -> Result<()> {
        match self.number_column(name)? {
            None => (0..self.max_doc).for_each(|_| found(0)),
            Some(column) if column.get_cardinality() == Cardinality::Full => each_value(&column, found),
            Some(column) => (0..self.max_doc).for_each(|doc| found(column.first(doc).unwrap_or_default())),
        }
        Ok(())
    }

    fn firsts(&self, name: &str) -> Result<Vec<u64>> {
        let mut all = Vec::with_capacity(self.max_doc as usize);
        self.each_first(name, |number| all.push(number))?;
        Ok(all)
    }

    pub(crate) fn times(&self, field: TimeField) -> Result<Vec<u64>> {
        self.firsts(column::time(field))
    }

    pub(crate) fn contents(&self) -> Result<Vec<u64>> {
        self.firsts(column::CONTENT)
    }

    pub(crate) fn row_keys(&self) -> Result<Vec<u32>> {
        let mut keys = Vec::with_capacity(self.max_doc as usize);
        self.each_first(column::ROW_KEY, |key| keys.push(key as u32))?;
        Ok(keys)
    }

    /// One column of an id's two halves, which are not kept.
    pub(crate) fn id_half(&self, name: &str) -> Result<Option<Column<u64>>> {
        self.number_column(name)
    }

    /// The rows whose id begins so. Both halves are read only where the first leaves it open.
    pub(crate) fn rows_with_id(&self, [high, low]: [&str; 2], ranges: &[(u128, u128)]) -> Result<RoaringBitmap> {
        let (Some(high), Some(low)) = (self.number_column(high)?, self.number_column(low)?) else {
            return Ok(RoaringBitmap::new());
        };
        let heads: Vec<(u64, u64)> =
            ranges.iter().map(|(first, last)| ((first >> 64) as u64, (last >> 64) as u64)).collect();
        let mut rows = RoaringBitmap::new();
        let mut row = 0;
        each_value(&high, |head| {
            if heads.iter().any(|(first, last)| (*first..=*last).contains(&head)) {
                let id = u128::from(head) << 64 | u128::from(low.values.get_val(row));
                if ranges.iter().any(|(first, last)| (*first..=*last).contains(&id)) {
                    rows.insert(row);
                }
            }
            row += 1;
        });
        Ok(rows)
    }

    /// The texts of annotations, row by row; not kept.
    pub(crate) fn annotation_texts(&self) -> Result<Option<StrColumn>> {
        self.text_column(column::ANNOTATION_TEXT)
    }

    fn text_field(&self, field: TextField) -> Result<Field> {
        self.reader.schema().get_field(text_column(field))
    }

    pub(crate) fn docs_with(&self, field: TextField, sought: &Words) -> Result<RoaringBitmap> {
        words::docs_with(&self.reader, self.text_field(field)?, sought)
    }

    pub(crate) fn count_words(&self, field: TextField, sought: &Words, found: &mut dyn FnMut(u32, u32)) -> Result<()> {
        words::count_words(&self.reader, self.text_field(field)?, sought, found)
    }
}
