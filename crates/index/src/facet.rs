//! Counting over hits: how many captures have each value of a field, and how numbers and times are spread.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use muster_domain::query::{
    KeywordField, Level, Moment, NumberField, TimeField, ValueField, fold, micros_of, number_of_key, of_micros,
};
use roaring::RoaringBitmap;

use crate::{
    columns::{Columns, Values},
    document::MISSING,
    error::Result,
    search::Hits,
    view::View,
};

/// A field whose values are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FacetField {
    /// Names.
    Keyword(KeywordField),
    /// The texts of a signal or user field.
    Value(ValueField, String),
}

/// How often the values of a field occur among hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The field.
    pub field: FacetField,
    /// Values and the number of captures that have them (once or more often), most first, then by name.
    pub values: Vec<(String, u64)>,
}

/// A field whose values are spread over a line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HistogramField {
    /// A number of captures or annotations.
    Number(NumberField),
    /// A time.
    Time(TimeField),
    /// A signal or user field.
    Value(ValueField, String),
    /// The least confidence of an undecided annotation.
    Risk,
}

/// What the numbers of a histogram are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Numbers.
    Number,
    /// Microseconds since 1970.
    Time,
}

/// How the values of a field are spread over hits.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// What the numbers are.
    pub scale: Scale,
    /// The least value.
    pub least: f64,
    /// The greatest value.
    pub greatest: f64,
    /// For each of as many equal steps from least to greatest, the captures with a value in it: a step has its lower
    /// bound, the last one both.
    pub bins: Vec<u32>,
    /// Captures without a value.
    pub missing: u32,
}

impl HistogramField {
    /// Reads a field's name as written in a query; `risk` is the least undecided confidence.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "captured" => return Some(Self::Time(TimeField::Captured)),
            "received" => return Some(Self::Time(TimeField::Received)),
            "risk" => return Some(Self::Risk),
            _ => {}
        }
        let number = NumberField::ALL.into_iter().find(|field| field.name() == name).map(Self::Number);
        number.or_else(|| value_named(name).map(|(field, name)| Self::Value(field, name)))
    }
}

impl FacetField {
    /// Reads a field's name as written in a query.
    pub fn from_name(name: &str) -> Option<Self> {
        let keyword = KeywordField::from_name(name).map(Self::Keyword);
        keyword.or_else(|| value_named(name).map(|(field, name)| Self::Value(field, name)))
    }
}

fn value_named(name: &str) -> Option<(ValueField, String)> {
    let (owner, rest) = name.split_once('.')?;
    let field = ValueField::ALL.into_iter().find(|field| field.name() == owner)?;
    (!rest.is_empty()).then(|| (field, rest.to_owned()))
}

impl View {
    /// Counts the values of fields among hits of this view.
    pub fn facets(&self, hits: &Hits, fields: &[FacetField]) -> Result<Vec<Facet>> {
        fields.iter().map(|field| self.facet(&hits.docs, field)).collect()
    }

