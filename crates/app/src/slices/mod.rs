//! Slices (saved, named, live queries) and picks (frozen lists).

use muster_domain::{
    id::{PersonId, ProjectId},
    query::parse,
};
use muster_store::selection::{NewPick, Pick as StoredPick, Slice as StoredSlice};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::{
    app::App,
    error::{AppError, AppResult},
    marks::Selection,
    search,
    session::opened::{OpenLibrary, parse_id},
};

/// A saved, named, live query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Slice {
    /// Its id.
    pub slice_id: String,
    /// Its name.
    pub name: String,
    /// The query's text.
    pub query: String,
    /// How many captures match now; 0 where the query cannot be run any more.
    pub count: u32,
}

/// A frozen, ordered list of captures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Pick {
    /// Its id.
    pub pick_id: String,
    /// Its name.
    pub name: String,
    /// The query that it was picked from.
    pub query: String,
    /// How many captures it lists.
    pub count: u32,
    /// The seed, where chance had a part.
    pub seed: Option<f64>,
}

/// The slices of the project by name, with their present counts.
pub async fn slices(app: &App) -> AppResult<Vec<Slice>> {
    let opened = app.opened().await?;
    let stored = opened.library.slices(opened.identity()?.project_id).await?;
    let mut slices = Vec::with_capacity(stored.len());
    for slice in stored {
        slices.push(counted(app, slice).await);
    }
    Ok(slices)
}

async fn counted(app: &App, slice: StoredSlice) -> Slice {
    // A slice whose query speaks of something that is gone is still listed, so that it can be mended.
    let count = search::count(app, &slice.query).await.unwrap_or_else(|error| {
        tracing::warn!(slice = slice.name, %error, "the query of a slice cannot be run");
        0
    });
    Slice { slice_id: slice.slice_id.to_string(), name: slice.name, query: slice.query, count }
}

fn named(noun: &str, text: &str) -> AppResult<String> {
    let name = text.trim();
    if name.is_empty() {
        return Err(AppError::invalid(format!("a {noun} needs a name")));
    }
    Ok(name.to_owned())
}

/// Saves a query under a name, in place of one of the same name.
pub async fn save_slice(app: &App, name: String, query: String) -> AppResult<Slice> {
    let opened = app.opened().await?;
    let (project_id, person_id) = whose(&opened)?;
    parse(&query)?;
    let name = named("slice", &name)?;
    let slice =
        StoredSlice { slice_id: Uuid::new_v4(), name: name.clone(), query, person_id, saved_at: opened.library.now() };
    opened.library.save_slice(project_id, &slice).await?;
    // One that had the name keeps its id.
    let slices = opened.library.slices(project_id).await?;
    let saved = slices.into_iter().find(|slice| slice.name == name).unwrap_or(slice);
    Ok(counted(app, saved).await)
}

fn whose(opened: &OpenLibrary) -> AppResult<(ProjectId, PersonId)> {
    let identity = opened.identity()?;
    Ok((identity.project_id, identity.person.person_id))
}

/// Gives a slice another name.
pub async fn rename_slice(app: &App, slice_id: String, name: String) -> AppResult<Slice> {
    let opened = app.opened().await?;
    let slice_id: Uuid = parse_id("slice", &slice_id)?;
    opened.library.rename_slice(slice_id, &named("slice", &name)?).await?;
    let slices = opened.library.slices(opened.identity()?.project_id).await?;
    let slice = slices.into_iter().find(|slice| slice.slice_id == slice_id);
    Ok(counted(app, slice.ok_or_else(|| AppError::not_found(format!("slice {slice_id}")))?).await)
}

/// Removes a slice; what it found stays.
pub async fn delete_slice(app: &App, slice_id: String) -> AppResult<()> {
    let opened = app.opened().await?;
    opened.library.remove_slice(parse_id("slice", &slice_id)?).await?;
    Ok(())
}

/// The picks of the project, newest first.
pub async fn picks(app: &App) -> AppResult<Vec<Pick>> {
    let opened = app.opened().await?;
    let picks = opened.library.picks(opened.identity()?.project_id).await?;
    Ok(picks.into_iter().map(Pick::from).collect())
}

impl From<StoredPick> for Pick {
    fn from(pick: StoredPick) -> Self {
        Self {
            pick_id: pick.pick_id.to_string(),
            name: pick.name,
            query: pick.query,
            count: pick.captures as u32,
            seed: pick.seed.map(|seed| seed as f64),
        }
    }
}

/// Freezes what is selected, in its order.
pub async fn save_pick(app: &App, name: String, selection: Selection, seed: Option<f64>) -> AppResult<Pick> {
    let opened = app.opened().await?;
    let (project_id, person_id) = whose(&opened)?;
    let query = match &selection {
        Selection::Hits { search_id, .. } => opened.search(*search_id)?.query.to_string(),
        Selection::Captures { .. } | Selection::Annotations { .. } => String::new(),
    };
    let row_keys = opened.selected_captures(&selection).await?;
    if row_keys.is_empty() {
        return Err(AppError::invalid("nothing is selected"));
    }
    let pick_id = Uuid::new_v4();
    let pick = NewPick { pick_id, name: named("pick", &name)?, query, seed: seed.map(|seed| seed as u64), person_id };
    opened.library.add_pick(project_id, &pick, &row_keys).await?;
    let picks = opened.library.picks(project_id).await?;
    let saved = picks.into_iter().find(|pick| pick.pick_id == pick_id);
    Ok(saved.ok_or_else(|| AppError::not_found(format!("pick {pick_id}")))?.into())
}

/// Removes a pick; its captures stay.
pub async fn delete_pick(app: &App, pick_id: String) -> AppResult<()> {
    let opened = app.opened().await?;
    opened.library.remove_pick(parse_id("pick", &pick_id)?).await?;
    Ok(())
}
