//! The results of searches that are kept, so that a page is a slice of one.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError},
};

use muster_domain::query::{Query, Sort};
use muster_index::Hits;

use super::{index::View, opened::OpenLibrary};
use crate::error::{AppError, AppResult};

/// Searches that are kept; those that were not used for longest have to be run again.
const KEPT: usize = 16;

/// The searches that are kept for paging.
#[derive(Default)]
pub(crate) struct Searches {
    last_id: u32,
    kept: VecDeque<(u32, Arc<Search>)>,
}

/// One kept search.
pub(crate) struct Search {
    pub query: Query,
    pub sort: Sort,
    pub hits: Hits,
    pub view: Arc<View>,
}

impl Searches {
    /// Keeps a search and gives it a number.
    pub fn keep(&mut self, search: Arc<Search>) -> u32 {
        self.last_id += 1;
        self.kept.push_back((self.last_id, search));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        self.last_id
    }

    /// A search that is used is the youngest again: the queue of a person at work outlives what they look at meanwhile.
    fn get(&mut self, search_id: u32) -> Option<Arc<Search>> {
        let place = self.kept.iter().position(|(id, _)| *id == search_id)?;
        let used = self.kept.remove(place)?;
        let search = used.1.clone();
        self.kept.push_back(used);
        Some(search)
    }
}

impl OpenLibrary {
    /// A search that was run before.
    pub fn search(&self, search_id: u32) -> AppResult<Arc<Search>> {
        let mut searches = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        searches.get(search_id).ok_or_else(|| {
            AppError::not_found(format!("search {search_id} any more")).with_remedy("run the query again")
        })
    }
}
