//! Putting hits in order.
//!
//! A state of the index keeps a few orders of all its documents, made when they are first asked for: a search that finds
//! much walks one of them and takes what it found, which costs no sorting. One that finds little sorts what it found.
//! Hits that are not indexed yet are merged in.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use muster_domain::query::{
    KeywordField, Level, NumberField, Predicate, Query, SortField, SortSpec, SortValue, TextField, TimeField,
    ValueField, WORD_FIELDS, fold, sought,
};
use roaring::RoaringBitmap;

use crate::{
    columns::{Columns, Source},
    document::{MISSING, column},
    error::Result,
    external::External,
    search::Request,
    view::View,
};

/// Orders that a state keeps; each takes 16 bytes a document.
pub(crate) const KEPT: usize = 4;
/// Where fewer than this share of the documents are hits, sorting them is cheaper than walking an order.
const WALK_FROM: u64 = 24;
/// The same, while the order has not been made.
const MAKE_FROM: u64 = 6;

/// A hit: key (0 for none), row key, place.
type Entry = (u64, u32, u32);

/// Hits in order.
#[derive(Default)]
pub(crate) struct Arranged {
    pub(crate) places: Vec<u32>,
    pub(crate) row_keys: Vec<u32>,
}

/// All documents of a state in an order, those without a value last.
pub(crate) struct Order {
    keys: Vec<u64>,
    row_keys: Vec<u32>,
    places: Vec<u32>,
    /// How many have a value.
    present: usize,
    /// The different texts, when keys are about texts: the key of the n-th is 2n + 2.
    texts: Option<Vec<SortValue>>,
}

/// Which order; of several values the least or the greatest counts.
pub(crate) type OrderName = (SortField, bool);

impl Order {
    fn new(mut entries: Vec<Entry>, texts: Option<Vec<SortValue>>) -> Self {
        sort_entries(&mut entries);
        let missing = entries.partition_point(|(key, ..)| *key == 0);
        let present = entries.len() - missing;
        entries.rotate_left(missing);
        Self {
            keys: entries.iter().map(|(key, ..)| *key).collect(),
            row_keys: entries.iter().map(|(_, row_key, _)| *row_key).collect(),
            places: entries.iter().map(|(.., place)| *place).collect(),
            present,
            texts,
        }
    }

    /// The places in the order, from first to last.
    fn walk(&self, descending: bool) -> impl Iterator<Item = usize> {
        let count = self.places.len();
        let present = self.present;
        (0..count).map(move |step| match (descending, step < present) {
            (false, _) => step,
            (true, true) => present - 1 - step,
            (true, false) => count - 1 - (step - present),
        })
    }

    /// The key at which a value stands among those of the order.
    fn key_of(&self, value: Option<&SortValue>) -> u64 {
        match (value, &self.texts) {
            (None, _) | (Some(SortValue::Id(_)), None) => 0,
            (Some(SortValue::Number(key)), None) => *key,
            // Texts come after numbers.
            (Some(SortValue::Text(..)), None) => u64::MAX,
            (Some(value), Some(texts)) => match texts.binary_search(value) {
                Ok(place) => 2 * place as u64 + 2,
                Err(place) => 2 * place as u64 + 1,
            },
        }
    }
}

/// Sorts by key and row key.
fn sort_entries(entries: &mut Vec<Entry>) {
    const DIGIT: u32 = 11;
    if entries.len() < 1 << 14 {
        entries.sort_unstable();
        return;
    }
    let by_row_key = entries.is_sorted_by_key(|(_, row_key, _)| *row_key);
    // Least significant digit first (Knuth 5.2.5): every pass keeps the order of the one before.
    let mut other = vec![(0, 0, 0); entries.len()];
    let mut pass = |digit: &dyn Fn(&Entry) -> usize| {
        let mut starts = vec![0_usize; 1 << DIGIT];
        for entry in entries.iter() {
            starts[digit(entry)] += 1;
        }
        if starts.contains(&entries.len()) {
            return;
        }
        let mut next = 0;
        for start in &mut starts {
            next += std::mem::replace(start, next);
        }
        for entry in entries.iter() {
            let place = &mut starts[digit(entry)];
            other[*place] = *entry;
            *place += 1;
        }
        std::mem::swap(entries, &mut other);
    };
    let mask = (1 << DIGIT) - 1;
    for shift in (0..u32::BITS).step_by(DIGIT as usize).filter(|_| !by_row_key) {
        pass(&|(_, row_key, _)| (row_key >> shift) as usize & mask);
    }
    for shift in (0..u64::BITS).step_by(DIGIT as usize) {
        pass(&|(key, ..)| (key >> shift) as usize & mask);
    }
}

