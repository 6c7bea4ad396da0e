//! The plot from ten thousand to a million.

use std::path::Path;

use anyhow::{Context as _, Result};
use muster_benches::plot::{Line, Plot};
use serde_json::Value;

/// What is drawn: where it stands in the figures.
const LINES: [(&str, &str); 7] = [
    ("search, p95", "/first/search/p95_ms"),
    ("facets, p95", "/first/facets/p95_ms"),
    ("page of the grid, p95", "/first/page/p95_ms"),
    ("shape of the grid, p95", "/first/layout/p95_ms"),
    ("edit to found, p95", "/edit/found/p95_ms"),
    ("open to first page", "/open_ms/page"),
    ("search while syncing, p95", "/while_syncing/search/p95_ms"),
];

/// Draws the figures of several sizes; the sync's times come from what the maker wrote beside each library.
pub fn plot(file: &Path, results: &[String]) -> Result<()> {
    let mut figures = Vec::new();
    for result in results {
        let text = std::fs::read_to_string(result).with_context(|| result.clone())?;
        figures.push(serde_json::from_str::<Value>(&text).with_context(|| result.clone())?);
    }
    let at = |figures: &Value, place: &str| figures.pointer(place).and_then(Value::as_f64);
    let mut lines: Vec<Line> = LINES
        .iter()
        .map(|(name, place)| Line {
            name: (*name).to_owned(),
            points: figures.iter().filter_map(|one| Some((at(one, "/captures")?, at(one, place)?))).collect(),
        })
        .collect();
    let seconds = |one: &Value| Some((at(one, "/captures")?, 1e3 * (at(one, "/rows_s")? + at(one, "/proposals_s")?)));
    lines.push(Line { name: "store and proposals, all".into(), points: figures.iter().filter_map(seconds).collect() });
    lines.retain(|line| !line.points.is_empty());
    let plot = Plot {
        title: "Search, grid and sync by size of the library".into(),
        x: "captures".into(),
        y: "ms".into(),
        lines,
    };
    std::fs::write(file, plot.svg()).with_context(|| file.display().to_string())
}
