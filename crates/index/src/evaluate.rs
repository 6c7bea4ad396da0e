//! A query on one segment: the documents that match, exactly those for which `muster_domain::query::eval` is true.

use muster_domain::{
    field::FieldValue,
    query::{
        Expr, IdField, IdPrefix, KeywordField, Level, Moment, NumberField, OneOf, Predicate, SetTest, Span, TextField,
        TimeField, ValueField, ValueItem, WORD_FIELDS, Words, Zone, fold, number_of_key, of_micros,
    },
};
use roaring::{MultiOps, RoaringBitmap};

use crate::{
    columns::{Columns, Source, Values},
    document::{MISSING, column},
    external::External,
    names::{Bits, RowNames, Starts},
    numbers::{KeyRanges, NumberTest},
};

type Result<T> = tantivy::Result<T>;

/// One part of a view, and the sets that the query asks for.
pub(crate) struct Part<'a> {
    pub(crate) columns: &'a Columns,
    pub(crate) external: &'a External,
}

/// A test of annotations, ready to be asked of rows.
pub(crate) enum RowTest<'a> {
    Names { names: &'a RowNames, wanted: Vec<bool> },
    Numbers(NumberTest<'a>),
    Rows(RoaringBitmap),
}

impl RowTest<'_> {
    fn holds(&self, row: u32) -> bool {
        match self {
            Self::Names { names, wanted } => wanted[names.ordinals.get(row)],
            Self::Numbers(test) => test.holds(row),
            Self::Rows(rows) => rows.contains(row),
        }
    }

    fn mark(&self, first: u32, marks: &mut [u8]) {
        match self {
            Self::Names { names, wanted } => names.ordinals.mark(wanted, first, marks),
            Self::Numbers(test) => test.mark(first, marks),
            Self::Rows(rows) => {
                marks.fill(0);
                let end = first + marks.len() as u32;
                rows.range(first..end).for_each(|row| marks[(row - first) as usize] = 1);
            }
        }
    }
}

