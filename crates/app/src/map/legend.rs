//! What the colours of the map mean.

use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::{App, Urgency},
    error::AppResult,
    search,
    session::{
        opened::OpenLibrary,
        spaces::{Painted, PaintedValue},
    },
};

/// Values of a field that get colours.
const COLOURS: u32 = 20;
/// Legends that are kept.
const KEPT: usize = 8;

/// One colour of the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MapLegendEntry {
    /// The value, or the range of numbers.
    pub value: String,
    /// Captures of the result that have it.
    pub count: u32,
    /// The class, for the field `class`: its colour is that of the schema.
    pub class_id: Option<String>,
}

/// The values that colour the captures of a result, the most frequent first. A capture with several has the first.
pub async fn map_legend(app: &App, search_id: u32, colour_by: String) -> AppResult<Vec<MapLegendEntry>> {
    let opened = app.opened().await?;
    let painted = painted(app, &opened, search_id, &colour_by).await?;
    let entry = |value: &PaintedValue| MapLegendEntry {
        value: value.value.clone(),
        count: value.count,
        class_id: value.class_id.clone(),
    };
    Ok(painted.legend.iter().map(entry).collect())
}

/// The colour of every capture that has one of the legend's values.
pub(super) async fn painted(
    app: &App,
    opened: &Arc<OpenLibrary>,
    search_id: u32,
    field: &str,
) -> AppResult<Arc<Painted>> {
    let key = (search_id, field.to_owned());
    {
        let kept = opened.spaces.painted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, painted)) = kept.iter().find(|(known, _)| *known == key) {
            return Ok(painted.clone());
        }
    }
    let values = search::facet_values(app, search_id, field.to_owned(), String::new(), COLOURS).await?.values;
    let mut keys = Vec::new();
    for value in &values {
        let quoted = value.value.replace('\\', "\\\\").replace('"', "\\\"");
        keys.push(search::matching(app, opened, &format!("{field}:\"{quoted}\"")).await?);
    }
    let legend = values
        .into_iter()
        .map(|value| PaintedValue { value: value.value, count: value.count, class_id: value.class_id })
        .collect();
    let painted = app.blocking(Urgency::Interactive, move || Ok(Arc::new(Painted::of(legend, &keys)))).await?;
    let mut kept = opened.spaces.painted.lock().unwrap_or_else(PoisonError::into_inner);
    kept.insert(0, (key, painted.clone()));
    kept.truncate(KEPT);
    Ok(painted)
}
