//! Searching a state of the index: hits in order, facets, histograms.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use muster_domain::query::{KeywordField, Query, Sort, eval, keyword_values};
use roaring::RoaringBitmap;

use crate::{
    columns::{Columns, Order},
    document::MISSING,
    error::Result,
    evaluate::Segment,
    index::{Snapshot, SnapshotSegment},
    overlay::Overlay,
};

/// What a search found. It belongs to the snapshot and the overlay that it was made with.
#[derive(Debug, Clone)]
pub struct Hits {
    /// The row keys of the captures, in the order that was asked for: a jump in the results is a slice of this.
    pub row_keys: Arc<[u32]>,
    /// Where each of them is: segment and document, or [`OVERLAID`] and place in the overlay.
    pub(crate) places: Arc<[(u32, u32)]>,
    matching: Matching,
}

/// What matches, in no order.
#[derive(Debug, Clone)]
pub(crate) struct Matching {
    /// The matching documents of each segment.
    docs: Vec<RoaringBitmap>,
    /// The places of the matching rows in the overlay.
    overlaid: Vec<usize>,
}

impl Matching {
    fn len(&self) -> u64 {
        self.docs.iter().map(RoaringBitmap::len).sum::<u64>() + self.overlaid.len() as u64
    }
}

/// How often the values of a field occur among hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The field.
    pub field: KeywordField,
    /// Values and the number of captures that have them (once or more often), most first, then by name.
    pub values: Vec<(String, u64)>,
}

/// Stands for a segment's number where a hit is a row of the overlay.
pub(crate) const OVERLAID: u32 = u32::MAX;

/// A hit: sort key, row key, segment and document.
type Found = (u64, u32, u32, u32);

/// The share of a segment above which walking all documents in order is cheaper than sorting the hits.
const WALK_FROM: u64 = 8;

impl Snapshot {
    /// Finds what matches: in the index and, for rows that changed since, in the overlay.
    pub fn search(&self, query: &Query, overlay: &Overlay, sort: Sort) -> Result<Hits> {
        let matching = self.matching(query, overlay)?;
        let mut found: Vec<Found> = Vec::with_capacity(matching.len() as usize);
        self.checked(|| {
            for ((number, segment), docs) in (0..).zip(&self.segments).zip(&matching.docs) {
                append_in_order(&segment.columns, number, docs, sort, &mut found)?;
            }
            Ok(())
        })?;
        found.extend(matching.overlaid.iter().map(|place| {
            let row = &overlay.rows()[*place];
            (sort.key(row), row.row_key, OVERLAID, *place as u32)
        }));
        sort_runs(&mut found);
        Ok(Hits {
            row_keys: found.iter().map(|(_, row_key, ..)| *row_key).collect(),
            places: found.iter().map(|(.., segment, doc)| (*segment, *doc)).collect(),
            matching,
        })
    }

    /// How many captures match.
    pub fn count(&self, query: &Query, overlay: &Overlay) -> Result<u64> {
        Ok(self.matching(query, overlay)?.len())
    }

    pub(crate) fn matching(&self, query: &Query, overlay: &Overlay) -> Result<Matching> {
        let docs = self.checked(|| {
            let of_segment = |segment: &SnapshotSegment| {
                let evaluated = Segment { searcher: &self.searcher, columns: &segment.columns, texts: self.texts };
                let mut live = evaluated.group(&query.root)? - &segment.deleted;
                if !overlay.keys().is_empty() {
                    live -= segment.columns.docs_of_rows(overlay.keys())?;
                }
                Ok(live)
            };
            self.segments.iter().map(of_segment).collect()
        })?;
        let rows = overlay.rows().iter().enumerate();
        Ok(Matching { docs, overlaid: rows.filter(|(_, row)| eval(query, row)).map(|(place, _)| place).collect() })
    }

    /// Counts the values of fields among hits of this snapshot and overlay.
    pub fn facets(&self, hits: &Hits, overlay: &Overlay, fields: &[KeywordField]) -> Result<Vec<Facet>> {
        fields.iter().map(|field| self.facet(&hits.matching, overlay, *field)).collect()
    }

    pub(crate) fn facet(&self, hits: &Matching, overlay: &Overlay, field: KeywordField) -> Result<Facet> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        self.checked(|| {
            for (segment, hits) in self.segments.iter().zip(&hits.docs) {
                let names = segment.columns.names(field)?;
                for (value, docs) in names.values.iter().zip(&names.docs).filter(|(value, _)| *value != MISSING) {
                    let count = docs.intersection_len(hits);
                    if count > 0 {
                        *counts.entry(value.clone()).or_default() += count;
                    }
                }
            }
            Ok(())
        })?;
        for place in &hits.overlaid {
            let values: BTreeSet<&str> = keyword_values(&overlay.rows()[*place], field).into_iter().collect();
            for value in values {
                *counts.entry(value.to_owned()).or_default() += 1;
            }
        }
        let mut values: Vec<(String, u64)> = counts.into_iter().collect();
        values.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        Ok(Facet { field, values })
    }
}

fn append_in_order(
    columns: &Columns,
    segment: u32,
    docs: &RoaringBitmap,
    sort: Sort,
    found: &mut Vec<Found>,
) -> tantivy::Result<()> {
    if docs.is_empty() {
        return Ok(());
    }
    let Order { keys, docs: order } = columns.order(sort)?;
    let row_keys = columns.row_keys()?;
    let one = |doc: u32| (keys[doc as usize], row_keys[doc as usize], segment, doc);
    if docs.len() == u64::from(columns.max_doc) {
        found.extend(order.iter().map(|doc| one(*doc)));
    } else if docs.len() * WALK_FROM > u64::from(columns.max_doc) {
        let mut wanted = vec![false; columns.max_doc as usize];
        for doc in docs {
            wanted[doc as usize] = true;
        }
        found.extend(order.iter().filter(|doc| wanted[**doc as usize]).map(|doc| one(*doc)));
    } else {
        let start = found.len();
        found.extend(docs.iter().map(one));
        found[start..].sort_unstable();
    }
    Ok(())
}

#[expect(
    clippy::stable_sort_primitive,
    reason = "the stable sort finds the ordered run of each segment and merges them"
)]
fn sort_runs(found: &mut [Found]) {
    found.sort();
}