/// The keys of a field on one part, by document.
enum Keys<'a> {
    Times(&'a [u64]),
    Numbers(&'a crate::numbers::Numbers),
    Made(Vec<u64>),
}

impl Keys<'_> {
    fn get(&self, doc: u32) -> u64 {
        match self {
            Self::Times(keys) => keys[doc as usize],
            Self::Numbers(numbers) => numbers.key(doc),
            Self::Made(keys) => keys[doc as usize],
        }
    }
}

/// The keys of a field whose keys are numbers of the capture; `None` for every other field.
fn direct_keys<'a>(columns: &'a Columns, by: &SortField) -> tantivy::Result<Option<Keys<'a>>> {
    Ok(Some(match by {
        SortField::Captured => Keys::Times(columns.times(TimeField::Captured)?),
        SortField::Received => Keys::Times(columns.times(TimeField::Received)?),
        SortField::Risk => Keys::Numbers(columns.risks()?),
        SortField::Number(field) if field.level() == Level::Capture => Keys::Numbers(columns.numbers(*field)?),
        _ => return Ok(None),
    }))
}

/// Of an annotation's number the least or the greatest of each capture.
fn extreme_keys(columns: &Columns, field: NumberField, greatest: bool) -> tantivy::Result<Vec<u64>> {
    let (numbers, starts) = (columns.numbers(field)?, columns.annotations()?);
    let keys = (0..columns.max_doc).map(|doc| {
        let keys = starts.rows(doc).map(|row| numbers.key(row)).filter(|key| *key != 0);
        if greatest { keys.max() } else { keys.min() }.unwrap_or(0)
    });
    Ok(keys.collect())
}

/// For each document the number (from 1) of its least or greatest value in a sorted list of values; 0 without one.
struct Ranked {
    values: Vec<SortValue>,
    ranks: Vec<u64>,
}

impl Ranked {
    /// Collects `(document, number of a value)` pairs, where `values` are in no order.
    fn new(values: &[SortValue], docs: u32, greatest: bool, pairs: impl Iterator<Item = (u32, usize)>) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|left, right| values[*left].cmp(&values[*right]));
        let mut rank = vec![0_u64; values.len()];
        for (place, value) in (1..).zip(&order) {
            rank[*value] = place;
        }
        let mut ranks = vec![0; docs as usize];
        for (doc, value) in pairs {
            let best = &mut ranks[doc as usize];
            let new = rank[value];
            if *best == 0 || (greatest && new > *best) || (!greatest && new < *best) {
                *best = new;
            }
        }
        Self { values: order.into_iter().map(|place| values[place].clone()).collect(), ranks }
    }

    fn of_names(columns: &Columns, field: KeywordField, greatest: bool) -> tantivy::Result<Self> {
        let names = columns.names(field)?;
        let values = names.values.iter().zip(&names.folded);
        let values: Vec<SortValue> =
            values.map(|(value, folded)| SortValue::Text(folded.clone(), value.clone())).collect();
        let kept = names.docs.iter().enumerate().filter(|(place, _)| names.values[*place] != MISSING);
        let pairs = kept.flat_map(|(place, docs)| docs.iter().map(move |doc| (doc, place)));
        Ok(Self::new(&values, columns.max_doc, greatest, pairs))
    }

    fn of_values(columns: &Columns, field: ValueField, name: &str, greatest: bool) -> tantivy::Result<Self> {
        let table = columns.values(field)?;
        let wanted = fold(name);
        let named = table.names.names.wanted(|_, folded| folded == wanted);
        let mut known: HashMap<(u64, usize), usize> = HashMap::new();
        let (mut values, mut pairs) = (Vec::new(), Vec::new());
        for doc in table.names.names.docs_of(&named) {
            for row in table.starts.rows(doc).filter(|row| named[table.names.ordinals.get(*row)]) {
                let (key, text) = (table.numbers.key(row), table.text_ordinals.get(row));
                let place = *known.entry((key, text)).or_insert_with(|| {
                    let text = &table.texts[text];
                    values.push(match key {
                        0 => SortValue::Text(fold(text), text.clone()),
                        key => SortValue::Number(key),
                    });
                    values.len() - 1
                });
                pairs.push((doc, place));
            }
        }
        Ok(Self::new(&values, columns.max_doc, greatest, pairs.into_iter()))
    }
}

