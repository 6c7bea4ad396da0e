//! What a query asks that the index does not keep: whoever runs it resolves it to row keys.

use std::{collections::HashMap, sync::Arc};

use muster_domain::query::SetTest;
use roaring::RoaringBitmap;

/// The answers to the sets and the nearness of one query.
#[derive(Debug, Clone, Default)]
pub struct External {
    /// The row keys for which each set test holds; one that is missing holds for none. `duplicate:exact` and
    /// `duplicate:extra` need no answer: the index knows them.
    pub sets: Vec<(SetTest, Arc<RoaringBitmap>)>,
    /// The nearest of what the root of the query finds; without it nothing is ordered by distance.
    pub ranking: Option<Ranking>,
    /// The cluster of near duplicates that a row key is in; used to group by duplicate instead of equal bytes.
    pub clusters: Option<Arc<HashMap<u32, u32>>>,
}

/// Neighbours of something.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranking {
    /// Row keys with their distances, nearest first.
    pub nearest: Vec<(u32, f32)>,
}

impl External {
    pub(crate) fn set(&self, test: &SetTest) -> Option<&RoaringBitmap> {
        self.sets.iter().find(|(known, _)| known == test).map(|(_, keys)| &**keys)
    }
}
