//! Search sessions: a query's sorted result, its pages, facets and completion.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Instant,
};

use muster_domain::{
    annotation::Decision as DomainDecision,
    capture::AssetKind,
    query::{KeywordField, NumberField, Query, Sort as DomainSort, parse},
    schema::LabelSchema,
};
use muster_index::Choice;
use muster_store::{capture::StoredCapture, grid::GridRow};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    annotate::Decision,
    app::{App, Urgency},
    error::AppResult,
    session::{
        opened::{OpenLibrary, parse_id},
        searches::Search,
    },
};

const PAGE: u32 = 500;
const BINS: usize = 20;
const DAY_MICROS: i64 = 86_400_000_000;
const COMPLETIONS: usize = 30;
const FACET_VALUES: usize = 200;
/// 4:3, for captures whose size nobody knows.
const UNKNOWN_ASPECT: u32 = 133;
/// What the panel of facets shows, in order.
const FACETS: [(KeywordField, &str); 11] = [
    (KeywordField::Class, "Class"),
    (KeywordField::Decision, "Decision"),
    (KeywordField::Site, "Site"),
    (KeywordField::Device, "Device"),
    (KeywordField::Trigger, "Trigger"),
    (KeywordField::Submission, "Submission"),
    (KeywordField::Origin, "Origin"),
    (KeywordField::Model, "Model"),
    (KeywordField::Tag, "Tag"),
    (KeywordField::Stream, "Stream"),
    (KeywordField::Has, "Has"),
];

/// The order of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Latest captured first.
    CapturedDesc,
    /// Earliest captured first.
    CapturedAsc,
    /// Latest received first.
    ReceivedDesc,
    /// Least sure proposals first.
    Risk,
}

/// A search session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SearchResult {
    /// Names the session in later calls.
    pub search_id: u32,
    /// How many captures match.
    pub total: u32,
    /// How long it took.
    pub elapsed_ms: f64,
    /// The change that the result contains.
    pub change_seq: u64,
    /// The query as Muster understood it.
    pub normalized: String,
}

/// The shape of the whole result, so that rows and scroll bar are exact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GridLayout {
    /// Width / height × 100 of each capture's first picture, rounded.
    pub aspects: Vec<u32>,
    /// Where each UTC day begins, for results in order of capture time; empty for other orders.
    pub days: Vec<DayStart>,
}

/// The first capture of a day in a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DayStart {
    /// Its place in the result.
    pub first: u32,
    /// When it was captured.
    pub captured_at_micros: i64,
}

/// One capture in the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GridItem {
    /// Its place in the result.
    pub index: u32,
    /// Its id.
    pub capture_id: String,
    /// The library's integer key.
    pub row_key: u32,
    /// Width of its first picture.
    pub width_px: u32,
    /// Height of its first picture.
    pub height_px: u32,
    /// What its first asset is.
    pub media_kind: MediaKind,
    /// The length of a video or series.
    pub duration_micros: Option<i64>,
    /// When it was captured.
    pub captured_at_micros: i64,
    /// Where.
    pub site: Option<String>,
    /// By which device.
    pub device: Option<String>,
    /// Which trigger fired.
    pub trigger: Option<String>,
    /// The latest statement's name, or `none`.
    pub submission: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its boxes.
    pub boxes: Vec<GridBox>,
    /// Proposals that wait.
    pub undecided: u32,
}

/// What an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A moving picture.
    Video,
    /// A time series.
    Series,
}

/// A box on a thumbnail, in pixels of the upright picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GridBox {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Its class, once mapped.
    pub class_id: Option<String>,
    /// What a person decided.
    pub decision: Decision,
}

/// The counts of one field over a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Facet {
    /// The field's name in a query.
    pub field: String,
    /// Its title.
    pub title: String,
    /// Its values, most frequent first.
    pub values: Vec<FacetValue>,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FacetValue {
    /// As it is typed in a query.
    pub value: String,
    /// Captures that have it.
    pub count: u32,
    /// The class, where the facet is about classes and the value is one of the schema.
    pub class_id: Option<String>,
}

/// Something to type next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// What it is.
    pub kind: CompletionKind,
    /// What the person reads.
    pub label: String,
    /// What replaces the characters from `start` to `end`.
    pub insert: String,
    /// The first character to replace.
    pub start: u32,
    /// One past the last character to replace.
    pub end: u32,
    /// Captures that have the value, where known.
    pub count: Option<u32>,
    /// A word of explanation.
    pub hint: Option<String>,
}

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CompletionKind {
    /// A field's name.
    Field,
    /// A field's value.
    Value,
    /// Plain text.
    Text,
}

