//! Series for a plot, aligned with the capture's trigger and its videos.

use muster_domain::{capture::AssetKind, id::CaptureId};
use muster_media::{Limits, Series};
use muster_protocol::manifest::Manifest;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::asset_of;
use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult},
    session::opened::{OpenLibrary, parse_id},
};

/// One column of numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ChannelDto {
    /// Its name.
    pub name: String,
    /// Its unit, where the file gives one.
    pub unit: Option<String>,
    /// Seconds since the start of the series, rising.
    pub times: Vec<f64>,
    /// The value at each time.
    pub values: Vec<f64>,
}

/// A series, thinned so that every stretch of time keeps its least and its greatest value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SeriesDto {
    /// Its columns of numbers.
    pub channels: Vec<ChannelDto>,
    /// How many rows the file has.
    pub rows: u64,
    /// Seconds from the first to the last time.
    pub duration_s: f64,
    /// The instant of the first time, where the file counts from 1970.
    pub started_at_micros: Option<i64>,
    /// Whether the file has no times, so that a time is the number of its row.
    pub by_row: bool,
    /// Where the capture's first moment lies, at which its videos start.
    pub capture_at_s: f64,
    /// Where the trigger fired; absent for imports and where the series does not reach it.
    pub trigger_at_s: Option<f64>,
}

/// A series of a capture with at most about `max_points` values for each channel.
pub async fn series(app: &App, capture_id: String, asset: String, max_points: u32) -> AppResult<SeriesDto> {
    let opened = app.opened().await?;
    let found = asset_of(&opened, &capture_id, &asset).await?;
    if found.kind() != AssetKind::Series {
        return Err(AppError::invalid(format!("{asset:?} is no series")));
    }
    let path = opened.original(&found).await?;
    opened.library.blobs().touch(&[found.digest]).await?;
    let read = app.blocking(Urgency::Interactive, move || {
        Ok(muster_media::read_series(&path, max_points as usize, &Limits::default())?)
    });
    let series = read.await?;
    let started = device_start_micros(&opened, parse_id("capture", &capture_id)?).await?;
    let capture_at_s = capture_at_s(&series, started);
    let trigger_at_s = started.and(Some(capture_at_s)).filter(|at| (0.0..=series.duration_s).contains(at));
    let channels = series.channels.into_iter().map(|channel| ChannelDto {
        name: channel.name,
        unit: channel.unit,
        times: channel.times,
        values: channel.values,
    });
    Ok(SeriesDto {
        channels: channels.collect(),
        rows: series.rows,
        duration_s: series.duration_s,
        started_at_micros: series.started_at_micros,
        by_row: series.by_row,
        capture_at_s,
        trigger_at_s,
    })
}

/// When the capture started by the device's own wall clock, which also stamped its series; `None` for imports.
async fn device_start_micros(opened: &OpenLibrary, capture_id: CaptureId) -> AppResult<Option<i64>> {
    let Some(stored) = opened.library.manifest(capture_id).await? else { return Ok(None) };
    let manifest: Result<Manifest, _> = serde_json::from_str(&stored.manifest);
    Ok(manifest.ok().map(|manifest| manifest.started.wall_micros.0))
}

/// Where the capture's first moment lies in a series. A series of instants says so itself; another one counts from
/// that moment, negative before it.
fn capture_at_s(series: &Series, started_micros: Option<i64>) -> f64 {
    match (series.started_at_micros, started_micros) {
        (Some(first), Some(started)) => (started - first) as f64 / 1e6,
        (Some(_), None) => 0.0,
        _ if series.by_row => 0.0,
        _ => -series.first_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_moment_of_a_capture_lies_where_its_clock_says() {
        let check = |started_at_micros, first_s, by_row, started, expected: f64| {
            let channels = Vec::new();
            let series = Series { channels, rows: 9, started_at_micros, first_s, duration_s: 10.0, by_row };
            assert!((capture_at_s(&series, started) - expected).abs() < 1e-9, "{series:?} {started:?}");
        };
        check(Some(1_000_000_000), 1000.0, false, Some(1_002_500_000), 2.5);
        check(Some(1_000_000_000), 1000.0, false, None, 0.0);
        check(None, -5.0, false, Some(7), 5.0);
        check(None, 0.0, false, Some(7), 0.0);
        check(None, 0.0, true, Some(7), 0.0);
    }
}