impl View {
    /// The places of the documents, in the order that was asked for.
    pub(crate) fn arranged(
        &self,
        docs: &[RoaringBitmap],
        request: &Request<'_>,
        external: &External,
    ) -> tantivy::Result<Arranged> {
        let sort = request.sort;
        let places = match &sort.by {
            SortField::Distance if external.ranking.is_none() => {
                return self.by_value(docs, &SortSpec { by: SortField::Captured, descending: sort.descending });
            }
            SortField::Distance => self.by_distance(docs, sort.descending, external)?,
            SortField::Relevance => self.by_relevance(docs, request.query, sort.descending)?,
            SortField::Id => self.by_id(docs, sort.descending)?,
            _ => return self.by_value(docs, sort),
        };
        Ok(Arranged { row_keys: self.keys_of(&places)?.to_vec(), places })
    }

    fn by_value(&self, docs: &[RoaringBitmap], sort: &SortSpec) -> tantivy::Result<Arranged> {
        let indexed = self.snapshot.segments.len();
        let hits: u64 = docs[..indexed].iter().map(RoaringBitmap::len).sum();
        let all: u64 = self.parts[..indexed].iter().map(|part| u64::from(part.columns.max_doc)).sum();
        let name = order_name(sort);
        let made = self.snapshot.made_order(&name);
        let few = hits * if made.is_some() { WALK_FROM } else { MAKE_FROM } < all;
        if few && let Some(order) = self.order_of_few(&docs[..indexed], sort)? {
            return Ok(self.merged(&order, None, docs, sort));
        }
        let order = if let Some(order) = made {
            order
        } else {
            let order = Arc::new(self.order(&name.0, name.1)?);
            self.snapshot.keep_order(name, order)
        };
        let wanted = (hits < all).then(|| self.bits(&docs[..indexed]));
        Ok(self.merged(&order, wanted.as_deref(), docs, sort))
    }

    /// The order of these documents alone; `None` where keys are not numbers, which takes all documents to make.
    fn order_of_few(&self, docs: &[RoaringBitmap], sort: &SortSpec) -> tantivy::Result<Option<Order>> {
        let mut entries = Vec::with_capacity(docs.iter().map(RoaringBitmap::len).sum::<u64>() as usize);
        for ((part, base), docs) in self.parts.iter().zip(&self.bases).zip(docs) {
            if docs.is_empty() {
                continue;
            }
            let Some(keys) = direct_keys(&part.columns, &sort.by)? else { return Ok(None) };
            let row_keys = part.columns.row_keys()?;
            entries.extend(docs.iter().map(|doc| (keys.get(doc), row_keys[doc as usize], base + doc)));
        }
        Ok(Some(Order::new(entries, None)))
    }

    /// The order of every document of the state.
    fn order(&self, by: &SortField, greatest: bool) -> tantivy::Result<Order> {
        let parts = &self.parts[..self.snapshot.segments.len()];
        let mut made: Vec<Keys<'_>> = Vec::with_capacity(parts.len());
        let mut texts = None;
        match by {
            SortField::Number(field) if field.level() == Level::Annotation => {
                for part in parts {
                    made.push(Keys::Made(extreme_keys(&part.columns, *field, greatest)?));
                }
            }
            SortField::Keyword(field) => {
                let ranked = parts.iter().map(|part| Ranked::of_names(&part.columns, *field, greatest));
                let (keys, values) = joined(&ranked.collect::<tantivy::Result<Vec<_>>>()?);
                made.extend(keys.into_iter().map(Keys::Made));
                texts = Some(values);
            }
            SortField::Value(field, name) => {
                let ranked = parts.iter().map(|part| Ranked::of_values(&part.columns, *field, name, greatest));
                let (keys, values) = joined(&ranked.collect::<tantivy::Result<Vec<_>>>()?);
                made.extend(keys.into_iter().map(Keys::Made));
                texts = Some(values);
            }
            by => {
                for part in parts {
                    made.extend(direct_keys(&part.columns, by)?);
                }
            }
        }
        let mut entries = Vec::with_capacity(parts.iter().map(|part| part.columns.max_doc as usize).sum());
        for ((part, base), keys) in parts.iter().zip(&self.bases).zip(&made) {
            let row_keys = part.columns.row_keys()?;
            entries.extend((0..part.columns.max_doc).map(|doc| (keys.get(doc), row_keys[doc as usize], base + doc)));
        }
        Ok(Order::new(entries, texts))
    }

    /// One bit for each document of the state: is it a hit?
    fn bits(&self, docs: &[RoaringBitmap]) -> Vec<u64> {
        let mut bits = vec![0_u64; (self.documents() as usize).div_ceil(64)];
        for (base, docs) in self.bases.iter().zip(docs) {
            for doc in docs {
                let place = base + doc;
                bits[place as usize / 64] |= 1 << (place % 64);
            }
        }
        bits
    }