/// A part of a group, ready to be asked of a document and one of its annotations, or none.
pub(crate) enum Bound<'a> {
    Docs(RoaringBitmap),
    Row(RowTest<'a>),
    All(Vec<Bound<'a>>),
    Any(Vec<Bound<'a>>),
}

impl Bound<'_> {
    /// True when it asks of annotations alone: then whole runs of rows can be marked at once.
    fn is_of_rows(&self) -> bool {
        match self {
            Self::Docs(_) => false,
            Self::Row(_) => true,
            Self::All(parts) | Self::Any(parts) => !parts.is_empty() && parts.iter().all(Bound::is_of_rows),
        }
    }

    /// Marks which rows from `first` on pass, one byte a row. Only for what [`Self::is_of_rows`].
    fn mark(&self, first: u32, marks: &mut [u8]) {
        match self {
            Self::Docs(_) => marks.fill(0),
            Self::Row(test) => test.mark(first, marks),
            Self::All(parts) => combined(parts, first, marks, |mark, other| mark & other),
            Self::Any(parts) => combined(parts, first, marks, |mark, other| mark | other),
        }
    }

    pub(crate) fn holds(&self, doc: u32, row: Option<u32>) -> bool {
        match self {
            Self::Docs(docs) => docs.contains(doc),
            Self::Row(test) => row.is_some_and(|row| test.holds(row)),
            Self::All(parts) => parts.iter().all(|part| part.holds(doc, row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(doc, row)),
        }
    }

    /// Documents outside of which the part cannot hold, when they are known without looking at every row.
    fn superset(&self, starts: &Starts) -> Option<RoaringBitmap> {
        match self {
            Self::Docs(docs) => Some(docs.clone()),
            Self::Row(RowTest::Names { names, wanted }) => Some(names.names.docs_of(wanted)),
            Self::Row(RowTest::Rows(rows)) => Some(docs_of_rows(rows, starts)),
            Self::Row(RowTest::Numbers(_)) => None,
            Self::All(parts) => {
                parts.iter().filter_map(|part| part.superset(starts)).reduce(|left, right| left & right)
            }
            Self::Any(parts) => {
                let parts: Option<Vec<RoaringBitmap>> = parts.iter().map(|part| part.superset(starts)).collect();
                parts.map(MultiOps::union)
            }
        }
    }
}

fn combined(parts: &[Bound<'_>], first: u32, marks: &mut [u8], join: impl Fn(u8, u8) -> u8) {
    let mut others = vec![0; marks.len()];
    for (place, part) in parts.iter().enumerate() {
        if place == 0 {
            part.mark(first, marks);
            continue;
        }
        part.mark(first, &mut others);
        marks.iter_mut().zip(&others).for_each(|(mark, other)| *mark = join(*mark, *other));
    }
}

/// Documents whose rows are marked at once.
const RUN: u32 = 1 << 11;

/// Calls `found` with every document and the marks of its rows.
fn each_marked(starts: &Starts, max_doc: u32, part: &Bound<'_>, mut found: impl FnMut(u32, &[u8])) {
    let mut marks = Vec::new();
    for first_doc in (0..max_doc).step_by(RUN as usize) {
        let last_doc = max_doc.min(first_doc + RUN);
        let (first, end) = (starts.rows(first_doc).start, starts.rows(last_doc - 1).end);
        marks.resize((end - first) as usize, 0);
        part.mark(first, &mut marks);
        for doc in first_doc..last_doc {
            let rows = starts.rows(doc);
            found(doc, &marks[(rows.start - first) as usize..(rows.end - first) as usize]);
        }
    }
}

fn docs_of_rows(rows: &RoaringBitmap, starts: &Starts) -> RoaringBitmap {
    let mut docs = RoaringBitmap::new();
    let mut end = 0;
    for row in rows {
        if row >= end {
            let doc = starts.doc_of(row);
            end = starts.rows(doc).end;
            docs.insert(doc);
        }
    }
    docs
}

impl<'a> Part<'a> {
    /// The documents for which the group holds.
    pub(crate) fn group(&self, part: &Expr) -> Result<RoaringBitmap> {
        match part {
            Expr::Everything => Ok(self.columns.all()),
            Expr::Not(inner) => Ok(self.columns.all() - self.group(inner)?),
            Expr::Group(inner) => self.group(inner),
            // Some annotation meets the one or the other: some annotation meets the one, or some meets the other.
            Expr::Or(parts) => {
                let parts: Vec<RoaringBitmap> = parts.iter().map(|part| self.group(part)).collect::<Result<_>>()?;
                Ok(parts.union())
            }
            Expr::And(parts) => self.conjunction(parts),
            Expr::Is(predicate) if predicate.level() == Level::Capture => self.captures(predicate),
            Expr::Is(predicate) => self.docs_of_test(self.row_test(predicate)?),
        }
    }

    fn conjunction(&self, parts: &[Expr]) -> Result<RoaringBitmap> {
        let (binding, free): (Vec<&Expr>, Vec<&Expr>) = parts.iter().partition(|part| part.binds());
        let mut docs: Option<RoaringBitmap> = None;
        for part in free {
            let found = self.group(part)?;
            docs = Some(docs.map_or_else(|| found.clone(), |docs| docs & &found));
            if docs.as_ref().is_some_and(RoaringBitmap::is_empty) {
                return Ok(RoaringBitmap::new());
            }
        }
        let found = match binding.as_slice() {
            [] => return Ok(docs.unwrap_or_else(|| self.columns.all())),
            [single] => self.group(single)?,
            several => {
                let parts = several.iter().map(|part| self.bind(part)).collect::<Result<Vec<_>>>()?;
                return self.same_annotation(&Bound::All(parts), docs);
            }
        };
        Ok(docs.map_or_else(|| found.clone(), |docs| docs & &found))
    }

    /// Those of the documents in which one and the same annotation, or none at all, meets the part.
    fn same_annotation(&self, part: &Bound<'_>, docs: Option<RoaringBitmap>) -> Result<RoaringBitmap> {
        let starts = self.columns.annotations()?;
        let candidates = match (docs, part.superset(starts)) {
            (Some(docs), Some(superset)) => docs & superset,
            (Some(docs), None) | (None, Some(docs)) => docs,
            (None, None) => self.columns.all(),
        };
        let mut found = Bits::new(self.columns.max_doc);
        if part.is_of_rows() && candidates.len() * 6 > u64::from(self.columns.max_doc) {
            each_marked(starts, self.columns.max_doc, part, |doc, marks| {
                if marks.contains(&1) {
                    found.set(doc);
                }
            });
            return Ok(found.into_bitmap() & candidates);
        }
        for doc in candidates {
            if starts.rows(doc).any(|row| part.holds(doc, Some(row))) || part.holds(doc, None) {
                found.set(doc);
            }
        }
        Ok(found.into_bitmap())
    }

    pub(crate) fn bind(&self, part: &Expr) -> Result<Bound<'a>> {
        if !part.binds() {
            return Ok(Bound::Docs(self.group(part)?));
        }
        Ok(match part {
            Expr::And(parts) => Bound::All(parts.iter().map(|part| self.bind(part)).collect::<Result<_>>()?),
            Expr::Or(parts) => Bound::Any(parts.iter().map(|part| self.bind(part)).collect::<Result<_>>()?),
            Expr::Is(predicate) => Bound::Row(self.row_test(predicate)?),
            other => Bound::Docs(self.group(other)?),
        })
    }

    fn docs_of_test(&self, test: RowTest<'_>) -> Result<RoaringBitmap> {
        let starts = self.columns.annotations()?;
        Ok(match test {
            RowTest::Names { names, wanted } => names.names.docs_of(&wanted),
            RowTest::Rows(rows) => docs_of_rows(&rows, starts),
            RowTest::Numbers(_) => {
                let mut docs = Bits::new(self.columns.max_doc);
                each_marked(starts, self.columns.max_doc, &Bound::Row(test), |doc, marks| {
                    if marks.contains(&1) {
                        docs.set(doc);
                    }
                });
                docs.into_bitmap()
            }
        })
    }

    /// Makes a test of annotations ready.
    fn row_test(&self, predicate: &Predicate) -> Result<RowTest<'a>> {
        let columns = self.columns;
        Ok(match predicate {
            Predicate::Keyword { field, test } => {
                let names = columns.row_names(*field)?;
                let wanted = names.names.wanted(|_, folded| test.decide(|pattern| pattern.matches_folded(folded)));
                RowTest::Names { names, wanted }
            }
            Predicate::Number { field, test } => {
                RowTest::Numbers(NumberTest::new(columns.numbers(*field)?, KeyRanges::of_numbers(test)))
            }
            Predicate::Text { any, .. } => RowTest::Rows(self.rows_with_words(any)?),
            Predicate::Id { any, .. } => RowTest::Rows(self.with_id(column::ANNOTATION_ID, any)?),
            Predicate::Value { name, test, .. } => RowTest::Rows(self.rows_with_value(name, test)?),
            Predicate::Words(_) | Predicate::Time { .. } | Predicate::Count { .. } | Predicate::Set(_) => {
                RowTest::Rows(RoaringBitmap::new())
            }
        })
    }

    /// Rows of annotations whose text has one of the words.
    fn rows_with_words(&self, any: &[Words]) -> Result<RoaringBitmap> {
        let mut rows = RoaringBitmap::new();
        let candidates = self.docs_with_words(TextField::Caption, any)?;
        let engine = match &self.columns.source {
            Source::Engine(engine) => engine,
            Source::Rows(held) => {
                let starts = self.columns.annotations()?;
                for doc in candidates {
                    let annotations = starts.rows(doc).zip(&held.rows[doc as usize].annotations);
                    let holds = |text: &String| any.iter().any(|words| words.matches(text));
                    rows.extend(
                        annotations.filter(|(_, one)| one.text.as_ref().is_some_and(holds)).map(|(row, _)| row),
                    );
                }
                return Ok(rows);
            }
        };
        let Some(texts) = engine.annotation_texts()? else {
            return Ok(rows);
        };
        let ordinals = texts.ords();
        let starts = self.columns.annotations()?;
        let candidates: Vec<(u32, u32)> = candidates
            .iter()
            .flat_map(|doc| starts.rows(doc))
            .map(|row| (ordinals.values.get_val(row) as u32, row))
            .collect();
        // Each different text is looked at once, however many annotations have it.
        let mut seen = vec![false; texts.num_terms()];
        let mut distinct: Vec<u64> = Vec::new();
        for (ordinal, _) in &candidates {
            if let Some(seen) = seen.get_mut(*ordinal as usize).filter(|seen| !**seen) {
                *seen = true;
                distinct.push(u64::from(*ordinal));
            }
        }
        distinct.sort_unstable();
        let mut holding = seen;
        holding.fill(false);
        let mut place = 0;
        texts.dictionary().sorted_ords_to_term_cb(&distinct, |text| {
            let text = String::from_utf8_lossy(text);
            holding[distinct[place] as usize] = text != MISSING && any.iter().any(|words| words.matches(&text));
            place += 1;
        })?;
        let holds = |ordinal: u32| holding.get(ordinal as usize).copied().unwrap_or(false);
        rows.extend(candidates.into_iter().filter(|(ordinal, _)| holds(*ordinal)).map(|(_, row)| row));
        Ok(rows)
    }

    fn rows_with_value(&self, name: &str, test: &OneOf<ValueItem>) -> Result<RoaringBitmap> {
        let values = self.columns.values(ValueField::Annotation)?;
        let annotations = self.columns.annotations()?;
        let mut rows = RoaringBitmap::new();
        for_each_value(values, name, test, |doc, row| {
            rows.insert(annotations.rows(doc).start + values.owners.key(row) as u32);
        });
        Ok(rows)
    }

    /// Places in the two columns of ids where an id begins so.
    fn with_id(&self, halves: [&str; 2], any: &[IdPrefix]) -> Result<RoaringBitmap> {
        let ranges: Vec<(u128, u128)> = any.iter().map(IdPrefix::range).collect();
        match &self.columns.source {
            Source::Engine(engine) => engine.rows_with_id(halves, &ranges),
            Source::Rows(rows) if halves == column::ID => Ok(rows.docs_with_id(&ranges)),
            Source::Rows(rows) => Ok(rows.rows_with_id(&ranges)),
        }
    }

    fn docs_with_words(&self, field: TextField, any: &[Words]) -> Result<RoaringBitmap> {
        let found = any.iter().map(|words| self.columns.docs_with(field, words));
        Ok(found.collect::<Result<Vec<_>>>()?.union())
    }

    /// The documents that pass a test of captures.
    fn captures(&self, predicate: &Predicate) -> Result<RoaringBitmap> {
        match predicate {
            Predicate::Words(words) => self.anywhere(words),
            Predicate::Keyword { field, test } => {
                let names = self.columns.names(*field)?;
                let wanted = names.wanted(|_, folded| test.decide(|pattern| pattern.matches_folded(folded)));
                Ok(names.docs_of(&wanted))
            }
            Predicate::Number { field, test } => self.by_number(*field, test),
            Predicate::Time { field, test } => {
                if test.is_local() {
                    self.by_local_time(*field, test)
                } else {
                    self.by_time(*field, test, None)
                }
            }
            Predicate::Text { field, any } => self.docs_with_words(*field, any),
            Predicate::Id { field: IdField::Capture, any } => self.with_id(column::ID, any),
            Predicate::Value { field, name, test } => {
                let mut docs = RoaringBitmap::new();
                for_each_value(self.columns.values(*field)?, name, test, |doc, _| {
                    docs.insert(doc);
                });
                Ok(docs)
            }
            Predicate::Count { of, test } => self.counted(of, test),
            Predicate::Set(test) => self.in_set(test),
            Predicate::Id { field: IdField::Annotation, .. } => Ok(RoaringBitmap::new()),
        }
    }

    fn by_number(&self, field: NumberField, test: &OneOf<Span<f64>>) -> Result<RoaringBitmap> {
        let ranges = KeyRanges::of_numbers(test);
        let test = NumberTest::new(self.columns.numbers(field)?, ranges);
        let mut docs = Bits::new(self.columns.max_doc);
        (0..self.columns.max_doc).filter(|doc| test.holds(*doc)).for_each(|doc| docs.set(doc));
        Ok(docs.into_bitmap())
    }

    /// Documents at a time, read on the clocks of a zone.
    fn by_time(&self, field: TimeField, test: &OneOf<Span<Moment>>, zone: Option<&str>) -> Result<RoaringBitmap> {
        let zone = Zone::named(zone);
        let range = |span: &Span<Moment>| {
            let (first, last) = span.micros(&zone);
            (of_micros(first), of_micros(last))
        };
        let ranges: Vec<(u64, u64)> = test.any.iter().map(range).collect();
        let holds = |key: u64| ranges.iter().any(|(first, last)| (*first..=*last).contains(&key)) != test.negated;
        let mut docs = Bits::new(self.columns.max_doc);
        for (doc, key) in (0..).zip(self.columns.times(field)?) {
            if holds(*key) {
                docs.set(doc);
            }
        }
        Ok(docs.into_bitmap())
    }

    /// Documents at a time, read on the clocks of each one's site.
    fn by_local_time(&self, field: TimeField, test: &OneOf<Span<Moment>>) -> Result<RoaringBitmap> {
        let zones = self.columns.zones()?;
        let mut found = Vec::new();
        let mut elsewhere = self.columns.all();
        for (zone, docs) in zones.values.iter().zip(&zones.docs) {
            found.push(self.by_time(field, test, Some(zone))? & docs);
            elsewhere -= docs;
        }
        found.push(self.by_time(field, test, None)? & elsewhere);
        Ok(found.union())
    }

    fn in_set(&self, test: &SetTest) -> Result<RoaringBitmap> {
        let keys = self.external.set(test);
        keys.map_or_else(|| Ok(RoaringBitmap::new()), |keys| self.columns.docs_of_rows(keys))
    }

    /// Bare words: in texts, in names, or as the beginning of an id.
    fn anywhere(&self, words: &Words) -> Result<RoaringBitmap> {
        let mut found = Vec::new();
        for field in TextField::ALL {
            found.push(self.docs_with_words(field, std::slice::from_ref(words))?);
        }
        for field in WORD_FIELDS.into_iter().chain([KeywordField::Class]) {
            let names = self.columns.names(field)?;
            found.push(names.docs_of(&names.wanted(|value, _| words.matches(value))));
        }
        if let Some(prefix) = words.id_prefix() {
            found.push(self.with_id(column::ID, &[prefix])?);
        }
        Ok(found.union())
    }

    fn counted(&self, of: &[Predicate], test: &OneOf<Span<f64>>) -> Result<RoaringBitmap> {
        let starts = self.columns.annotations()?;
        let tests = of.iter().map(|predicate| self.row_test(predicate).map(Bound::Row)).collect::<Result<Vec<_>>>()?;
        let part = Bound::All(tests);
        let candidates = part.superset(starts).unwrap_or_else(|| self.columns.all());
        let mut docs = Bits::new(self.columns.max_doc);
        if part.is_of_rows() && candidates.len() * 6 > u64::from(self.columns.max_doc) {
            each_marked(starts, self.columns.max_doc, &part, |doc, marks| {
                if test.matches(f64::from(marks.iter().map(|mark| u32::from(*mark)).sum::<u32>())) {
                    docs.set(doc);
                }
            });
            return Ok(docs.into_bitmap());
        }
        for doc in &candidates {
            let count = starts.rows(doc).filter(|row| part.holds(doc, Some(*row))).count();
            if test.matches(count as f64) {
                docs.set(doc);
            }
        }
        let docs = docs.into_bitmap();
        Ok(if test.matches(0.0) { docs | (self.columns.all() - candidates) } else { docs })
    }
}

/// Calls `found` with the document and row of every wanted value.
fn for_each_value(values: &Values, name: &str, test: &OneOf<ValueItem>, mut found: impl FnMut(u32, u32)) {
    let name = fold(name);
    let named = values.names.names.wanted(|_, folded| folded == name);
    let docs = values.names.names.docs_of(&named);
    let wanted = |text: &String| text != MISSING && test.matches(&FieldValue::Text(text.clone()));
    let texts: Vec<bool> = values.texts.iter().map(wanted).collect();
    for doc in docs {
        for row in values.starts.rows(doc) {
            if !named[values.names.ordinals.get(row)] {
                continue;
            }
            let holds = match values.numbers.key(row) {
                0 => texts[values.text_ordinals.get(row)],
                key => test.matches(&FieldValue::Number(number_of_key(key))),
            };
            if holds {
                found(doc, row);
            }
        }
    }
}
