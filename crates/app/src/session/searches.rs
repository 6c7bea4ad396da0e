//! The results of searches that are kept, so that a page is a slice of one.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use muster_domain::{
    id::AnnotationId,
    query::{Query, SortSpec},
};
use muster_index::{AnnotationHits, GroupBy, Hits, View};

use super::opened::OpenLibrary;
use crate::error::{AppError, AppResult};

/// Searches that are kept; those that were not used for longest have to be run again.
const KEPT: usize = 16;
/// Hits that are kept in all of them together, eight bytes each; the youngest four are kept however many they have.
const KEPT_HITS: usize = 4_000_000;
const KEPT_ALWAYS: usize = 4;

/// The searches that are kept for paging.
#[derive(Default)]
pub(crate) struct Searches {
    last_id: u32,
    kept: VecDeque<(u32, Arc<Search>)>,
}

/// One kept search.
pub(crate) struct Search {
    pub query: Query,
    pub sort: SortSpec,
    pub group: Option<GroupBy>,
    pub hits: Hits,
    /// The annotations, where annotations were searched.
    pub annotations: Option<AnnotationHits>,
    /// The change that the search contains.
    pub change_seq: u64,
    /// What the hits belong to. A view of a state of the index that is no longer current is let go of, since it holds
    /// that state in memory; the hits are then found again in the present one.
    seen: Mutex<Option<(Arc<View>, Hits)>>,
}

impl Search {
    /// A search that was just run.
    pub fn new(query: Query, sort: SortSpec, group: Option<GroupBy>, hits: Hits, view: Arc<View>) -> Self {
        let change_seq = view.change_seq();
        let seen = Mutex::new(Some((view, hits.clone())));
        Self { query, sort, group, hits, annotations: None, change_seq, seen }
    }

    /// The view that the hits belong to, if it is still held.
    pub fn seen(&self) -> Option<(Arc<View>, Hits)> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The annotations at these places of a result of annotations.
    pub fn annotations_at(&self, places: &[u32]) -> AppResult<Vec<AnnotationId>> {
        let mut ids = Vec::with_capacity(places.len());
        if let (Some(found), Some((view, _))) = (&self.annotations, self.seen()) {
            for place in places {
                ids.extend(view.annotation_slice(found, *place as usize, 1)?.into_iter().map(|(_, id)| id));
            }
        }
        Ok(ids)
    }

    fn look_again(&self, view: Arc<View>, hits: Hits) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((view, hits));
    }

    fn forget_unless(&self, is_current: &impl Fn(&View) -> bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Annotations have no other name than their number in the view.
        if self.annotations.is_none() && seen.as_ref().is_some_and(|(view, _)| !is_current(view)) {
            *seen = None;
        }
    }
}

impl Searches {
    /// Keeps a search and gives it a number.
    pub fn keep(&mut self, search: Arc<Search>) -> u32 {
        self.last_id += 1;
        self.kept.push_back((self.last_id, search));
        let mut hits: usize = self.kept.iter().map(|(_, search)| search.hits.row_keys.len()).sum();
        while self.kept.len() > KEPT || (hits > KEPT_HITS && self.kept.len() > KEPT_ALWAYS) {
            if let Some((_, dropped)) = self.kept.pop_front() {
                hits -= dropped.hits.row_keys.len();
            }
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

    /// Lets go of views that are not current any more.
    pub fn forget_views(&self, is_current: impl Fn(&View) -> bool) {
        self.kept.iter().for_each(|(_, search)| search.forget_unless(&is_current));
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

    /// A search that was run before, with a view that its hits belong to.
    pub async fn seen(&self, search_id: u32) -> AppResult<(Arc<Search>, Arc<View>, Hits)> {
        let search = self.search(search_id)?;
        if let Some((view, hits)) = search.seen() {
            return Ok((search, view, hits));
        }
        let view = self.view().await?;
        let hits = view.located(&search.hits)?;
        search.look_again(view.clone(), hits.clone());
        Ok((search, view, hits))
    }

    /// Keeps a search for paging and gives it a number.
    pub fn keep_search(&self, search: Search) -> u32 {
        self.searches.lock().unwrap_or_else(PoisonError::into_inner).keep(Arc::new(search))
    }
}
