//! The map: captures on a plane, near to what looks alike.

use muster_domain::query::Polygon;
use muster_index::vectors::{LANDMARKS, Plane};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    embed,
    error::{AppError, AppResult, ErrorCode},
    job::{self, JobContext, JobDto, JobKind, Outcome, Work},
    vectors::{EmbeddedSpaces, inside, model_in_use, plane, saved},
};

mod legend;
mod view;

pub use legend::{MapLegendEntry, map_legend};
pub use view::{MapView, map_view};

/// Steps of the progress that a job shows.
const STEPS: u64 = 1_000;

/// How the map stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MapState {
    /// True when there is one.
    pub ready: bool,
    /// Captures on it.
    pub points: u32,
    /// The model whose embeddings it shows.
    pub model: Option<String>,
    /// Captures that were embedded since it was made.
    pub stale: u32,
    /// The job that makes it now.
    pub job_id: Option<String>,
}

/// The rectangle that the map covers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MapBounds {
    /// The least x.
    pub left: f64,
    /// The least y.
    pub top: f64,
    /// The greatest x.
    pub right: f64,
    /// The greatest y.
    pub bottom: f64,
}

/// Captures of a result, as ranges of their places in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MapSelection {
    /// First and last place of each range, both included.
    pub ranges: Vec<[u32; 2]>,
    /// How many captures.
    pub count: u32,
}

/// The job that makes the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MapWork {}

impl Work for MapWork {
    const KIND: JobKind = JobKind::Map;

    fn title(&self) -> String {
        "Make the map".into()
    }

    async fn run(self, context: &JobContext) -> AppResult<Outcome> {
        let opened = &context.opened;
        let captures = opened.library.counts().await?.captures;
        embed::embed_all(context).await?;
        let spaces = EmbeddedSpaces::open(opened, &model_in_use(&context.app, opened, "").await?)?;
        let vectors = spaces.captures.snapshot()?;
        context.set_total(captures + STEPS);
        context.say("placing captures by what they look like");
        let telling = context.clone();
        let made = tokio::task::spawn_blocking(move || {
            let mut told = 0;
            Plane::make(&vectors, LANDMARKS, &mut |part| {
                let now = (part * STEPS as f32) as u64;
                telling.advance(now.saturating_sub(told));
                told = told.max(now);
                telling.check().is_ok()
            })
        });
        let plane = made.await.map_err(|error| AppError::new(ErrorCode::Internal, error.to_string()))?;
        let plane = plane.ok_or_else(AppError::cancelled)?;
        plane.save(&spaces.captures)?;
        Ok(Outcome { message: Some(format!("{} captures on the map", plane.points.len())), result: None })
    }
}

/// How the map stands.
pub async fn map_state(app: &App) -> AppResult<MapState> {
    let opened = app.opened().await?;
    let job_id = job::unfinished(app, JobKind::Map).await?;
    let model = match model_in_use(app, &opened, "").await {
        Ok(model) => model,
        Err(error) if matches!(error.code, ErrorCode::ModelMissing | ErrorCode::NotFound) => {
            return Ok(MapState { ready: false, points: 0, model: None, stale: 0, job_id });
        }
        Err(error) => return Err(error),
    };
    let index = EmbeddedSpaces::open(&opened, &model)?.captures;
    let owners = index.snapshot()?.owners();
    let plane = saved(app, &opened, &index).await?;
    let shown: RoaringBitmap = plane.iter().flat_map(|plane| plane.points.iter().map(|point| point.capture)).collect();
    Ok(MapState {
        ready: plane.is_some(),
        points: shown.len() as u32,
        model: Some(model.manifest.id),
        stale: (owners - shown).len() as u32,
        job_id,
    })
}

/// Starts making the map. Captures that have no embedding yet are embedded first.
pub async fn start_map(app: &App) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    opened.identity()?;
    model_in_use(app, &opened, "").await?;
    job::start(app, &opened, MapWork {}).await
}

/// The rectangle that the map covers; none while there is no map.
pub async fn map_bounds(app: &App) -> AppResult<Option<MapBounds>> {
    let opened = app.opened().await?;
    Ok(plane(app, &opened).await?.map(|_| MapBounds { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 }))
}

/// The captures of a result whose places on the map lie inside a polygon.
pub async fn select_in_polygon(app: &App, search_id: u32, polygon: Vec<[f64; 2]>) -> AppResult<MapSelection> {
    let opened = app.opened().await?;
    let search = opened.search(search_id)?;
    let polygon = Polygon::new(polygon).ok_or_else(|| AppError::invalid("an area has three or more corners"))?;
    let inside = inside(app, &opened, &polygon).await?;
    let places = (0u32..).zip(search.hits.row_keys.iter()).filter(|(_, key)| inside.contains(**key));
    let mut ranges: Vec<[u32; 2]> = Vec::new();
    let mut count = 0;
    for (place, _) in places {
        count += 1;
        match ranges.last_mut() {
            Some(range) if range[1] + 1 == place => range[1] = place,
            _ => ranges.push([place, place]),
        }
    }
    Ok(MapSelection { ranges, count })
}
