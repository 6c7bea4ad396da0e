//! The nearest captures to something.

use muster_domain::query::{IdPrefix, Nearest as Asked};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    error::{AppError, AppResult},
    search,
    vectors::{nearest, nearest_to_file},
};

/// What to look for; exactly one of `capture`, `text` and `image` is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SimilarRequest {
    /// The id of a capture or its first digits, or `annotation/` and the id of an annotation.
    pub capture: Option<String>,
    /// What the picture shows, in words.
    pub text: Option<String>,
    /// The path of a picture that need not be in the library.
    pub image: Option<String>,
    /// Only captures that this finds; empty for all.
    pub query: String,
    /// How many.
    pub limit: u32,
}

/// A capture that is similar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SimilarCapture {
    /// Its id.
    pub capture_id: String,
    /// Cosine: 1 for the same direction.
    pub similarity: f32,
    /// What a person knows it by: the path it was imported from, or its device.
    pub name: String,
}

/// The nearest captures, the nearest first.
pub async fn similar(app: &App, request: SimilarRequest) -> AppResult<Vec<SimilarCapture>> {
    let opened = app.opened().await?;
    opened.identity()?;
    let candidates: Option<RoaringBitmap> = match request.query.trim() {
        "" => None,
        query => Some(search::matching(app, &opened, query).await?.iter().collect()),
    };
    let found = match (&request.capture, &request.text, &request.image) {
        (Some(id), None, None) => {
            let unknown = || AppError::invalid(format!("{id:?} is not the id of a capture, nor annotation/ and an id"));
            let prefix = IdPrefix::parse(id.strip_prefix("annotation/").unwrap_or(id)).ok_or_else(unknown)?;
            let asked = if id.starts_with("annotation/") { Asked::Annotation(prefix) } else { Asked::Capture(prefix) };
            nearest(app, &opened, &asked, candidates.as_ref(), request.limit).await?
        }
        (None, Some(text), None) => {
            nearest(app, &opened, &Asked::Described(text.clone()), candidates.as_ref(), request.limit).await?
        }
        (None, None, Some(path)) => {
            nearest_to_file(app, &opened, path.clone(), candidates.as_ref(), request.limit).await?
        }
        _ => return Err(AppError::invalid("say one thing to be similar to: a capture, a text or a picture")),
    };
    let keys: Vec<u32> = found.iter().map(|(key, _)| *key).collect();
    let stored = opened.library.captures(&keys).await?;
    let with_similarity = |stored: &muster_store::capture::StoredCapture| {
        let distance = found.iter().find(|(key, _)| *key == stored.row_key).map_or(1.0, |(_, distance)| *distance);
        SimilarCapture {
            capture_id: stored.capture.capture_id.to_string(),
            similarity: 1.0 - distance,
            name: name(&stored.capture),
        }
    };
    Ok(stored.iter().map(with_similarity).collect())
}

fn name(capture: &muster_domain::capture::Capture) -> String {
    use muster_domain::capture::CaptureSource;
    match &capture.source {
        CaptureSource::Import { relative_path, .. } => relative_path.clone(),
        CaptureSource::Device { device, site, .. } => format!("{device} at {site}"),
    }
}
