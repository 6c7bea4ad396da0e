//! Searching a view: hits in order.

use std::sync::Arc;

use muster_domain::query::{Query, Sample, SetTest, SortField, SortSpec};
use roaring::RoaringBitmap;

use crate::{
    columns::Source,
    document::column,
    error::Result,
    evaluate::Part,
    external::External,
    group::{Group, GroupBy},
    order::Arranged,
    view::View,
};

/// What is asked of a view.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// What must hold, how near, how many.
    pub query: &'a Query,
    /// In which order.
    pub sort: &'a SortSpec,
    /// In which groups, each in that order.
    pub group: Option<GroupBy>,
    /// The answers to what the index does not know.
    pub external: &'a External,
}

/// Stands in the place of a hit that is gone.
pub(crate) const GONE: u32 = u32::MAX;

/// What a search found. It belongs to the view that it was made with.
#[derive(Debug, Clone, Default)]
pub struct Hits {
    /// The row keys of the captures, in the order that was asked for: a jump in the results is a slice of this.
    pub row_keys: Arc<[u32]>,
    /// The groups, where groups were asked for.
    pub groups: Vec<Group>,
    /// The number of each document in the view.
    pub(crate) places: Arc<[u32]>,
    /// The matching documents of each part.
    pub(crate) docs: Vec<RoaringBitmap>,
}

impl View {
    /// Finds what matches, in order.
    pub fn search(&self, request: &Request<'_>) -> Result<Hits> {
        let external = self.resolved(request.query, request.external)?;
        let mut docs = self.matching(request.query, &external)?;
        self.checked(|| {
            if request.query.nearest.is_some() {
                self.keep_ranked(&mut docs, &external)?;
            }
            if let Some(sample) = request.query.sample {
                self.keep_sample(&mut docs, sample)?;
            }
            let found = self.arranged(&docs, request, &external)?;
            self.hits(found, docs, request, &external)
        })
    }

    /// How many captures match, nearness and samples aside.
    pub fn count(&self, query: &Query, external: &External) -> Result<u64> {
        let docs = self.matching(query, &self.resolved(query, external)?)?;
        Ok(docs.iter().map(RoaringBitmap::len).sum())
    }

    /// The row keys for which the root of the query holds, in no order: candidates for nearness.
    pub fn row_keys_of(&self, query: &Query, external: &External) -> Result<RoaringBitmap> {
        let docs = self.matching(query, &self.resolved(query, external)?)?;
        self.checked(|| {
            let mut keys = Vec::with_capacity(docs.iter().map(RoaringBitmap::len).sum::<u64>() as usize);
            for (part, docs) in self.parts.iter().zip(&docs) {
                let row_keys = part.columns.row_keys()?;
                keys.extend(docs.iter().map(|doc| row_keys[doc as usize]));
            }
            keys.sort_unstable();
            Ok(RoaringBitmap::from_sorted_iter(keys).unwrap_or_default())
        })
    }

    /// Hits of an older view, found again in this one. Captures that are gone keep their places and have no values.
    pub fn located(&self, hits: &Hits) -> Result<Hits> {
        self.checked(|| {
            let mut places = Vec::with_capacity(hits.row_keys.len());
            for key in hits.row_keys.iter() {
                places.push(self.place_of(*key)?.unwrap_or(GONE));
            }
            let mut docs: Vec<RoaringBitmap> = Vec::new();
            docs.resize_with(self.parts.len(), RoaringBitmap::new);
            let mut sorted: Vec<u32> = places.iter().copied().filter(|place| *place != GONE).collect();
            sorted.sort_unstable();
            for place in sorted {
                let (part, doc) = self.part_of(place);
                docs[part].insert(doc);
            }
            let (row_keys, groups) = (hits.row_keys.clone(), hits.groups.clone());
            Ok(Hits { row_keys, groups, places: places.into(), docs })
        })
    }