    pub(crate) fn facet(&self, docs: &[RoaringBitmap], field: &FacetField) -> Result<Facet> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        self.checked(|| {
            for (part, docs) in self.parts.iter().zip(docs).filter(|(_, docs)| !docs.is_empty()) {
                match field {
                    FacetField::Keyword(field) => count_names(&part.columns, docs, *field, &mut counts)?,
                    FacetField::Value(field, name) => {
                        count_texts(part.columns.values(*field)?, docs, name, &mut counts);
                    }
                }
            }
            Ok(())
        })?;
        let mut values: Vec<(String, u64)> = counts.into_iter().collect();
        values.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        Ok(Facet { field: field.clone(), values })
    }

    /// The values of a field that hold what is typed (folded), most frequent first.
    pub fn facet_values(&self, hits: &Hits, field: &FacetField, typed: &str, limit: usize) -> Result<Facet> {
        let mut facet = self.facet(&hits.docs, field)?;
        let typed = fold(typed);
        facet.values.retain(|(value, _)| fold(value).contains(&typed));
        facet.values.truncate(limit);
        Ok(facet)
    }

    /// The fields that a histogram can be made of: those of which the view has any value.
    pub fn histogram_fields(&self) -> Result<Vec<(HistogramField, Scale)>> {
        let mut fields = vec![
            (HistogramField::Time(TimeField::Captured), Scale::Time),
            (HistogramField::Time(TimeField::Received), Scale::Time),
        ];
        let all: Vec<RoaringBitmap> = self.parts.iter().map(|part| part.columns.all() - &part.dead).collect();
        for field in NumberField::ALL {
            let field = HistogramField::Number(field);
            if self.extent(&all, &field)?.is_some() {
                fields.push((field, Scale::Number));
            }
        }
        for field in ValueField::ALL {
            for (name, scale) in self.value_scales(field)? {
                fields.extend(scale.map(|scale| (HistogramField::Value(field, name), scale)));
            }
        }
        Ok(fields)
    }

    /// The names of signals or user fields and whether their values have an order: all numbers, or all days or times.
    fn value_scales(&self, field: ValueField) -> Result<BTreeMap<String, Option<Scale>>> {
        let mut scales: BTreeMap<String, BTreeSet<u8>> = BTreeMap::new();
        self.checked(|| {
            for part in &self.parts {
                let table = part.columns.values(field)?;
                let names = &table.names.names.values;
                let kinds: Vec<u8> =
                    table.texts.iter().map(|text| if Moment::parse(text).is_some() { 1 } else { 2 }).collect();
                let mut seen = vec![[false; 3]; names.len()];
                for row in 0..table.names.ordinals.len() as u32 {
                    let kind = if table.numbers.key(row) == 0 { kinds[table.text_ordinals.get(row)] } else { 0 };
                    seen[table.names.ordinals.get(row)][usize::from(kind)] = true;
                }
                for (name, seen) in names.iter().zip(seen) {
                    let kinds = scales.entry(name.clone()).or_default();
                    kinds.extend((0..).zip(seen).filter(|(_, seen)| *seen).map(|(kind, _)| kind));
                }
            }
            Ok(())
        })?;
        let scale = |kinds: BTreeSet<u8>| match kinds.into_iter().collect::<Vec<_>>().as_slice() {
            [0] => Some(Scale::Number),
            [1] => Some(Scale::Time),
            _ => None,
        };
        Ok(scales.into_iter().map(|(name, kinds)| (name, scale(kinds))).collect())
    }

    /// How the values of a field are spread over hits of this view; `None` when no hit has a value.
    pub fn histogram(&self, hits: &Hits, field: &HistogramField, bins: usize) -> Result<Option<Histogram>> {
        let Some((least, greatest)) = self.extent(&hits.docs, field)? else { return Ok(None) };
        let scale = match field {
            HistogramField::Time(_) => Scale::Time,
            HistogramField::Value(owner, name) => {
                let scales = self.value_scales(*owner)?;
                let wanted = fold(name);
                let scale = scales.iter().find(|(name, _)| fold(name) == wanted).and_then(|(_, scale)| *scale);
                scale.unwrap_or(Scale::Number)
            }
            _ => Scale::Number,
        };
        Ok(Some(self.spread(hits, field, (scale, least, greatest), bins)?))
    }

    /// Like [`Self::histogram`], over a line that is given; what lies outside of it counts as missing.
    pub fn histogram_between(
        &self,
        hits: &Hits,
        field: &HistogramField,
        (least, greatest): (f64, f64),
        bins: usize,
    ) -> Result<Histogram> {
        self.spread(hits, field, (Scale::Number, least, greatest), bins)
    }

    fn spread(
        &self,
        hits: &Hits,
        field: &HistogramField,
        (scale, least, greatest): (Scale, f64, f64),
        bins: usize,
    ) -> Result<Histogram> {
        let mut counts = vec![0_u32; bins.max(1)];
        let width = (greatest - least) / counts.len() as f64;
        let final_bin = counts.len() - 1;
        let (mut with_value, mut total) = (0, 0);
        self.checked(|| {
            for (part, docs) in self.parts.iter().zip(&hits.docs) {
                total += docs.len();
                // A capture counts once in a bin, however many of its annotations lie there.
                let mut latest = vec![u32::MAX; counts.len()];
                let mut before = u32::MAX;
                each_number(&part.columns, docs, field, |doc, number| {
                    if !(least..=greatest).contains(&number) {
                        return;
                    }
                    let bin = if width > 0.0 { (((number - least) / width) as usize).min(final_bin) } else { 0 };
                    if std::mem::replace(&mut latest[bin], doc) != doc {
                        counts[bin] += 1;
                    }
                    with_value += u64::from(std::mem::replace(&mut before, doc) != doc);
                })?;
            }
            Ok(())
        })?;
        Ok(Histogram { scale, least, greatest, bins: counts, missing: (total - with_value) as u32 })
    }

    /// The least and the greatest value.
    fn extent(&self, docs: &[RoaringBitmap], field: &HistogramField) -> Result<Option<(f64, f64)>> {
        let mut extent: Option<(f64, f64)> = None;
        self.checked(|| {
            for (part, docs) in self.parts.iter().zip(docs) {
                each_number(&part.columns, docs, field, |_, number| {
                    let (least, greatest) = extent.get_or_insert((number, number));
                    *least = least.min(number);
                    *greatest = greatest.max(number);
                })?;
            }
            Ok(())
        })?;
        Ok(extent)
    }
}