/// Runs a query and keeps its result for paging.
pub async fn search(app: &App, query: String, sort: Sort) -> AppResult<SearchResult> {
    let started = Instant::now();
    let opened = app.opened().await?;
    let parsed = parse(&query)?;
    let normalized = parsed.to_string();
    let search = Arc::new(run(app, &opened, parsed, sort.into()).await?);
    let (total, change_seq) = (search.hits.row_keys.len() as u32, search.view.change_seq);
    let search_id = opened.searches.lock().unwrap_or_else(PoisonError::into_inner).keep(search);
    Ok(SearchResult { search_id, total, elapsed_ms: started.elapsed().as_secs_f64() * 1e3, change_seq, normalized })
}

async fn run(app: &App, opened: &Arc<OpenLibrary>, query: Query, sort: DomainSort) -> AppResult<Search> {
    opened.catch_up_index().await?;
    let view = opened.view().await?;
    app.blocking(Urgency::Interactive, move || {
        let hits = view.snapshot.search(&query, &view.overlay, sort)?;
        Ok(Search { query, sort, hits, view })
    })
    .await
}

/// The row keys of everything that matches: for jobs.
pub(crate) async fn matching(app: &App, opened: &Arc<OpenLibrary>, query: &str) -> AppResult<Arc<[u32]>> {
    let query = parse(query)?;
    Ok(run(app, opened, query, DomainSort::CapturedAscending).await?.hits.row_keys)
}

/// A page of at most 500.
pub async fn grid_page(app: &App, search_id: u32, offset: u32, limit: u32) -> AppResult<Vec<GridItem>> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    let row_keys = &search.hits.row_keys;
    let start = (offset as usize).min(row_keys.len());
    let end = start.saturating_add(limit.min(PAGE) as usize).min(row_keys.len());
    let page = &row_keys[start..end];
    let rows = opened.library.captures_page(opened.identity()?.project_id, page).await?;
    let durations = durations(&opened, &rows).await?;
    // Captures that were erased since the search are left out; the others keep their places.
    let mut places = page.iter().zip(start as u32..);
    let items = rows.into_iter().filter_map(|row| {
        let index = places.by_ref().find(|(key, _)| **key == row.row_key).map(|(_, index)| index)?;
        let duration_micros = durations.get(&row.row_key).copied();
        Some(GridItem { duration_micros, ..grid_item(index, row) })
    });
    Ok(items.collect())
}

/// The lengths of the videos and series of a page.
async fn durations(opened: &OpenLibrary, rows: &[GridRow]) -> AppResult<HashMap<u32, i64>> {
    let moving = |row: &&GridRow| row.cover.as_ref().is_some_and(|cover| cover.kind != AssetKind::Image);
    let keys: Vec<u32> = rows.iter().filter(moving).map(|row| row.row_key).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let captures = opened.library.captures(&keys).await?;
    let longest = |stored: &StoredCapture| stored.capture.assets.iter().filter_map(|asset| asset.duration_micros).max();
    Ok(captures.iter().filter_map(|stored| Some((stored.row_key, longest(stored)?))).collect())
}

fn grid_item(index: u32, row: GridRow) -> GridItem {
    let cover = row.cover.as_ref();
    let undecided = row.boxes.iter().filter(|shape| shape.decision == DomainDecision::Undecided).count();
    let shape = |shape: &muster_store::grid::GridBox| GridBox {
        x: shape.bounds.x,
        y: shape.bounds.y,
        width: shape.bounds.width,
        height: shape.bounds.height,
        class_id: shape.class_id.map(|class_id| class_id.to_string()),
        decision: shape.decision.into(),
    };
    GridItem {
        index,
        capture_id: row.capture_id.to_string(),
        row_key: row.row_key,
        width_px: cover.and_then(|cover| cover.width_px).unwrap_or(0),
        height_px: cover.and_then(|cover| cover.height_px).unwrap_or(0),
        media_kind: cover.map_or(MediaKind::Series, |cover| cover.kind.into()),
        duration_micros: None,
        captured_at_micros: row.captured_at.0,
        site: row.site,
        device: row.device,
        trigger: row.trigger,
        submission: row.submission.into(),
        tags: row.tags,
        boxes: row.boxes.iter().map(shape).collect(),
        undecided: undecided as u32,
    }
}

/// The shape of the whole result.
pub async fn grid_layout(app: &App, search_id: u32) -> AppResult<GridLayout> {
    let search = app.opened().await?.search(search_id)?;
    app.blocking(Urgency::Interactive, move || {
        let number = |field| search.view.snapshot.capture_numbers(&search.hits, &search.view.overlay, field);
        let (widths, heights) = (number(NumberField::Width)?, number(NumberField::Height)?);
        let aspect = |(width, height): (Option<f64>, Option<f64>)| match (width, height) {
            (Some(width), Some(height)) if width > 0.0 && height > 0.0 => (width / height * 100.0).round() as u32,
            _ => UNKNOWN_ASPECT,
        };
        let aspects = widths.into_iter().zip(heights).map(aspect).collect();
        let by_time = matches!(search.sort, DomainSort::CapturedAscending | DomainSort::CapturedDescending);
        let times = if by_time {
            search.view.snapshot.captured_micros(&search.hits, &search.view.overlay)?
        } else {
            Vec::new()
        };
        Ok(GridLayout { aspects, days: day_starts(&times) })
    })
    .await
}

