//! `muster search`: captures, annotations, counts and histograms of a query.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use muster_app::{
    app::App,
    error::AppError,
    search::{self, CropItem, Facet, GridGroup, GridItem, Histogram, SearchResult, SortSpec},
};
use serde_json::json;

use crate::{
    output::{self, Output},
    shown,
};

#[derive(Debug, Args)]
pub struct Search {
    /// The query; empty for all.
    #[arg(default_value = "")]
    pub query: String,
    /// How many captures (or annotations) to show.
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
    /// By what to order, greatest first: captured, received, risk, relevance, distance, id, or a field such as conf or
    /// signal.motion. Without it: by distance where the query measures one, else captured.
    #[arg(long, value_name = "FIELD")]
    pub sort: Option<String>,
    /// Least first. The usual way of risk and distance.
    #[arg(long, requires = "sort")]
    pub ascending: bool,
    /// Put the captures into groups.
    #[arg(long, value_name = "WHAT", conflicts_with = "annotations")]
    pub group: Option<GroupBy>,
    /// Find annotations instead of captures: those that the query means.
    #[arg(long)]
    pub annotations: bool,
    /// Count values over the whole result.
    #[arg(long, conflicts_with = "annotations")]
    pub facets: bool,
    /// Show how the values of a field are spread, such as conf or captured.
    #[arg(long, value_name = "FIELD", conflicts_with = "annotations")]
    pub histogram: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum GroupBy {
    Site,
    Day,
    Trigger,
    Device,
    Duplicate,
}

/// Bins of a histogram in a terminal.
const BINS: u32 = 20;
/// The longest bar, characters.
const BAR: u32 = 40;

impl Search {
    fn sort(&self) -> Option<SortSpec> {
        let by = self.sort.clone()?;
        // Nobody wants the surest proposals or the farthest neighbours first without saying so.
        let descending = !self.ascending && by != "risk" && by != "distance";
        Some(SortSpec { by, descending })
    }
}

impl From<GroupBy> for search::GroupBy {
    fn from(group: GroupBy) -> Self {
        match group {
            GroupBy::Site => Self::Site,
            GroupBy::Day => Self::Day,
            GroupBy::Trigger => Self::Trigger,
            GroupBy::Device => Self::Device,
            GroupBy::Duplicate => Self::Duplicate,
        }
    }
}

/// Runs the command.
pub async fn search(app: &App, command: Search, output: Output) -> anyhow::Result<()> {
    if command.annotations {
        return annotations(app, command, output).await;
    }
    let found = search::search(app, command.query.clone(), command.sort(), command.group.map(Into::into)).await;
    let result = found.map_err(|error| point_at(&command.query, error))?;
    let mut items = Vec::new();
    while (items.len() as u32) < command.limit.min(result.total) {
        let (offset, left) = (items.len() as u32, command.limit - items.len() as u32);
        let page = search::grid_page(app, result.search_id, offset, left).await?;
        if page.is_empty() {
            break;
        }
        items.extend(page);
    }
    let facets = if command.facets { search::facets(app, result.search_id).await? } else { Vec::new() };
    let groups = match command.group {
        Some(_) => search::grid_groups(app, result.search_id).await?,
        None => Vec::new(),
    };
    let histogram = match &command.histogram {
        Some(field) => Some(search::histogram(app, result.search_id, field.clone(), BINS).await?),
        None => None,
    };
    if !output.json {
        return output::line(&text(&result, &items, &facets, &groups, histogram.as_ref()));
    }
    let mut document = head(&result);
    document["captures"] = json!(items);
    if command.facets {
        document["facets"] = json!(facets);
    }
    if command.group.is_some() {
        document["groups"] = json!(groups);
    }
    if let Some(histogram) = histogram {
        document["histogram"] = json!(histogram);
    }
    output::line(&document.to_string())
}

fn head(result: &SearchResult) -> serde_json::Value {
    json!({
        "total": result.total,
        "elapsedMs": result.elapsed_ms,
        "changeSeq": result.change_seq,
        "normalized": result.normalized,
        "emptyReason": result.empty_reason,
    })
}

async fn annotations(app: &App, command: Search, output: Output) -> anyhow::Result<()> {
    let found = search::search_annotations(app, command.query.clone(), command.sort()).await;
    let result = found.map_err(|error| point_at(&command.query, error))?;
    let mut items = Vec::new();
    let wanted = command.limit.min(result.total);
    let mut offset = 0;
    while offset < wanted {
        items.extend(search::annotation_page(app, result.search_id, offset, wanted - offset).await?);
        offset += 500;
    }
    if output.json {
        let mut document = head(&result);
        document["annotations"] = json!(items);
        return output::line(&document.to_string());
    }
    let mut lines = vec![format!("{} annotations in {:.1} ms", result.total, result.elapsed_ms)];
    lines.extend(items.iter().map(annotation_line));
    output::line(&lines.join("\n"))
}

fn annotation_line(item: &CropItem) -> String {
    let confidence = item.confidence.map_or_else(String::new, |confidence| format!("{confidence:.3}"));
    let class = item.unmapped_class.as_deref().or(item.class_id.as_deref()).unwrap_or("-");
    format!(
        "{}  {}  {:>6.0} × {:<6.0} {:>6}  {:<9} {class}",
        item.annotation_id,
        item.capture_id,
        item.width,
        item.height,
        confidence,
        format!("{:?}", item.decision).to_lowercase(),
    )
}

fn text(
    result: &SearchResult,
    items: &[GridItem],
    facets: &[Facet],
    groups: &[GridGroup],
    histogram: Option<&Histogram>,
) -> String {
    let mut text = shown::search(result, items, facets);
    if let Some(reason) = &result.empty_reason {
        let _ = writeln!(text, "{reason}");
    }
    for group in groups {
        let label = if group.label.is_empty() { "(none)" } else { &group.label };
        let _ = writeln!(text, "  {:>7}  {label}", group.count);
    }
    if let Some(histogram) = histogram {
        text.push_str(&bars(histogram));
    }
    text
}

fn bars(histogram: &Histogram) -> String {
    let most = histogram.bins.iter().copied().max().unwrap_or(0).max(1);
    let width = (histogram.greatest - histogram.least) / histogram.bins.len().max(1) as f64;
    let mut text = format!("\n{}\n", histogram.field);
    for (place, count) in histogram.bins.iter().enumerate() {
        let from = histogram.least + width * place as f64;
        let length = (u64::from(*count) * u64::from(BAR)).div_ceil(u64::from(most)) as usize;
        let _ = writeln!(text, "  {from:>18.4}  {count:>7}  {}", "▇".repeat(length));
    }
    let _ = writeln!(text, "  {:>18}  {:>7}", "no value", histogram.missing);
    text
}

/// Marks the place of a mistake in the query.
pub fn point_at(query: &str, mut error: AppError) -> AppError {
    if let Some(position) = error.position {
        let width = position.end.saturating_sub(position.start).max(1) as usize;
        let (blank, mark) = (" ".repeat(position.start as usize), "^".repeat(width));
        error.message = format!("{}\n  {query}\n  {blank}{mark}", error.message);
    }
    error
}