    /// Walks an order, takes what is wanted (everything without a word about it), and merges what is not indexed yet.
    fn merged(&self, order: &Order, wanted: Option<&[u64]>, docs: &[RoaringBitmap], sort: &SortSpec) -> Arranged {
        let total = docs.iter().map(RoaringBitmap::len).sum::<u64>() as usize;
        let mut found = Arranged { places: Vec::with_capacity(total), row_keys: Vec::with_capacity(total) };
        let is_wanted = |place: u32| wanted.is_none_or(|bits| bits[place as usize / 64] >> (place % 64) & 1 == 1);
        let mut fresh = self.fresh(order, docs, sort).into_iter().peekable();
        for step in order.walk(sort.descending) {
            let place = order.places[step];
            if !is_wanted(place) {
                continue;
            }
            let row_key = order.row_keys[step];
            if fresh.peek().is_some() {
                let entry = (order.keys[step], row_key);
                while let Some((_, row_key, place)) =
                    fresh.next_if(|(key, row_key, _)| before((*key, *row_key), entry, sort.descending))
                {
                    found.places.push(place);
                    found.row_keys.push(row_key);
                }
            }
            found.places.push(place);
            found.row_keys.push(row_key);
        }
        for (_, row_key, place) in fresh {
            found.places.push(place);
            found.row_keys.push(row_key);
        }
        found
    }

    /// The hits that are not indexed yet, in order, with the keys at which they stand in an order of those that are.
    fn fresh(&self, order: &Order, docs: &[RoaringBitmap], sort: &SortSpec) -> Vec<Entry> {
        let mut fresh: Vec<(Option<SortValue>, u32, u32)> = Vec::new();
        for (number, docs) in docs.iter().enumerate().skip(self.snapshot.segments.len()) {
            for doc in docs {
                if let Some(row) = self.row_at(number, doc) {
                    fresh.push((sort.value(row), row.row_key, self.bases[number] + doc));
                }
            }
        }
        fresh.sort_unstable_by(|left, right| {
            let by_key = left.1.cmp(&right.1);
            compared(left.0.as_ref(), right.0.as_ref(), by_key, sort.descending)
        });
        fresh.into_iter().map(|(value, row_key, place)| (order.key_of(value.as_ref()), row_key, place)).collect()
    }

    fn by_distance(&self, docs: &[RoaringBitmap], descending: bool, external: &External) -> tantivy::Result<Vec<u32>> {
        let nearest = external.ranking.as_ref().map(|ranking| ranking.nearest.as_slice()).unwrap_or_default();
        let mut places = Vec::with_capacity(nearest.len());
        for (key, _) in nearest {
            if let Some(place) = self.place_of(*key)? {
                let (part, doc) = self.part_of(place);
                places.extend(docs[part].contains(doc).then_some(place));
            }
        }
        if descending {
            places.reverse();
        }
        Ok(places)
    }

    fn by_id(&self, docs: &[RoaringBitmap], descending: bool) -> tantivy::Result<Vec<u32>> {
        let mut ids: Vec<(u128, u32)> = Vec::new();
        for ((part, base), docs) in self.parts.iter().zip(&self.bases).zip(docs) {
            match &part.columns.source {
                Source::Rows(rows) => {
                    ids.extend(docs.iter().map(|doc| (rows.rows[doc as usize].capture_id.0.as_u128(), base + doc)));
                }
                Source::Engine(engine) => {
                    let [high, low] = column::ID;
                    if let (Some(high), Some(low)) = (engine.id_half(high)?, engine.id_half(low)?) {
                        let half =
                            |column: &tantivy::columnar::Column<u64>, doc| u128::from(column.values.get_val(doc));
                        ids.extend(docs.iter().map(|doc| (half(&high, doc) << 64 | half(&low, doc), base + doc)));
                    }
                }
            }
        }
        self.sorted(ids, descending)
    }

    fn sorted<T: Ord + Copy>(&self, keyed: Vec<(T, u32)>, descending: bool) -> tantivy::Result<Vec<u32>> {
        let places: Vec<u32> = keyed.iter().map(|(_, place)| *place).collect();
        let row_keys = self.keys_of(&places)?;
        let mut keyed: Vec<(T, u32, u32)> =
            keyed.into_iter().zip(row_keys.iter()).map(|((key, place), row_key)| (key, *row_key, place)).collect();
        keyed.sort_unstable();
        if descending {
            keyed.reverse();
        }
        Ok(keyed.into_iter().map(|(.., place)| place).collect())
    }