/// The first capture of each UTC day, from times that are in order.
fn day_starts(times: &[i64]) -> Vec<DayStart> {
    let mut days = Vec::new();
    let mut last = None;
    for (first, &captured_at_micros) in (0_u32..).zip(times) {
        let day = captured_at_micros.div_euclid(DAY_MICROS);
        if last.replace(day) != Some(day) {
            days.push(DayStart { first, captured_at_micros });
        }
    }
    days
}

/// Where a capture is in a result.
pub async fn index_of(app: &App, search_id: u32, capture_id: String) -> AppResult<Option<u32>> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    let row_key = opened.row_key(parse_id("capture", &capture_id)?).await?;
    Ok(search.hits.row_keys.iter().position(|key| *key == row_key).map(|place| place as u32))
}

/// Counts over a result.
pub async fn facets(app: &App, search_id: u32) -> AppResult<Vec<Facet>> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    let schema = opened.library.schema(opened.identity()?.project_id).await?;
    let fields = FACETS.map(|(field, _)| field);
    let counted = app
        .blocking(Urgency::Interactive, move || {
            Ok(search.view.snapshot.facets(&search.hits, &search.view.overlay, &fields)?)
        })
        .await?;
    let titled = counted.into_iter().zip(FACETS);
    Ok(titled.map(|(facet, (field, title))| facet_dto(facet, field, title, &schema)).collect())
}

fn facet_dto(facet: muster_index::Facet, field: KeywordField, title: &str, schema: &LabelSchema) -> Facet {
    let class_id = |value: &str| {
        let class = (field == KeywordField::Class).then(|| schema.class_named(value)).flatten()?;
        Some(class.class_id.to_string())
    };
    let value = |(value, count): (String, u64)| FacetValue { class_id: class_id(&value), value, count: count as u32 };
    Facet {
        field: field.name().into(),
        title: title.into(),
        values: facet.values.into_iter().take(FACET_VALUES).map(value).collect(),
    }
}

/// 20 bins over the lowest undecided confidence of each capture.
pub async fn confidence_histogram(app: &App, search_id: u32) -> AppResult<Vec<u32>> {
    let search = app.opened().await?.search(search_id)?;
    app.blocking(Urgency::Interactive, move || {
        let mut bins = vec![0; BINS];
        for risk in search.view.snapshot.risks(&search.hits, &search.view.overlay)?.into_iter().flatten() {
            let bin = (risk * BINS as f64).floor().clamp(0.0, BINS as f64 - 1.0);
            bins[bin as usize] += 1;
        }
        Ok(bins)
    })
    .await
}

/// What could be typed at the cursor (in characters).
pub async fn complete_query(app: &App, text: String, cursor: u32) -> AppResult<Vec<Completion>> {
    let opened = app.opened().await?;
    let view = opened.view().await?;
    app.blocking(Urgency::Interactive, move || {
        let byte = text.char_indices().nth(cursor as usize).map_or(text.len(), |(byte, _)| byte);
        let found = view.snapshot.complete_at(&text, byte, &view.overlay, COMPLETIONS)?;
        let chars = |bytes: usize| text[..bytes].chars().count() as u32;
        let (start, end) = (chars(found.bytes.start), chars(found.bytes.end));
        let completion = |choice: Choice| Completion {
            kind: if choice.count.is_none() { CompletionKind::Field } else { CompletionKind::Value },
            label: choice.label,
            insert: choice.insert,
            start,
            end,
            count: choice.count.map(|count| count as u32),
            hint: Some(choice.description.to_owned()).filter(|hint| !hint.is_empty()),
        };
        Ok(found.choices.into_iter().map(completion).collect())
    })
    .await
}

/// How many captures match now and are not in the result.
pub async fn new_matches(app: &App, search_id: u32) -> AppResult<u32> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    if opened.library.change_seq().await? == search.view.change_seq {
        return Ok(0);
    }
    let now = run(app, &opened, search.query.clone(), search.sort).await?;
    let before: RoaringBitmap = search.hits.row_keys.iter().collect();
    Ok(now.hits.row_keys.iter().filter(|key| !before.contains(**key)).count() as u32)
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

impl From<Sort> for DomainSort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::CapturedDesc => Self::CapturedDescending,
            Sort::CapturedAsc => Self::CapturedAscending,
            Sort::ReceivedDesc => Self::ReceivedDescending,
            Sort::Risk => Self::Risk,
        }
    }
}

impl From<AssetKind> for MediaKind {
    fn from(kind: AssetKind) -> Self {
        match kind {
            AssetKind::Image => Self::Image,
            AssetKind::Video => Self::Video,
            AssetKind::Series => Self::Series,
        }
    }
}