    /// What the caller resolved, and the sets that the index knows itself.
    pub(crate) fn resolved(&self, query: &Query, external: &External) -> Result<External> {
        let mut resolved = external.clone();
        self.checked(|| {
            for test in query.set_tests() {
                if let Some(own) = self.own_set(test)? {
                    // Near duplicates come from outside; beside them the index adds what it knows.
                    let near: Option<&RoaringBitmap> = external.set(test);
                    let all: Arc<RoaringBitmap> = near.map_or_else(|| own.clone(), |near| Arc::new(near | &*own));
                    let test: SetTest = test.clone();
                    resolved.sets.retain(|(known, _)| *known != test);
                    resolved.sets.push((test, all));
                }
            }
            Ok(())
        })?;
        Ok(resolved)
    }

    /// The live documents of each part for which the root of the query holds.
    pub(crate) fn matching(&self, query: &Query, external: &External) -> Result<Vec<RoaringBitmap>> {
        self.checked(|| {
            let of_part = |part: &crate::view::ViewPart| {
                let found = Part { columns: &part.columns, external }.group(&query.root)?;
                Ok(if part.dead.is_empty() { found } else { found - &part.dead })
            };
            self.parts.iter().map(of_part).collect()
        })
    }

    /// Keeps those that the ranking names.
    fn keep_ranked(&self, docs: &mut [RoaringBitmap], external: &External) -> tantivy::Result<()> {
        let ranked = external.ranking.iter().flat_map(|ranking| &ranking.nearest).map(|(key, _)| *key);
        let ranked: RoaringBitmap = ranked.collect();
        for (part, docs) in self.parts.iter().zip(docs) {
            *docs &= part.columns.docs_of_rows(&ranked)?;
        }
        Ok(())
    }

    fn keep_sample(&self, docs: &mut [RoaringBitmap], sample: Sample) -> tantivy::Result<()> {
        let size = sample.size as usize;
        let mut ranks: Vec<(u64, usize, u32)> = Vec::new();
        for (number, (part, docs)) in self.parts.iter().zip(docs.iter()).enumerate() {
            match &part.columns.source {
                Source::Rows(rows) => ranks.extend(docs.iter().map(|doc| {
                    let low = rows.rows[doc as usize].capture_id.0.as_u64_pair().1;
                    (sample.rank(low), number, doc)
                })),
                Source::Engine(engine) => {
                    if let Some(lows) = engine.id_half(column::ID[1])? {
                        let rank = |doc: u32| (sample.rank(lows.values.get_val(doc)), number, doc);
                        ranks.extend(docs.iter().map(rank));
                    }
                }
            }
        }
        if ranks.len() <= size {
            return Ok(());
        }
        let kept = if size == 0 {
            &mut []
        } else {
            ranks.select_nth_unstable(size - 1);
            &mut ranks[..size]
        };
        kept.sort_unstable_by_key(|(_, part, doc)| (*part, *doc));
        docs.iter_mut().for_each(RoaringBitmap::clear);
        for (_, part, doc) in kept.iter() {
            docs[*part].insert(*doc);
        }
        Ok(())
    }

    fn hits(
        &self,
        found: Arranged,
        docs: Vec<RoaringBitmap>,
        request: &Request<'_>,
        external: &External,
    ) -> tantivy::Result<Hits> {
        let Arranged { mut places, row_keys } = found;
        let Some(group) = request.group else {
            return Ok(Hits { row_keys: row_keys.into(), groups: Vec::new(), places: places.into(), docs });
        };
        let groups = self.grouped(&mut places, group, request.sort, external)?;
        Ok(Hits { row_keys: self.keys_of(&places)?, groups, places: places.into(), docs })
    }

    /// The row keys of documents.
    pub(crate) fn keys_of(&self, places: &[u32]) -> tantivy::Result<Arc<[u32]>> {
        let keys: Vec<&[u32]> =
            self.parts.iter().map(|part| part.columns.row_keys()).collect::<tantivy::Result<_>>()?;
        if let [only] = keys.as_slice() {
            return Ok(places.iter().map(|place| only[*place as usize]).collect());
        }
        let key = |place: &u32| {
            let (part, doc) = self.part_of(*place);
            keys[part][doc as usize]
        };
        Ok(places.iter().map(key).collect())
    }
}

/// The order that a query has when nobody chose one: by distance where it measures one, else latest first.
pub fn usual_sort(query: &Query) -> SortSpec {
    if query.nearest.is_some() { SortSpec::ascending(SortField::Distance) } else { SortSpec::default() }
}