fn count_names(
    columns: &Columns,
    hits: &RoaringBitmap,
    field: KeywordField,
    counts: &mut BTreeMap<String, u64>,
) -> tantivy::Result<()> {
    let names = columns.names(field)?;
    let all = hits.len() == u64::from(columns.max_doc);
    for (value, docs) in names.values.iter().zip(&names.docs).filter(|(value, _)| *value != MISSING) {
        let count = if all { docs.len() } else { docs.intersection_len(hits) };
        if count > 0 {
            *counts.entry(value.clone()).or_default() += count;
        }
    }
    Ok(())
}

/// The rows of a table that have a name, of the hits: document, row.
fn rows_named<'a>(values: &'a Values, hits: &RoaringBitmap, name: &str) -> impl Iterator<Item = (u32, u32)> + 'a {
    let wanted = fold(name);
    let named = values.names.names.wanted(|_, folded| folded == wanted);
    let docs = values.names.names.docs_of(&named) & hits;
    let rows = docs.into_iter().flat_map(|doc| values.starts.rows(doc).map(move |row| (doc, row)));
    rows.filter(move |(_, row)| named[values.names.ordinals.get(*row)])
}

fn count_texts(values: &Values, hits: &RoaringBitmap, name: &str, counts: &mut BTreeMap<String, u64>) {
    let mut latest: HashMap<(u64, usize), (u32, u64)> = HashMap::new();
    for (doc, row) in rows_named(values, hits, name) {
        let value = (values.numbers.key(row), values.text_ordinals.get(row));
        let (before, count) = latest.entry(value).or_insert((u32::MAX, 0));
        if std::mem::replace(before, doc) != doc {
            *count += 1;
        }
    }
    for ((key, text), (_, count)) in latest {
        let value = match key {
            0 => values.texts[text].clone(),
            key => muster_domain::field::FieldValue::Number(number_of_key(key)).to_text(),
        };
        *counts.entry(value).or_default() += count;
    }
}

/// Calls `found` with each hit's document and each of its numbers.
fn each_number(
    columns: &Columns,
    hits: &RoaringBitmap,
    field: &HistogramField,
    mut found: impl FnMut(u32, f64),
) -> tantivy::Result<()> {
    if hits.is_empty() {
        return Ok(());
    }
    let number = |key: u64| (key != 0).then(|| number_of_key(key));
    match field {
        HistogramField::Time(time) => {
            let times = columns.times(*time)?;
            hits.iter().for_each(|doc| found(doc, micros_of(times[doc as usize]) as f64));
        }
        HistogramField::Risk => {
            let risks = columns.risks()?;
            hits.iter().filter_map(|doc| Some((doc, number(risks.key(doc))?))).for_each(|(doc, risk)| found(doc, risk));
        }
        HistogramField::Number(field) if field.level() == Level::Capture => {
            let numbers = columns.numbers(*field)?;
            hits.iter().filter_map(|doc| Some((doc, number(numbers.key(doc))?))).for_each(|(doc, one)| found(doc, one));
        }
        HistogramField::Number(field) => {
            let (numbers, starts) = (columns.numbers(*field)?, columns.annotations()?);
            for doc in hits {
                starts.rows(doc).filter_map(|row| number(numbers.key(row))).for_each(|one| found(doc, one));
            }
        }
        HistogramField::Value(owner, name) => {
            let values = columns.values(*owner)?;
            let moment =
                |text: &String| Moment::parse(text).map(|moment| micros_of(of_micros(moment.start().0)) as f64);
            let moments: Vec<Option<f64>> = values.texts.iter().map(moment).collect();
            for (doc, row) in rows_named(values, hits, name) {
                let value = number(values.numbers.key(row)).or_else(|| moments[values.text_ordinals.get(row)]);
                if let Some(value) = value {
                    found(doc, value);
                }
            }
        }
    }
    Ok(())
}
