//! Answers to what a query asks and the index does not know: picks, near duplicates, areas of the map, neighbours.

use std::{future::Future, pin::Pin, sync::Arc};

use muster_domain::query::{Duplicate, Expr, NEIGHBOURS, Pattern, Query, SetTest};
use muster_index::{External, GroupBy, Ranking, View};
use roaring::RoaringBitmap;

use crate::{
    app::App,
    error::{AppError, AppResult},
    session::{app::Urgency, opened::OpenLibrary},
    vectors,
};

/// An answer that may itself run a search.
type Answer<'a, T> = Pin<Box<dyn Future<Output = AppResult<T>> + Send + 'a>>;

/// Resolves everything that a query asks of others.
pub(super) fn resolved<'a>(
    app: &'a App,
    opened: &'a Arc<OpenLibrary>,
    query: &'a Query,
    group: Option<GroupBy>,
    view: &'a Arc<View>,
) -> Answer<'a, External> {
    Box::pin(async move {
        let mut external = External::default();
        for test in query.set_tests() {
            let keys = match test {
                SetTest::Pick(any) => in_picks(opened, any).await?,
                SetTest::Duplicate(kinds) if kinds.contains(&Duplicate::Near) => {
                    vectors::near_duplicates(app, opened).await?
                }
                SetTest::Duplicate(_) => continue,
                SetTest::Map(polygon) => vectors::inside(app, opened, polygon).await?,
            };
            external.sets.push((test.clone(), Arc::new(keys)));
        }
        if group == Some(GroupBy::Duplicate) {
            // Without embeddings the duplicates are those with equal bytes.
            external.clusters = vectors::duplicate_clusters(app, opened).await.ok().map(Arc::new);
        }
        if let Some(to) = &query.nearest {
            let candidates = if query.root == Expr::Everything {
                None
            } else {
                let (view, query, external) = (view.clone(), query.clone(), external.clone());
                let keys = app.blocking(Urgency::Interactive, move || Ok(view.row_keys_of(&query, &external)?));
                Some(keys.await?)
            };
            let nearest = vectors::nearest(app, opened, to, candidates.as_ref(), NEIGHBOURS).await?;
            external.ranking = Some(Ranking { nearest });
        }
        Ok(external)
    })
}

/// The captures of the picks whose name is meant.
async fn in_picks(opened: &OpenLibrary, any: &[Pattern]) -> AppResult<RoaringBitmap> {
    let picks = opened.library.picks(opened.identity()?.project_id).await?;
    let mut keys = RoaringBitmap::new();
    for pattern in any {
        let mut named = Vec::new();
        for pick in &picks {
            if pattern.matches(&pick.name) {
                named.push(pick.pick_id);
            }
        }
        if named.is_empty() {
            return Err(AppError::not_found(format!("pick {:?}", pattern.text()))
                .with_remedy("`muster pick list` shows the picks of the library"));
        }
        for pick_id in named {
            keys.extend(opened.library.pick_rows(pick_id).await?);
        }
    }
    Ok(keys)
}