    /// By how often the words of the query stand in each capture.
    fn by_relevance(&self, docs: &[RoaringBitmap], query: &Query, descending: bool) -> tantivy::Result<Vec<u32>> {
        let mut keyed = Vec::new();
        for ((part, base), docs) in self.parts.iter().zip(&self.bases).zip(docs) {
            let counts = occurrences(&part.columns, query)?;
            keyed.extend(docs.iter().map(|doc| (counts.get(&doc).copied().unwrap_or(0), base + doc)));
        }
        self.sorted(keyed, descending)
    }

    /// Makes the orders that people look at most.
    pub(crate) fn warm_orders(&self) -> Result<()> {
        let usual = order_name(&SortSpec::default());
        let mut names = self.snapshot.wanted_orders();
        if !names.contains(&usual) {
            names.push(usual);
        }
        self.checked(|| {
            for name in names {
                if self.snapshot.made_order(&name).is_none() {
                    let order = Arc::new(self.order(&name.0, name.1)?);
                    self.snapshot.keep_order(name, order);
                }
            }
            Ok(())
        })
    }
}

/// How often the sought words stand in documents.
fn occurrences(columns: &Columns, query: &Query) -> tantivy::Result<HashMap<u32, u32>> {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for test in sought(&query.root) {
        let mut add = |doc: u32, count: u32| *counts.entry(doc).or_default() += count;
        match test {
            Predicate::Text { field, any } => {
                for words in any {
                    columns.count_words(*field, words, &mut add)?;
                }
            }
            Predicate::Words(words) => {
                for field in TextField::ALL {
                    columns.count_words(field, words, &mut add)?;
                }
                for field in WORD_FIELDS.into_iter().chain([KeywordField::Class]) {
                    let names = columns.names(field)?;
                    let matching = names.docs_of(&names.wanted(|value, _| words.matches(value)));
                    matching.iter().for_each(|doc| add(doc, 1));
                }
            }
            _ => {}
        }
    }
    Ok(counts)
}

/// Ranks of several parts as keys over all their values.
fn joined(parts: &[Ranked]) -> (Vec<Vec<u64>>, Vec<SortValue>) {
    let mut all: Vec<&SortValue> = parts.iter().flat_map(|part| &part.values).collect();
    all.sort_unstable();
    all.dedup();
    let of_part = |part: &Ranked| {
        let place = |value: &SortValue| all.binary_search(&value).unwrap_or_default() as u64;
        let keys: Vec<u64> = std::iter::once(0).chain(part.values.iter().map(|value| 2 * place(value) + 2)).collect();
        part.ranks.iter().map(|rank| keys[*rank as usize]).collect()
    };
    let keys = parts.iter().map(of_part).collect();
    (keys, all.into_iter().cloned().collect())
}

/// The order that a sort walks: of fields with one value it serves both directions.
fn order_name(sort: &SortSpec) -> OrderName {
    let several = match &sort.by {
        SortField::Keyword(_) | SortField::Value(..) => true,
        SortField::Number(field) => field.level() == Level::Annotation,
        _ => false,
    };
    (sort.by.clone(), sort.descending && several)
}

/// The order of two values: what has none comes last.
fn compared(left: Option<&SortValue>, right: Option<&SortValue>, by_key: Ordering, descending: bool) -> Ordering {
    let directed = |order: Ordering| if descending { order.reverse() } else { order };
    match (left, right) {
        (Some(left), Some(right)) => directed(left.cmp(right).then(by_key)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => directed(by_key),
    }
}

/// True when the first stands before the second; key 0 is none.
fn before(left: (u64, u32), right: (u64, u32), descending: bool) -> bool {
    match (left.0 == 0, right.0 == 0) {
        (false, true) => true,
        (true, false) => false,
        _ if descending => left > right,
        _ => left < right,
    }
}

/// Orders kept by a state.
#[derive(Default)]
pub(crate) struct Orders {
    kept: Vec<(OrderName, Arc<Order>)>,
}

impl Orders {
    pub(crate) fn get(&mut self, name: &OrderName) -> Option<Arc<Order>> {
        let place = self.kept.iter().position(|(known, _)| known == name)?;
        let used = self.kept.remove(place);
        let order = used.1.clone();
        self.kept.push(used);
        Some(order)
    }

    pub(crate) fn keep(&mut self, name: OrderName, order: Arc<Order>) -> Arc<Order> {
        self.kept.retain(|(known, _)| *known != name);
        self.kept.push((name, order.clone()));
        if self.kept.len() > KEPT {
            self.kept.remove(0);
        }
        order
    }

    pub(crate) fn names(&self) -> Vec<OrderName> {
        self.kept.iter().map(|(name, _)| name.clone()).collect()
    }
}
