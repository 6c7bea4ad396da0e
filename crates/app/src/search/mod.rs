//! Search sessions: a query's sorted result, its pages, groups, facets, histograms and completion.

mod annotations;
mod completion;
mod dto;
mod external;
mod facet;
mod grid;
mod reason;

use std::{sync::Arc, time::Instant};

use muster_domain::query::{Query, SortSpec as DomainSort, parse};
use muster_index::{External, Hits, Request, View, usual_sort};
use roaring::RoaringBitmap;

pub use annotations::{annotation_page, search_annotations};
pub use completion::complete_query;
pub use dto::{
    Completion, CompletionKind, CropItem, Facet, FacetValue, GridBox, GridGroup, GridItem, GroupBy, Histogram,
    HistogramField, HistogramKind, MediaKind, SearchResult, SortSpec,
};
pub use facet::{confidence_histogram, facet_values, facets, histogram, histogram_fields};
pub use grid::{grid_groups, grid_layout, grid_page, index_of};

use crate::{
    app::App,
    error::AppResult,
    session::{app::Urgency, opened::OpenLibrary, searches::Search},
};

const PAGE: u32 = 500;

/// A query that is ready to be run: what others know of it is resolved.
struct Asked {
    query: Query,
    sort: DomainSort,
    group: Option<muster_index::GroupBy>,
    view: Arc<View>,
    external: External,
}

impl Asked {
    fn run(&self) -> AppResult<Hits> {
        let Self { query, sort, group, external, .. } = self;
        Ok(self.view.search(&Request { query, sort, group: *group, external })?)
    }
}

/// Runs a query and keeps its result for paging. Without a sort it is ordered by distance where the query is near
/// something, else latest first.
pub async fn search(
    app: &App,
    query: String,
    sort: Option<SortSpec>,
    group: Option<GroupBy>,
) -> AppResult<SearchResult> {
    let started = Instant::now();
    let opened = app.opened().await?;
    let asked = prepared(app, &opened, &query, sort, group.map(Into::into)).await?;
    let (search, reason) = app
        .blocking(Urgency::Interactive, move || {
            let hits = asked.run()?;
            let reason =
                hits.row_keys.is_empty().then(|| reason::of_nothing(&asked.query, &asked.view, &asked.external));
            let reason = reason.transpose()?.flatten();
            Ok((Search::new(asked.query, asked.sort, asked.group, hits, asked.view), reason))
        })
        .await?;
    Ok(result_of(&opened, search, started, reason))
}

fn result_of(opened: &OpenLibrary, search: Search, started: Instant, empty_reason: Option<String>) -> SearchResult {
    let total = match &search.annotations {
        Some(annotations) => annotations.len() as u32,
        None => search.hits.row_keys.len() as u32,
    };
    let (normalized, change_seq) = (search.query.to_string(), search.change_seq);
    let search_id = opened.keep_search(search);
    let elapsed_ms = started.elapsed().as_secs_f64() * 1e3;
    SearchResult { search_id, total, elapsed_ms, change_seq, normalized, empty_reason }
}

async fn prepared(
    app: &App,
    opened: &Arc<OpenLibrary>,
    query: &str,
    sort: Option<SortSpec>,
    group: Option<muster_index::GroupBy>,
) -> AppResult<Asked> {
    let query = parse(query)?;
    let sort = sort.map_or_else(|| Ok(usual_sort(&query)), |sort| sort.parsed())?;
    asked(app, opened, query, sort, group).await
}

async fn asked(
    app: &App,
    opened: &Arc<OpenLibrary>,
    query: Query,
    sort: DomainSort,
    group: Option<muster_index::GroupBy>,
) -> AppResult<Asked> {
    opened.catch_up_index().await?;
    let view = opened.view().await?;
    let external = external::resolved(app, opened, &query, group, &view).await?;
    Ok(Asked { query, sort, group, view, external })
}

/// The row keys of everything that matches: for jobs.
pub(crate) async fn matching(app: &App, opened: &Arc<OpenLibrary>, query: &str) -> AppResult<Arc<[u32]>> {
    let query = parse(query)?;
    let earliest = DomainSort { descending: false, ..DomainSort::default() };
    let sort = if query.nearest.is_some() { usual_sort(&query) } else { earliest };
    let asked = asked(app, opened, query, sort, None).await?;
    app.blocking(Urgency::Interactive, move || Ok(asked.run()?.row_keys)).await
}

/// How many captures match a query.
pub async fn count(app: &App, query: &str) -> AppResult<u32> {
    let opened = app.opened().await?;
    let asked = prepared(app, &opened, query, None, None).await?;
    app.blocking(Urgency::Interactive, move || {
        if asked.query.nearest.is_some() || asked.query.sample.is_some() {
            return Ok(asked.run()?.row_keys.len() as u32);
        }
        Ok(asked.view.count(&asked.query, &asked.external)? as u32)
    })
    .await
}

/// How many captures match now and are not in the result.
pub async fn new_matches(app: &App, search_id: u32) -> AppResult<u32> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    // Neighbours and samples change places with every arrival; that is no news to wait for.
    let settled = search.query.nearest.is_some() || search.query.sample.is_some() || search.annotations.is_some();
    if settled || opened.library.change_seq().await? == search.change_seq {
        return Ok(0);
    }
    let asked = asked(app, &opened, search.query.clone(), search.sort.clone(), None).await?;
    app.blocking(Urgency::Interactive, move || {
        let now = asked.view.row_keys_of(&asked.query, &asked.external)?;
        let mut before: Vec<u32> = search.hits.row_keys.to_vec();
        before.sort_unstable();
        let before = RoaringBitmap::from_sorted_iter(before).unwrap_or_default();
        Ok((now - before).len() as u32)
    })
    .await
}

/// The captures at these places of a result.
pub async fn resolve_selection(app: &App, search_id: u32, indices: Vec<u32>) -> AppResult<Vec<String>> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    let keys: Vec<u32> =
        indices.iter().filter_map(|index| search.hits.row_keys.get(*index as usize).copied()).collect();
    let mut ids = Vec::with_capacity(keys.len());
    for keys in keys.chunks(PAGE as usize) {
        let captures = opened.library.captures(keys).await?;
        ids.extend(captures.iter().map(|stored| stored.capture.capture_id.to_string()));
    }
    Ok(ids)
}
